// Names, and who has them.

#include "roster.hpp"

#include <gtest/gtest.h>

namespace cairn::platform {
namespace {

constexpr actor::ActorId keeper(1, 1), guest(2, 1), first(3, 1), second(4, 1);

TEST(Roster, AGuestsChildIsNotWhoIsToHaveItsName) {
  Roster roster({});
  const EntryPtr wanted = roster.entry_for("bob");
  roster.want(wanted, {.name = "bob", .component = "c"}, nullptr, true);
  roster.keeper_started("", keeper);
  // A guest was faster.
  const EntryPtr child = roster.entry_in(wanted, first, guest);
  ASSERT_NE(child, wanted);
  roster.started(child, first, guest);
  EXPECT_EQ(roster.find("bob"), wanted);
  EXPECT_FALSE(wanted->actor_id());
  EXPECT_EQ(roster.entry_of(first), child);
  EXPECT_EQ(roster.name_of(first), "bob");
  EXPECT_EQ(roster.entry_in(wanted, first, guest), child) << "a new instance of it";
  EXPECT_EQ(roster.removed(first), child);
  EXPECT_EQ(roster.find("bob"), wanted);
  // Now its own is there.
  EXPECT_EQ(roster.entry_in(wanted, second, keeper), wanted);
  roster.started(wanted, second, keeper);
  EXPECT_EQ(wanted->actor_id(), second);
}

TEST(Roster, AGuestsChildHasANameThatNobodyWants) {
  Roster roster({});
  const EntryPtr child = roster.entry_for("kid");
  EXPECT_EQ(roster.entry_in(child, first, guest), child);
  roster.started(child, first, guest);
  EXPECT_EQ(roster.find("kid"), child);
  roster.removed(first);
  EXPECT_EQ(roster.find("kid"), nullptr);
}

}  // namespace
}  // namespace cairn::platform
