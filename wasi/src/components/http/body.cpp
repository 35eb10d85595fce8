#include "components/http/body.hpp"

namespace cairn::wasi {

namespace {
constexpr size_t copied_bytes_max = 65'536;
}

void BodyCopy::end(const Http<>& how) {
  ticket_.reset();
  const Done done = std::exchange(done_, nullptr);
  if (!how) to_->abort(how.error());
  if (done) done(how);
}

void BodyCopy::run() {
  while (step()) {
  }
}

bool BodyCopy::step() {
  if (!done_) return false;
  if (written_ < bytes_.size()) {
    const Http<size_t> put = to_->write(ByteSpan(bytes_).subspan(written_));
    if (!put) {
      end(std::unexpected(put.error()));
      return false;
    }
    written_ += *put;
    if (*put > 0) return true;
    ticket_ = to_->when_ready([this] { run(); });
    return false;
  }
  Http<BodySource::Read> read = from_->read(copied_bytes_max);
  if (!read) {
    end(std::unexpected(read.error()));
    return false;
  }
  bytes_ = std::move(read->bytes);
  written_ = 0;
  if (!bytes_.empty()) return true;
  if (read->ended) {
    end(to_->finish(from_->trailers()));
    return false;
  }
  ticket_ = from_->when_ready([this] { run(); });
  return false;
}

}  // namespace cairn::wasi
