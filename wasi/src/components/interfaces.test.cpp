// Which interfaces there are, in which versions.

#include "components/interfaces.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/wasi/guest.hpp>

namespace cairn::wasi {
namespace {

constexpr const char* of_02[] = {"cli/environment",
                                 "cli/exit",
                                 "cli/stderr",
                                 "cli/stdin",
                                 "cli/stdout",
                                 "cli/terminal-input",
                                 "cli/terminal-output",
                                 "cli/terminal-stderr",
                                 "cli/terminal-stdin",
                                 "cli/terminal-stdout",
                                 "clocks/monotonic-clock",
                                 "clocks/wall-clock",
                                 "filesystem/preopens",
                                 "filesystem/types",
                                 "http/outgoing-handler",
                                 "http/types",
                                 "io/error",
                                 "io/poll",
                                 "io/streams",
                                 "random/insecure",
                                 "random/insecure-seed",
                                 "random/random",
                                 "sockets/instance-network",
                                 "sockets/ip-name-lookup",
                                 "sockets/network",
                                 "sockets/tcp",
                                 "sockets/tcp-create-socket",
                                 "sockets/udp",
                                 "sockets/udp-create-socket"};
constexpr const char* of_03[] = {"cli/environment",     "cli/exit",
                                 "cli/stderr",          "cli/stdin",
                                 "cli/stdout",          "cli/terminal-input",
                                 "cli/terminal-output", "cli/terminal-stderr",
                                 "cli/terminal-stdin",  "cli/terminal-stdout",
                                 "cli/types",           "clocks/monotonic-clock",
                                 "clocks/system-clock", "clocks/types",
                                 "filesystem/preopens", "filesystem/types",
                                 "http/client",         "http/types",
                                 "random/insecure",     "random/insecure-seed",
                                 "random/random",       "sockets/ip-name-lookup",
                                 "sockets/types"};

class Interfaces : public testing::Test {
 protected:
  Interfaces() { add_wasi(linker_); }
  /// Can a component have it?
  bool has(const std::string& name) {
    const auto component = component::Component::load_text(
        engine_, fmt::format("(component (import \"wasi:{}\" (instance)))", name));
    EXPECT_TRUE(component) << component.error().to_string();
    return component && linker_.prepare(*component);
  }

 private:
  engine::Engine engine_;
  component::ComponentLinker linker_{engine_};
};

TEST_F(Interfaces, OfTheLine02AreThereInEveryVersion) {
  for (const std::string name : of_02) {
    for (int patch = 0; patch <= 12; ++patch)
      EXPECT_TRUE(has(fmt::format("{}@0.2.{}", name, patch))) << name << patch;
    EXPECT_FALSE(has(name + "@0.2.13")) << name << " is newer than we are";
    EXPECT_FALSE(has(name + "@0.1.0")) << name;
  }
}

TEST_F(Interfaces, Of03AreThere) {
  for (const std::string name : of_03) {
    EXPECT_TRUE(has(name + "@0.3.0")) << name;
    EXPECT_FALSE(has(name + "@0.3.1")) << name << " is newer than we are";
    EXPECT_FALSE(has(name + "@0.4.0")) << name;
  }
}

TEST_F(Interfaces, OfOtherPackagesAreThere) {
  for (const char* const name :
       {"config/store@0.2.0-rc.1", "keyvalue/store@0.2.0-draft2", "keyvalue/atomics@0.2.0-draft2",
        "keyvalue/batch@0.2.0-draft2", "logging/logging@0.1.0-draft"})
    EXPECT_TRUE(has(name)) << name;
}

}  // namespace
}  // namespace cairn::wasi
