#include "components/http/message_reader.hpp"

namespace cairn::wasi {

namespace {
constexpr size_t buffer_bytes_min = 8192;
}

void MessageReader::start(bool to_head) {
  parser_ = kind_ == Kind::request ? MessageParser::of_request(limits_)
                                   : MessageParser::of_response(limits_, to_head);
  needs_more_ = begin_ == end_;
  awaited_ = false;
}

Http<bool> MessageReader::fill() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size() && begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  // The parser bounds what it cannot take yet.
  if (end_ == buffer_.size()) buffer_.resize(std::max(buffer_bytes_min, 2 * buffer_.size()));
  const Outcome<size_t> got = transport_.read(std::span(buffer_).subspan(end_));
  if (!got && got.error() == Errno::again) return false;
  if (!got) return std::unexpected(HttpError::of_connection(got.error()));
  needs_more_ = false;
  end_ += *got;
  progress_ += *got;
  ended_ = *got == 0;
  return true;
}

Http<bool> MessageReader::read_head() {
  while (!parser_->has_head()) {
    if (begin_ < end_ && !needs_more_) {
      const MessageParser::Progress progress = TRY(parser_->put(buffered(), 0));
      begin_ += progress.used;
      needs_more_ = progress.needs_more;
      continue;
    }
    if (!TRY(fill())) return false;
    if (ended_) {
      TRY(parser_->put_end());
      break;
    }
  }
  return true;
}

Http<BodySource::Read> MessageReader::read(size_t max) {
  if (before_body_ && !parser_->is_done()) std::exchange(before_body_, nullptr)();
  while (!parser_->is_done() && !parser_->has_body_bytes()) {
    if (begin_ < end_ && !needs_more_) {
      const MessageParser::Progress progress =
          TRY(parser_->put(buffered(), std::max<size_t>(max, 1)));
      begin_ += progress.used;
      needs_more_ = progress.needs_more;
      continue;
    }
    if (ended_) {
      TRY(parser_->put_end());
      break;
    }
    if (!TRY(fill())) {
      awaited_ = true;
      return Read{};
    }
  }
  awaited_ = false;
  Bytes bytes = parser_->take_body();
  const bool ended = bytes.empty() && parser_->is_done();
  return Read{std::move(bytes), ended};
}

Http<Bytes> MessageReader::read_raw() {
  if (begin_ == end_ && !ended_) TRY(fill());
  const ByteSpan bytes = buffered();
  begin_ = end_;
  return Bytes(bytes.begin(), bytes.end());
}

bool MessageReader::ready() {
  return parser_->is_done() || parser_->has_body_bytes() || (begin_ < end_ && !needs_more_) ||
         ended_ || transport_.readable();
}

}  // namespace cairn::wasi
