// Instructions on references, structures, arrays and i31. References are words: 0 is null, an odd
// number is an i31. Instructions that allocate spill the registers first, so that the collector
// finds the roots at this instruction; objects do not move, so the registers stay right.

#include "interp/plain.hpp"

namespace cairn::engine {
namespace {

CAIRN_BODY uint32_t as_u32(uint64_t slot) { return static_cast<uint32_t>(slot); }
CAIRN_BODY uint64_t as_ref(const GcObject* object) { return reinterpret_cast<uint64_t>(object); }
CAIRN_BODY GcObject* object_at(uint64_t ref) { return reinterpret_cast<GcObject*>(ref); }

/// What an access to a field or element of the type `Stored` gives: packed ones are extended to
/// i32.
template <class Stored>
using Unpacked = std::conditional_t<sizeof(Stored) < 4, uint32_t, Stored>;

template <class Stored>
CAIRN_BODY Unpacked<Stored> load_field(const uint8_t* from) {
  if constexpr (std::is_same_v<Stored, V128>)
    return V128::load(from);
  else
    return static_cast<Unpacked<Stored>>(load_le<Stored>(from));
}
template <class Stored>
CAIRN_BODY void store_field(uint8_t* to, Unpacked<Stored> value) {
  if constexpr (std::is_same_v<Stored, V128>)
    value.store(to);
  else
    store_le(to, static_cast<Stored>(value));
}

// ---- Making objects ----

/// Copies a value from its slots to a field or element; gives the slots behind it.
CAIRN_BODY const uint64_t* store_slots(uint8_t* to, uint8_t width, const uint64_t* value) {
  switch (width) {
    case 1: store_le(to, static_cast<uint8_t>(*value)); break;
    case 2: store_le(to, static_cast<uint16_t>(*value)); break;
    case 4: store_le(to, static_cast<uint32_t>(*value)); break;
    case 8: store_le(to, *value); break;
    default: V128::load(value).store(to); return value + 2;
  }
  return value + 1;
}

/// A new structure with the fields' values, or null when the heap is full.
[[gnu::noinline]] uint64_t new_struct(StoreData& store, const RuntimeType& type,
                                      const uint64_t* values) {
  GcObject* object = gc_new_struct(store, type);
  if (!object) return 0;
  for (const auto& member : type.fields) {
    values = store_slots(object->payload() + member.offset, member.width, values);
  }
  return as_ref(object);
}

[[gnu::noinline]] uint64_t new_array_fixed(StoreData& store, const RuntimeType& type,
                                           const uint64_t* values, uint32_t length) {
  GcObject* object = gc_new_array(store, type, length);
  if (!object) return 0;
  const uint8_t width = type.fields[0].width;
  uint8_t* to = object->payload();
  for (uint32_t i = 0; i < length; ++i, to += width) values = store_slots(to, width, values);
  return as_ref(object);
}

/// `value`: the slots of what every element becomes; null for the default.
[[gnu::noinline]] Trap new_array(StoreData& store, const RuntimeType& type, uint32_t length,
                                 const uint64_t* value, uint64_t& ref) {
  GcObject* object = gc_new_array(store, type, length);
  if (!object) {
    const uint64_t bytes = uint64_t{length} * type.fields[0].width;
    return bytes > store.limits.gc_heap_bytes_max ? Trap::allocation_size_too_large
                                                  : Trap::out_of_memory;
  }
  ref = as_ref(object);
  return value ? array_fill(ref, 0, value, length) : Trap::none;
}

CAIRN_BODY void take_new(Regs& r, uint64_t ref) {
  if (ref == 0) [[unlikely]]
    return raise(r, Trap::out_of_memory);
  set_result(r, ref);
  next(r);
}
CAIRN_BODY void take_new_array(Regs& r, Trap trap, uint64_t ref) {
  if (trap != Trap::none) [[unlikely]]
    return raise(r, trap);
  set_result(r, ref);
  next(r);
}

struct StructNew {
  CAIRN_BODY void run(Regs& r) {
    spill(r);
    take_new(r, new_struct(*r.inst->store, type_of(r), operands(r)));
  }
};

struct StructNewDefault {
  CAIRN_BODY void run(Regs& r) {
    spill(r);
    take_new(r, as_ref(gc_new_struct(*r.inst->store, type_of(r))));
  }
};

struct ArrayNew {
  CAIRN_BODY void run(Regs& r) {
    const uint32_t length = operand<uint32_t>(r, 2);
    if (!charge_length(r, length)) return;
    spill(r);
    uint64_t ref = 0;
    const Trap trap = new_array(*r.inst->store, type_of(r), length, operands(r), ref);
    take_new_array(r, trap, ref);
  }
};

struct ArrayNewDefault {
  CAIRN_BODY void run(Regs& r) {
    const uint32_t length = operand<uint32_t>(r, 1);
    if (!charge_length(r, length)) return;
    spill(r);
    uint64_t ref = 0;
    const Trap trap = new_array(*r.inst->store, type_of(r), length, nullptr, ref);
    take_new_array(r, trap, ref);
  }
};

struct ArrayNewFixed {
  CAIRN_BODY void run(Regs& r) {
    spill(r);
    take_new(r, new_array_fixed(*r.inst->store, type_of(r), operands(r), index_of(r)));
  }
};

/// From a data or an element segment.
template <auto function>
struct ArrayNewSegment {
  CAIRN_BODY void run(Regs& r) {
    const uint32_t length = operand<uint32_t>(r, 2);
    if (!charge_length(r, length)) return;
    spill(r);
    uint64_t ref = 0;
    const Trap trap =
        function(*r.inst, type_of(r), index_of(r), operand<uint32_t>(r, 1), length, ref);
    take_new_array(r, trap, ref);
  }
};

// ---- Fields and elements ----

template <class Stored>
struct StructGet {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_structure_reference);
    set_result(r, load_field<Stored>(object_at(ref)->payload() + index_of(r)));
    next(r);
  }
};

template <class Stored>
struct StructSet {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_structure_reference);
    store_field<Stored>(object_at(ref)->payload() + index_of(r), operand<Unpacked<Stored>>(r, 2));
    next(r);
  }
};

template <class Stored>
struct ArrayGet {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_array_reference);
    GcObject* array = object_at(ref);
    const uint64_t index = operand<uint32_t>(r, 2);
    if (index >= array->length) [[unlikely]]
      return raise(r, Trap::out_of_bounds_array_access);
    set_result(r, load_field<Stored>(array->payload() + index * sizeof(Stored)));
    next(r);
  }
};

template <class Stored>
struct ArraySet {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_array_reference);
    GcObject* array = object_at(ref);
    const uint64_t index = operand<uint32_t>(r, 2);
    if (index >= array->length) [[unlikely]]
      return raise(r, Trap::out_of_bounds_array_access);
    store_field<Stored>(array->payload() + index * sizeof(Stored), operand<Unpacked<Stored>>(r, 3));
    next(r);
  }
};

struct ArrayLen {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_array_reference);
    set_result(r, object_at(ref)->length);
    next(r);
  }
};

template <template <class> class Body>
Handler handler_of_width(bool is_signed, uint8_t width) {
  switch (width) {
    case 1: return is_signed ? handler_of<Body<int8_t>> : handler_of<Body<uint8_t>>;
    case 2: return is_signed ? handler_of<Body<int16_t>> : handler_of<Body<uint16_t>>;
    case 4: return handler_of<Body<uint32_t>>;
    case 8: return handler_of<Body<uint64_t>>;
    case 16: return handler_of<Body<V128>>;
    default: return {};
  }
}

// ---- Bulk instructions on arrays: operands side by side ----

constexpr uint64_t elements_piece_max = 32 << 10;
/// An index that is out of bounds stays so.
CAIRN_BODY uint32_t as_index(uint64_t index) {
  return static_cast<uint32_t>(std::min<uint64_t>(index, UINT32_MAX));
}

struct ArrayFill {
  static constexpr uint64_t piece_max = elements_piece_max;
  static constexpr bool copies = false;
  CAIRN_BODY uint64_t& d(Regs& r) { return operands(r)[1]; }
  CAIRN_BODY uint64_t& s(Regs& r) { return operands(r)[2]; }
  CAIRN_BODY uint64_t& n(Regs& r) {
    return operands(r)[type_of(r).fields[0].width == sizeof(V128) ? 4 : 3];
  }
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t, uint64_t n) {
    return array_fill(operands(r)[0], as_index(d), operands(r) + 2, as_u32(n));
  }
};

struct ArrayCopy {
  static constexpr uint64_t piece_max = elements_piece_max;
  static constexpr bool copies = true;
  CAIRN_BODY uint64_t& d(Regs& r) { return operands(r)[1]; }
  CAIRN_BODY uint64_t& s(Regs& r) { return operands(r)[3]; }
  CAIRN_BODY uint64_t& n(Regs& r) { return operands(r)[4]; }
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t s, uint64_t n) {
    return array_copy(operands(r)[0], as_index(d), operands(r)[2], as_index(s), as_u32(n));
  }
};

/// From a data or an element segment.
template <auto function>
struct ArrayInit {
  static constexpr uint64_t piece_max = UINT64_MAX;  // segments are small
  static constexpr bool copies = true;
  CAIRN_BODY uint64_t& d(Regs& r) { return operands(r)[1]; }
  CAIRN_BODY uint64_t& s(Regs& r) { return operands(r)[2]; }
  CAIRN_BODY uint64_t& n(Regs& r) { return operands(r)[3]; }
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t s, uint64_t n) {
    return function(*r.inst, operands(r)[0], as_index(d), index_of(r), as_index(s), as_u32(n));
  }
};

}  // namespace

Handler struct_get_handler(wasm::Op op, uint8_t width) {
  return handler_of_width<StructGet>(op == wasm::Op::struct_get_s, width);
}
Handler struct_set_handler(uint8_t width) { return handler_of_width<StructSet>(false, width); }
Handler array_get_handler(wasm::Op op, uint8_t width) {
  return handler_of_width<ArrayGet>(op == wasm::Op::array_get_s, width);
}
Handler array_set_handler(uint8_t width) { return handler_of_width<ArraySet>(false, width); }

Handler plain_gc_handler(wasm::Op op) {
  switch (op) {
    case wasm::Op::struct_new: return handler_of<StructNew>;
    case wasm::Op::struct_new_default: return handler_of<StructNewDefault>;
    case wasm::Op::array_new: return handler_of<ArrayNew>;
    case wasm::Op::array_new_default: return handler_of<ArrayNewDefault>;
    case wasm::Op::array_new_fixed: return handler_of<ArrayNewFixed>;
    case wasm::Op::array_new_data: return handler_of<ArrayNewSegment<&array_new_data>>;
    case wasm::Op::array_new_elem: return handler_of<ArrayNewSegment<&array_new_elem>>;
    case wasm::Op::array_len: return handler_of<ArrayLen>;
    case wasm::Op::array_fill: return handler_of<Piecewise<ArrayFill>>;
    case wasm::Op::array_copy: return handler_of<Piecewise<ArrayCopy>>;
    case wasm::Op::array_init_data: return handler_of<Piecewise<ArrayInit<&array_init_data>>>;
    case wasm::Op::array_init_elem: return handler_of<Piecewise<ArrayInit<&array_init_elem>>>;
    default: return {};
  }
}

}  // namespace cairn::engine
