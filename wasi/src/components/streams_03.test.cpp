// Streams of files and sockets of WASI 0.3: a guest has no more of them at once than it may.

#include <fmt/format.h>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/tools.hpp>
#include <cairn/component/wit_text.hpp>
#include <cairn/wasi/guest.hpp>
#include <cairn/wasi/simulated_network.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

using component::Value;

/// What is used of WASI 0.3, and the guest's own functions.
constexpr std::string_view wit = R"(package test:streams;

world guest {
  import wasi:filesystem/preopens@0.3.0;
  import wasi:filesystem/types@0.3.0;
  import wasi:sockets/types@0.3.0;

  /// Opens the file `a` of the first directory, and connects a socket.
  export open: async func();
  /// Starts a stream: its end here, and the future of how it ends above.
  export start: async func(kind: u32) -> u64;
  /// -1: it goes on; 0: it has ended; N: with error N - 1.
  export how: async func(kind: u32, %future: u32) -> s32;
  export end: async func(kind: u32, mine: u32, %future: u32);
}

package wasi:filesystem@0.3.0 {
  interface types {
    variant descriptor-type {
      block-device, character-device, directory, fifo, symbolic-link, regular-file, socket,
      other(option<string>)
    }
    record directory-entry { %type: descriptor-type, name: string }
    variant error-code {
      access, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large,
      illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop,
      too-many-links, message-size, name-too-long, no-device, no-entry, no-lock,
      insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable,
      unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek,
      text-file-busy, cross-device, other(option<string>)
    }
    flags path-flags { symlink-follow }
    flags open-flags { create, directory, exclusive, truncate }
    flags descriptor-flags {
      read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory
    }
    resource descriptor {
      read-via-stream: func(offset: u64) -> tuple<stream<u8>, future<result<_, error-code>>>;
      write-via-stream: func(data: stream<u8>, offset: u64) -> future<result<_, error-code>>;
      append-via-stream: func(data: stream<u8>) -> future<result<_, error-code>>;
      read-directory: func() -> tuple<stream<directory-entry>, future<result<_, error-code>>>;
      open-at: async func(path-flags: path-flags, path: string, open-flags: open-flags,
        %flags: descriptor-flags) -> result<descriptor, error-code>;
    }
  }
  interface preopens {
    use types.{descriptor};
    get-directories: func() -> list<tuple<descriptor, string>>;
  }
}

package wasi:sockets@0.3.0 {
  interface types {
    variant error-code {
      access-denied, not-supported, invalid-argument, out-of-memory, timeout, invalid-state,
      address-not-bindable, address-in-use, remote-unreachable, connection-refused,
      connection-broken, connection-reset, connection-aborted, datagram-too-large,
      other(option<string>)
    }
    enum ip-address-family { ipv4, ipv6 }
    type ipv4-address = tuple<u8, u8, u8, u8>;
    type ipv6-address = tuple<u16, u16, u16, u16, u16, u16, u16, u16>;
    record ipv4-socket-address { port: u16, address: ipv4-address }
    record ipv6-socket-address { port: u16, flow-info: u32, address: ipv6-address, scope-id: u32 }
    variant ip-socket-address { ipv4(ipv4-socket-address), ipv6(ipv6-socket-address) }
    resource tcp-socket {
      create: static func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
      connect: async func(remote-address: ip-socket-address) -> result<_, error-code>;
      send: func(data: stream<u8>) -> future<result<_, error-code>>;
      receive: func() -> tuple<stream<u8>, future<result<_, error-code>>>;
    }
  }
}
)";

/// Those up to `receive` give a stream, the others take one.
enum Kind : uint32_t { read_file, list_directory, receive, write_file, append_file, send };

/// `FILE` and `SOCKET` stand for the interfaces.
constexpr std::string_view text = R"((module
  (import "wasi:filesystem/preopens@0.3.0" "get-directories" (func $directories (param i32)))
  (import "FILE" "[method]descriptor.open-at"
    (func $open-at (param i32 i32 i32 i32 i32 i32 i32)))
  (import "FILE" "[method]descriptor.read-via-stream" (func $read (param i32 i64 i32)))
  (import "FILE" "[method]descriptor.read-directory" (func $list (param i32 i32)))
  (import "FILE" "[method]descriptor.write-via-stream"
    (func $write (param i32 i32 i64) (result i32)))
  (import "FILE" "[method]descriptor.append-via-stream"
    (func $append (param i32 i32) (result i32)))
  (import "SOCKET" "[static]tcp-socket.create" (func $create (param i32 i32)))
  (import "SOCKET" "[method]tcp-socket.connect"
    (func $connect (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "SOCKET" "[method]tcp-socket.receive" (func $receive (param i32 i32)))
  (import "SOCKET" "[method]tcp-socket.send" (func $send (param i32 i32) (result i32)))

  (import "FILE" "[stream-new-0][method]descriptor.write-via-stream" (func $new (result i64)))
  (import "FILE" "[stream-drop-writable-0][method]descriptor.write-via-stream"
    (func $drop-writable (param i32)))
  (import "FILE" "[stream-drop-readable-0][method]descriptor.read-via-stream"
    (func $drop-readable (param i32)))
  (import "FILE" "[stream-drop-readable-0][method]descriptor.read-directory"
    (func $drop-entries (param i32)))
  (import "FILE" "[async-lower][future-read-1][method]descriptor.read-via-stream"
    (func $read-future (param i32 i32) (result i32)))
  (import "FILE" "[future-cancel-read-1][method]descriptor.read-via-stream"
    (func $cancel-future (param i32) (result i32)))
  (import "FILE" "[future-drop-readable-1][method]descriptor.read-via-stream"
    (func $drop-future (param i32)))
  (import "SOCKET" "[async-lower][future-read-1][method]tcp-socket.receive"
    (func $read-net-future (param i32 i32) (result i32)))
  (import "SOCKET" "[future-cancel-read-1][method]tcp-socket.receive"
    (func $cancel-net-future (param i32) (result i32)))
  (import "SOCKET" "[future-drop-readable-1][method]tcp-socket.receive"
    (func $drop-net-future (param i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "a")
  (global $top (mut i32) (i32.const 1024))
  (global $root (mut i32) (i32.const 0))
  (global $file (mut i32) (i32.const 0))
  (global $socket (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (i32.const 256))))

  (; results are at 64 ;)
  (func $check (if (i32.load8_u (i32.const 64)) (then unreachable)))
  (func (export "open")
    (call $directories (i32.const 64))
    (global.set $root (i32.load (i32.load (i32.const 64))))
    (call $open-at (global.get $root) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 1)
      (i32.const 3) (i32.const 64))
    (call $check)
    (global.set $file (i32.load (i32.const 68)))
    (call $create (i32.const 0) (i32.const 64))
    (call $check)
    (global.set $socket (i32.load (i32.const 68)))
    (call $connect (global.get $socket) (i32.const 0) (i32.const 80) (i32.const 10) (i32.const 0)
      (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 64))
    (call $check))

  (func (export "start") (param $kind i32) (result i64) (local $ends i64) (local $future i32)
    (if (i32.eq (local.get $kind) (i32.const 0))
      (then (call $read (global.get $file) (i64.const 0) (i32.const 64))))
    (if (i32.eq (local.get $kind) (i32.const 1))
      (then (call $list (global.get $root) (i32.const 64))))
    (if (i32.eq (local.get $kind) (i32.const 2))
      (then (call $receive (global.get $socket) (i32.const 64))))
    (if (i32.le_u (local.get $kind) (i32.const 2)) (then (return (i64.load (i32.const 64)))))
    (local.set $ends (call $new))
    (if (i32.eq (local.get $kind) (i32.const 3)) (then (local.set $future
      (call $write (global.get $file) (i32.wrap_i64 (local.get $ends)) (i64.const 0)))))
    (if (i32.eq (local.get $kind) (i32.const 4)) (then (local.set $future
      (call $append (global.get $file) (i32.wrap_i64 (local.get $ends))))))
    (if (i32.eq (local.get $kind) (i32.const 5)) (then (local.set $future
      (call $send (global.get $socket) (i32.wrap_i64 (local.get $ends))))))
    (i64.or (i64.shr_u (local.get $ends) (i64.const 32))
      (i64.shl (i64.extend_i32_u (local.get $future)) (i64.const 32))))

  (func $of-socket (param $kind i32) (result i32)
    (i32.or (i32.eq (local.get $kind) (i32.const 2)) (i32.eq (local.get $kind) (i32.const 5))))
  (func (export "how") (param $kind i32) (param $future i32) (result i32)
    (if (call $of-socket (local.get $kind))
      (then
        (if (i32.eq (call $read-net-future (local.get $future) (i32.const 64)) (i32.const -1))
          (then (drop (call $cancel-net-future (local.get $future))) (return (i32.const -1)))))
      (else
        (if (i32.eq (call $read-future (local.get $future) (i32.const 64)) (i32.const -1))
          (then (drop (call $cancel-future (local.get $future))) (return (i32.const -1))))))
    (if (i32.eqz (i32.load8_u (i32.const 64))) (then (return (i32.const 0))))
    (i32.add (i32.load8_u (i32.const 68)) (i32.const 1)))
  (func (export "end") (param $kind i32) (param $own i32) (param $future i32)
    (if (i32.gt_u (local.get $kind) (i32.const 2))
      (then (call $drop-writable (local.get $own)))
      (else (if (i32.eq (local.get $kind) (i32.const 1))
        (then (call $drop-entries (local.get $own)))
        (else (call $drop-readable (local.get $own))))))
    (if (call $of-socket (local.get $kind))
      (then (call $drop-net-future (local.get $future)))
      (else (call $drop-future (local.get $future)))))))";

Result<component::syntax::Component> make_guest() {
  std::string module(text);
  for (size_t at = 0; (at = module.find("\"FILE\"", at)) != std::string::npos;)
    module.replace(at, 6, "\"wasi:filesystem/types@0.3.0\"");
  for (size_t at = 0; (at = module.find("\"SOCKET\"", at)) != std::string::npos;)
    module.replace(at, 8, "\"wasi:sockets/types@0.3.0\"");
  component::wit::Sources sources;
  const auto loaded = TRY(component::wit::parse("test.wit", std::string(wit), {}, sources));
  const auto world = TRY(component::wit::select_world(loaded.resolve, loaded.root, ""));
  const Bytes core = wasm::encode(TRY(wasm::parse_text(module)));
  return component::tools::make_component(
      TRY(component::tools::embed_world(core, loaded.resolve, world)));
}

class Streams03 : public testing::Test {
 protected:
  /// With a file and a socket that are open.
  void enter(uint32_t streams_max) {
    network_.listen(80, [this](std::shared_ptr<Socket> peer) { peer_ = std::move(peer); });
    GuestConfig config;
    config.loop = &loop_;
    config.random = &random_;
    config.network = &network_;
    config.network_policy = NetworkPolicy::parse({"*"}, {}).value();
    config.preopens.push_back({"/", folder_.open(""), false});
    config.limits.streams_max = streams_max;
    Guest::enter(store_, std::make_shared<Guest>(std::move(config)));
    add_wasi(linker_);
    Result<component::syntax::Component> guest = make_guest();
    ASSERT_TRUE(guest) << guest.error().to_string();
    const auto component = component::Component::load(engine_, *std::move(guest));
    ASSERT_TRUE(component) << component.error().to_string();
    const auto prepared = linker_.prepare(*component);
    ASSERT_TRUE(prepared) << prepared.error().to_string();
    const auto made = prepared->instantiate(store_);
    ASSERT_TRUE(made) << made.error().to_string();
    instance_ = *made;
    call("open", {});
  }

  struct Begun {
    Kind kind;
    uint32_t own, future;
  };
  Begun start(Kind kind) {
    const uint64_t ends = call("start", {kind});
    return {kind, static_cast<uint32_t>(ends), static_cast<uint32_t>(ends >> 32)};
  }
  int32_t how(const Begun& stream) {
    return static_cast<int32_t>(call("how", {stream.kind, stream.future}));
  }
  void end(const Begun& stream) { call("end", {stream.kind, stream.own, stream.future}); }
  /// How one ends that is not to begin.
  int32_t refused(Kind kind) {
    const Begun stream = start(kind);
    const int32_t why = how(stream);
    end(stream);
    return why;
  }

  /// What `how` gives: `insufficient-memory` of files, `other` of sockets.
  static constexpr int32_t goes_on = -1, no_memory = 22, other = 15;

 private:
  uint64_t call(std::string_view name, const std::vector<uint32_t>& args) {
    std::vector<Value> values;
    for (const uint32_t arg : args) values.push_back(Value::number(uint64_t{arg}));
    const auto result = instance_.func(name).call(store_, values);
    EXPECT_TRUE(result) << name << ": " << result.error().to_string();
    return result && !result->empty() ? result->front().number() : 0;
  }

  TestFolder folder_;
  SimulatedClock clock_;
  SimulatedEventLoop loop_{clock_};
  SimulatedNetwork network_{loop_, 1};
  SeededRandom random_{1};
  std::shared_ptr<Socket> peer_;
  engine::Engine engine_;
  component::ComponentLinker linker_{engine_};
  component::Store store_{engine_};
  component::Instance instance_;
};

TEST_F(Streams03, OfFilesAreNoMoreThanMayBe) {
  enter(2);
  constexpr Kind kinds[] = {read_file, list_directory, write_file, append_file};
  for (const Kind kind : kinds) {
    const Begun one = start(kind), two = start(kind);
    EXPECT_EQ(how(one), goes_on) << kind;
    EXPECT_EQ(how(two), goes_on) << kind;
    for (const Kind more : kinds) EXPECT_EQ(refused(more), no_memory) << kind << more;
    end(two);
    const Begun again = start(kind);
    EXPECT_EQ(how(again), goes_on) << kind << ": ended ones do not count";
    end(one);
    end(again);
  }
}

TEST_F(Streams03, OfSocketsAreNoMoreThanMayBe) {
  enter(2);
  const Begun file = start(read_file), another = start(read_file);
  EXPECT_EQ(refused(receive), other);
  EXPECT_EQ(refused(send), other);
  end(file);
  const Begun received = start(receive);
  EXPECT_EQ(how(received), goes_on) << "it was not refused for good";
  EXPECT_EQ(refused(send), other);
  end(another);
  const Begun sent = start(send);
  EXPECT_EQ(how(sent), goes_on);
  EXPECT_EQ(refused(read_file), no_memory) << "both count";
  end(received);
  EXPECT_EQ(refused(read_file), goes_on);
  end(sent);
}

}  // namespace
}  // namespace cairn::wasi
