// A guest that asks for too much.

#include <cairn/base/files.hpp>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/simulated_network.hpp>

#include "components/forwarder_testing.hpp"
#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

class Hostile : public testing::Test {
 protected:
  GuestConfig config() {
    GuestConfig config;
    config.loop = &loop_;
    config.network = &network_;
    config.network_policy = NetworkPolicy::parse({"*"}, {"*"}).value();
    config.preopens.push_back({"/", folder_.open(""), false});
    return config;
  }
  static Value directory(Forwarder& guest) {
    return guest.call("get-directories").items().front().items().front();
  }
  static Value open(Forwarder& guest, const Value& directory, const char* name) {
    return guest.call("[method]descriptor.open-at",
                      {directory, number(0), Value::string(name), number(1), number(3)});
  }

  TestFolder folder_;
  SimulatedClock clock_;
  SimulatedEventLoop loop_{clock_};
  SimulatedNetwork network_{loop_, 1};
};

TEST_F(Hostile, OpensNoMoreFilesThanItMay) {
  GuestConfig config = this->config();
  config.limits.open_max = 2;
  Forwarder guest(std::move(config));
  const Value root = directory(guest);
  const Value one = ok(open(guest, root, "a"));
  EXPECT_EQ(outcome(open(guest, root, "b")), "ok");
  EXPECT_EQ(outcome(open(guest, root, "c")), insufficient_memory);
  EXPECT_EQ(outcome(guest.call("create-tcp-socket", {Value::variant(0)})), new_socket_limit);
  guest.drop("descriptor", one);
  EXPECT_EQ(outcome(open(guest, root, "c")), "ok") << "closed ones do not count";
}

TEST_F(Hostile, HasNoMoreStreamsThanItMay) {
  GuestConfig config = this->config();
  config.limits.streams_max = 2;
  Forwarder guest(std::move(config));
  const Value root = directory(guest);
  const Value file = ok(open(guest, root, "a"));
  struct Kind {
    const char *name, *resource;
    std::vector<Value> args;
  };
  const Kind kinds[] = {
      {"[method]descriptor.read-via-stream", "input", {file, number(0)}},
      {"[method]descriptor.write-via-stream", "output", {file, number(0)}},
      {"[method]descriptor.append-via-stream", "output", {file}},
      {"[method]descriptor.read-directory", "entries", {root}},
  };
  for (const Kind& kind : kinds) {
    const Value one = ok(guest.call(kind.name, kind.args));
    const Value two = ok(guest.call(kind.name, kind.args));
    for (const Kind& other : kinds)
      EXPECT_EQ(outcome(guest.call(other.name, other.args)), insufficient_memory) << other.name;
    guest.drop(kind.resource, two);
    const Value again = ok(guest.call(kind.name, kind.args));
    guest.drop(kind.resource, one);
    guest.drop(kind.resource, again);
  }
}

TEST_F(Hostile, HasNoMoreRequestsAndBodiesThanItMay) {
  GuestConfig config = this->config();
  config.limits.streams_max = 3;
  Forwarder guest(std::move(config));
  const Value file = ok(open(guest, directory(guest), "a"));
  const auto make_request = [&] {
    return guest.try_call("[constructor]outgoing-request", {guest.call("[constructor]fields")});
  };
  const auto read_file = [&] {
    return guest.call("[method]descriptor.read-via-stream", {file, number(0)});
  };
  const Value request = make_request().value();
  const Value body = ok(guest.call("[method]outgoing-request.body", {request}));
  const Value one = ok(read_file()), two = ok(read_file());
  EXPECT_EQ(outcome(guest.call("[method]outgoing-body.write", {body})), "error");
  guest.drop("input", one);
  const Value out = ok(guest.call("[method]outgoing-body.write", {body}));
  EXPECT_EQ(outcome(read_file()), insufficient_memory);
  guest.drop("output", out);
  guest.drop("input", two);
  EXPECT_TRUE(make_request());
  EXPECT_TRUE(make_request());
  const auto refused = make_request();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::trap);
  EXPECT_EQ(refused.error().message, "too many requests and streams");
}

TEST_F(Hostile, LooksUpNoMoreNamesAtOnceThanItMay) {
  network_.names["a.test"] = *IpAddress::parse("10.0.0.1");
  GuestConfig config = this->config();
  config.limits.lookups_max = 2;
  Forwarder guest(std::move(config));
  const Value network = guest.call("instance-network");
  const auto ask = [&] {
    return guest.call("resolve-addresses", {network, Value::string("a.test")});
  };
  const auto next = [&](const Value& stream) {
    return guest.call("[method]resolve-address-stream.resolve-next-address", {stream});
  };
  const Value one = ok(ask()), two = ok(ask());
  EXPECT_EQ(outcome(next(one)), would_block);
  EXPECT_EQ(outcome(ask()), temporary);
  while (loop_.run_one().value()) {
  }
  EXPECT_EQ(outcome(next(one)), "ok");
  EXPECT_EQ(outcome(next(ok(ask()))), would_block) << "answered ones do not count";
}

TEST_F(Hostile, PollsNoMoreThanItMay) {
  GuestConfig config = this->config();
  config.limits.pollables_max = 3;
  Forwarder guest(std::move(config));
  const Value timer = guest.call("subscribe-duration", {number(0)});
  EXPECT_EQ(guest.call("poll", {Value::sequence({timer, timer, timer})}).items().size(), 3u);
  const auto refused = guest.try_call("poll", {Value::sequence({timer, timer, timer, timer})});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "`poll` of more than 3 pollables");
  EXPECT_EQ(refused.error().kind, ErrorKind::trap);
}

TEST_F(Hostile, DrawsNoMoreRandomBytesThanItMay) {
  GuestConfig config = this->config();
  config.limits.random_bytes_max = 1000;
  Forwarder guest(std::move(config));
  EXPECT_EQ(guest.call("get-random-bytes", {number(1000)}).items().size(), 1000u);
  EXPECT_EQ(guest.try_call("get-random-bytes", {number(1001)}).error().kind, ErrorKind::trap);
}

TEST_F(Hostile, HasNoMoreResourcesThanItMay) {
  component::RuntimeLimits limits;
  limits.host_resources_max = 2;
  Forwarder guest(config(), limits);
  const Value one = guest.call("subscribe-duration", {number(0)});
  guest.call("subscribe-duration", {number(0)});
  guest.drop("pollable", one);
  guest.call("subscribe-duration", {number(0)});
  const auto refused = guest.try_call("subscribe-duration", {number(0)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "too many resources of the host");
}

TEST_F(Hostile, UsesOnlyHandlesThatItHas) {
  for (const uint32_t wrong : {0u, 1u, 7u, 0xffffffffu}) {
    Forwarder guest(config());
    const Value timer = guest.call("subscribe-duration", {number(0)});
    if (timer.number() == wrong) continue;
    EXPECT_EQ(guest.try_call("[method]pollable.ready", {number(wrong)}).error().kind,
              ErrorKind::trap);
  }
  Forwarder guest(config());
  const Value timer = guest.call("subscribe-duration", {number(0)});
  EXPECT_EQ(guest.try_call("[method]input-stream.subscribe", {timer}).error().kind,
            ErrorKind::trap);
}

TEST_F(Hostile, WritesNoMoreThanWasPermitted) {
  Forwarder guest(config()), other(config());
  const Value file = ok(open(guest, directory(guest), "a"));
  const Value out = ok(guest.call("[method]descriptor.write-via-stream", {file, number(0)}));
  const uint64_t permitted = ok(guest.call("[method]output-stream.check-write", {out})).number();
  EXPECT_EQ(permitted, GuestLimits().transfer_bytes_max);
  EXPECT_EQ(outcome(guest.call("[method]output-stream.write-zeroes", {out, number(permitted)})),
            "ok");
  EXPECT_EQ(guest.try_call("[method]output-stream.write", {out, Value::raw(Bytes(1))}).error().kind,
            ErrorKind::trap);
  EXPECT_EQ(guest.try_call("now", {}).error().message, "cannot enter component instance");
  EXPECT_TRUE(other.try_call("now", {})) << "others go on";
}

/// The test's network connects at once.
TEST_F(Hostile, LosesNoConnectionsWhoseStreamsHaveNoPlaces) {
  std::vector<std::shared_ptr<Socket>> accepted;
  network_.listen(80,
                  [&](std::shared_ptr<Socket> socket) { accepted.push_back(std::move(socket)); });
  GuestConfig config = this->config();
  config.limits.streams_max = 2;
  Forwarder guest(std::move(config));
  const Value file = ok(open(guest, directory(guest), "a"));
  const Value one = ok(guest.call("[method]descriptor.read-via-stream", {file, number(0)}));
  const Value socket = ok(guest.call("create-tcp-socket", {Value::variant(0)}));
  ok(guest.call("[method]tcp-socket.start-connect",
                {socket, guest.call("instance-network"), address_of(80, {10, 0, 0, 1})}));
  const auto finish = [&] { return guest.call("[method]tcp-socket.finish-connect", {socket}); };
  EXPECT_EQ(outcome(finish()), new_socket_limit);
  EXPECT_EQ(outcome(finish()), new_socket_limit);
  guest.drop("input", one);
  EXPECT_EQ(outcome(finish()), "ok");
  EXPECT_EQ(outcome(guest.call("[method]descriptor.read-via-stream", {file, number(0)})),
            insufficient_memory);
}

}  // namespace
}  // namespace cairn::wasi
