#pragma once
/// Requests over HTTP that a guest makes while it handles a message, until they are answered.

#include <cairn/actor/context.hpp>

#include <cairn/base/bytes.hpp>
#include <cairn/crypto/sha256.hpp>
#include <cairn/wasi/http_client.hpp>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace cairn::actor {

/// Answers that have come and that the guest has not had. From any thread.
class HttpAnswers {
 public:
  using Numbered = std::pair<uint64_t, Bytes>;
  explicit HttpAnswers(Waker waker) : waker_(waker) {}

  /// Wakes the actor if it waits for one.
  void put(uint64_t number, Bytes answer) {
    {
      const std::lock_guard lock(mutex_);
      came_.emplace_back(number, std::move(answer));
      if (!std::exchange(is_waited_for_, false)) return;
    }
    waker_.wake();
  }
  /// None: the next one wakes the actor.
  std::optional<Numbered> take() {
    const std::lock_guard lock(mutex_);
    is_waited_for_ = came_.empty();
    if (is_waited_for_) return std::nullopt;
    Numbered first = std::move(came_.front());
    came_.pop_front();
    return first;
  }

 private:
  std::mutex mutex_;
  std::deque<Numbered> came_;
  bool is_waited_for_ = false;
  Waker waker_;
};

/// Those of one message.
struct HttpRequests {
  struct Request {
    crypto::Sha256 asked = {};  ///< of what is asked
    wasi::HttpRelay::Done done = nullptr;
    std::shared_ptr<void> sending = nullptr;  ///< null when it is run again
  };
  std::map<uint64_t, Request> unanswered;  ///< by their numbers in this message
  uint32_t count = 0;
  std::shared_ptr<HttpAnswers> answers;  ///< null when it is run again
};

}  // namespace cairn::actor
