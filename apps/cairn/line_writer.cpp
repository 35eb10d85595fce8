#include "line_writer.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <cairn/base/printable.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace cairn::cli {
namespace {

/// For somebody to take what is there in the end.
constexpr int patience_ms = 1'000;
/// For somebody who takes a little, again and again.
constexpr std::chrono::seconds ending_max(10);

}  // namespace

void LineWriter::write(std::string_view lines) {
  {
    const std::scoped_lock lock(mutex_);
    if (is_ending_) return;
    // Those that follow a lost one are lost with it, so that there is one place for their number.
    if (lost_ > 0 || lines.size() > waiting_bytes_max - waiting_.size()) {
      ++lost_;
    } else {
      waiting_ += lines;
    }
  }
  changed_.notify_one();
}

void LineWriter::end() {
  {
    const std::scoped_lock lock(mutex_);
    ends_at_ = std::chrono::steady_clock::now() + ending_max;
    is_ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LineWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty() || lost_ > 0; });
    if (waiting_.empty() && lost_ == 0) return;
    std::string text = std::exchange(waiting_, {});
    if (const uint64_t lost = std::exchange(lost_, 0))
      text +=
          fmt::format("cairn: warning: {} lines were lost: nobody had read those before\n", lost);
    lock.unlock();
    put(text);
    lock.lock();
  }
}

/// Parts of PIPE_BUF bytes find room in a pipe that has any (pipe(7)), so no write waits.
void LineWriter::put(std::string_view text) {
  while (!text.empty()) {
    pollfd item{.fd = fd_, .events = POLLOUT, .revents = 0};
    const int ready = poll(&item, 1, patience_ms);
    if (is_ending_ && (ready == 0 || std::chrono::steady_clock::now() >= ends_at_)) return;
    if (ready <= 0) continue;
    size_t size = std::min<size_t>(text.size(), PIPE_BUF);
    // Others may write to it, too: not into a line, where one fits.
    const size_t line_end = text.rfind('\n', size - 1);
    if (line_end != std::string_view::npos) size = line_end + 1;
    const ssize_t put = ::write(fd_, text.data(), size);
    if (put > 0) text.remove_prefix(static_cast<size_t>(put));
    if (put < 0 && errno != EINTR && errno != EAGAIN) return;  // nobody will ever read it
  }
}

void ServerLog::write(LogLevel level, std::string_view message) {
  lines_.write(fmt::format("cairn: {}: {}\n", to_string(level), printable(message)));
}

std::function<void(const wasi::HttpAccess&)> access_log(LineWriter& lines) {
  return [&lines](const wasi::HttpAccess& access) {
    lines.write(fmt::format("{} {} {} {} {:.3f}ms\n", printable(access.method),
                            printable(access.target), access.status, access.response_bytes,
                            static_cast<double>(access.duration_ns) / 1e6));
  };
}

}  // namespace cairn::cli
