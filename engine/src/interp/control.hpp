#pragma once
/// Bodies of unconditional branches, returns and calls.

#include "interp/calls.hpp"
#include "interp/moves.hpp"

namespace cairn::engine {

/// Checks the stack, zeroes the locals that are not parameters, loads the pinned ones.
template <int zeroed>
struct Enter {
  // word 1: low frame slots, high first slot to zero; word 2: low count; word 3: f0, f1 pinned
  // slots
  CAIRN_BODY bool run(Regs& r) {
    if (r.fp + r.pc[1].half.low > r.ex->slots_end) [[unlikely]] {
      --r.frame;  // the trap is the caller's, as with the frame limit
      r.pc = r.frame->return_pc - 1;
      r.fp = r.frame->fp;
      raise(r, Trap::call_stack_exhausted);
      return false;
    }
    if (r.ex->interrupt->load(std::memory_order_relaxed) != 0) [[unlikely]] {
      leave(r, Exit::interrupted);
      return false;
    }
    uint64_t* const slots = r.fp + r.pc[1].half.high;
    if constexpr (zeroed < 8)
      for (int i = 0; i < zeroed; ++i) slots[i] = 0;
    else
      for (uint32_t i = 0, n = r.pc[2].half.low; i < n; ++i) slots[i] = 0;
    r.pin = r.fp[r.pc[3].fields.f[0]];
    to_register<double>(r.pin, r.fpin, read_slot<double>(r, r.pc[3].fields.f[1]));
    r.pc += 4;
    return true;
  }
};

template <bool backward, bool metered>
struct Br {
  CAIRN_BODY void run(Regs& r) {
    jump<backward, metered>(r, r.pc[1].half.high, metered ? r.pc[2].half.high : 0);
  }
};
template <Src index, bool metered>
struct BrTable {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[2].half.high)) return;
    }
    const uint32_t last = r.pc[1].half.high;
    const uint32_t i = read<uint32_t, index>(r, 0);
    r.pc += static_cast<int32_t>(r.pc[3 + (i < last ? i : last)].half.low);
  }
};

template <bool metered>
struct ReturnVoid {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[3].half.low)) return;
    }
    pop_frame(r);
  }
};

template <bool metered>
struct Call {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[1].half.high)) return;
    }
    FuncCode* const callee = r.pc[2].code;
    const uint32_t delta = r.pc[1].half.low;
    if (!push_frame(r, r.pc + 4)) return;
    r.fp += delta;
    go_to(r, callee);
  }
};
template <bool metered>
struct CallImport {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[1].half.high)) return;
    }
    enter(r, r.inst->imported_funcs[r.pc[2].half.low], r.pc[1].half.low, r.pc + 4);
  }
};

/// The function that a table entry refers to, or why there is none.
CAIRN_BODY FuncInst* look_up(Regs& r, uint64_t index, uint32_t table_index, uint32_t type_id,
                             Trap& trap) {
  const TableInst& table = *r.inst->tables[table_index];
  if (index >= table.size) [[unlikely]] {
    trap = Trap::undefined_element;
    return nullptr;
  }
  auto* const func = reinterpret_cast<FuncInst*>(table.elements[index]);
  if (func == nullptr) [[unlikely]] {
    trap = Trap::uninitialized_element;
    return nullptr;
  }
  if (func->type_id != type_id && !func_type_matches(*r.ex, func->type_id, type_id)) [[unlikely]] {
    trap = Trap::indirect_call_type_mismatch;
    return nullptr;
  }
  return func;
}

template <Src index, class Index, bool metered>
struct CallIndirect {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[3].half.high)) return;
    }
    Trap trap = Trap::none;
    FuncInst* const func =
        look_up(r, read<Index, index>(r, 0), r.pc[2].half.low, r.pc[2].half.high, trap);
    if (func == nullptr) [[unlikely]]
      return raise(r, trap);
    enter(r, func, r.pc[1].half.high, r.pc + 5);
  }
};
template <bool metered>
struct CallRef {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[2].half.high)) return;
    }
    auto* const func = reinterpret_cast<FuncInst*>(r.fp[r.pc[1].fields.f[0]]);
    if (func == nullptr) [[unlikely]]
      return raise(r, Trap::null_function_reference);
    enter(r, func, r.pc[1].half.high, r.pc + 4);
  }
};

}  // namespace cairn::engine
