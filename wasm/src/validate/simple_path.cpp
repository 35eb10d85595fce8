// The quick path: runs over simple instructions as long as everything is as expected, and stops in
// front of the first one where anything is not. It reports nothing; what it stops at is taken up by
// the general path, which has all the rules and all the messages.

#include <algorithm>
#include <bit>
#include <span>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

namespace {

/// How far ahead the quick path may read without a look at the end.
constexpr ptrdiff_t bytes_ahead = 16;

/// The length of a LEB128 integer, 9 or more if it is longer than 8 bytes.
uint32_t leb_length(const uint8_t* at) {
  const uint64_t last = ~load_le<uint64_t>(at) & 0x8080808080808080u;
  return static_cast<uint32_t>(std::countr_zero(last)) / 8 + 1;
}

/// Reads an index of one or two bytes; false when it is longer.
bool short_index(const uint8_t*& at, uint32_t& out) {
  if (at[0] < 0x80) [[likely]] {
    out = at[0];
    at += 1;
    return true;
  }
  out = (at[0] & 0x7Fu) | static_cast<uint32_t>(at[1]) << 7;
  const bool is_short = at[1] < 0x80;
  at += 2;
  return is_short;
}

/// What stays the same while the quick path runs.
struct Surroundings {
  const SimpleRow* rows;
  std::span<const ValType> locals;
  const ValType* floor;  ///< where the operands of the innermost block begin
};

/// Applies a row whose immediate was read already.
[[gnu::always_inline]] inline bool apply(const SimpleRow& row, const ValType* floor,
                                         ValType*& top) {
  const uint32_t wrong = ((top[-1].bits() ^ row.last.bits()) & row.last_mask) |
                         ((top[-2].bits() ^ row.before.bits()) & row.before_mask);
  if (wrong != 0 || top - floor < row.pops) [[unlikely]]
    return false;
  top -= row.pops;
  *top = row.result;
  top += row.pushes;
  return true;
}

/// One instruction; false, with nothing done, where it is for the general path.
[[gnu::always_inline]] inline bool simple_instruction(const Surroundings& in, const uint8_t*& p,
                                                      ValType*& top) {
  const SimpleRow& row = in.rows[*p];
  const uint8_t* next = p + 1;
  uint32_t index = 0;
  switch (row.kind) {
    case SimpleKind::none: return false;
    case SimpleKind::local_get: {
      if (!short_index(next, index) || index >= in.locals.size()) return false;
      const ValType type = in.locals[index];
      if (!type.defaultable()) return false;
      *top++ = type;
      p = next;
      return true;
    }
    case SimpleKind::local_set:
    case SimpleKind::local_tee: {
      if (!short_index(next, index) || index >= in.locals.size()) return false;
      const ValType type = in.locals[index];
      if (top == in.floor || top[-1] != type || !type.defaultable()) return false;
      if (row.kind == SimpleKind::local_set) --top;
      p = next;
      return true;
    }
    case SimpleKind::plain: break;
    case SimpleKind::memory: {
      if (*next > row.size) return false;
      const uint32_t length = leb_length(next + 1);
      if (length > 4) return false;
      next += 1 + length;
      break;
    }
    case SimpleKind::const_leb32:
    case SimpleKind::const_leb64: {
      const uint32_t length = leb_length(next);
      if (length > (row.kind == SimpleKind::const_leb32 ? 4u : 8u)) return false;
      next += length;
      break;
    }
    case SimpleKind::const_bytes: next += row.size; break;
  }
  if (!apply(row, in.floor, top)) return false;
  p = next;
  return true;
}

}  // namespace

const uint8_t* BodyValidator::skip_simple(const uint8_t* p, const uint8_t* end) {
  const Surroundings in = {simple_rows_.data(), locals_.first(),
                           vals_.bottom() + frames_.back().height};
  const size_t room = std::min<size_t>(vals_.capacity(), context_.limits.operand_stack);
  const ValType* const ceiling = vals_.bottom() + room;
  ValType* top = vals_.top();
  while (end - p >= bytes_ahead && top < ceiling && simple_instruction(in, p, top)) {
  }
  vals_.set_top(top);
  return p;
}

}  // namespace cairn::wasm
