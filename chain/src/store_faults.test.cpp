// What a store does when its disk says no.

#include <cerrno>
#include <utility>

#include "store_world.hpp"

namespace cairn::chain {
namespace {

TEST(StoreFaults, AChainThatCouldNotBeOpenedIsNobodys) {
  StoreWorld world;
  world.open();
  bool is_full = true;
  world.disk.set_fault([&](uint64_t, const std::string& path) {
    return path.ends_with(".log") && std::exchange(is_full, false) ? ENOSPC : 0;
  });
  EXPECT_EQ(world.begin(0, "alice").error().kind, ErrorKind::limit);
  EXPECT_TRUE(world.begin(1, "alice").has_value());
  EXPECT_EQ(world.begin(0, "alice").error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace cairn::chain
