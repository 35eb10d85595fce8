// Sockets of 0.2 over the loopback interface.

#include <cairn/base/files.hpp>

#include "components/forwarder_testing.hpp"

namespace cairn::wasi {
namespace {

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
                       const std::vector<std::string>& listen, const GuestLimits& limits = {}) {
    GuestConfig config;
    config.limits = limits;
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
  static Value bound_udp(Forwarder& in, const Value& family, const Value& at) {
    const Value socket = ok(in.call("create-udp-socket", {family}));
    EXPECT_EQ(outcome(bind(in, "udp", socket, at)), "ok");
    ok(in.call("[method]udp-socket.finish-bind", {socket}));
    return socket;
  }
  static Value send(Forwarder& in, const Value& stream, std::string_view text, const Value& to) {
    ok(in.call("[method]outgoing-datagram-stream.check-send", {stream}));
    const Value datagram = Value::sequence({bytes_of(text), Value::variant(1, to)});
    return in.call("[method]outgoing-datagram-stream.send", {stream, Value::sequence({datagram})});
  }
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
  const Value one = bound_udp(guest, Value::variant(0), address_of(0));
  const Value two = bound_udp(guest, Value::variant(0), address_of(0));
  const Value to = ok(guest.call("[method]udp-socket.local-address", {two}));
  const Value from = ok(guest.call("[method]udp-socket.local-address", {one}));
  const Value ends = ok(guest.call("[method]udp-socket.stream", {one, Value::variant(0)}));
  const Value other = ok(guest.call("[method]udp-socket.stream", {two, Value::variant(0)}));
  const Value& out = ends.items()[1];
  EXPECT_EQ(ok(send(guest, out, "hello", to)).number(), 1u);
  wait(guest, guest.call("[method]incoming-datagram-stream.subscribe", {other.items()[0]}));
  const Value came =
      ok(guest.call("[method]incoming-datagram-stream.receive", {other.items()[0], number(10)}));
  ASSERT_EQ(came.items().size(), 1u);
  EXPECT_EQ(text_of(came.items()[0].items()[0]), "hello");
  EXPECT_EQ(port_of(came.items()[0].items()[1]), port_of(from));
  EXPECT_EQ(outcome(send(guest, out, "hello", address_of(80, {127, 0, 0, 2}))), access_denied);
  EXPECT_EQ(outcome(send(guest, out, std::string(65'507, 'x'), to)), "ok") << "the most over IPv4";
  EXPECT_EQ(outcome(send(guest, out, std::string(65'508, 'x'), to)), datagram_too_large);
}

TEST_F(Sockets02, SendDatagramsAsLargeAsThereAre) {
  Forwarder guest = make_guest({"[::1]:*"}, {"[::1]:*"});
  Value::Sequence bytes(8, number(0));
  bytes[7] = number(1);
  const Value loopback = Value::variant(
      1, Value::sequence({number(0), number(0), Value::sequence(std::move(bytes)), number(0)}));
  const Value v6 = Value::variant(1);
  const Value probe = ok(guest.call("create-udp-socket", {v6}));
  if (outcome(bind(guest, "udp", probe, loopback)) == address_not_bindable)
    GTEST_SKIP() << "there is no IPv6 here";
  const Value socket = bound_udp(guest, v6, loopback);
  const Value to = ok(guest.call("[method]udp-socket.local-address", {socket}));
  const Value ends = ok(guest.call("[method]udp-socket.stream", {socket, Value::variant(0)}));
  EXPECT_EQ(outcome(send(guest, ends.items()[1], std::string(65'527, 'x'), to)), "ok");
  EXPECT_EQ(outcome(send(guest, ends.items()[1], std::string(65'528, 'x'), to)),
            datagram_too_large);
  wait(guest, guest.call("[method]incoming-datagram-stream.subscribe", {ends.items()[0]}));
  const Value came =
      ok(guest.call("[method]incoming-datagram-stream.receive", {ends.items()[0], number(10)}));
  ASSERT_EQ(came.items().size(), 1u);
  EXPECT_EQ(came.items()[0].items()[0].items().size(), 65'527u);
}

TEST_F(Sockets02, KeepTheirPortWhateverPeerTheyHave) {
  Forwarder guest = make_guest({"127.0.0.1:*"}, {"127.0.0.1:*"});
  const Value socket = bound_udp(guest, Value::variant(0), address_of(0));
  const auto port = [&] {
    return port_of(ok(guest.call("[method]udp-socket.local-address", {socket})));
  };
  const uint64_t at_first = port();
  EXPECT_NE(at_first, 0u);
  for (const Value& peer :
       {Value::variant(1, address_of(9)), Value::variant(1, address_of(10)), Value::variant(0)}) {
    const Value ends = ok(guest.call("[method]udp-socket.stream", {socket, peer}));
    EXPECT_EQ(port(), at_first);
    guest.drop("incoming", ends.items()[0]);
    guest.drop("outgoing", ends.items()[1]);
  }
}

TEST_F(Sockets02, AcceptNobodyWhoseStreamsHaveNoPlaces) {
  Forwarder guest = make_guest({"127.0.0.1:*"}, {"127.0.0.1:*"}, {.streams_max = 2});
  const Value listener = tcp(guest);
  EXPECT_EQ(outcome(bind(guest, "tcp", listener, address_of(0))), "ok");
  ok(guest.call("[method]tcp-socket.finish-bind", {listener}));
  ok(guest.call("[method]tcp-socket.start-listen", {listener}));
  ok(guest.call("[method]tcp-socket.finish-listen", {listener}));
  const Value address = ok(guest.call("[method]tcp-socket.local-address", {listener}));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(outcome(connect(guest, tcp(guest), address)), "ok");
  const auto accept = [&] {
    wait(guest, guest.call("[method]tcp-socket.subscribe", {listener}));
    return guest.call("[method]tcp-socket.accept", {listener});
  };
  const Value first = ok(accept());
  EXPECT_EQ(outcome(accept()), new_socket_limit);
  guest.drop("input", first.items()[1]);
  guest.drop("output", first.items()[2]);
  EXPECT_EQ(outcome(accept()), "ok") << "it has waited";
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
