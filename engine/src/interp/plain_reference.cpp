// Instructions on references as such, casts, and i31. References are words: 0 is null, an odd
// number is an i31.

#include "interp/plain.hpp"

namespace cairn::engine {
namespace {

struct RefFunc {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, reinterpret_cast<uint64_t>(func_ref(*r.inst, index_of(r))));
    next(r);
  }
};

struct RefIsNull {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, uint32_t{operand(r, 1) == 0});
    next(r);
  }
};

struct RefEq {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, uint32_t{operand(r, 1) == operand(r, 2)});
    next(r);
  }
};

struct RefAsNonNull {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_reference);
    set_result(r, ref);
    next(r);
  }
};

/// Any heap type, by its canonical bits in word 2.
struct AnyHeapType {
  CAIRN_BODY bool matches(const Regs& r, uint64_t ref) {
    const auto heap = wasm::HeapType::from_bits(index_of(r));
    return ref_matches(*r.inst->store, ref, heap, index2_of(r) != 0);
  }
};
/// A structure or array type of the module.
struct ObjectType {
  CAIRN_BODY bool matches(const Regs& r, uint64_t ref) {
    return ref == 0 ? index2_of(r) != 0 : object_has_type(ref, type_of(r));
  }
};

template <class Target>
struct RefTest {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, uint32_t{Target::matches(r, operand(r, 1))});
    next(r);
  }
};

template <class Target>
struct RefCast {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (!Target::matches(r, ref)) [[unlikely]]
      return raise(r, Trap::cast_failure);
    set_result(r, ref);
    next(r);
  }
};

template <class Target>
Handler cast_handler(wasm::Op op) {
  switch (op) {
    case wasm::Op::ref_test:
    case wasm::Op::ref_test_null: return handler_of<RefTest<Target>>;
    case wasm::Op::ref_cast:
    case wasm::Op::ref_cast_null: return handler_of<RefCast<Target>>;
    default: return {};
  }
}

// ---- i31 ----

struct RefI31 {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, uint64_t{operand<uint32_t>(r, 1) << 1 | 1});
    next(r);
  }
};

struct I31GetS {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_i31_reference);
    set_result(r, static_cast<uint32_t>(static_cast<int32_t>(static_cast<uint32_t>(ref)) >> 1));
    next(r);
  }
};

struct I31GetU {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t ref = operand(r, 1);
    if (ref == 0) [[unlikely]]
      return raise(r, Trap::null_i31_reference);
    set_result(r, static_cast<uint32_t>(ref) >> 1);
    next(r);
  }
};

}  // namespace

Handler object_cast_handler(wasm::Op op) { return cast_handler<ObjectType>(op); }

Handler plain_reference_handler(wasm::Op op) {
  switch (op) {
    case wasm::Op::ref_func: return handler_of<RefFunc>;
    case wasm::Op::ref_is_null: return handler_of<RefIsNull>;
    case wasm::Op::ref_eq: return handler_of<RefEq>;
    case wasm::Op::ref_as_non_null: return handler_of<RefAsNonNull>;
    case wasm::Op::ref_i31: return handler_of<RefI31>;
    case wasm::Op::i31_get_s: return handler_of<I31GetS>;
    case wasm::Op::i31_get_u: return handler_of<I31GetU>;
    default: return cast_handler<AnyHeapType>(op);
  }
}

}  // namespace cairn::engine
