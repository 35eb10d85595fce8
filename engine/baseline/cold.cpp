// What is seldom run. It is emitted behind the function, and most of it goes back.

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

FunctionCompiler::Cold& FunctionCompiler::cold(void (FunctionCompiler::*emit)(const Cold&)) {
  Cold& added = cold_.emplace_back();
  added.at = code_.newLabel();
  added.back = code_.newLabel();
  added.emit = emit;
  added.place = place_;
  return added;
}

void FunctionCompiler::trap_if(x86::CondCode code, Trap trap) {
  Cold& added = cold(&FunctionCompiler::emit_trap);
  added.trap = trap;
  code_.j(code, added.at);
}
void FunctionCompiler::emit_trap(const Cold& cold) {
  code_.bind(cold.at);
  image_.set_place(index_, cold.place);
  code_.call(image_.raise(cold.trap));
}

void FunctionCompiler::emit_out_of_fuel(const Cold& cold) {
  code_.bind(cold.at);
  code_.mov(scratch.r32(), cold.data);
  code_.call(image_.shared(ImageWriter::Shared::out_of_fuel));
  code_.jmp(cold.back);
}

void FunctionCompiler::emit_interrupt(const Cold& cold) {
  code_.bind(cold.at);
  code_.call(image_.shared(ImageWriter::Shared::interrupt));
  code_.jmp(cold.back);
}

/// The whole frame goes to its slots, where better code of the loop can have it. That is run from
/// here, in place of this function, which is not to be seen meanwhile.
void FunctionCompiler::emit_hot_loop(const Cold& cold) {
  code_.bind(cold.at);
  for (uint32_t i = 0; i < plan_.locals.size(); ++i) {
    const Local& local = plan_.locals[i];
    if (local.pin == no_register) continue;
    const Value value{.where = Value::Where::local, .kind = local.kind, .index = i};
    // As a whole: the upper half of an i32 is 0 there.
    is_in_xmm(local.kind) ? store_to_slot(value, local_slot(i))
                          : void(code_.mov(frame_slot(local.slot), x86::gpq(local.pin)));
  }
  for (const Value& value : cold.values)
    store_to_slot(value, operand_slot(value.place, value.kind));
  code_.mov(x86::esi, index_);
  code_.mov(x86::edx, cold.data);
  code_.lea(x86::rcx, frame_slot(0));
  code_.mov(x86::r8d, cold.count);
  image_.set_no_place();
  code_.call(image_.shared(ImageWriter::Shared::hot_loop));
  restore_pins();
  if (plan_.leaf && plan_.memory_base != no_register)
    code_.mov(x86::gpq(plan_.memory_base), x86::ptr(instance_register, at::memory0_base));
  code_.test(x86::rax, x86::rax);
  code_.jz(cold.back);
  if (!signature_->results.empty()) {
    const Kind kind = signature_->results[0];
    const x86::Mem first = x86::ptr(x86::rax, 0, bytes_of(kind));
    if (is_in_xmm(kind))
      baseline::load_xmm(code_, kind, x86::xmm0, first);
    else
      code_.mov(gpr(x86::Gp::kIdAx, kind), first);
  }
  code_.jmp(epilogue_);
}

}  // namespace cairn::engine::baseline
