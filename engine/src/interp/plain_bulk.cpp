// Sizes and growth of memories and tables, table elements, and bulk instructions. Operands in f1,
// f2, f3; word 2: the indices. Slots hold addresses and lengths of both widths zero-extended.

#include "interp/plain.hpp"

namespace cairn::engine {
namespace {

/// What memory.grow and table.grow give back: the old size, or −1 in the address type's width.
CAIRN_BODY uint64_t grow_result(uint64_t old_size, wasm::AddrType address) {
  return address == wasm::AddrType::i32 ? static_cast<uint32_t>(old_size) : old_size;
}

// ---- Memories ----

struct MemorySize {
  CAIRN_BODY void run(Regs& r) {
    const MemoryInst& memory = memory_of(r);
    set_result(r, size_of(memory) >> memory.type.page_size_log2);
    next(r);
  }
};

struct MemoryGrow {
  CAIRN_BODY void run(Regs& r) {
    MemoryInst& memory = memory_of(r);
    const uint64_t delta = operand(r, 1);
    const uint32_t shift = memory.type.page_size_log2;
    // What does not succeed costs nothing.
    uint64_t left = memory.max_bytes - size_of(memory);
    if (const StoreData* store = memory.store)
      left = std::min(left, store->limits.memory_bytes_max - store->memory_bytes);
    if (delta <= left >> shift && !affords_length(r, delta << shift)) return;
    const uint64_t old_size = memory_grow(memory, delta);
    if (old_size != UINT64_MAX) r.ex->fuel -= cost_of_length(delta << shift);
    set_result(r, grow_result(old_size, memory.type.address));
    next(r);
  }
};

/// Pieces of some ten microseconds.
constexpr uint64_t bytes_piece_max = 256 << 10, elements_piece_max = 32 << 10;

struct MemoryInit : FieldOperands {
  static constexpr uint64_t piece_max = UINT64_MAX;  // segments are small
  static constexpr bool copies = true;
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t s, uint64_t n) {
    return memory_init(*r.inst, index_of(r), index2_of(r), d, s, n);
  }
};

struct MemoryCopy : FieldOperands {
  static constexpr uint64_t piece_max = bytes_piece_max;
  static constexpr bool copies = true;
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t s, uint64_t n) {
    return memory_copy(*r.inst, index_of(r), index2_of(r), d, s, n);
  }
};

struct MemoryFill : FieldOperands {
  static constexpr uint64_t piece_max = bytes_piece_max;
  static constexpr bool copies = false;
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t value, uint64_t n) {
    return memory_fill(*r.inst, index_of(r), d, static_cast<uint8_t>(value), n);
  }
};

struct DataDrop {
  CAIRN_BODY void run(Regs& r) {
    data_drop(*r.inst, index_of(r));
    next(r);
  }
};

// ---- Tables ----

CAIRN_BODY TableInst& table_of(const Regs& r) { return *r.inst->tables[index_of(r)]; }

struct TableGet {
  CAIRN_BODY void run(Regs& r) {
    const TableInst& table = table_of(r);
    const uint64_t index = operand(r, 1);
    if (index >= table.size) [[unlikely]]
      return raise(r, Trap::out_of_bounds_table_access);
    set_result(r, table.elements[index]);
    next(r);
  }
};

struct TableSet {
  CAIRN_BODY void run(Regs& r) {
    const TableInst& table = table_of(r);
    const uint64_t index = operand(r, 1);
    if (index >= table.size) [[unlikely]]
      return raise(r, Trap::out_of_bounds_table_access);
    table.elements[index] = operand(r, 2);
    next(r);
  }
};

struct TableSize {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, table_of(r).size);
    next(r);
  }
};

struct TableGrow {
  CAIRN_BODY void run(Regs& r) {
    TableInst& table = table_of(r);
    const uint64_t delta = operand(r, 2);
    const StoreData& store = *table.store;
    const bool may_grow = delta <= store.limits.table_elements_max - store.table_elements;
    if (may_grow && !affords_length(r, delta)) return;
    const uint64_t old_size = table_grow(table, delta, operand(r, 1));
    if (old_size != UINT64_MAX) r.ex->fuel -= cost_of_length(delta);
    set_result(r, grow_result(old_size, table.type.address));
    next(r);
  }
};

struct TableFill : FieldOperands {
  static constexpr uint64_t piece_max = elements_piece_max;
  static constexpr bool copies = false;
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t ref, uint64_t n) {
    return table_fill(*r.inst, index_of(r), d, ref, n);
  }
};

struct TableCopy : FieldOperands {
  static constexpr uint64_t piece_max = elements_piece_max;
  static constexpr bool copies = true;
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t s, uint64_t n) {
    return table_copy(*r.inst, index_of(r), index2_of(r), d, s, n);
  }
};

struct TableInit : FieldOperands {
  static constexpr uint64_t piece_max = UINT64_MAX;  // segments are small
  static constexpr bool copies = true;
  CAIRN_BODY Trap work(Regs& r, uint64_t d, uint64_t s, uint64_t n) {
    return table_init(*r.inst, index_of(r), index2_of(r), d, s, n);
  }
};

struct ElemDrop {
  CAIRN_BODY void run(Regs& r) {
    elem_drop(*r.inst, index_of(r));
    next(r);
  }
};

}  // namespace

Handler plain_bulk_handler(wasm::Op op) {
  switch (op) {
    case wasm::Op::memory_size: return handler_of<MemorySize>;
    case wasm::Op::memory_grow: return handler_of<MemoryGrow>;
    case wasm::Op::memory_init: return handler_of<Piecewise<MemoryInit>>;
    case wasm::Op::memory_copy: return handler_of<Piecewise<MemoryCopy>>;
    case wasm::Op::memory_fill: return handler_of<Piecewise<MemoryFill>>;
    case wasm::Op::data_drop: return handler_of<DataDrop>;
    case wasm::Op::table_get: return handler_of<TableGet>;
    case wasm::Op::table_set: return handler_of<TableSet>;
    case wasm::Op::table_size: return handler_of<TableSize>;
    case wasm::Op::table_grow: return handler_of<TableGrow>;
    case wasm::Op::table_fill: return handler_of<Piecewise<TableFill>>;
    case wasm::Op::table_copy: return handler_of<Piecewise<TableCopy>>;
    case wasm::Op::table_init: return handler_of<Piecewise<TableInit>>;
    case wasm::Op::elem_drop: return handler_of<ElemDrop>;
    default: return {};
  }
}

}  // namespace cairn::engine
