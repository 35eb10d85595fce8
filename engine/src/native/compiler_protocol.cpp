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

void append_functions(Bytes& out, const std::vector<uint32_t>& functions) {
  append_le(out, static_cast<uint32_t>(functions.size()));
  for (const uint32_t function : functions) append_le(out, function);
}

Result<std::vector<uint32_t>> functions(ByteReader& in) {
  const uint32_t count = TRY(in.count(4, "functions"));
  std::vector<uint32_t> result;
  result.reserve(count);
  for (uint32_t i = 0; i < count; ++i) result.push_back(TRY(in.number<uint32_t>("a function")));
  return result;
}

Result<bool> flag(ByteReader& in) { return TRY(in.number<uint8_t>("a setting")) != 0; }

}  // namespace

Product product_of(CodeText form) {
  return form == CodeText::llvm ? Product::llvm : Product::assembly;
}

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
  append_le(out, runtime_layout_digest());
  append_le(out, message.key);
  append_le(out, message.features.bits());
  append_sized(out, {reinterpret_cast<const uint8_t*>(&message.limits), sizeof(Limits)});
  for (const bool setting : {message.fuel, message.interruption, message.deterministic,
                             message.guarded_memories, message.index_masks, message.background})
    append_le(out, static_cast<uint8_t>(setting));
  append_sized(out, message.module);
  return out;
}

Result<LoadModule> decode_load_module(ByteSpan message) {
  ByteReader in = TRY(open(message, Kind::load_module));
  const auto version = TRY(in.number<uint32_t>("the version"));
  if (TRY(in.number<uint64_t>("the layout")) != runtime_layout_digest() ||
      version != native_abi_version)
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
  result.index_masks = TRY(flag(in));
  result.background = TRY(flag(in));
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
  append_le(out, message.request.cpu.bits);
  append_le(out, message.product);
  append_functions(out, message.shown);
  append_functions(out, message.request.functions);
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
  result.request.cpu.bits = TRY(in.number<uint64_t>("the processor's features"));
  if (!known_cpu_features().contains(result.request.cpu))
    return fail(ErrorKind::unsupported, "code is wanted for a processor with unknown features");
  const auto product = TRY(in.number<uint8_t>("the product"));
  if (product > static_cast<uint8_t>(Product::assembly))
    return fail(ErrorKind::malformed, "message of the compiler: there is no such product");
  result.product = static_cast<Product>(product);
  result.shown = TRY(functions(in));
  result.request.functions = TRY(functions(in));
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
  append_sized(out, message.failed ? as_bytes(message.error) : ByteSpan(message.product));
  return out;
}

Result<Answer> decode_answer(ByteSpan message) {
  ByteReader in = TRY(open(message, Kind::answer));
  Answer result;
  const uint32_t lines = TRY(in.count(4, "log lines"));
  for (uint32_t i = 0; i < lines; ++i)
    result.log.emplace_back(as_text(TRY(in.sized("a log line"))));
  result.failed = TRY(in.number<uint8_t>("the outcome")) != 0;
  const ByteSpan rest = TRY(in.sized("the product"));
  if (result.failed) {
    result.error = as_text(rest);
  } else {
    result.product.assign(rest.begin(), rest.end());
  }
  TRY(in.end());
  return result;
}

}  // namespace cairn::engine::protocol
