#include "wast/script_values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::engine {
namespace {

using wasm::ScriptValue;
using Kind = ScriptValue::Kind;

struct NumberedObject final : HostObject {
  explicit NumberedObject(uint64_t n) : number(n) {}
  uint64_t number;
};

/// A number of `width` bits against a number or a NaN pattern.
bool number_matches(uint64_t actual, uint32_t width, const ScriptValue& expected) {
  const bool wide = width == 64;
  const uint64_t quiet = wide ? 0x7ff8'0000'0000'0000u : 0x7fc0'0000u;
  const uint64_t sign = wide ? uint64_t{1} << 63 : uint64_t{1} << 31;
  switch (expected.kind) {
    case Kind::nan_canonical: return (actual & ~sign) == quiet;
    case Kind::nan_arithmetic: return (actual & quiet) == quiet;
    default: break;
  }
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  return (actual & mask) == (expected.value & mask);
}

uint64_t lane_of(const uint8_t* bytes, uint32_t lane, uint32_t width) {
  uint64_t value = 0;
  std::memcpy(&value, bytes + lane * (width / 8), width / 8);
  return value;
}

bool vector_matches(V128 actual, const ScriptValue& expected) {
  uint8_t bytes[16];
  actual.store(bytes);
  const uint32_t width = 128u / expected.lanes;
  for (uint32_t i = 0; i < expected.lanes; ++i) {
    if (!number_matches(lane_of(bytes, i, width), width, expected.lane_values[i])) return false;
  }
  return true;
}

V128 make_vector(const ScriptValue& value) {
  uint8_t bytes[16] = {};
  const uint32_t size = 16u / value.lanes;
  for (uint32_t i = 0; i < value.lanes; ++i) {
    std::memcpy(bytes + i * size, &value.lane_values[i].value, size);
  }
  return V128::load(bytes);
}

bool is_number_type(const Value& value, uint8_t bits) {
  return value.type() == (bits == 64 ? wasm::f64 : wasm::f32);
}

/// The abstract type that a reference pattern without a number asks for.
std::optional<wasm::AbsHeapType> pattern_type(Kind kind) {
  switch (kind) {
    case Kind::ref_func: return wasm::AbsHeapType::func;
    case Kind::ref_any: return wasm::AbsHeapType::any;
    case Kind::ref_eq: return wasm::AbsHeapType::eq;
    case Kind::ref_i31: return wasm::AbsHeapType::i31;
    case Kind::ref_struct: return wasm::AbsHeapType::struct_;
    case Kind::ref_array: return wasm::AbsHeapType::array;
    case Kind::ref_exn: return wasm::AbsHeapType::exn;
    case Kind::ref_noexn: return wasm::AbsHeapType::noexn;
    default: return std::nullopt;
  }
}

}  // namespace

Ref HostRefs::get(uint64_t number) {
  auto found = roots_.find(number);
  if (found == roots_.end()) {
    Root root(store_, store_.new_extern(std::make_unique<NumberedObject>(number)));
    found = roots_.emplace(number, std::move(root)).first;
  }
  return found->second.get();
}

std::optional<uint64_t> HostRefs::number(Ref ref) const {
  auto* object = dynamic_cast<NumberedObject*>(store_.host_object(ref));
  if (object == nullptr) return std::nullopt;
  return object->number;
}

Result<Value> make_argument(const ScriptValue& value, wasm::ValType type, HostRefs& refs) {
  const auto mismatch = [&] {
    return fail(ErrorKind::usage, fmt::format("argument {} does not fit parameter type {}",
                                              describe(value), wasm::to_string(type)));
  };
  switch (value.kind) {
    case Kind::i32:
      if (type != wasm::i32) return mismatch();
      return Value(static_cast<uint32_t>(value.value));
    case Kind::i64:
      if (type != wasm::i64) return mismatch();
      return Value(value.value);
    case Kind::f32:
      if (type != wasm::f32) return mismatch();
      return Value(std::bit_cast<float>(static_cast<uint32_t>(value.value)));
    case Kind::f64:
      if (type != wasm::f64) return mismatch();
      return Value(std::bit_cast<double>(value.value));
    case Kind::v128:
      if (type != wasm::v128) return mismatch();
      return Value(make_vector(value));
    case Kind::ref_null:
      if (!type.is_ref()) return mismatch();
      return Value(Ref{}, type);
    case Kind::ref_host:
    case Kind::ref_extern:
      if (!type.is_ref() || !value.has_value) return mismatch();
      return Value(refs.get(value.value), type);
    default: return mismatch();
  }
}

bool matches(const Store& store, const HostRefs& refs, const Value& actual,
             const ScriptValue& expected) {
  switch (expected.kind) {
    case Kind::i32: return actual.type() == wasm::i32 && number_matches(actual.i32(), 32, expected);
    case Kind::i64: return actual.type() == wasm::i64 && number_matches(actual.i64(), 64, expected);
    case Kind::f32: return actual.type() == wasm::f32 && number_matches(actual.i32(), 32, expected);
    case Kind::f64: return actual.type() == wasm::f64 && number_matches(actual.i64(), 64, expected);
    case Kind::nan_canonical:
    case Kind::nan_arithmetic:
      return is_number_type(actual, expected.bits) &&
             number_matches(expected.bits == 64 ? actual.i64() : actual.i32(), expected.bits,
                            expected);
    case Kind::v128: return actual.type().is_vec() && vector_matches(actual.v128(), expected);
    case Kind::either:
      return std::ranges::any_of(expected.options, [&](const ScriptValue& option) {
        return matches(store, refs, actual, option);
      });
    default: break;
  }
  if (!actual.type().is_ref()) return false;
  if (expected.kind == Kind::ref_null) return actual.ref().is_null();
  if (actual.ref().is_null()) return false;
  if (const auto type = pattern_type(expected.kind)) {
    return store.ref_matches(actual.ref(), wasm::ValType::ref(*type, false));
  }
  // `(ref.extern n)` and `(ref.host n)`; without n any reference of that side will do.
  if (expected.has_value) return refs.number(actual.ref()) == expected.value;
  const auto side =
      expected.kind == Kind::ref_extern ? wasm::AbsHeapType::extern_ : wasm::AbsHeapType::any;
  return store.ref_matches(actual.ref(), wasm::ValType::ref(side, false));
}

std::string describe(const Value& value) {
  const wasm::ValType type = value.type();
  if (type == wasm::i32) return fmt::format("i32:{} ({:#x})", int32_t(value.i32()), value.i32());
  if (type == wasm::i64) return fmt::format("i64:{} ({:#x})", int64_t(value.i64()), value.i64());
  if (type == wasm::f32) return fmt::format("f32:{} ({:#x})", value.f32(), value.i32());
  if (type == wasm::f64) return fmt::format("f64:{} ({:#x})", value.f64(), value.i64());
  if (type.is_vec()) {
    const auto halves = std::bit_cast<std::array<uint64_t, 2>>(value.v128());
    return fmt::format("v128:{:#018x}{:016x}", halves[1], halves[0]);
  }
  if (value.ref().is_null()) return "ref.null";
  return fmt::format("a reference of type {}", wasm::to_string(type));
}

std::string describe(const ScriptValue& value) {
  const uint32_t low = static_cast<uint32_t>(value.value);
  switch (value.kind) {
    case Kind::i32: return fmt::format("i32:{} ({:#x})", int32_t(low), low);
    case Kind::i64: return fmt::format("i64:{} ({:#x})", int64_t(value.value), value.value);
    case Kind::f32: return fmt::format("f32:{} ({:#x})", std::bit_cast<float>(low), low);
    case Kind::f64:
      return fmt::format("f64:{} ({:#x})", std::bit_cast<double>(value.value), value.value);
    case Kind::nan_canonical: return fmt::format("f{}:nan:canonical", value.bits);
    case Kind::nan_arithmetic: return fmt::format("f{}:nan:arithmetic", value.bits);
    case Kind::v128: {
      std::string text = fmt::format("v128 of {} lanes:", value.lanes);
      for (const ScriptValue& lane : value.lane_values) text += " " + describe(lane);
      return text;
    }
    case Kind::either: {
      std::string text = "either";
      for (const ScriptValue& option : value.options) text += " " + describe(option);
      return text;
    }
    case Kind::ref_null: return "ref.null";
    case Kind::ref_host:
      return value.has_value ? fmt::format("ref.host {}", value.value) : "ref.host";
    case Kind::ref_extern:
      return value.has_value ? fmt::format("ref.extern {}", value.value) : "ref.extern";
    case Kind::ref_func: return "ref.func";
    case Kind::ref_any: return "ref.any";
    case Kind::ref_eq: return "ref.eq";
    case Kind::ref_i31: return "ref.i31";
    case Kind::ref_struct: return "ref.struct";
    case Kind::ref_array: return "ref.array";
    case Kind::ref_exn: return "ref.exn";
    case Kind::ref_noexn: return "ref.noexn";
  }
  return "?";
}

}  // namespace cairn::engine
