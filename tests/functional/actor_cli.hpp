#pragma once
/// Commands of `cairn actor` against a server that runs.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "actor_server.hpp"

namespace cairn::functional {

/// A server of two machines, "alice" and "bob".
class ActorCli : public testing::Test {
 protected:
  void SetUp() override {
    if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
    folder_.write("cairn.toml", machine_manifest());
    server_.emplace(folder_, std::vector<std::string>{});
    ASSERT_TRUE(server_->is_there());
  }
  /// What a command prints, which has to do what it was asked for.
  std::string out(std::vector<std::string> args, const std::string& input = "") {
    const Outcome outcome = server_->cli(args, input);
    EXPECT_EQ(outcome.code, 0) << args[1] << ": " << outcome.err;
    return outcome.out;
  }
  nlohmann::json json(std::vector<std::string> args) {
    args.insert(args.end(), {"-o", "json"});
    return nlohmann::json::parse(out(args), nullptr, false);
  }
  std::string error(const std::vector<std::string>& args) {
    const Outcome outcome = server_->cli(args);
    EXPECT_EQ(outcome.code, 1) << outcome.out;
    return outcome.err;
  }
  /// The state of an actor, once it is that: what was asked for is done a moment later.
  bool becomes(const std::string& actor, const std::string& state) {
    for (int tries = 0; tries < 500; ++tries) {
      if (server_->cli({"actor", "state", actor}).out == state + "\n") return true;
      // The server needs the processor.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  Folder folder_;
  std::optional<ActorServer> server_;
};

}  // namespace cairn::functional
