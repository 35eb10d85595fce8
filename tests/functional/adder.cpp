#include "adder.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace cairn::functional {

void Adder::run(uint16_t port, std::chrono::microseconds pause,
                const std::atomic<bool>* is_ending) {
  HttpClient client(port);
  for (;;) {
    const HttpReply reply = client.ask("POST", "/v1/actors/" + actor_ + "/messages", "add 1",
                                       "Content-Type: text/plain\r\nIdempotency-Key: " + actor_ +
                                           "-" + std::to_string(key_) + "\r\n");
    if (reply.status == 0 || !reply.whole) return;
    if (reply.status != 200) {
      if (is_ending == nullptr || !*is_ending)
        problem_ = std::to_string(reply.status) + " " + reply.body;
      return;
    }
    ++key_;
    if (reply.body != std::to_string(key_)) {
      problem_ = "key " + std::to_string(key_) + " was answered " + reply.body;
      return;
    }
    hash_ = reply.field("cairn-hash");
    sequence_ = std::stoull(reply.field("cairn-sequence"));
    // The load is to be the same for long.
    if (pause.count() != 0) std::this_thread::sleep_for(pause);
  }
}

void Adder::expect_record(const ActorServer& server) const {
  if (sequence_ == 0) return;
  const auto page =
      server.json("/v1/actors/" + actor_ + "/chain?limit=1&from=" + std::to_string(sequence_));
  ASSERT_EQ(page["records"].size(), 1u) << page.dump();
  EXPECT_EQ(page["records"][0]["hash"], hash_);
}

void Adder::expect_number(const ActorServer& server) const {
  const std::string number = server.tell(actor_, "get").body;
  EXPECT_TRUE(number == std::to_string(key_) || number == std::to_string(key_ + 1))
      << actor_ << " has " << number << " instead of " << key_;
}

}  // namespace cairn::functional
