#include "text/print/nesting.hpp"

#include <fmt/format.h>

namespace cairn::wasm::text {

Result<NestingStep> Nesting::step(const Instruction& in) {
  const Imm imm = info(in.op).imm;
  if (imm == Imm::block || imm == Imm::try_table) {
    open_.push_back(in.op);
    return NestingStep::open;
  }
  bool fits = true;
  NestingStep step = NestingStep::middle;
  switch (in.op) {
    case Op::else_: fits = !open_.empty() && open_.back() == Op::if_; break;
    case Op::catch_:
    case Op::catch_all:
      fits = !open_.empty() && (open_.back() == Op::try_ || open_.back() == Op::catch_);
      break;
    case Op::delegate:
      fits = !open_.empty() && open_.back() == Op::try_;
      step = NestingStep::close;
      break;
    case Op::end: step = open_.empty() ? NestingStep::finish : NestingStep::close; break;
    default: return NestingStep::plain;
  }
  if (!fits) {
    return fail_at(ErrorKind::malformed, in.offset,
                   fmt::format("'{}' belongs to no block", info(in.op).text));
  }
  if (step == NestingStep::middle) open_.back() = in.op;
  if (step == NestingStep::close) open_.pop_back();
  return step;
}

}  // namespace cairn::wasm::text
