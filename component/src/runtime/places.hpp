#pragma once
/// What values are read from and written to. A place in memory is an address; core values are taken
/// one after another; values of the host are a tree. All have the same members, for `transfer`.

#include "runtime/transfer.hpp"

namespace cairn::component::rt {
template <class T>
constexpr uint64_t wide(T value) {
  if constexpr (std::is_signed_v<T>)
    return static_cast<uint64_t>(static_cast<int64_t>(value));
  else
    return value;
}

/// A number as the type has it, sign-extended to 64 bits if it has a sign.
constexpr uint64_t narrow(Op op, uint64_t bits) {
  switch (op) {
    case Op::bool_: return bits != 0;
    case Op::u8: return static_cast<uint8_t>(bits);
    case Op::u16: return static_cast<uint16_t>(bits);
    case Op::s8: return wide(static_cast<int8_t>(bits));
    case Op::s16: return wide(static_cast<int16_t>(bits));
    case Op::s32: return wide(static_cast<int32_t>(bits));
    case Op::u64:
    case Op::f64: return bits;
    default: return static_cast<uint32_t>(bits);
  }
}

inline uint64_t load_bytes(const uint8_t* at, uint32_t bytes) {
  switch (bytes) {
    case 1: return *at;
    case 2: return load_le<uint16_t>(at);
    case 4: return load_le<uint32_t>(at);
    default: return load_le<uint64_t>(at);
  }
}
inline void store_bytes(uint8_t* at, uint32_t bytes, uint64_t value) {
  switch (bytes) {
    case 1: *at = static_cast<uint8_t>(value); return;
    case 2: return store_le(at, static_cast<uint16_t>(value));
    case 4: return store_le(at, static_cast<uint32_t>(value));
    default: return store_le(at, value);
  }
}

struct MemorySource {
  static constexpr bool is_memory = true, is_host = false;
  Side& side;
  uint64_t at;

  uint64_t number(const Plan& plan) {
    return load_bytes(&side.memory[at], plan.size[side.options->p()]);
  }
  uint32_t discriminant(const Plan& plan) {
    return static_cast<uint32_t>(load_bytes(&side.memory[at], plan.discriminant_bytes));
  }
  uint32_t handle(const Plan&) { return load_le<uint32_t>(&side.memory[at]); }
  MemorySource field(const Plan& plan, size_t i) {
    return {side, at + plan.fields[i].offset[side.options->p()]};
  }
  MemorySource payload(const Plan& plan) {
    return {side, at + plan.payload_offset[side.options->p()]};
  }
  MemorySource item(const Plan& plan, size_t i) {
    return {side, at + i * plan.element->size[side.options->p()]};
  }
  void pair(uint64_t& ptr, uint64_t& length) {
    ptr = side.load_ptr(at);
    length = side.load_ptr(at + side.options->ptr_bytes());
  }
  void end_sum(const Plan&, const uint64_t*) {}
  const uint64_t* mark() { return nullptr; }
};

struct FlatSource {
  static constexpr bool is_memory = false, is_host = false;
  Side& side;
  const uint64_t* at;

  uint64_t number(const Plan&) { return *at++; }
  uint32_t discriminant(const Plan&) { return static_cast<uint32_t>(*at++); }
  uint32_t handle(const Plan&) { return static_cast<uint32_t>(*at++); }
  FlatSource& field(const Plan&, size_t) { return *this; }
  FlatSource& payload(const Plan&) { return *this; }
  FlatSource& item(const Plan&, size_t) { return *this; }
  void pair(uint64_t& ptr, uint64_t& length) {
    ptr = *at++;
    length = *at++;
    if (side.options->ptr == PtrSize::bits32) {
      ptr = static_cast<uint32_t>(ptr);
      length = static_cast<uint32_t>(length);
    }
  }
  // Joined core types need no conversion here: what is narrower has zeros above in its slot.
  const uint64_t* mark() { return at; }
  void end_sum(const Plan& plan, const uint64_t* mark) { at = mark + plan.flat_count; }
};

struct ValueSource {
  static constexpr bool is_memory = false, is_host = true;
  const Value& value;

  uint64_t number(const Plan& plan) {
    if (plan.op == Op::f32) return std::bit_cast<uint32_t>(value.f32());
    if (plan.op == Op::f64) return std::bit_cast<uint64_t>(value.f64());
    return value.number();
  }
  uint32_t discriminant(const Plan& plan) {
    return value.is_number() && plan.op == Op::flags ? static_cast<uint32_t>(value.number())
                                                     : value.variant().index;
  }
  ValueSource field(const Plan&, size_t i) { return {value.items()[i]}; }
  ValueSource payload(const Plan&) { return {value.variant().payload.front()}; }
  ValueSource item(const Plan&, size_t i) { return {value.items()[i]}; }
  void end_sum(const Plan&, const uint64_t*) {}
  const uint64_t* mark() { return nullptr; }
};

struct MemoryTarget {
  static constexpr bool is_memory = true, is_host = false;
  Side& side;
  uint64_t at;

  void number(const Plan& plan, uint64_t value) {
    store_bytes(&side.memory[at], plan.size[side.options->p()], value);
  }
  void discriminant(const Plan& plan, uint32_t index) {
    store_bytes(&side.memory[at], plan.discriminant_bytes, index);
  }
  void handle(uint32_t index) { store_le(&side.memory[at], index); }
  MemoryTarget field(const Plan& plan, size_t i) {
    return {side, at + plan.fields[i].offset[side.options->p()]};
  }
  MemoryTarget payload(const Plan& plan) {
    return {side, at + plan.payload_offset[side.options->p()]};
  }
  MemoryTarget item(const Plan& plan, size_t i) {
    return {side, at + i * plan.element->size[side.options->p()]};
  }
  void pair(uint64_t ptr, uint64_t length) {
    side.store_ptr(at, ptr);
    side.store_ptr(at + side.options->ptr_bytes(), length);
  }
  void end_sum(const Plan&, const uint64_t*) {}
  const uint64_t* mark() { return nullptr; }
};

struct FlatTarget {
  static constexpr bool is_memory = false, is_host = false;
  Side& side;
  uint64_t* at;

  void number(const Plan& plan, uint64_t value) {
    *at++ = plan.op == Op::u64 || plan.op == Op::f64 ? value : static_cast<uint32_t>(value);
  }
  void discriminant(const Plan&, uint32_t index) { *at++ = index; }
  void handle(uint32_t index) { *at++ = index; }
  FlatTarget& field(const Plan&, size_t) { return *this; }
  FlatTarget& payload(const Plan&) { return *this; }
  FlatTarget& item(const Plan&, size_t) { return *this; }
  void pair(uint64_t ptr, uint64_t length) {
    *at++ = ptr;
    *at++ = length;
  }
  const uint64_t* mark() { return at; }
  void end_sum(const Plan& plan, const uint64_t* mark) {
    for (const uint64_t* const end = mark + plan.flat_count; at != end;) *at++ = 0;
  }
};

struct ValueTarget {
  static constexpr bool is_memory = false, is_host = true;
  Value& value;

  void number(const Plan& plan, uint64_t bits) {
    if (plan.op == Op::f32)
      value = Value::f32(std::bit_cast<float>(static_cast<uint32_t>(bits)));
    else if (plan.op == Op::f64)
      value = Value::f64(std::bit_cast<double>(bits));
    else
      value = Value::number(bits);
  }
  void discriminant(const Plan& plan, uint32_t index) {
    if (plan.op == Op::flags)
      value = Value::number(uint64_t{index});
    else
      value.make_variant(index);
  }
  ValueTarget field(const Plan&, size_t i) { return {const_cast<Value&>(value.items()[i])}; }
  ValueTarget payload(const Plan&) {
    auto& payload = const_cast<std::vector<Value>&>(value.variant().payload);
    return {payload.emplace_back()};
  }
  ValueTarget item(const Plan&, size_t i) { return {const_cast<Value&>(value.items()[i])}; }
  void end_sum(const Plan&, const uint64_t*) {}
  const uint64_t* mark() { return nullptr; }
};

}  // namespace cairn::component::rt
