#pragma once
/// Running handlers.

#include "interp/code.hpp"
#include "interp/execution_data.hpp"

namespace cairn::engine {

namespace detail {
/// Which of the ends stores the result: a single number comes in an accumulator.
inline int end_of(const wasm::FuncType& type) {
  if (type.results.size() != 1) return 0;
  const wasm::ValType::Kind kind = type.results[0].kind();
  if (kind == wasm::ValType::Kind::i32 || kind == wasm::ValType::Kind::i64) return 1;
  return kind == wasm::ValType::Kind::f32 ? 2 : kind == wasm::ValType::Kind::f64 ? 3 : 0;
}
}  // namespace detail

/// Sets the registers to the beginning of a function: arguments at `slots`, its bottom frame at
/// `frame`. When it returns, its results are at `slots` and the run ends as `returned`.
inline void enter_from_bottom(ExecutionData& ex, FuncCode& code, const wasm::FuncType& type,
                              InstanceData& instance, uint64_t* slots, Frame* frame) {
  *frame = {ex.end_code + detail::end_of(type), slots, 0, 0};
  ex.regs = {.pc = code.entry.load(std::memory_order_acquire),
             .fp = slots,
             .mem = instance.memory0_base,
             .inst = &instance,
             .ex = &ex,
             .frame = frame + 1,
             .acc = reinterpret_cast<uint64_t>(&code)};
}

/// Runs handlers from the spilled registers until one says stop.
void run_handlers(ExecutionData& ex);

}  // namespace cairn::engine
