#include "changes.hpp"

#include <gtest/gtest.h>

namespace cairn::platform {
namespace {

Manifest parse(std::string_view toml) {
  const auto manifest = Manifest::parse(toml, "test");
  EXPECT_TRUE(manifest.has_value()) << manifest.error().to_string();
  return manifest.value_or(Manifest());
}

constexpr std::string_view before =
    "[components.a]\npath='a'\n[components.b]\npath='b'\n"
    "[supervisors.s]\n[supervisors.t]\n"
    "[actors.x]\ncomponent='a'\nsupervisor='s'\n[actors.y]\ncomponent='a'\n";

TEST(Changes, NothingIsNothing) {
  EXPECT_EQ(changes(parse(before), parse(before)), ManifestChanges());
  // A path, an argument, a route: nobody who runs sees them.
  const std::string_view also =
      "[components.a]\npath='c'\n[components.b]\npath='b'\n"
      "[supervisors.s]\n[supervisors.t]\n"
      "[actors.x]\ncomponent='a'\nsupervisor='s'\nargument='1'\n[actors.y]\ncomponent='a'\n"
      "[routes]\n'/'='x'\n";
  EXPECT_EQ(changes(parse(before), parse(also)), ManifestChanges());
}

TEST(Changes, EachThingOnce) {
  const std::string_view after =
      "listen='[::1]:1'\ndata='d'\norigin='o'\ndurable=false\nworkers=3\nscheduling='priority'"
      "\nhosts=['h']\n"
      "[components.a]\npath='a'\nlimits={fuel=1}\n[components.c]\npath='c'\n"
      "[supervisors.u]\n[supervisors.t]\nstrategy='one_for_all'\n"
      "[actors.y]\ncomponent='c'\n[actors.z]\ncomponent='a'\n";
  const ManifestChanges expected = {
      .fixed = {"listen", "data", "origin", "durable", "workers", "scheduling"},
      .components_gone = {"b"},
      .components_changed = {"a"},
      .supervisors_changed = {"t"},
      .supervisors_new = {"u"},
      .supervisors_gone = {"s"},
      .actors_gone = {"x"},
      .actors_upgraded = {"y"},
      .actors_new = {"z"}};
  EXPECT_EQ(changes(parse(before), parse(after)), expected);
}

TEST(Changes, WhatBecomesOfFailuresIsOfAComponent) {
  for (const std::string_view key :
       {"on_error='stop'", "on_contract='stop'", "on_trap='stop'", "on_limit='stop'",
        "supervision={max_restarts=3}", "supervision={backoff={kind='linear'}}"}) {
    const std::string after = "[components.a]\n" + std::string(key) + '\n' +
                              std::string(before.substr(before.find("path")));
    const ManifestChanges expected = {.components_changed = {"a"}};
    EXPECT_EQ(changes(parse(before), parse(after)), expected) << key;
  }
}

TEST(Changes, WhoMovesStartsAgain) {
  const std::string_view after =
      "[components.a]\npath='a'\n[components.b]\npath='b'\n"
      "[supervisors.s]\nsupervisor='t'\n[supervisors.t]\n"
      "[actors.x]\ncomponent='b'\nsupervisor='t'\n[actors.y]\ncomponent='a'\nshutdown='1s'\n";
  const ManifestChanges expected = {.supervisors_moved = {"s"}, .actors_changed = {"x", "y"}};
  EXPECT_EQ(changes(parse(before), parse(after)), expected);
}

}  // namespace
}  // namespace cairn::platform
