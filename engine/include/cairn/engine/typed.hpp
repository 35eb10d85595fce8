#pragma once
/// How C++ types stand for WebAssembly's in typed calls: int32_t and uint32_t for i32, int64_t and
/// uint64_t for i64, float, double, V128, and Ref for externref.

#include <cairn/base/result.hpp>
#include <cairn/engine/value.hpp>
#include <type_traits>

namespace cairn::engine {

enum class HostStatus : uint8_t;

/// For each such type: its WebAssembly type, and the ways to and from values and slots.
template <class T>
struct Typed;

namespace detail {

template <class T, wasm::ValType::Kind kind>
struct TypedNumber {
  static constexpr wasm::ValType type = kind;
  static Value to_value(T value) { return Value(value); }
  /// Reads the value at `slots` and moves on behind it.
  static T take(const uint64_t*& slots) {
    if constexpr (sizeof(T) == 4)
      return std::bit_cast<T>(static_cast<uint32_t>(*slots++));
    else
      return std::bit_cast<T>(*slots++);
  }
  static void to_slots(T value, uint64_t* slots) {
    if constexpr (sizeof(T) == 4)
      *slots = std::bit_cast<uint32_t>(value);
    else
      *slots = std::bit_cast<uint64_t>(value);
  }
  static T from_value(const Value& value) {
    uint64_t slots[2];
    value.to_slots(slots);
    const uint64_t* at = slots;
    return take(at);
  }
};

}  // namespace detail

template <>
struct Typed<int32_t> : detail::TypedNumber<int32_t, wasm::ValType::Kind::i32> {};
template <>
struct Typed<uint32_t> : detail::TypedNumber<uint32_t, wasm::ValType::Kind::i32> {};
template <>
struct Typed<int64_t> : detail::TypedNumber<int64_t, wasm::ValType::Kind::i64> {};
template <>
struct Typed<uint64_t> : detail::TypedNumber<uint64_t, wasm::ValType::Kind::i64> {};
template <>
struct Typed<float> : detail::TypedNumber<float, wasm::ValType::Kind::f32> {};
template <>
struct Typed<double> : detail::TypedNumber<double, wasm::ValType::Kind::f64> {};

template <>
struct Typed<V128> {
  static constexpr wasm::ValType type = wasm::v128;
  static Value to_value(V128 value) { return Value(value); }
  static V128 from_value(const Value& value) { return value.v128(); }
  static V128 take(const uint64_t*& slots) {
    const V128 value = V128::load(slots);
    slots += 2;
    return value;
  }
  static void to_slots(V128 value, uint64_t* slots) { value.store(slots); }
};

template <>
struct Typed<Ref> {
  static constexpr wasm::ValType type = wasm::externref;
  static Value to_value(Ref value) { return Value(value, wasm::externref); }
  static Ref from_value(const Value& value) { return value.ref(); }
  static Ref take(const uint64_t*& slots) { return Ref{*slots++}; }
  static void to_slots(Ref value, uint64_t* slots) { *slots = value.bits; }
};

namespace detail {

/// What a host function's C++ result means: which value, and whether it can be an error instead.
template <class R>
struct ResultOf {
  using Type = R;
  static constexpr bool can_fail = false;
};
template <class T>
struct ResultOf<Result<T>> {
  using Type = T;
  static constexpr bool can_fail = true;
};
template <>
struct ResultOf<HostStatus> {
  using Type = void;
  static constexpr bool can_fail = false;
};

template <class R, class... Args>
wasm::FuncType func_type() {
  wasm::FuncType type;
  type.params = {Typed<Args>::type...};
  if constexpr (!std::is_void_v<R>) type.results = {Typed<R>::type};
  return type;
}

}  // namespace detail

/// Does the function type have exactly these parameters and this result?
template <class R, class... Args>
bool has_signature(const wasm::FuncType& type) {
  if (type.params.size() != sizeof...(Args)) return false;
  [[maybe_unused]] size_t i = 0;
  if (!((type.params[i++] == Typed<Args>::type) && ...)) return false;
  if constexpr (std::is_void_v<R>)
    return type.results.empty();
  else
    return type.results.size() == 1 && type.results[0] == Typed<R>::type;
}

}  // namespace cairn::engine
