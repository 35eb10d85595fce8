// Scalar loads and stores with a bounds check: any memory, any address type.
// f0 result or value, f1 address; word 2: memory, word 3: offset.

#include "interp/plain.hpp"

namespace cairn::engine {
namespace {

/// `Stored` is what lies in memory; its signedness says how it is extended to `Result`.
template <class Stored, class Result>
struct CheckedLoad {
  CAIRN_BODY void run(Regs& r) {
    uint8_t* from;
    if (!CheckedAccess::find<sizeof(Stored)>(r, from)) [[unlikely]]
      return raise(r, Trap::out_of_bounds_memory_access);
    set_result(r, static_cast<Result>(load_le<Stored>(from)));
    next(r);
  }
};

template <class Stored, class Value>
struct CheckedStore {
  CAIRN_BODY void run(Regs& r) {
    uint8_t* to;
    if (!CheckedAccess::find<sizeof(Stored)>(r, to)) [[unlikely]]
      return raise(r, Trap::out_of_bounds_memory_access);
    store_le(to, static_cast<Stored>(operand<Value>(r, 0)));
    next(r);
  }
};

}  // namespace

Handler checked_handler(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case i32_load: return handler_of<CheckedLoad<uint32_t, uint32_t>>;
    case i64_load: return handler_of<CheckedLoad<uint64_t, uint64_t>>;
    case f32_load: return handler_of<CheckedLoad<float, float>>;
    case f64_load: return handler_of<CheckedLoad<double, double>>;
    case i32_load8_s: return handler_of<CheckedLoad<int8_t, uint32_t>>;
    case i32_load8_u: return handler_of<CheckedLoad<uint8_t, uint32_t>>;
    case i32_load16_s: return handler_of<CheckedLoad<int16_t, uint32_t>>;
    case i32_load16_u: return handler_of<CheckedLoad<uint16_t, uint32_t>>;
    case i64_load8_s: return handler_of<CheckedLoad<int8_t, uint64_t>>;
    case i64_load8_u: return handler_of<CheckedLoad<uint8_t, uint64_t>>;
    case i64_load16_s: return handler_of<CheckedLoad<int16_t, uint64_t>>;
    case i64_load16_u: return handler_of<CheckedLoad<uint16_t, uint64_t>>;
    case i64_load32_s: return handler_of<CheckedLoad<int32_t, uint64_t>>;
    case i64_load32_u: return handler_of<CheckedLoad<uint32_t, uint64_t>>;
    case i32_store: return handler_of<CheckedStore<uint32_t, uint32_t>>;
    case i64_store: return handler_of<CheckedStore<uint64_t, uint64_t>>;
    case f32_store: return handler_of<CheckedStore<float, float>>;
    case f64_store: return handler_of<CheckedStore<double, double>>;
    case i32_store8: return handler_of<CheckedStore<uint8_t, uint32_t>>;
    case i32_store16: return handler_of<CheckedStore<uint16_t, uint32_t>>;
    case i64_store8: return handler_of<CheckedStore<uint8_t, uint64_t>>;
    case i64_store16: return handler_of<CheckedStore<uint16_t, uint64_t>>;
    case i64_store32: return handler_of<CheckedStore<uint32_t, uint64_t>>;
    default: return checked_vector_handler(op);
  }
}

}  // namespace cairn::engine
