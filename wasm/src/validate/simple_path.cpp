// The quick path: runs over simple instructions as long as everything is as expected, and stops in
// front of the first one where anything is not. It reports nothing; what it stops at is taken up by
// the general path, which has all the rules and all the messages.

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

namespace {

/// How far ahead the quick path may read without a look at the end.
constexpr ptrdiff_t bytes_ahead = 16;

constexpr uint8_t loop_code = 0x03, no_block_type = 0x40;

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

}  // namespace

/// The state of the quick path, which the compiler keeps in registers.
struct BodyValidator::SimplePath {
  BodyValidator& validator;
  std::span<const ValType> locals;
  const uint8_t* p;
  ValType* top;
  const ValType* floor;  ///< where the operands of the innermost block begin

  bool step();
  bool local_get();
  bool local_set(bool is_tee);
  bool open_block(Op op, bool takes_condition);
  bool close_block();
  bool br_if();
  bool apply(const SimpleRow& row, const uint8_t* next);
};

/// Applies a row whose immediate ends at `next`.
[[gnu::always_inline]] inline bool BodyValidator::SimplePath::apply(const SimpleRow& row,
                                                                    const uint8_t* next) {
  const uint32_t wrong = ((top[-1].bits() ^ row.last.bits()) & row.last_mask) |
                         ((top[-2].bits() ^ row.before.bits()) & row.before_mask);
  if (wrong != 0 || top - floor < row.pops) [[unlikely]]
    return false;
  top -= row.pops;
  *top = row.result;
  top += row.pushes;
  p = next;
  return true;
}

[[gnu::always_inline]] inline bool BodyValidator::SimplePath::local_get() {
  const uint8_t* next = p + 1;
  uint32_t index = 0;
  if (!short_index(next, index) || index >= locals.size()) return false;
  const ValType type = locals[index];
  if (!type.defaultable()) return false;
  *top++ = type;
  p = next;
  return true;
}

[[gnu::always_inline]] inline bool BodyValidator::SimplePath::local_set(bool is_tee) {
  const uint8_t* next = p + 1;
  uint32_t index = 0;
  if (!short_index(next, index) || index >= locals.size()) return false;
  const ValType type = locals[index];
  if (top == floor || top[-1] != type || !type.defaultable()) return false;
  if (!is_tee) --top;
  p = next;
  return true;
}

[[gnu::always_inline]] inline bool BodyValidator::SimplePath::open_block(Op op,
                                                                         bool takes_condition) {
  std::vector<Frame>& frames = validator.frames_;
  if (p[1] != no_block_type || frames.size() > validator.context_.limits.block_nesting)
    return false;
  if (takes_condition) {
    if (top == floor || top[-1] != i32) return false;
    --top;
  }
  frames.push_back({.op = op,
                    .unreachable = false,
                    .height = static_cast<uint32_t>(top - validator.vals_.bottom()),
                    .init_height = validator.locals_.marks(),
                    .params = {},
                    .result_list = {},
                    .single = {}});
  floor = top;
  p += 2;
  return true;
}

[[gnu::always_inline]] inline bool BodyValidator::SimplePath::close_block() {
  std::vector<Frame>& frames = validator.frames_;
  const Frame& frame = frames.back();
  if (frames.size() == 1 || top != floor || !frame.params.empty() || !frame.results().empty()) {
    return false;
  }
  validator.locals_.unset_down_to(frame.init_height);
  frames.pop_back();
  floor = validator.vals_.bottom() + frames.back().height;
  p += 1;
  return true;
}

[[gnu::always_inline]] inline bool BodyValidator::SimplePath::br_if() {
  const std::vector<Frame>& frames = validator.frames_;
  const uint8_t* next = p + 1;
  uint32_t index = 0;
  if (!short_index(next, index) || index >= frames.size()) return false;
  if (!frames[frames.size() - 1 - index].label_types().empty()) return false;
  if (top == floor || top[-1] != i32) return false;
  --top;
  p = next;
  return true;
}

/// One instruction; false, with nothing done, where it is for the general path.
[[gnu::always_inline]] inline bool BodyValidator::SimplePath::step() {
  const SimpleRow& row = validator.simple_rows_[*p];
  const uint8_t* next = p + 1;
  switch (row.kind) {
    case SimpleKind::none: return false;
    case SimpleKind::local_get: return local_get();
    case SimpleKind::local_set: return local_set(false);
    case SimpleKind::local_tee: return local_set(true);
    case SimpleKind::plain: return apply(row, next);
    case SimpleKind::memory: {
      const uint32_t length = leb_length(next + 1);
      return *next <= row.size && length <= 4 && apply(row, next + 1 + length);
    }
    case SimpleKind::const_leb32: {
      const uint32_t length = leb_length(next);
      return length <= 4 && apply(row, next + length);
    }
    case SimpleKind::const_leb64: {
      const uint32_t length = leb_length(next);
      return length <= 8 && apply(row, next + length);
    }
    case SimpleKind::const_bytes: return apply(row, next + row.size);
    case SimpleKind::block: return open_block(*p == loop_code ? Op::loop : Op::block, false);
    case SimpleKind::if_: return open_block(Op::if_, true);
    case SimpleKind::end: return close_block();
    case SimpleKind::br_if: return br_if();
  }
  return false;
}

const uint8_t* BodyValidator::skip_simple(const uint8_t* p, const uint8_t* end) {
  const size_t room = std::min<size_t>(vals_.capacity(), context_.limits.operand_stack);
  const ValType* const ceiling = vals_.bottom() + room;
  SimplePath path = {*this, locals_.first(), p, vals_.top(),
                     vals_.bottom() + frames_.back().height};
  while (end - path.p >= bytes_ahead && path.top < ceiling && path.step()) {
  }
  vals_.set_top(path.top);
  return path.p;
}

}  // namespace cairn::wasm
