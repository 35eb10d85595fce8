#include "native/compiler_protocol.hpp"

#include <type_traits>

#include "native/abi.hpp"
#include "native/byte_reader.hpp"

namespace cairn::engine::protocol {

namespace {

constexpr std::string_view subject = "message of the compiler";

/// Limits travel as they lie in memory: both sides are of one build.
using Limits = wasm::ImplementationLimits;
static_assert(std::is_trivially_copyable_v<Limits>);

wasm::Features features_of(uint64_t bits) {
  wasm::Features features = wasm::Features::none();
  for (int i = 0; i < 64; ++i)
    if ((bits >> i & 1) != 0) features = features.with(static_cast<wasm::Feature>(i));
  return features;
}

Result<ByteReader> open(ByteSpan message, Kind kind) {
  ByteReader in(message, subject);
  if (TRY(in.number<uint8_t>("the kind")) != static_cast<uint8_t>(kind))
    return fail(ErrorKind::malformed, "message of the compiler: another kind was expected");
  return in;
}

Result<bool> flag(ByteReader& in) { return TRY(in.number<uint8_t>("a setting")) != 0; }

}  // namespace

Result<Kind> kind_of(ByteSpan message) {
  if (message.empty() || message[0] < 1 || message[0] > 3)
    return fail(ErrorKind::malformed, "message of the compiler: its kind is unknown");
  return static_cast<Kind>(message[0]);
}

Bytes encode(const LoadModule& message) {
  Bytes out;
  out.reserve(message.module.size() + sizeof(Limits) + 64);
  append_le(out, Kind::load_module);
  append_le(out, native_abi_version);
  append_le(out, message.key);
  append_le(out, message.features.bits());
  append_sized(out, {reinterpret_cast<const uint8_t*>(&message.limits), sizeof(Limits)});
  for (const bool setting :
       {message.fuel, message.interruption, message.deterministic, message.guarded_memories})
    append_le(out, static_cast<uint8_t>(setting));
  append_le(out, message.cpu.bits);
  append_sized(out, message.module);
  return out;
}

Result<LoadModule> decode_load_module(ByteSpan message) {
  ByteReader in = TRY(open(message, Kind::load_module));
  if (TRY(in.number<uint32_t>("the version")) != native_abi_version)
    return fail(ErrorKind::unsupported, "the engine and the compiler are of different versions");
  LoadModule result;
  result.key = TRY(in.number<uint64_t>("the key"));
  result.features = features_of(TRY(in.number<uint64_t>("the features")));
  const ByteSpan limits = TRY(in.sized("the limits"));
  if (limits.size() != sizeof(Limits))
    return fail(ErrorKind::unsupported, "the engine and the compiler are of different versions");
  std::memcpy(&result.limits, limits.data(), limits.size());
  result.fuel = TRY(flag(in));
  result.interruption = TRY(flag(in));
  result.deterministic = TRY(flag(in));
  result.guarded_memories = TRY(flag(in));
  result.cpu.bits = TRY(in.number<uint64_t>("the processor's features"));
  const ByteSpan module = TRY(in.sized("the module"));
  result.module.assign(module.begin(), module.end());
  TRY(in.end());
  return result;
}

Bytes encode(const Compile& message) {
  Bytes out;
  append_le(out, Kind::compile);
  append_le(out, message.key);
  append_le(out, message.request.level);
  append_le(out, static_cast<uint32_t>(message.request.functions.size()));
  for (const uint32_t function : message.request.functions) append_le(out, function);
  append_le(out, static_cast<uint32_t>(message.request.loops.size()));
  for (const CodeRequest::Loop& loop : message.request.loops) {
    append_le(out, loop.function);
    append_le(out, loop.offset);
  }
  return out;
}

Result<Compile> decode_compile(ByteSpan message) {
  ByteReader in = TRY(open(message, Kind::compile));
  Compile result;
  result.key = TRY(in.number<uint64_t>("the key"));
  const auto level = TRY(in.number<uint8_t>("the level"));
  if (level > static_cast<uint8_t>(CodeRequest::Level::full))
    return fail(ErrorKind::malformed, "message of the compiler: there is no such level");
  result.request.level = static_cast<CodeRequest::Level>(level);
  const uint32_t functions = TRY(in.count(4, "functions"));
  for (uint32_t i = 0; i < functions; ++i)
    result.request.functions.push_back(TRY(in.number<uint32_t>("a function")));
  const uint32_t loops = TRY(in.count(8, "loops"));
  for (uint32_t i = 0; i < loops; ++i) {
    CodeRequest::Loop loop;
    loop.function = TRY(in.number<uint32_t>("a loop"));
    loop.offset = TRY(in.number<uint32_t>("a loop"));
    result.request.loops.push_back(loop);
  }
  TRY(in.end());
  return result;
}

Bytes encode(const Answer& message) {
  Bytes out;
  append_le(out, Kind::answer);
  append_le(out, static_cast<uint32_t>(message.log.size()));
  for (const std::string& line : message.log) append_sized(out, as_bytes(line));
  append_le(out, static_cast<uint8_t>(message.failed));
  append_sized(out, message.failed ? as_bytes(message.error) : ByteSpan(message.image));
  return out;
}

Result<Answer> decode_answer(ByteSpan message) {
  ByteReader in = TRY(open(message, Kind::answer));
  Answer result;
  const uint32_t lines = TRY(in.count(4, "log lines"));
  for (uint32_t i = 0; i < lines; ++i)
    result.log.emplace_back(as_text(TRY(in.sized("a log line"))));
  result.failed = TRY(in.number<uint8_t>("the outcome")) != 0;
  const ByteSpan rest = TRY(in.sized("the image"));
  if (result.failed) {
    result.error = as_text(rest);
  } else {
    result.image.assign(rest.begin(), rest.end());
  }
  TRY(in.end());
  return result;
}

}  // namespace cairn::engine::protocol
