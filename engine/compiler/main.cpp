// cairn-compiler: reads requests for code on standard input and answers them on standard output,
// until the input ends; then it stops at once. Started by the engine, not by people.

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "compiler/server.hpp"

namespace {

using namespace cairn;
using namespace cairn::engine;

/// False at the end of the input, or when it is broken.
bool read_all(MutableByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(got));
  }
  return true;
}

bool write_all(ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  return true;
}

/// Sizes are believed only as far as bytes arrive.
bool read_message(Bytes& message) {
  uint8_t header[protocol::header_bytes];
  if (!read_all(header)) return false;
  const auto size = load_le<uint32_t>(header);
  if (size > protocol::message_max) return false;
  constexpr uint32_t step = 16 << 20;
  message.clear();
  while (message.size() < size) {
    const size_t at = message.size();
    message.resize(std::min<size_t>(size, at + step));
    if (!read_all(MutableByteSpan(message).subspan(at))) return false;
  }
  return true;
}

/// Messages on their way from the reader to the one who works on them.
class Queue {
 public:
  void push(Bytes message) {
    const std::scoped_lock lock(mutex_);
    messages_.push_back(std::move(message));
    filled_.notify_one();
  }
  Bytes pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !messages_.empty(); });
    Bytes message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Bytes> messages_;
};

[[noreturn]] void work(Queue& queue) {
  compiler::Server server(std::max(1u, std::thread::hardware_concurrency()));
  for (;;) {
    const std::optional<Bytes> answer = server.handle(queue.pop());
    if (!answer) continue;
    uint8_t header[protocol::header_bytes];
    store_le(header, static_cast<uint32_t>(answer->size()));
    if (!write_all(header) || !write_all(*answer)) ::_exit(1);
  }
}

}  // namespace

int main() {
  Queue queue;
  std::thread([&queue] { work(queue); }).detach();
  Bytes message;
  while (read_message(message)) queue.push(std::move(message));
  // Nobody wants the rest any more, however long it would take.
  ::_exit(0);
}
