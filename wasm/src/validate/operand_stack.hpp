#pragma once
/// The stack of operand types. Two slots below the bottom may be read, so that a check of the two
/// topmost operands needs no look at the height first.

#include <cairn/wasm/types.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace cairn::wasm {

class OperandStack {
 public:
  OperandStack() : slots_(first_capacity), top_(bottom()), end_(slots_.data() + slots_.size()) {}
  OperandStack(const OperandStack&) = delete;
  OperandStack& operator=(const OperandStack&) = delete;

  uint32_t size() const { return static_cast<uint32_t>(top_ - bottom()); }
  void clear() { top_ = bottom(); }
  /// Drops operands until `size` are left.
  void shrink(uint32_t size) { top_ = bottom() + size; }

  void push(ValType type) {
    if (top_ == end_) [[unlikely]]
      grow(1);
    *top_++ = type;
  }
  void push(std::span<const ValType> types) {
    if (static_cast<size_t>(end_ - top_) < types.size()) [[unlikely]]
      grow(types.size());
    top_ = std::copy(types.begin(), types.end(), top_);
  }
  /// Takes the topmost operand; there must be one.
  ValType pop() { return *--top_; }
  /// The operand `depth` below the topmost one.
  ValType peek(size_t depth) const { return top_[-1 - static_cast<ptrdiff_t>(depth)]; }

  // For loops that keep the top in a register: they write up to `bottom() + capacity()` and
  // hand the new top back.
  const ValType* bottom() const { return slots_.data() + slots_below; }
  ValType* bottom() { return slots_.data() + slots_below; }
  const ValType* top() const { return top_; }
  ValType* top() { return top_; }
  size_t capacity() const { return slots_.size() - slots_below; }
  void set_top(ValType* top) { top_ = top; }

 private:
  static constexpr size_t slots_below = 2;
  static constexpr size_t first_capacity = 256;

  void grow(size_t more) {
    const uint32_t old_size = size();
    slots_.resize(std::max(slots_.size() * 2, slots_.size() + more));
    end_ = slots_.data() + slots_.size();
    shrink(old_size);
  }

  std::vector<ValType> slots_;
  ValType* top_;
  ValType* end_;
};

}  // namespace cairn::wasm
