// What requests that were sent keep of what their guests may keep.

#include "components/http/client.hpp"

#include <gtest/gtest.h>
#include <cairn/base/simulated_event_loop.hpp>

#include <cairn/wasi/simulated_network.hpp>
#include "components/http/fields.hpp"

namespace cairn::wasi {
namespace {

TEST(HttpClient, CountsRequestsUntilTheyAreSent) {
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  SimulatedNetwork network(loop, 1);
  std::shared_ptr<Socket> accepted;
  network.listen(80, [&](std::shared_ptr<Socket> socket) { accepted = std::move(socket); });
  SeededRandom random(1);
  GuestConfig config;
  config.loop = &loop;
  config.random = &random;
  config.network = &network;
  config.network_policy = NetworkPolicy::parse({"*"}, {}).value();
  config.limits.streams_max = 1;
  Guest guest(std::move(config));
  std::optional<Http<>> sent;
  std::shared_ptr<ClientCall> call;
  {
    RequestHead head;
    head.scheme = "http";
    head.authority = "10.0.0.1";
    head.fields = std::make_shared<Fields>(guest.fields_budget());
    ASSERT_TRUE(head.fields->append("x", std::string(60'000, 'x')));
    head.place = *guest.stream_place();
    call = send_request(
        guest, head, {}, false, [](const Http<ClientResponse>&) {},
        [&](const Http<>& how) { sent = how; });
  }
  const auto run = [&] {
    const auto end = clock.monotonic_ns() + 1'000'000'000;
    const auto ticket = loop.at(end, [] {});
    while (clock.monotonic_ns() < end && loop.run_one().value()) {
    }
  };
  run();
  ASSERT_TRUE(accepted);
  EXPECT_FALSE(sent) << "its peer takes nothing";
  EXPECT_GT(guest.fields_budget()->bytes, 60'000u);
  EXPECT_FALSE(guest.stream_place());
  std::array<char, 70'000> bytes;
  const iovec buffer{bytes.data(), bytes.size()};
  for (int i = 0; i < 50; ++i) {
    std::ignore = accepted->stream()->read({&buffer, 1});
    run();
  }
  ASSERT_TRUE(sent);
  EXPECT_TRUE(*sent);
  EXPECT_EQ(guest.fields_budget()->bytes, 0u);
  EXPECT_TRUE(guest.stream_place());
}

}  // namespace
}  // namespace cairn::wasi
