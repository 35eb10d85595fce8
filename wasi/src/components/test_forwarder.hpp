#pragma once
/// For tests and fuzz targets: a guest that hands every call on to functions of WASI 0.2, so that a
/// test can call them with any values, through handles and memory as any guest does. Where the
/// functions have handles, the test has their numbers: it holds what the guest holds.

#include <fmt/format.h>
#include <cairn/component/linker.hpp>
#include <cairn/wasi/guest.hpp>

#include <sstream>
#include <string>
#include <string_view>

#include "components/interfaces.hpp"

namespace cairn::wasi {

struct ForwardedFunction {
  std::string_view interface;  ///< its name in `forwarded_interfaces`
  std::string_view name;
  std::string_view type;  ///< component text
  /// Core types of the parameters; behind "->" that of the result, or "ptr" when it is in memory.
  std::string_view core;
};

/// The imports, with all types that the functions need; `@` becomes the functions' declarations.
/// Types have the same names inside of the instances and outside.
inline constexpr std::pair<std::string_view, std::string_view> forwarded_interfaces[] = {
    {"wasi:io/error", R"((import "wasi:io/error@0.2.0" (instance $i0
      (export "error" (type $io-error (sub resource))) @))
    (alias export $i0 "error" (type $io-error)))"},
    {"wasi:io/poll", R"((import "wasi:io/poll@0.2.0" (instance $i1
      (export "pollable" (type $pollable (sub resource))) @))
    (alias export $i1 "pollable" (type $pollable)))"},
    {"wasi:io/streams", R"((import "wasi:io/streams@0.2.0" (instance $i2
      (alias outer 1 $io-error (type $e)) (export "error" (type $io-error (eq $e)))
      (alias outer 1 $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (export "input-stream" (type $input (sub resource)))
      (export "output-stream" (type $output (sub resource)))
      (type $s (variant (case "last-operation-failed" (own $io-error)) (case "closed")))
      (export "stream-error" (type $stream-error (eq $s))) @))
    (alias export $i2 "input-stream" (type $input))
    (alias export $i2 "output-stream" (type $output))
    (alias export $i2 "stream-error" (type $stream-error)))"},
    {"wasi:clocks/monotonic-clock", R"((import "wasi:clocks/monotonic-clock@0.2.0" (instance $i3
      (alias outer 1 $pollable (type $p)) (export "pollable" (type $pollable (eq $p))) @)))"},
    {"wasi:random/random", R"((import "wasi:random/random@0.2.0" (instance $i4 @)))"},
    {"wasi:filesystem/types", R"((import "wasi:filesystem/types@0.2.0" (instance $i5
      (alias outer 1 $input (type $in)) (export "input-stream" (type $input (eq $in)))
      (alias outer 1 $output (type $out)) (export "output-stream" (type $output (eq $out)))
      (export "descriptor" (type $descriptor (sub resource)))
      (export "directory-entry-stream" (type $entries (sub resource)))
      (type $k (enum "unknown" "block-device" "character-device" "directory" "fifo" "symbolic-link"
        "regular-file" "socket"))
      (export "descriptor-type" (type $kind (eq $k)))
      (type $n (record (field "type" $kind) (field "name" string)))
      (export "directory-entry" (type $entry (eq $n)))
      (type $x (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota"
        "exist" "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io"
        "is-directory" "loop" "too-many-links" "message-size" "name-too-long" "no-device"
        "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory"
        "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow"
        "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy" "cross-device"))
      (export "error-code" (type $fs-error (eq $x)))
      (type $a (flags "symlink-follow")) (export "path-flags" (type $path-flags (eq $a)))
      (type $b (flags "create" "directory" "exclusive" "truncate"))
      (export "open-flags" (type $open-flags (eq $b)))
      (type $c (flags "read" "write" "file-integrity-sync" "data-integrity-sync"
        "requested-write-sync" "mutate-directory"))
      (export "descriptor-flags" (type $descriptor-flags (eq $c))) @))
    (alias export $i5 "descriptor" (type $descriptor))
    (alias export $i5 "directory-entry-stream" (type $entries))
    (alias export $i5 "descriptor-type" (type $kind))
    (alias export $i5 "directory-entry" (type $entry))
    (alias export $i5 "error-code" (type $fs-error))
    (alias export $i5 "path-flags" (type $path-flags))
    (alias export $i5 "open-flags" (type $open-flags))
    (alias export $i5 "descriptor-flags" (type $descriptor-flags)))"},
    {"wasi:filesystem/preopens", R"((import "wasi:filesystem/preopens@0.2.0" (instance $i6
      (alias outer 1 $descriptor (type $d)) (export "descriptor" (type $descriptor (eq $d))) @)))"},
    {"wasi:sockets/network", R"((import "wasi:sockets/network@0.2.0" (instance $i7
      (export "network" (type $network (sub resource)))
      (type $x (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory"
        "timeout" "concurrency-conflict" "not-in-progress" "would-block" "invalid-state"
        "new-socket-limit" "address-not-bindable" "address-in-use" "remote-unreachable"
        "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large"
        "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
      (export "error-code" (type $net-error (eq $x)))
      (type $f (enum "ipv4" "ipv6")) (export "ip-address-family" (type $family (eq $f)))
      (type $a4 (tuple u8 u8 u8 u8)) (export "ipv4-address" (type $ipv4 (eq $a4)))
      (type $a6 (tuple u16 u16 u16 u16 u16 u16 u16 u16)) (export "ipv6-address" (type $ipv6 (eq $a6)))
      (type $a (variant (case "ipv4" $ipv4) (case "ipv6" $ipv6)))
      (export "ip-address" (type $ip (eq $a)))
      (type $s4 (record (field "port" u16) (field "address" $ipv4)))
      (export "ipv4-socket-address" (type $socket4 (eq $s4)))
      (type $s6 (record (field "port" u16) (field "flow-info" u32) (field "address" $ipv6)
        (field "scope-id" u32)))
      (export "ipv6-socket-address" (type $socket6 (eq $s6)))
      (type $s (variant (case "ipv4" $socket4) (case "ipv6" $socket6)))
      (export "ip-socket-address" (type $address (eq $s)))))
    (alias export $i7 "network" (type $network))
    (alias export $i7 "error-code" (type $net-error))
    (alias export $i7 "ip-address-family" (type $family))
    (alias export $i7 "ip-address" (type $ip))
    (alias export $i7 "ip-socket-address" (type $address)))"},
    {"wasi:sockets/instance-network", R"((import "wasi:sockets/instance-network@0.2.0" (instance $i8
      (alias outer 1 $network (type $n)) (export "network" (type $network (eq $n))) @)))"},
    {"wasi:sockets/tcp", R"((import "wasi:sockets/tcp@0.2.0" (instance $i9
      (alias outer 1 $network (type $n)) (export "network" (type $network (eq $n)))
      (alias outer 1 $net-error (type $x)) (export "error-code" (type $net-error (eq $x)))
      (alias outer 1 $address (type $a)) (export "ip-socket-address" (type $address (eq $a)))
      (alias outer 1 $input (type $in)) (export "input-stream" (type $input (eq $in)))
      (alias outer 1 $output (type $out)) (export "output-stream" (type $output (eq $out)))
      (alias outer 1 $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (type $h (enum "receive" "send" "both")) (export "shutdown-type" (type $shutdown (eq $h)))
      (export "tcp-socket" (type $tcp (sub resource))) @))
    (alias export $i9 "tcp-socket" (type $tcp))
    (alias export $i9 "shutdown-type" (type $shutdown)))"},
    {"wasi:sockets/tcp-create-socket",
     R"((import "wasi:sockets/tcp-create-socket@0.2.0" (instance $i10
      (alias outer 1 $net-error (type $x)) (export "error-code" (type $net-error (eq $x)))
      (alias outer 1 $family (type $f)) (export "ip-address-family" (type $family (eq $f)))
      (alias outer 1 $tcp (type $t)) (export "tcp-socket" (type $tcp (eq $t))) @)))"},
    {"wasi:sockets/udp", R"((import "wasi:sockets/udp@0.2.0" (instance $i11
      (alias outer 1 $network (type $n)) (export "network" (type $network (eq $n)))
      (alias outer 1 $net-error (type $x)) (export "error-code" (type $net-error (eq $x)))
      (alias outer 1 $address (type $a)) (export "ip-socket-address" (type $address (eq $a)))
      (alias outer 1 $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (type $g (record (field "data" (list u8)) (field "remote-address" $address)))
      (export "incoming-datagram" (type $came (eq $g)))
      (type $o (record (field "data" (list u8)) (field "remote-address" (option $address))))
      (export "outgoing-datagram" (type $goes (eq $o)))
      (export "udp-socket" (type $udp (sub resource)))
      (export "incoming-datagram-stream" (type $incoming (sub resource)))
      (export "outgoing-datagram-stream" (type $outgoing (sub resource))) @))
    (alias export $i11 "incoming-datagram" (type $came))
    (alias export $i11 "outgoing-datagram" (type $goes))
    (alias export $i11 "udp-socket" (type $udp))
    (alias export $i11 "incoming-datagram-stream" (type $incoming))
    (alias export $i11 "outgoing-datagram-stream" (type $outgoing)))"},
    {"wasi:sockets/udp-create-socket",
     R"((import "wasi:sockets/udp-create-socket@0.2.0" (instance $i12
      (alias outer 1 $net-error (type $x)) (export "error-code" (type $net-error (eq $x)))
      (alias outer 1 $family (type $f)) (export "ip-address-family" (type $family (eq $f)))
      (alias outer 1 $udp (type $u)) (export "udp-socket" (type $udp (eq $u))) @)))"},
    {"wasi:sockets/ip-name-lookup", R"((import "wasi:sockets/ip-name-lookup@0.2.0" (instance $i13
      (alias outer 1 $network (type $n)) (export "network" (type $network (eq $n)))
      (alias outer 1 $net-error (type $x)) (export "error-code" (type $net-error (eq $x)))
      (alias outer 1 $ip (type $a)) (export "ip-address" (type $ip (eq $a)))
      (alias outer 1 $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (export "resolve-address-stream" (type $names (sub resource))) @))
    (alias export $i13 "resolve-address-stream" (type $names)))"},
    {"wasi:http/types", R"((import "wasi:http/types@0.2.0" (instance $i14
      (alias outer 1 $output (type $out)) (export "output-stream" (type $output (eq $out)))
      (export "fields" (type $fields (sub resource)))
      (export "outgoing-request" (type $request (sub resource)))
      (export "outgoing-body" (type $body (sub resource))) @))
    (alias export $i14 "fields" (type $fields))
    (alias export $i14 "outgoing-request" (type $request))
    (alias export $i14 "outgoing-body" (type $body)))"},
};

// clang-format off
inline constexpr ForwardedFunction forwarded_functions[] = {
#define SELF(type) "(param \"self\" (borrow $" type "))"
#define FS(ok) "(result (result " ok " (error $fs-error)))"
#define NET(ok) "(result (result " ok " (error $net-error)))"
#define STREAM(ok) "(result (result " ok " (error $stream-error)))"
#define ADDRESS "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32"
    {"wasi:io/error", "[method]error.to-debug-string", SELF("io-error") "(result string)", "i32 -> ptr"},
    {"wasi:io/poll", "[method]pollable.ready", SELF("pollable") "(result bool)", "i32 -> i32"},
    {"wasi:io/poll", "poll", "(param \"in\" (list (borrow $pollable))) (result (list u32))", "i32 i32 -> ptr"},
    {"wasi:io/streams", "[method]input-stream.read", SELF("input") "(param \"len\" u64)" STREAM("(list u8)"), "i32 i64 -> ptr"},
    {"wasi:io/streams", "[method]input-stream.skip", SELF("input") "(param \"len\" u64)" STREAM("u64"), "i32 i64 -> ptr"},
    {"wasi:io/streams", "[method]input-stream.subscribe", SELF("input") "(result (own $pollable))", "i32 -> i32"},
    {"wasi:io/streams", "[method]output-stream.check-write", SELF("output") STREAM("u64"), "i32 -> ptr"},
    {"wasi:io/streams", "[method]output-stream.write", SELF("output") "(param \"contents\" (list u8))" STREAM(""), "i32 i32 i32 -> ptr"},
    {"wasi:io/streams", "[method]output-stream.flush", SELF("output") STREAM(""), "i32 -> ptr"},
    {"wasi:io/streams", "[method]output-stream.subscribe", SELF("output") "(result (own $pollable))", "i32 -> i32"},
    {"wasi:io/streams", "[method]output-stream.write-zeroes", SELF("output") "(param \"len\" u64)" STREAM(""), "i32 i64 -> ptr"},
    {"wasi:io/streams", "[method]output-stream.splice", SELF("output") "(param \"src\" (borrow $input)) (param \"len\" u64)" STREAM("u64"), "i32 i32 i64 -> ptr"},
    {"wasi:clocks/monotonic-clock", "now", "(result u64)", "-> i64"},
    {"wasi:clocks/monotonic-clock", "subscribe-duration", "(param \"when\" u64) (result (own $pollable))", "i64 -> i32"},
    {"wasi:clocks/monotonic-clock", "subscribe-instant", "(param \"when\" u64) (result (own $pollable))", "i64 -> i32"},
    {"wasi:random/random", "get-random-bytes", "(param \"len\" u64) (result (list u8))", "i64 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.read-via-stream", SELF("descriptor") "(param \"offset\" u64)" FS("(own $input)"), "i32 i64 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.write-via-stream", SELF("descriptor") "(param \"offset\" u64)" FS("(own $output)"), "i32 i64 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.append-via-stream", SELF("descriptor") FS("(own $output)"), "i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.get-flags", SELF("descriptor") FS("$descriptor-flags"), "i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.get-type", SELF("descriptor") FS("$kind"), "i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.set-size", SELF("descriptor") "(param \"size\" u64)" FS(""), "i32 i64 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.read", SELF("descriptor") "(param \"length\" u64) (param \"offset\" u64)" FS("(tuple (list u8) bool)"), "i32 i64 i64 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.write", SELF("descriptor") "(param \"buffer\" (list u8)) (param \"offset\" u64)" FS("u64"), "i32 i32 i32 i64 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.read-directory", SELF("descriptor") FS("(own $entries)"), "i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.sync", SELF("descriptor") FS(""), "i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.create-directory-at", SELF("descriptor") "(param \"path\" string)" FS(""), "i32 i32 i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.open-at", SELF("descriptor") "(param \"path-flags\" $path-flags) (param \"path\" string) (param \"open-flags\" $open-flags) (param \"flags\" $descriptor-flags)" FS("(own $descriptor)"), "i32 i32 i32 i32 i32 i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.readlink-at", SELF("descriptor") "(param \"path\" string)" FS("string"), "i32 i32 i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.remove-directory-at", SELF("descriptor") "(param \"path\" string)" FS(""), "i32 i32 i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.rename-at", SELF("descriptor") "(param \"old-path\" string) (param \"new-descriptor\" (borrow $descriptor)) (param \"new-path\" string)" FS(""), "i32 i32 i32 i32 i32 i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.symlink-at", SELF("descriptor") "(param \"old-path\" string) (param \"new-path\" string)" FS(""), "i32 i32 i32 i32 i32 -> ptr"},
    {"wasi:filesystem/types", "[method]descriptor.unlink-file-at", SELF("descriptor") "(param \"path\" string)" FS(""), "i32 i32 i32 -> ptr"},
    {"wasi:filesystem/types", "[method]directory-entry-stream.read-directory-entry", SELF("entries") FS("(option $entry)"), "i32 -> ptr"},
    {"wasi:filesystem/preopens", "get-directories", "(result (list (tuple (own $descriptor) string)))", "-> ptr"},
    {"wasi:sockets/instance-network", "instance-network", "(result (own $network))", "-> i32"},
    {"wasi:sockets/tcp", "[method]tcp-socket.start-bind", SELF("tcp") "(param \"network\" (borrow $network)) (param \"local-address\" $address)" NET(""), "i32 i32 " ADDRESS " -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.finish-bind", SELF("tcp") NET(""), "i32 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.start-connect", SELF("tcp") "(param \"network\" (borrow $network)) (param \"remote-address\" $address)" NET(""), "i32 i32 " ADDRESS " -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.finish-connect", SELF("tcp") NET("(tuple (own $input) (own $output))"), "i32 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.start-listen", SELF("tcp") NET(""), "i32 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.finish-listen", SELF("tcp") NET(""), "i32 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.accept", SELF("tcp") NET("(tuple (own $tcp) (own $input) (own $output))"), "i32 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.local-address", SELF("tcp") NET("$address"), "i32 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.remote-address", SELF("tcp") NET("$address"), "i32 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.set-listen-backlog-size", SELF("tcp") "(param \"value\" u64)" NET(""), "i32 i64 -> ptr"},
    {"wasi:sockets/tcp", "[method]tcp-socket.subscribe", SELF("tcp") "(result (own $pollable))", "i32 -> i32"},
    {"wasi:sockets/tcp", "[method]tcp-socket.shutdown", SELF("tcp") "(param \"shutdown-type\" $shutdown)" NET(""), "i32 i32 -> ptr"},
    {"wasi:sockets/tcp-create-socket", "create-tcp-socket", "(param \"address-family\" $family)" NET("(own $tcp)"), "i32 -> ptr"},
    {"wasi:sockets/udp", "[method]udp-socket.start-bind", SELF("udp") "(param \"network\" (borrow $network)) (param \"local-address\" $address)" NET(""), "i32 i32 " ADDRESS " -> ptr"},
    {"wasi:sockets/udp", "[method]udp-socket.finish-bind", SELF("udp") NET(""), "i32 -> ptr"},
    {"wasi:sockets/udp", "[method]udp-socket.stream", SELF("udp") "(param \"remote-address\" (option $address))" NET("(tuple (own $incoming) (own $outgoing))"), "i32 i32 " ADDRESS " -> ptr"},
    {"wasi:sockets/udp", "[method]udp-socket.local-address", SELF("udp") NET("$address"), "i32 -> ptr"},
    {"wasi:sockets/udp", "[method]udp-socket.remote-address", SELF("udp") NET("$address"), "i32 -> ptr"},
    {"wasi:sockets/udp", "[method]incoming-datagram-stream.receive", SELF("incoming") "(param \"max-results\" u64)" NET("(list $came)"), "i32 i64 -> ptr"},
    {"wasi:sockets/udp", "[method]incoming-datagram-stream.subscribe", SELF("incoming") "(result (own $pollable))", "i32 -> i32"},
    {"wasi:sockets/udp", "[method]outgoing-datagram-stream.check-send", SELF("outgoing") NET("u64"), "i32 -> ptr"},
    {"wasi:sockets/udp", "[method]outgoing-datagram-stream.send", SELF("outgoing") "(param \"datagrams\" (list $goes))" NET("u64"), "i32 i32 i32 -> ptr"},
    {"wasi:sockets/udp-create-socket", "create-udp-socket", "(param \"address-family\" $family)" NET("(own $udp)"), "i32 -> ptr"},
    {"wasi:sockets/ip-name-lookup", "resolve-addresses", "(param \"network\" (borrow $network)) (param \"name\" string)" NET("(own $names)"), "i32 i32 i32 -> ptr"},
    {"wasi:sockets/ip-name-lookup", "[method]resolve-address-stream.resolve-next-address", SELF("names") NET("(option $ip)"), "i32 -> ptr"},
    {"wasi:sockets/ip-name-lookup", "[method]resolve-address-stream.subscribe", SELF("names") "(result (own $pollable))", "i32 -> i32"},
    {"wasi:http/types", "[constructor]fields", "(result (own $fields))", "-> i32"},
    {"wasi:http/types", "[constructor]outgoing-request", "(param \"headers\" (own $fields)) (result (own $request))", "i32 -> i32"},
    {"wasi:http/types", "[method]outgoing-request.body", SELF("request") "(result (result (own $body)))", "i32 -> ptr"},
    {"wasi:http/types", "[method]outgoing-body.write", SELF("body") "(result (result (own $output)))", "i32 -> ptr"},
#undef SELF
#undef FS
#undef NET
#undef STREAM
#undef ADDRESS
};
// clang-format on

inline constexpr std::string_view forwarded_resources[] = {
    "io-error", "pollable", "input",    "output", "descriptor", "entries", "network", "tcp",
    "udp",      "incoming", "outgoing", "names",  "fields",     "request", "body"};

/// A type with numbers in place of handles.
inline std::string with_numbers(std::string type) {
  const auto replace = [&](std::string_view what, bool to_parenthesis, std::string_view with) {
    for (size_t at = 0; (at = type.find(what, at)) != std::string::npos; at += with.size())
      type.replace(at, to_parenthesis ? type.find(')', at) + 1 - at : what.size(), with);
  };
  replace("(borrow ", true, "u32");
  replace("(own ", true, "u32");
  replace("$stream-error", false, "$plain-error");
  return type;
}

/// The component: function number N of the table is its export "fN", and "drop-NAME" drops a
/// resource.
inline std::string forwarder_text() {
  std::string imports, lowered, core_imports, core_args, funcs, lifted;
  size_t interface_number = 0;
  for (const auto& [interface, text] : forwarded_interfaces) {
    std::string declared;
    for (size_t i = 0; i < std::size(forwarded_functions); ++i) {
      const ForwardedFunction& func = forwarded_functions[i];
      if (func.interface != interface) continue;
      declared += fmt::format("(export \"{}\" (func {}))\n", func.name, func.type);
      lowered += fmt::format(
          "(alias export $i{} \"{}\" (func $g{}))"
          "(core func $l{} (canon lower (func $g{}) (memory $mem) (realloc $realloc)))\n",
          interface_number, func.name, i, i, i);
      const size_t arrow = func.core.find("->");
      const std::string_view params = func.core.substr(0, arrow);
      const std::string_view result = func.core.substr(arrow + 3);
      const bool in_memory = result == "ptr";
      core_imports +=
          fmt::format("(import \"\" \"{}\" (func $l{} (param {}{}){}))\n", i, i, params,
                      in_memory ? " i32" : "", in_memory ? "" : fmt::format("(result {})", result));
      core_args += fmt::format("(export \"{}\" (func $l{}))", i, i);
      std::string gets, word;
      std::istringstream words{std::string(params)};
      for (size_t n = 0; words >> word; ++n) gets += fmt::format("(local.get {})", n);
      funcs += fmt::format("(func (export \"{}\") (param {}) (result {}) (call $l{} {}{}){})\n", i,
                           params, in_memory ? "i32" : result, i, gets,
                           in_memory ? "(i32.const 64)" : "", in_memory ? "(i32.const 64)" : "");
      lifted += fmt::format(
          "(func (export \"f{}\") {} (canon lift (core func $m \"{}\") (memory $mem)"
          " (realloc $realloc)))\n",
          i, with_numbers(std::string(func.type)), i);
    }
    const size_t at = text.find('@', text.find("(instance"));
    imports += std::string(text.substr(0, at)) + declared +
               std::string(at == std::string_view::npos ? "" : text.substr(at + 1)) + "\n";
    ++interface_number;
  }
  for (const std::string_view name : forwarded_resources) {
    lowered += fmt::format("(core func $d-{} (canon resource.drop ${}))\n", name, name);
    core_imports += fmt::format("(import \"\" \"d-{}\" (func $d-{} (param i32)))\n", name, name);
    core_args += fmt::format("(export \"d-{}\" (func $d-{}))", name, name);
    funcs += fmt::format("(func (export \"d-{}\") (param i32) (call $d-{} (local.get 0)))\n", name,
                         name);
    lifted += fmt::format(
        "(func (export \"drop-{}\") (param \"handle\" u32) (canon lift (core func $m \"d-{}\")))\n",
        name, name);
  }
  return fmt::format(R"((component {}
    (type $plain (variant (case "last-operation-failed" u32) (case "closed")))
    (export $plain-error "stream-error" (type $plain))
    (core module $Memory
      (memory (export "mem") 16 2048) (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
        (local.set 4 (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
        (if (i32.gt_u (i32.add (local.get 4) (local.get 3))
              (i32.mul (memory.size) (i32.const 65536)))
          (then (local.set 4 (i32.const 1024))
            (if (i32.gt_u (local.get 3) (i32.sub (i32.mul (memory.size) (i32.const 65536))
                  (i32.const 1024)))
              (then (drop (memory.grow (i32.add (i32.div_u (local.get 3) (i32.const 65536))
                (i32.const 1))))))))
        (global.set $top (i32.add (local.get 4) (local.get 3)))
        (local.get 4)))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "mem" (core memory $mem))
    (alias core export $memory "realloc" (core func $realloc))
    {}
    (core module $M {} {})
    (core instance $m (instantiate $M (with "" (instance {}))))
    {}))",
                     imports, lowered, core_imports, funcs, core_args, lifted);
}

/// The number of a function; an assertion when there is none.
inline size_t forwarded(std::string_view name) {
  for (size_t i = 0; i < std::size(forwarded_functions); ++i)
    if (forwarded_functions[i].name == name) return i;
  CAIRN_ASSERT(false);
  return 0;
}

}  // namespace cairn::wasi
