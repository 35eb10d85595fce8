#include "components/http/whole_message.hpp"

#include "components/http/message_writer.hpp"
#include "components/http/syntax.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::wasi {
namespace {

class MemorySource final : public BodySource {
 public:
  MemorySource(EventLoop& loop, Bytes bytes, std::shared_ptr<Fields> trailers)
      : loop_(loop), bytes_(std::move(bytes)), trailers_(std::move(trailers)) {}
  Http<Read> read(size_t max) override {
    if (at_ == bytes_.size()) return Read{.bytes = {}, .ended = true};
    const ByteSpan next = ByteSpan(bytes_).subspan(at_, std::min(max, bytes_.size() - at_));
    at_ += next.size();
    return Read{.bytes = {next.begin(), next.end()}};
  }
  bool ready() override { return true; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return loop_.at(0, std::move(run));
  }
  std::shared_ptr<Fields> trailers() override { return std::move(trailers_); }

 private:
  EventLoop& loop_;
  Bytes bytes_;
  std::shared_ptr<Fields> trailers_;
  size_t at_ = 0;
};

std::unexpected<Error> malformed(std::string message) {
  return cairn::fail(ErrorKind::malformed, "not a message of HTTP/1.1: " + std::move(message));
}

Result<WholeMessage> parse(MessageParser& parser, ByteSpan bytes) {
  Bytes body;
  while (!parser.is_done()) {
    const Http<MessageParser::Progress> progress = parser.put(bytes, SIZE_MAX);
    if (!progress) return malformed(progress.error().to_string());
    bytes = bytes.subspan(progress->used);
    const Bytes piece = parser.take_body();
    body.insert(body.end(), piece.begin(), piece.end());
    if (!parser.is_done() && progress->used == 0) return malformed("it ends too early");
  }
  if (!bytes.empty()) return malformed("something stands behind it");
  return WholeMessage{.head = std::move(parser.head()),
                      .body = std::move(body),
                      .trailers = parser.take_trailers()};
}

void append_fields(std::string& to, const Fields* fields, bool with_length) {
  if (fields == nullptr) return;
  for (const HttpField& field : fields->all()) {
    if (with_length || !equal_names(field.name, "content-length"))
      append_field(to, field.name, field.value);
  }
}

}  // namespace

Result<WholeMessage> parse_whole_request(ByteSpan bytes, const HttpLimits& limits) {
  return parse(*MessageParser::of_request(limits), bytes);
}

Result<WholeMessage> parse_whole_response(ByteSpan bytes, const HttpLimits& limits, bool to_head) {
  return parse(*MessageParser::of_response(limits, to_head), bytes);
}

Bytes encode_whole(std::string start_line, const Fields* fields, bool has_body, ByteSpan body,
                   const Fields* trailers) {
  std::string text = std::move(start_line) + "\r\n";
  append_fields(text, fields, !has_body);
  const bool is_chunked = has_body && trailers != nullptr && !trailers->all().empty();
  if (is_chunked)
    append_field(text, "transfer-encoding", "chunked");
  else if (has_body)
    append_field(text, "content-length", std::to_string(body.size()));
  text += "\r\n";
  if (is_chunked && !body.empty()) text += fmt::format("{:x}\r\n", body.size());
  Bytes message(text.begin(), text.end());
  if (has_body) message.insert(message.end(), body.begin(), body.end());
  if (!is_chunked) return message;
  std::string end = body.empty() ? "0\r\n" : "\r\n0\r\n";
  append_fields(end, trailers, false);
  end += "\r\n";
  message.insert(message.end(), end.begin(), end.end());
  return message;
}

std::shared_ptr<BodySource> memory_source(EventLoop& loop, Bytes bytes,
                                          std::shared_ptr<Fields> trailers) {
  return std::make_shared<MemorySource>(loop, std::move(bytes), std::move(trailers));
}

Http<size_t> MemorySink::write(ByteSpan bytes) {
  if (is_too_large_ || bytes.size() > bytes_max_ - bytes_.size()) {
    is_too_large_ = true;
    bytes_ = {};
  } else {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  return bytes.size();
}

Http<> MemorySink::finish(std::shared_ptr<Fields> trailers) {
  trailers_ = std::move(trailers);
  is_whole_ = true;
  tell({});
  return {};
}

void MemorySink::abort(const HttpError& error) {
  is_aborted_ = true;
  tell(std::unexpected(error));
}

void MemorySink::tell(const Http<>& how) {
  if (const auto over = std::exchange(over_, nullptr)) over(how);
}

}  // namespace cairn::wasi
