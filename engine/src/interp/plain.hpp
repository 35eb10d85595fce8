#pragma once
/// What the bodies of plain instructions share: operands in slots, immediates in words 2 and 3.

#include <algorithm>
#include <cairn/base/bytes.hpp>
#include <type_traits>

#include "interp/handlers.hpp"

namespace cairn::engine {

CAIRN_BODY uint16_t field(const Regs& r, int index) { return r.pc[1].fields.f[index]; }
/// The two immediates of word 2.
CAIRN_BODY uint32_t index_of(const Regs& r) { return r.pc[2].half.low; }
CAIRN_BODY uint32_t index2_of(const Regs& r) { return r.pc[2].half.high; }
/// Word 3 where it names a type.
CAIRN_BODY const RuntimeType& type_of(const Regs& r) {
  return *static_cast<const RuntimeType*>(r.pc[3].pointer);
}

/// The operand whose slot is in that field.
template <class T = uint64_t>
CAIRN_BODY T operand(const Regs& r, int index) {
  if constexpr (std::is_same_v<T, V128>)
    return V128::load(r.fp + field(r, index));
  else
    return read_slot<T>(r, field(r, index));
}
template <class T>
CAIRN_BODY void set_result(Regs& r, T value) {
  if constexpr (std::is_same_v<T, V128>)
    value.store(r.fp + field(r, 0));
  else
    write_slot<T>(r, field(r, 0), value);
}
/// The slots from the one in field 1 on: operands that lie side by side.
CAIRN_BODY uint64_t* operands(const Regs& r) { return r.fp + field(r, 1); }

CAIRN_BODY void next(Regs& r) { r.pc += plain_words; }

/// What an instruction pays for the bytes or elements that it works on.
CAIRN_BODY int64_t cost_of_length(uint64_t length) { return static_cast<int64_t>(length / 64); }
/// Is there fuel for that? If not, the execution stops here, before anything has happened.
CAIRN_BODY bool affords_length(Regs& r, uint64_t length) {
  if (cost_of_length(length) <= r.ex->fuel) [[likely]]
    return true;
  leave(r, Exit::out_of_fuel);
  return false;
}
/// Pays for it, or stops. True: paid.
CAIRN_BODY bool charge_length(Regs& r, uint64_t length) {
  if (!affords_length(r, length)) return false;
  r.ex->fuel -= cost_of_length(length);
  return true;
}

/// A bulk instruction with destination, source (or value) and length, which can be long: it is done
/// in pieces, each paid for, and can be interrupted between them. Its operands are temporaries in
/// their own slots, which then say what is left to do. `Op` has
///   piece_max, copies                      elements a piece, a multiple of 64; is there a source?
///   d(r), s(r), n(r)                       where the operands are (references to slots)
///   work(r, d, s, n) → Trap
template <class Op>
struct Piecewise {
  CAIRN_BODY uint64_t end_of(uint64_t start, uint64_t count) {
    uint64_t end;
    return __builtin_add_overflow(start, count, &end) ? UINT64_MAX : end;
  }
  CAIRN_BODY void run(Regs& r) {
    uint64_t &d = Op::d(r), &s = Op::s(r), &n = Op::n(r);
    const uint64_t piece = std::min<uint64_t>(n, Op::piece_max);
    // Out of bounds is seen before anything is done or paid for: nothing at the end must be
    // allowed.
    if (piece < n || cost_of_length(piece) > r.ex->fuel) [[unlikely]] {
      const Trap trap = Op::work(r, end_of(d, n), Op::copies ? end_of(s, n) : s, 0);
      if (trap != Trap::none) return raise(r, trap);
    }
    if (!affords_length(r, piece)) return;
    // Overlapping ranges: from the side on which nothing is overwritten that is still to be read.
    const bool backward = Op::copies && d > s;
    const uint64_t skip = backward ? n - piece : 0;
    const Trap trap = Op::work(r, d + skip, Op::copies ? s + skip : s, piece);
    if (trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    // A trap costs nothing, here as above: so it costs the same in slices of any size.
    r.ex->fuel -= cost_of_length(piece);
    if (piece == n) [[likely]]
      return next(r);
    n -= piece;
    if (!backward) {
      d += piece;
      if constexpr (Op::copies) s += piece;
    }
    if (r.ex->interrupt->load(std::memory_order_relaxed) != 0) leave(r, Exit::interrupted);
  }
};
/// The slots that fields 1, 2 and 3 name.
struct FieldOperands {
  CAIRN_BODY uint64_t& d(Regs& r) { return r.fp[field(r, 1)]; }
  CAIRN_BODY uint64_t& s(Regs& r) { return r.fp[field(r, 2)]; }
  CAIRN_BODY uint64_t& n(Regs& r) { return r.fp[field(r, 3)]; }
};

CAIRN_BODY MemoryInst& memory_of(const Regs& r) { return *r.inst->memories[index_of(r)]; }
CAIRN_BODY uint64_t size_of(const MemoryInst& memory) {
  return memory.size.load(std::memory_order_relaxed);
}

/// Finds where an access of `width` bytes goes: address in field 1, offset in word 3, any memory.
/// False when it is out of bounds. An i32 fills its slot, so both address types are read alike.
struct CheckedAccess {
  template <uint64_t width>
  CAIRN_BODY bool find(const Regs& r, uint8_t*& at) {
    const MemoryInst& memory = memory_of(r);
    uint64_t address, end;
    if (__builtin_add_overflow(operand(r, 1), r.pc[3].bits, &address) ||
        __builtin_add_overflow(address, width, &end) || end > size_of(memory)) [[unlikely]]
      return false;
    at = memory.base + address;
    return true;
  }
};

/// The same on memory 0 where a guard area catches what is out of bounds: address and offset have
/// 32 bits each.
struct GuardedAccess {
  template <uint64_t width>
  CAIRN_BODY bool find(const Regs& r, uint8_t*& at) {
    at = r.mem + uint64_t{operand<uint32_t>(r, 1)} + r.pc[3].half.low;
    return true;
  }
};

/// Has the object that `ref` refers to the type or one of its subtypes? `type` is a structure or an
/// array type, `ref` is not null.
CAIRN_BODY bool object_has_type(uint64_t ref, const RuntimeType& type) {
  if ((ref & 1) != 0) return false;  // an i31
  const RuntimeType* own = reinterpret_cast<const GcObject*>(ref)->type;
  if (!own) return false;  // an object of the host
  return own->id == type.id || (own->depth > type.depth && own->supertypes[type.depth] == type.id);
}

}  // namespace cairn::engine
