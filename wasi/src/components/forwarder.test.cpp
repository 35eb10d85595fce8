// A guest that asks for too much, and sockets of 0.2 over the loopback interface.

#include <gtest/gtest.h>
#include <cairn/base/files.hpp>
#include <cairn/base/simulated_event_loop.hpp>

#include <cairn/wasi/simulated_network.hpp>
#include "components/test_forwarder.hpp"
#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

using component::Value;

Value number(uint64_t bits) { return Value::number(bits); }

/// "ok" or the number of the error's case.
std::string outcome(const Value& result) {
  const Value::Case& ended = result.variant();
  if (ended.index == 0) return "ok";
  return std::to_string(ended.payload.front().variant().index);
}
Value ok(const Value& result) {
  EXPECT_EQ(outcome(result), "ok");
  if (result.variant().index != 0 || result.variant().payload.empty()) return {};
  return result.variant().payload.front();
}

/// Cases of `error-code`, of files and of sockets.
constexpr const char *insufficient_memory = "22", *access_denied = "1", *new_socket_limit = "10",
                     *datagram_too_large = "17", *name_unresolvable = "18", *temporary = "19",
                     *would_block = "8";

/// A store with the forwarding guest.
class Forwarder {
 public:
  explicit Forwarder(GuestConfig config, const component::RuntimeLimits& limits = {})
      : store_(engine(), {}, limits) {
    config.random = &random_;
    Guest::enter(store_, std::make_shared<Guest>(std::move(config)));
    auto made = prepared().instantiate(store_);
    EXPECT_TRUE(made) << made.error().to_string();
    if (made) instance_ = *made;
  }
  Result<Value> try_call(std::string_view name, const std::vector<Value>& args) {
    auto results = TRY(instance_.func(fmt::format("f{}", forwarded(name))).call(store_, args));
    return std::move(results.front());
  }
  Value call(std::string_view name, const std::vector<Value>& args = {}) {
    Result<Value> result = try_call(name, args);
    EXPECT_TRUE(result) << name << ": " << result.error().to_string();
    return result ? *result : Value();
  }
  void drop(std::string_view resource, const Value& handle) {
    EXPECT_TRUE(instance_.func(fmt::format("drop-{}", resource)).call(store_, std::array{handle}));
  }

 private:
  static engine::Engine& engine() {
    static engine::Engine one;
    return one;
  }
  static const component::ComponentPre& prepared() {
    static const component::ComponentPre pre = [] {
      const auto component = component::Component::load_text(engine(), forwarder_text());
      EXPECT_TRUE(component) << component.error().to_string();
      ComponentLinker linker(engine());
      add_wasi(linker);
      auto made = linker.prepare(*component);
      EXPECT_TRUE(made) << made.error().to_string();
      return *made;
    }();
    return pre;
  }

  SeededRandom random_{1};
  component::Store store_;
  component::Instance instance_;
};

// ---- Limits ------------------------------------------------------------------------------------

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

// ---- Sockets -----------------------------------------------------------------------------------

Value address_of(uint16_t port, std::array<uint8_t, 4> ip = {127, 0, 0, 1}) {
  Value::Sequence bytes;
  for (const uint8_t byte : ip) bytes.push_back(number(byte));
  return Value::variant(0, Value::sequence({number(port), Value::sequence(std::move(bytes))}));
}
uint64_t port_of(const Value& address) {
  return address.variant().payload.front().items().front().number();
}
std::string text_of(const Value& list) {
  std::string text;
  for (const Value& item : list.items()) text += static_cast<char>(item.number());
  return text;
}
Value bytes_of(std::string_view text) { return Value::raw(Bytes(text.begin(), text.end())); }

class Sockets02 : public testing::Test {
 protected:
  /// A guest with these rules.
  Forwarder make_guest(const std::vector<std::string>& allow,
                       const std::vector<std::string>& listen) {
    GuestConfig config;
    config.loop = loop_.get();
    config.network = network_.get();
    config.network_policy = NetworkPolicy::parse(allow, listen).value();
    return Forwarder(std::move(config));
  }
  void SetUp() override {
    ASSERT_TRUE(files_.write_file("/etc/hosts", as_bytes("10.1.2.3 named.test\n")));
  }
  static void wait(Forwarder& in, const Value& pollable) {
    in.call("poll", {Value::sequence({pollable})});
  }
  static Value tcp(Forwarder& in) { return ok(in.call("create-tcp-socket", {Value::variant(0)})); }
  static Value udp(Forwarder& in) { return ok(in.call("create-udp-socket", {Value::variant(0)})); }
  static Value connect(Forwarder& in, const Value& socket, const Value& to) {
    return in.call("[method]tcp-socket.start-connect", {socket, in.call("instance-network"), to});
  }
  static Value bind(Forwarder& in, const char* kind, const Value& socket, const Value& at) {
    return in.call(fmt::format("[method]{}-socket.start-bind", kind),
                   {socket, in.call("instance-network"), at});
  }
  static std::string read(Forwarder& in, const Value& stream) {
    wait(in, in.call("[method]input-stream.subscribe", {stream}));
    return text_of(ok(in.call("[method]input-stream.read", {stream, number(100)})));
  }
  static void write(Forwarder& in, const Value& stream, std::string_view text) {
    ok(in.call("[method]output-stream.check-write", {stream}));
    EXPECT_EQ(outcome(in.call("[method]output-stream.write", {stream, bytes_of(text)})), "ok");
  }

  RealClock clock_;
  SeededRandom random_{1};
  SimulatedFiles files_;
  std::unique_ptr<EventLoop> loop_ = make_event_loop(clock_);
  std::unique_ptr<Network> network_ = make_network(*loop_, files_, random_);
};

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

TEST_F(Sockets02, CarryBytesBothWays) {
  Forwarder guest = make_guest({"127.0.0.1:*"}, {"127.0.0.1:*"});
  const Value listener = tcp(guest);
  EXPECT_EQ(outcome(bind(guest, "tcp", listener, address_of(0))), "ok");
  ok(guest.call("[method]tcp-socket.finish-bind", {listener}));
  ok(guest.call("[method]tcp-socket.start-listen", {listener}));
  ok(guest.call("[method]tcp-socket.finish-listen", {listener}));
  const Value address = ok(guest.call("[method]tcp-socket.local-address", {listener}));
  EXPECT_NE(port_of(address), 0u);
  EXPECT_EQ(outcome(guest.call("[method]tcp-socket.accept", {listener})), would_block);

  const Value client = tcp(guest);
  EXPECT_EQ(outcome(connect(guest, client, address)), "ok");
  wait(guest, guest.call("[method]tcp-socket.subscribe", {client}));
  const Value streams = ok(guest.call("[method]tcp-socket.finish-connect", {client}));
  EXPECT_EQ(port_of(ok(guest.call("[method]tcp-socket.remote-address", {client}))),
            port_of(address));
  wait(guest, guest.call("[method]tcp-socket.subscribe", {listener}));
  const Value accepted = ok(guest.call("[method]tcp-socket.accept", {listener}));

  write(guest, streams.items()[1], "to the server");
  EXPECT_EQ(read(guest, accepted.items()[1]), "to the server");
  write(guest, accepted.items()[2], "and back");
  EXPECT_EQ(read(guest, streams.items()[0]), "and back");
  ok(guest.call("[method]tcp-socket.shutdown", {client, Value::variant(1)}));
  wait(guest, guest.call("[method]input-stream.subscribe", {accepted.items()[1]}));
  EXPECT_EQ(outcome(guest.call("[method]input-stream.read", {accepted.items()[1], number(1)})), "1")
      << "closed";
}

TEST_F(Sockets02, SpeakOnlyToWhomTheyMay) {
  Forwarder nobody = make_guest({}, {});
  EXPECT_EQ(outcome(connect(nobody, tcp(nobody), address_of(80))), access_denied);
  EXPECT_EQ(outcome(bind(nobody, "tcp", tcp(nobody), address_of(0))), access_denied);
  EXPECT_EQ(outcome(bind(nobody, "udp", udp(nobody), address_of(0))), access_denied);

  Forwarder some = make_guest({"127.0.0.1:1", "10.0.0.0/8:*"}, {});
  EXPECT_EQ(outcome(connect(some, tcp(some), address_of(2))), access_denied);
  EXPECT_EQ(outcome(connect(some, tcp(some), address_of(2, {127, 0, 0, 2}))), access_denied);

  // What clouds tell their machines is nobody's who does not name it.
  Forwarder all = make_guest({"*"}, {});
  EXPECT_EQ(outcome(connect(all, tcp(all), address_of(80, {169, 254, 169, 254}))), access_denied);
  EXPECT_EQ(outcome(connect(all, tcp(all), address_of(80, {100, 100, 100, 200}))), access_denied);
  Forwarder named = make_guest({"169.254.169.254:80"}, {});
  EXPECT_NE(outcome(connect(named, tcp(named), address_of(80, {169, 254, 169, 254}))),
            access_denied);
}

TEST_F(Sockets02, SendDatagrams) {
  Forwarder guest = make_guest({"127.0.0.1:*"}, {"127.0.0.1:*"});
  const auto bound = [&] {
    const Value socket = udp(guest);
    EXPECT_EQ(outcome(bind(guest, "udp", socket, address_of(0))), "ok");
    ok(guest.call("[method]udp-socket.finish-bind", {socket}));
    return socket;
  };
  const Value one = bound(), two = bound();
  const Value to = ok(guest.call("[method]udp-socket.local-address", {two}));
  const Value from = ok(guest.call("[method]udp-socket.local-address", {one}));
  const Value ends = ok(guest.call("[method]udp-socket.stream", {one, Value::variant(0)}));
  const Value other = ok(guest.call("[method]udp-socket.stream", {two, Value::variant(0)}));
  const auto send = [&](std::string_view text, const Value& where) {
    ok(guest.call("[method]outgoing-datagram-stream.check-send", {ends.items()[1]}));
    const Value datagram = Value::sequence({bytes_of(text), Value::variant(1, where)});
    return guest.call("[method]outgoing-datagram-stream.send",
                      {ends.items()[1], Value::sequence({datagram})});
  };
  EXPECT_EQ(ok(send("hello", to)).number(), 1u);
  wait(guest, guest.call("[method]incoming-datagram-stream.subscribe", {other.items()[0]}));
  const Value came =
      ok(guest.call("[method]incoming-datagram-stream.receive", {other.items()[0], number(10)}));
  ASSERT_EQ(came.items().size(), 1u);
  EXPECT_EQ(text_of(came.items()[0].items()[0]), "hello");
  EXPECT_EQ(port_of(came.items()[0].items()[1]), port_of(from));
  EXPECT_EQ(outcome(send("hello", address_of(80, {127, 0, 0, 2}))), access_denied);
  EXPECT_EQ(outcome(send(std::string(65'528, 'x'), to)), datagram_too_large);
}

TEST_F(Sockets02, LookUpOnlyWhatTheyMay) {
  Forwarder guest = make_guest({"named.test:80", "unknown.test:80"}, {});
  const Value network = guest.call("instance-network");
  const auto ask = [&](const char* name) {
    Value asked = guest.call("resolve-addresses", {network, Value::string(name)});
    if (outcome(asked) != "ok") return asked;
    const Value stream = ok(asked);
    wait(guest, guest.call("[method]resolve-address-stream.subscribe", {stream}));
    return guest.call("[method]resolve-address-stream.resolve-next-address", {stream});
  };
  const Value found = ok(ask("named.test"));
  EXPECT_EQ(found.variant().index, 1u);
  const Value ip = found.variant().payload.front();
  EXPECT_EQ(ip.variant().payload.front().items()[3].number(), 3u);
  EXPECT_EQ(outcome(connect(guest, tcp(guest), address_of(81, {10, 1, 2, 3}))), access_denied);
  EXPECT_NE(outcome(connect(guest, tcp(guest), address_of(80, {10, 1, 2, 3}))), access_denied);
  EXPECT_EQ(outcome(ask("other.test")), access_denied);
  EXPECT_EQ(outcome(ask("10.9.9.9")), "ok") << "an address is no secret";
  EXPECT_NE(outcome(ask("unknown.test")), name_unresolvable) << "nobody was there to be asked";
}

}  // namespace
}  // namespace cairn::wasi
