// Throwing and catching. An exception in flight is in the context; whoever sees it there goes to
// the handler around, or returns.

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

/// What is tried first for what happens inside the outermost `label_count` labels; the function's
/// end when nothing is around.
asmjit::Label FunctionCompiler::handler_from(size_t label_count) {
  for (size_t i = label_count; i-- > 0;) {
    Label& around = labels_[i];
    if (around.type != Label::Type::try_table && around.type != Label::Type::legacy_try) continue;
    if (around.type == Label::Type::try_table && around.catches.empty()) continue;
    if (!around.handler.isValid()) around.handler = code_.newLabel();
    return around.handler;
  }
  return epilogue_;
}

/// Behind a call: is an exception on its way? Locals in registers are as the call has left them.
void FunctionCompiler::check_exception() {
  if (!module_.control_traits.exceptions) return;
  image_.load_store(scratch);
  code_.cmp(x86::qword_ptr(scratch, at::exception), 0);
  Cold& pass = cold(&FunctionCompiler::emit_pass);
  pass.target = handler_from(labels_.size());
  code_.jne(pass.at);
}
void FunctionCompiler::emit_pass(const Cold& cold) {
  code_.bind(cold.at);
  restore_pins();
  code_.jmp(cold.target);
}

// ---- Throwing ----------------------------------------------------------------------------------

uint32_t FunctionCompiler::payload_slots(uint32_t tag) {
  uint32_t slots = 0;
  for (const Kind kind : payload(tag).params) slots += slots_of(kind);
  return slots;
}
const Signature& FunctionCompiler::payload(uint32_t tag) {
  return image_.signature(module_.tag_type_index[tag]);
}

/// The payload lies where arguments of calls on the stack do.
void FunctionCompiler::throw_new(uint32_t tag) {
  charge(take_fuel());
  const std::vector<Kind>& kinds = payload(tag).params;
  const size_t first = stack_.size() - kinds.size();
  int32_t place = 0;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const uint32_t bytes = bytes_of(kinds[i]);
    store_to_slot(stack_[first + i], x86::ptr(x86::rsp, place, bytes), 8);
    if (bytes == 4) code_.mov(x86::dword_ptr(x86::rsp, place + 4), 0);
    place += 8 * static_cast<int32_t>(slots_of(kinds[i]));
  }
  save_pins();
  code_.mov(x86::rdi, instance_register);
  code_.mov(x86::esi, tag);
  code_.mov(x86::rdx, x86::rsp);
  code_.mov(x86::ecx, payload_slots(tag));
  image_.set_place(index_, place_);
  image_.call_runtime(CAIRN_CALL_PLACE(throw_new));
  restore_pins();
  code_.jmp(handler_from(labels_.size()));
  mark_dead();
}

/// Again; `value` has been popped or stays.
void FunctionCompiler::throw_reference(Value value) {
  charge(take_fuel());
  const x86::Gp exception = read_gpr(value);
  code_.test(exception, exception);
  trap_if(x86::CondCode::kZ, Trap::null_exception_reference);
  save_pins();
  code_.mov(x86::rsi, exception);
  code_.mov(x86::rdi, instance_register);
  image_.set_place(index_, place_);
  image_.call_runtime(CAIRN_CALL_PLACE(throw_again));
  restore_pins();
  code_.jmp(handler_from(labels_.size()));
  mark_dead();
}

// ---- Catching ----------------------------------------------------------------------------------

/// At a handler: operands are those of the label, and the exception in flight is in rax.
void FunctionCompiler::take_exception(const Label& construct) {
  code_.bind(construct.handler);
  image_.load_store(scratch);
  code_.mov(x86::rax, x86::ptr(scratch, at::exception));
}

/// Goes to `other` when the exception in rax is not of this tag.
void FunctionCompiler::match_tag(uint32_t tag, const asmjit::Label& other) {
  code_.mov(scratch, x86::ptr(instance_register, at::tags));
  code_.mov(scratch, x86::ptr(scratch, static_cast<int32_t>(tag * sizeof(TagInst*))));
  code_.cmp(scratch, x86::ptr(x86::rax, at::exception_tag));
  code_.jne(other);
}

/// It is caught: what is on the stack from there on is the label's, and the payload.
void FunctionCompiler::push_caught(const Label& construct) {
  stack_.resize(construct.height);
  settled_ = 0;
  reset_registers();
  free_gprs_ &= ~(1u << x86::Gp::kIdAx);
  image_.load_store(scratch);
  code_.mov(x86::qword_ptr(scratch, at::exception), 0);
}
void FunctionCompiler::push_payload(uint32_t tag) {
  int32_t place = at::exception_payload;
  for (const Kind kind : payload(tag).params) {
    const x86::Mem from = x86::ptr(x86::rax, place, bytes_of(kind));
    if (is_in_xmm(kind)) {
      const uint8_t reg = take_xmm();
      baseline::load_xmm(code_, kind, x86::xmm(reg), from);
      push_xmm(kind, reg);
    } else {
      const uint8_t reg = take_gpr();
      code_.mov(gpr(reg, kind), from);
      push_gpr(kind, reg);
    }
    place += 8 * static_cast<int32_t>(slots_of(kind));
  }
  work_ += payload(tag).params.size();
}

/// At the end of a `try_table`: where an exception inside it goes. What is reached otherwise goes
/// on behind that.
void FunctionCompiler::emit_handlers() {
  Label construct = labels_.back();
  // Labels are targeted whether or not anything inside can throw: fuel depends on that.
  for (const wasm::CatchClause& clause : construct.catches)
    if (label(clause.label + 1).type != Label::Type::loop) label(clause.label + 1).targeted = true;
  if (!construct.handler.isValid()) return;
  const std::vector<Value> stack = stack_;
  const uint32_t gprs = free_gprs_, xmms = free_xmms_, settled = settled_;
  const asmjit::Label over = code_.newLabel();
  if (!dead_) code_.jmp(over);
  take_exception(construct);
  bool open = true;
  for (const wasm::CatchClause& clause : construct.catches) {
    ++work_;
    using CatchKind = wasm::CatchClause::Kind;
    const bool any = clause.kind >= CatchKind::catch_all;
    const asmjit::Label other = code_.newLabel();
    if (!any) match_tag(clause.tag, other);
    push_caught(construct);
    if (!any) push_payload(clause.tag);
    if (clause.kind == CatchKind::catch_ref || clause.kind == CatchKind::catch_all_ref)
      push_gpr(Kind::ref, x86::Gp::kIdAx);
    const Label& target = label(clause.label + 1);
    target.type == Label::Type::function ? pass_results() : pass_values(target);
    code_.jmp(target.target);
    code_.bind(other);
    open = !any;
    if (!open) break;
  }
  if (open) code_.jmp(handler_from(labels_.size() - 1));
  code_.bind(over);
  stack_ = stack;
  free_gprs_ = gprs;
  free_xmms_ = xmms;
  settled_ = settled;
}

/// `catch` and `catch_all` of the legacy proposal: ends the part before, begins the handler.
void FunctionCompiler::legacy_catch(const wasm::Instruction& in) {
  Label& construct = labels_.back();
  end_part(construct);
  construct.type = Label::Type::legacy_catch;
  dead_ = false;
  fuel_ = 0;
  take_exception(construct);
  construct.handler = asmjit::Label();
  if (in.op == wasm::Op::catch_) {
    construct.handler = code_.newLabel();
    match_tag(in.index, construct.handler);
  }
  push_caught(construct);
  // The exception lies below the payload, as an extra operand, where `rethrow` finds it. Its
  // register is not given to others meanwhile.
  push_gpr(Kind::ref, x86::Gp::kIdAx);
  spill(construct.height);
  free_gprs_ &= ~(1u << x86::Gp::kIdAx);
  if (in.op == wasm::Op::catch_) push_payload(in.index);
  free_gprs_ |= 1u << x86::Gp::kIdAx;
}

void FunctionCompiler::rethrow(uint32_t depth) { throw_reference(stack_[label(depth).height]); }

/// What no handler of a legacy try took goes on further out.
void FunctionCompiler::leave_legacy_handlers(size_t outer_labels) {
  Label& construct = labels_.back();
  if (!construct.handler.isValid()) return;
  const asmjit::Label over = code_.newLabel();
  if (!dead_) code_.jmp(over);
  code_.bind(construct.handler);
  code_.jmp(handler_from(outer_labels));
  code_.bind(over);
  construct.handler = asmjit::Label();
}

/// Ends a legacy try whose exceptions go to the handlers around the label, which counts from
/// outside the try.
void FunctionCompiler::delegate(uint32_t depth) {
  leave_legacy_handlers(labels_.size() - 1 - depth);
  end();
}

}  // namespace cairn::engine::baseline
