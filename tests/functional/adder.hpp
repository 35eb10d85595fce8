#pragma once
/// A client that notices what was lost, and what was done twice.

#include <atomic>
#include <chrono>
#include <string>

#include "actor_server.hpp"

namespace cairn::functional {

/// Adds 1 to an actor's number again and again, each time with a key of its own, which it tries
/// until it has an answer. For one thread at a time.
class Adder {
 public:
  explicit Adder(std::string actor) : actor_(std::move(actor)) {}

  /// Until the server has gone, or `is_ending` and it takes no more.
  void run(uint16_t port, std::chrono::microseconds pause = {},
           const std::atomic<bool>* is_ending = nullptr);
  const std::string& problem() const { return problem_; }
  /// From any thread.
  uint64_t answered() const { return key_; }

  /// What was acknowledged last is there; the chain says what is before it.
  void expect_record(const ActorServer& server) const;
  /// Each was done once. The one that had no answer may have been handled.
  void expect_number(const ActorServer& server) const;

 private:
  std::string actor_, problem_;
  std::atomic<uint64_t> key_ = 0;
  std::string hash_;       ///< of the record of the last answer
  uint64_t sequence_ = 0;  ///< likewise
};

}  // namespace cairn::functional
