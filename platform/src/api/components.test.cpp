// Uploads, over HTTP.

#include <cerrno>
#include <functional>

#include "api/api_testing.hpp"

namespace cairn::platform::testing {
namespace {

using ComponentsApi = Apis;
constexpr const char* to_alice = "/v1/actors/alice/messages";

TEST_F(ComponentsApi, TakesComponents) {
  ASSERT_TRUE(machine(2));
  open();
  const std::string bytes(as_text(*machine(2)));
  const Reply made = ask("PUT", "/v1/components/other", bytes);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.at("/name"), "\"other\"");
  EXPECT_EQ(made.at("/style"), "\"explicit\"");
  EXPECT_EQ(made.at("/bytes"), std::to_string(bytes.size()));
  EXPECT_EQ(made.at("/digest"), "\"" + to_hex(crypto::sha256({as_bytes(bytes)})) + "\"");
  EXPECT_EQ(ask("PUT", "/v1/components/other", bytes).status, 200);
  const Reply all = ask("GET", "/v1/components");
  EXPECT_EQ(all.at("/components/0/name"), "\"machine\"");
  EXPECT_EQ(all.at("/components/1"), made.at(""));
  EXPECT_EQ(ask_json("POST", "/v1/actors/alice/upgrade", R"({"component":"other"})").status, 202);
  world.run();
  EXPECT_EQ(ask("POST", to_alice, "add 1").body, "101");
  EXPECT_EQ(ask("GET", "/v1/actors/alice").at("/component"), "\"other\"");
  EXPECT_EQ(ask_json("POST", "/v1/actors/alice/upgrade", R"({"component":"none"})").status, 404);
  EXPECT_EQ(ask("PUT", "/v1/components/bad", "no component").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/components/bad").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/components/machine", bytes).status, 403) << "the manifest has it";
}

TEST_F(ComponentsApi, TakesComponentsThatNeedMoreThanIsGranted) {
  const auto teller = actor::testing::build_guest_with_wasi("teller", "teller");
  CAIRN_NEEDS_GUEST(teller)
  open();
  const Reply made = ask("PUT", "/v1/components/teller", std::string(as_text(*teller)));
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(made.at("/denied").contains("which is not granted")) << made.body;
  EXPECT_EQ(ask_json("POST", "/v1/actors", R"({"name": "bob", "component": "teller"})").status,
            403);
  EXPECT_EQ(ask_json("POST", "/v1/actors/alice/upgrade", R"({"component": "teller"})").status, 403);
}

/// The client may try again, and nothing that is half there is in its way.
TEST_F(ComponentsApi, AFullDiskIsNoFaultOfAComponent) {
  ASSERT_TRUE(machine(2));
  open();
  const std::string bytes(as_text(*machine(2)));
  const std::string file = to_hex(crypto::sha256({as_bytes(bytes)})) + ".wasm";
  // The first operation looks whether it is there already; then it is made, written, synced.
  for (int failing = 2; failing <= 5; ++failing) {
    int operations = 0;
    world.disk.set_fault([&](uint64_t, const std::string& path) {
      return path.contains("/components") && ++operations == failing ? ENOSPC : 0;
    });
    const Reply full = ask("PUT", "/v1/components/other", bytes);
    world.disk.set_fault(nullptr);
    EXPECT_EQ(full.status, 503) << failing << full.body;
    const auto kept = world.disk.list_directory(world.folder / "/cairn-data/components");
    ASSERT_TRUE(kept.has_value());
    EXPECT_EQ(std::ranges::count(*kept, file), 0) << failing;
  }
  EXPECT_EQ(ask("PUT", "/v1/components/other", bytes).status / 100, 2);
}

TEST_F(ComponentsApi, TakesSoManyUploadsAtATime) {
  std::vector<std::function<void()>> tasks;
  ApiSettings settings;
  settings.apart = [&](std::function<void()> task) { tasks.push_back(std::move(task)); };
  settings.uploads_max = 2;
  open(alice, settings);
  const auto begin = [&] {
    return connect(
        "PUT /v1/components/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx");
  };
  Peer first = begin(), second_one = begin(), third = begin();
  for (Peer* peer : {&first, &second_one, &third}) run(*peer);
  EXPECT_EQ(second_one.got(), "");
  EXPECT_EQ(parse_reply(third.got()).status, 503) << third.got();
  EXPECT_NE(third.got().find("/problems/busy"), std::string::npos);
  ASSERT_EQ(tasks.size(), 2u);
  for (const auto& task : tasks) task();
  run(first);
  EXPECT_EQ(parse_reply(first.got()).status, 400) << first.got();
  Peer fourth = begin();
  run(fourth);
  EXPECT_EQ(fourth.got(), "");
}

TEST_F(ComponentsApi, TakesLargeBodiesWhereTheyBelong) {
  ApiSettings settings;
  settings.body_bytes_max = 10;
  settings.component_bytes_max = 20;
  open(alice, settings);
  const std::string body(15, 'x');
  EXPECT_EQ(ask("PUT", "/v1/components/x", body).status, 400) << "it is no component";
  EXPECT_EQ(ask("PUT", "/v1/components/x", body + body).status, 413);
  EXPECT_EQ(ask("PUT", "/v1/components/x/y", body).status, 413);
  EXPECT_EQ(ask("POST", to_alice, body).status, 413);
}

TEST_F(ComponentsApi, CompilesWhereItHoldsNobodyUp) {
  std::vector<std::function<void()>> tasks;
  ApiSettings settings;
  settings.apart = [&](std::function<void()> task) { tasks.push_back(std::move(task)); };
  open(alice, settings);
  const std::string bytes(as_text(*machine()));
  Peer peer = connect("PUT /v1/components/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                      std::to_string(bytes.size()) + "\r\n\r\n" + bytes);
  run(peer);
  EXPECT_EQ(peer.got(), "");
  ASSERT_EQ(tasks.size(), 1u);
  tasks[0]();
  run(peer);
  EXPECT_EQ(parse_reply(peer.got()).status, 201) << peer.got();
}

}  // namespace
}  // namespace cairn::platform::testing
