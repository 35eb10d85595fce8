// Atomic instructions (threads proposal). f0 result, f1 address, f2 and f3 operands; word 2:
// memory, word 3: offset. An access is checked for its alignment first, then for its bounds. Narrow
// accesses wrap their operands and zero-extend their result, so that one handler serves i32 and
// i64.

#include "interp/plain.hpp"

namespace cairn::engine {
namespace {

/// Finds where an atomic access to a T goes; `Trap::none` if it may.
template <class T>
CAIRN_BODY Trap find(const Regs& r, T*& at) {
  // The sum keeps its low bits even when it overflows, which the bounds check finds out.
  const uint64_t address = operand(r, 1) + r.pc[3].bits;
  if ((address & (sizeof(T) - 1)) != 0) [[unlikely]]
    return Trap::unaligned_atomic;
  uint8_t* bytes;
  if (!CheckedAccess::find<sizeof(T)>(r, bytes)) [[unlikely]]
    return Trap::out_of_bounds_memory_access;
  at = reinterpret_cast<T*>(bytes);
  return Trap::none;
}

template <class T>
struct AtomicLoad {
  CAIRN_BODY void run(Regs& r) {
    T* at;
    if (const Trap trap = find(r, at); trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    set_result(r, uint64_t{__atomic_load_n(at, __ATOMIC_SEQ_CST)});
    next(r);
  }
};

template <class T>
struct AtomicStore {
  CAIRN_BODY void run(Regs& r) {
    T* at;
    if (const Trap trap = find(r, at); trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    __atomic_store_n(at, static_cast<T>(operand(r, 2)), __ATOMIC_SEQ_CST);
    next(r);
  }
};

// What a read-modify-write does; each gives the value that it found.
struct Add {
  template <class T>
  CAIRN_BODY T apply(T* at, T value) {
    return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
  }
};
struct Sub {
  template <class T>
  CAIRN_BODY T apply(T* at, T value) {
    return __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST);
  }
};
struct And {
  template <class T>
  CAIRN_BODY T apply(T* at, T value) {
    return __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST);
  }
};
struct Or {
  template <class T>
  CAIRN_BODY T apply(T* at, T value) {
    return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);
  }
};
struct Xor {
  template <class T>
  CAIRN_BODY T apply(T* at, T value) {
    return __atomic_fetch_xor(at, value, __ATOMIC_SEQ_CST);
  }
};
struct Exchange {
  template <class T>
  CAIRN_BODY T apply(T* at, T value) {
    return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
  }
};

template <class Operation, class T>
struct AtomicRmw {
  CAIRN_BODY void run(Regs& r) {
    T* at;
    if (const Trap trap = find(r, at); trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    set_result(r, uint64_t{Operation::apply(at, static_cast<T>(operand(r, 2)))});
    next(r);
  }
};

template <class T>
struct AtomicCompareExchange {
  CAIRN_BODY void run(Regs& r) {
    T* at;
    if (const Trap trap = find(r, at); trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    T expected = static_cast<T>(operand(r, 2));
    __atomic_compare_exchange_n(at, &expected, static_cast<T>(operand(r, 3)), false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    set_result(r, uint64_t{expected});  // what was found, exchanged or not
    next(r);
  }
};

/// Waiting ends early when the store is interrupted; the next check then stops the execution.
template <class T>
struct AtomicWait {
  CAIRN_BODY void run(Regs& r) {
    T* at;
    if (const Trap trap = find(r, at); trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    MemoryInst& memory = memory_of(r);
    if (!memory.type.shared) [[unlikely]]
      return raise(r, Trap::expected_shared_memory);
    const uint64_t address = operand(r, 1) + r.pc[3].bits;
    const auto expected = operand<T>(r, 2);
    const auto timeout_ns = static_cast<int64_t>(operand(r, 3));
    if constexpr (sizeof(T) == 4)
      set_result(r, atomic_wait32(memory, address, expected, timeout_ns, r.inst->store));
    else
      set_result(r, atomic_wait64(memory, address, expected, timeout_ns, r.inst->store));
    next(r);
  }
};

struct AtomicNotify {
  CAIRN_BODY void run(Regs& r) {
    uint32_t* at;
    if (const Trap trap = find(r, at); trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    const uint64_t address = operand(r, 1) + r.pc[3].bits;
    set_result(r, atomic_notify(memory_of(r), address, operand<uint32_t>(r, 2)));
    next(r);
  }
};

struct AtomicFence {
  CAIRN_BODY void run(Regs& r) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    next(r);
  }
};

}  // namespace

Handler plain_atomic_handler(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case memory_atomic_notify: return handler_of<AtomicNotify>;
    case memory_atomic_wait32: return handler_of<AtomicWait<uint32_t>>;
    case memory_atomic_wait64: return handler_of<AtomicWait<uint64_t>>;
    case atomic_fence: return handler_of<AtomicFence>;

    case i32_atomic_load8_u:
    case i64_atomic_load8_u: return handler_of<AtomicLoad<uint8_t>>;
    case i32_atomic_load16_u:
    case i64_atomic_load16_u: return handler_of<AtomicLoad<uint16_t>>;
    case i32_atomic_load:
    case i64_atomic_load32_u: return handler_of<AtomicLoad<uint32_t>>;
    case i64_atomic_load: return handler_of<AtomicLoad<uint64_t>>;

    case i32_atomic_store8:
    case i64_atomic_store8: return handler_of<AtomicStore<uint8_t>>;
    case i32_atomic_store16:
    case i64_atomic_store16: return handler_of<AtomicStore<uint16_t>>;
    case i32_atomic_store:
    case i64_atomic_store32: return handler_of<AtomicStore<uint32_t>>;
    case i64_atomic_store: return handler_of<AtomicStore<uint64_t>>;

#define CAIRN_RMW(name, Operation)                                                     \
  case i32_atomic_rmw8_##name##_u:                                                     \
  case i64_atomic_rmw8_##name##_u: return handler_of<AtomicRmw<Operation, uint8_t>>;   \
  case i32_atomic_rmw16_##name##_u:                                                    \
  case i64_atomic_rmw16_##name##_u: return handler_of<AtomicRmw<Operation, uint16_t>>; \
  case i32_atomic_rmw_##name:                                                          \
  case i64_atomic_rmw32_##name##_u: return handler_of<AtomicRmw<Operation, uint32_t>>; \
  case i64_atomic_rmw_##name: return handler_of<AtomicRmw<Operation, uint64_t>>;
      CAIRN_RMW(add, Add)
      CAIRN_RMW(sub, Sub)
      CAIRN_RMW(and, And)
      CAIRN_RMW(or, Or)
      CAIRN_RMW(xor, Xor)
      CAIRN_RMW(xchg, Exchange)
#undef CAIRN_RMW

    case i32_atomic_rmw8_cmpxchg_u:
    case i64_atomic_rmw8_cmpxchg_u: return handler_of<AtomicCompareExchange<uint8_t>>;
    case i32_atomic_rmw16_cmpxchg_u:
    case i64_atomic_rmw16_cmpxchg_u: return handler_of<AtomicCompareExchange<uint16_t>>;
    case i32_atomic_rmw_cmpxchg:
    case i64_atomic_rmw32_cmpxchg_u: return handler_of<AtomicCompareExchange<uint32_t>>;
    case i64_atomic_rmw_cmpxchg: return handler_of<AtomicCompareExchange<uint64_t>>;
    default: return {};
  }
}

}  // namespace cairn::engine
