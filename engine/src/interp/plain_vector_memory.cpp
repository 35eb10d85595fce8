// Vector loads and stores: on any memory with a bounds check, and on memory 0 when it is guarded.
// f0 result, f1 address, f2 vector; word 2: memory and lane, word 3: offset.

#include "interp/plain_rows.hpp"
#include "interp/plain_vector.hpp"

namespace cairn::engine {
namespace {

CAIRN_BODY uint8_t lane_of(const Regs& r) { return static_cast<uint8_t>(index2_of(r)); }

template <auto function, class Access>
struct Load;
template <class Bits, V128 (*function)(Bits), class Access>
struct Load<function, Access> {
  CAIRN_BODY void run(Regs& r) {
    uint8_t* from;
    if (!Access::template find<sizeof(Bits)>(r, from)) [[unlikely]]
      return raise(r, Trap::out_of_bounds_memory_access);
    pin_pc(r);
    const Bits bits = load_le<Bits>(from);
    hold_pc(r, bits);
    set_result(r, function(bits));
    next(r);
  }
};

template <auto function, class Access>
struct LoadLane;
template <class Bits, V128 (*function)(Bits, V128, uint8_t), class Access>
struct LoadLane<function, Access> {
  CAIRN_BODY void run(Regs& r) {
    uint8_t* from;
    if (!Access::template find<sizeof(Bits)>(r, from)) [[unlikely]]
      return raise(r, Trap::out_of_bounds_memory_access);
    pin_pc(r);
    const Bits bits = load_le<Bits>(from);
    hold_pc(r, bits);
    set_result(r, function(bits, operand<V128>(r, 2), lane_of(r)));
    next(r);
  }
};

template <auto function, class Access>
struct StoreLane;
template <class Bits, Bits (*function)(V128, uint8_t), class Access>
struct StoreLane<function, Access> {
  CAIRN_BODY void run(Regs& r) {
    uint8_t* to;
    if (!Access::template find<sizeof(Bits)>(r, to)) [[unlikely]]
      return raise(r, Trap::out_of_bounds_memory_access);
    const Bits bits = function(operand<V128>(r, 2), lane_of(r));
    pin_pc(r);
    store_le<Bits>(to, bits);
    hold_pc(r, bits);
    next(r);
  }
};

template <class Access>
Handler handler(wasm::Op op) {
  if (op == wasm::Op::v128_load) return handler_of<LoadVector<Access>>;
  if (op == wasm::Op::v128_store) return handler_of<StoreVector<Access>>;
  switch (op) {
#define CAIRN_LOAD(id) \
  case wasm::Op::id: return handler_of<Load<&numerics::id, Access>>;
#define CAIRN_LOAD_LANE(id) \
  case wasm::Op::id: return handler_of<LoadLane<&numerics::id, Access>>;
#define CAIRN_STORE_LANE(id) \
  case wasm::Op::id: return handler_of<StoreLane<&numerics::id, Access>>;
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  CAIRN_SELECT(id, CAIRN_ACCESS_##imm##_##sig)
#include <cairn/wasm/instructions.def>
#undef CAIRN_LOAD
#undef CAIRN_LOAD_LANE
#undef CAIRN_STORE_LANE
    default: return {};
  }
}

}  // namespace

Handler checked_vector_handler(wasm::Op op) { return handler<CheckedAccess>(op); }
Handler guarded_vector_handler(wasm::Op op) { return handler<GuardedAccess>(op); }

}  // namespace cairn::engine
