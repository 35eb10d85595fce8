#pragma once
/// Values as the host sees them.

#include <bit>
#include <cairn/engine/v128.hpp>
#include <cairn/wasm/types.hpp>
#include <cstdint>

namespace cairn::engine {

/// A reference, as the engine represents it in a slot: 0 is null, an odd number is an i31, anything
/// else points to an object that the store owns (a function, or an object on its GC heap). A heap
/// object stays alive while the guest can reach it, or while a `Root` holds it.
struct Ref {
  uint64_t bits = 0;
  bool is_null() const { return bits == 0; }
  bool is_i31() const { return (bits & 1) != 0; }
  bool operator==(const Ref&) const = default;
};

/// A value with its type. References inside use canonical type ids of the store's engine.
class Value {
 public:
  Value() : Value(uint32_t{0}) {}
  Value(uint32_t value) : type_(wasm::i32) { low() = value; }
  Value(int32_t value) : Value(static_cast<uint32_t>(value)) {}
  Value(uint64_t value) : type_(wasm::i64) { low() = value; }
  Value(int64_t value) : Value(static_cast<uint64_t>(value)) {}
  Value(float value) : type_(wasm::f32) { low() = std::bit_cast<uint32_t>(value); }
  Value(double value) : type_(wasm::f64) { low() = std::bit_cast<uint64_t>(value); }
  Value(V128 value) : type_(wasm::v128), bits_(std::bit_cast<Bits>(value)) {}
  Value(Ref ref, wasm::ValType type) : type_(type) { low() = ref.bits; }
  /// From the slots that hold a value of that type (two for v128, else one).
  static Value from_slots(wasm::ValType type, const uint64_t* slots) {
    Value value;
    value.type_ = type;
    value.bits_ = {slots[0], type.is_vec() ? slots[1] : 0};
    return value;
  }
  void to_slots(uint64_t* slots) const {
    slots[0] = bits_.low;
    if (type_.is_vec()) slots[1] = bits_.high;
  }

  wasm::ValType type() const { return type_; }
  uint32_t i32() const { return static_cast<uint32_t>(bits_.low); }
  uint64_t i64() const { return bits_.low; }
  float f32() const { return std::bit_cast<float>(static_cast<uint32_t>(bits_.low)); }
  double f64() const { return std::bit_cast<double>(bits_.low); }
  V128 v128() const { return std::bit_cast<V128>(bits_); }
  Ref ref() const { return Ref{bits_.low}; }

 private:
  struct Bits {
    uint64_t low = 0, high = 0;
  };
  uint64_t& low() { return bits_.low; }
  wasm::ValType type_;
  Bits bits_;
};

/// How many 8-byte slots a value of this type takes.
constexpr uint32_t slots_of(wasm::ValType type) { return type.is_vec() ? 2 : 1; }

}  // namespace cairn::engine
