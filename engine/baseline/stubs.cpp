// Code that is not of a function: between C++ and functions, between functions and those without
// code or of other instances, and what functions share.

#include "baseline/image_writer.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

namespace {

x86::Mem slot(const x86::Gp& slots, uint32_t index) {
  return x86::ptr(slots, static_cast<int32_t>(index * 8));
}
/// The word on the stack that a function with a frame gets as argument.
x86::Mem incoming(uint32_t word) { return x86::ptr(x86::rbp, static_cast<int32_t>(16 + 8 * word)); }

/// Everything a function may be called with, and what baseline code holds between calls.
constexpr uint32_t kept[] = {x86::Gp::kIdAx, x86::Gp::kIdCx, x86::Gp::kIdDx, x86::Gp::kIdSi,
                             x86::Gp::kIdDi, x86::Gp::kIdR8, x86::Gp::kIdR9, x86::Gp::kIdR10};
constexpr uint32_t kept_floats = 15;  // all but `float_scratch`
constexpr int32_t kept_bytes = 8 * static_cast<int32_t>(std::size(kept)) + 16 * kept_floats;
static_assert(kept_bytes % 16 == 0);

}  // namespace

void ImageWriter::load_store(const x86::Gp& to) {
  assembler_.mov(to, x86::ptr(instance_register, at::store));
}
void ImageWriter::call_runtime(int32_t place) {
  load_store(scratch);
  assembler_.mov(scratch, x86::ptr(scratch, at::calls));
  assembler_.call(x86::ptr(scratch, place));
}

void ImageWriter::save_registers() {
  x86::Assembler& code = assembler_;
  code.push(x86::rbp);
  code.mov(x86::rbp, x86::rsp);
  code.sub(x86::rsp, kept_bytes);
  int32_t place = 0;
  for (const uint32_t id : kept) code.mov(x86::ptr(x86::rsp, 8 * place++), x86::gpq(id));
  for (uint32_t id = 0; id < kept_floats; ++id, place += 2)
    code.movups(x86::ptr(x86::rsp, 8 * place), x86::xmm(id));
}
void ImageWriter::restore_registers() {
  x86::Assembler& code = assembler_;
  int32_t place = 0;
  for (const uint32_t id : kept) code.mov(x86::gpq(id), x86::ptr(x86::rsp, 8 * place++));
  for (uint32_t id = 0; id < kept_floats; ++id, place += 2)
    code.movups(x86::xmm(id), x86::ptr(x86::rsp, 8 * place));
  code.leave();
  code.ret();
}

void ImageWriter::emit_shared(Shared what) {
  x86::Assembler& code = assembler_;
  const uint32_t begin = offset();
  code.bind(shared_.at(what));
  if (what == Shared::hot_loop) {
    code.mov(x86::rdi, instance_register);
    load_store(scratch);
    code.mov(scratch, x86::ptr(scratch, at::calls));
    code.jmp(x86::ptr(scratch, CAIRN_CALL_PLACE(hot_loop)));
    return add_range(begin, {.kind = ImageRange::Kind::inner});
  }
  save_registers();
  switch (what) {
    case Shared::interrupt:
      code.mov(x86::rdi, instance_register);
      call_runtime(CAIRN_CALL_PLACE(interrupt));
      break;
    case Shared::out_of_fuel:
    case Shared::hot_function:
      code.mov(x86::rdi, instance_register);
      code.mov(x86::rsi, scratch);
      call_runtime(what == Shared::out_of_fuel ? CAIRN_CALL_PLACE(out_of_fuel)
                                               : CAIRN_CALL_PLACE(hot_function));
      break;
    default:
      code.mov(x86::rdi, instance_register);
      code.mov(x86::rsi, incoming(0));
      code.mov(x86::rdx, incoming(1));
      code.mov(x86::rcx, incoming(2));
      code.mov(x86::r8, incoming(3));
      call_runtime(CAIRN_CALL_PLACE(call_entry));
      code.mov(incoming(0), x86::rax);
      break;
  }
  restore_registers();
  add_range(begin, {.kind = ImageRange::Kind::inner});
}

/// A jump, so that the return address is in the function that traps.
void ImageWriter::emit_raise(Trap trap) {
  x86::Assembler& code = assembler_;
  const uint32_t begin = offset();
  code.bind(raises_.at(trap));
  code.mov(x86::rdi, instance_register);
  code.mov(x86::esi, static_cast<uint32_t>(trap));
  load_store(scratch);
  code.mov(scratch, x86::ptr(scratch, at::calls));
  code.jmp(x86::ptr(scratch, CAIRN_CALL_PLACE(raise)));
  add_range(begin, {.kind = ImageRange::Kind::inner});
}

/// From C++: entry in rdi, instance in rsi, slots in rdx.
void ImageWriter::emit_enter(const Signature& signature) {
  x86::Assembler& code = assembler_;
  const uint32_t begin = offset();
  const uint32_t words = stack_words(signature.params);
  code.push(x86::rbp);
  code.mov(x86::rbp, x86::rsp);
  code.push(instance_register);
  code.push(x86::rbx);
  code.sub(x86::rsp, (words * 8 + 15) & ~15u);
  code.mov(instance_register, x86::rsi);
  code.mov(x86::rbx, x86::rdx);
  code.mov(x86::rax, x86::rdi);
  Places places;
  uint32_t at_slot = 0;
  for (const Kind kind : signature.params) {
    const Place place = places.next(kind);
    const x86::Mem from = slot(x86::rbx, at_slot);
    at_slot += slots_of(kind);
    if (place.where == Place::Where::gpr) {
      code.mov(gpr(argument_registers[place.index].id(), kind), from);
    } else if (place.where == Place::Where::xmm) {
      load_xmm(code, kind, x86::xmm(place.index), from);
    } else if (kind == Kind::v128) {
      load_xmm(code, kind, float_scratch, from);
      store_xmm(code, kind, slot(x86::rsp, place.index), float_scratch);
    } else {
      code.mov(scratch, from);
      code.mov(slot(x86::rsp, place.index), scratch);
    }
  }
  code.call(x86::rax);
  copy_results_to_slots(signature, x86::rbx);
  code.lea(x86::rsp, x86::ptr(x86::rbp, -16));
  code.pop(x86::rbx);
  code.pop(instance_register);
  code.pop(x86::rbp);
  code.ret();
  add_range(begin, {.kind = ImageRange::Kind::enter, .signature = signature_index(signature.text)});
}

/// The first result is in its register, the others in the context.
void ImageWriter::copy_results_to_slots(const Signature& signature, const x86::Gp& slots) {
  x86::Assembler& code = assembler_;
  const std::vector<Kind>& results = signature.results;
  if (results.empty()) return;
  if (is_in_xmm(results[0])) {
    store_xmm(code, results[0], slot(slots, 0), x86::xmm0);
  } else {
    if (!is_wide(results[0])) code.mov(x86::eax, x86::eax);
    code.mov(slot(slots, 0), x86::rax);
  }
  if (results.size() == 1) return;
  load_store(scratch);
  code.mov(scratch, x86::ptr(scratch, at::results));
  uint32_t at_slot = slots_of(results[0]);
  for (uint32_t i = 1; i < results.size(); ++i) {
    x86::Mem from = slot(scratch, 2 * (i - 1));
    const x86::Mem to = slot(slots, at_slot);
    at_slot += slots_of(results[i]);
    if (results[i] == Kind::v128) {
      load_xmm(code, Kind::v128, float_scratch, from);
      store_xmm(code, Kind::v128, to, float_scratch);
      continue;
    }
    // The upper half of a small one is 0.
    from.setSize(bytes_of(results[i]));
    bytes_of(results[i]) == 4 ? code.mov(x86::eax, from) : code.mov(x86::rax, from);
    code.mov(to, x86::rax);
  }
}

/// To what has no code: the target in r10, arguments in place.
void ImageWriter::emit_leave(const Signature& signature) {
  x86::Assembler& code = assembler_;
  const uint32_t begin = offset();
  code.push(x86::rbp);
  code.mov(x86::rbp, x86::rsp);
  code.sub(x86::rsp, 16);
  leave_through(signature, CAIRN_CALL_PLACE(call));
  code.leave();
  code.ret();
  add_range(begin, {.kind = ImageRange::Kind::leave, .signature = signature_index(signature.text)});
}

/// The rest of a stub that has a frame with a free word: the function of `RuntimeCalls` runs the
/// target, on arguments in slots.
void ImageWriter::leave_through(const Signature& signature, int32_t runtime_call) {
  x86::Assembler& code = assembler_;
  load_store(x86::rax);
  code.mov(x86::rax, x86::ptr(x86::rax, at::slots));
  code.mov(x86::ptr(x86::rbp, -8), x86::rax);
  Places places;
  uint32_t at_slot = 0;
  for (const Kind kind : signature.params) {
    const Place place = places.next(kind);
    const x86::Mem to = slot(x86::rax, at_slot);
    at_slot += slots_of(kind);
    if (place.where == Place::Where::xmm) {
      store_xmm(code, kind, to, x86::xmm(place.index));
    } else if (kind == Kind::v128) {
      load_xmm(code, kind, float_scratch, incoming(place.index));
      store_xmm(code, kind, to, float_scratch);
    } else {
      const bool in_register = place.where == Place::Where::gpr;
      const x86::Gp from = in_register ? argument_registers[place.index] : scratch;
      if (!in_register) code.mov(scratch, incoming(place.index));
      if (kind == Kind::i32) code.mov(from.r32(), from.r32());
      code.mov(to, from);
    }
  }
  code.mov(x86::rdi, instance_register);
  code.mov(x86::rsi, target_register);
  code.mov(x86::rdx, x86::rax);
  code.mov(x86::rcx, x86::rbp);
  call_runtime(runtime_call);
  const std::vector<Kind>& results = signature.results;
  if (!results.empty()) code.mov(x86::rdx, x86::ptr(x86::rbp, -8));
  if (results.size() > 1) {
    load_store(scratch);
    code.mov(scratch, x86::ptr(scratch, at::results));
    uint32_t from = slots_of(results[0]);
    for (uint32_t i = 1; i < results.size(); ++i) {
      for (uint32_t part = 0; part < slots_of(results[i]); ++part) {
        code.mov(x86::rax, slot(x86::rdx, from++));
        code.mov(slot(scratch, 2 * (i - 1) + part), x86::rax);
      }
    }
  }
  if (!results.empty()) {
    if (is_in_xmm(results[0]))
      load_xmm(code, results[0], x86::xmm0, slot(x86::rdx, 0));
    else
      code.mov(x86::rax, slot(x86::rdx, 0));
  }
}

/// An instance whose module may throw, called by one whose module does not catch.
void ImageWriter::call_guest(uint32_t words) {
  x86::Assembler& code = assembler_;
  for (uint32_t i = 0; i < words; ++i) {
    code.mov(scratch, incoming(i));
    code.mov(slot(x86::rsp, i), scratch);
  }
  code.call(x86::ptr(target_register, at::entry));
  code.mov(instance_register, x86::ptr(x86::rbp, -16));
  load_store(scratch);
  code.cmp(x86::qword_ptr(scratch, at::exception), 0);
  const asmjit::Label done = code.newLabel();
  code.je(done);
  code.mov(x86::rdi, instance_register);
  call_runtime(CAIRN_CALL_PLACE(unwind_to_boundary));
  code.ud2();
  code.bind(done);
}

/// To the host, right here, or to another instance: sets who calls, and brings the instance back.
/// In a module that catches, code of other instances is run behind a boundary: it may leave frames
/// in one step when an exception passes.
void ImageWriter::emit_foreign(const Stub& stub) {
  x86::Assembler& code = assembler_;
  const uint32_t begin = offset();
  code.bind(stub.label);
  code.push(x86::rbp);
  code.mov(x86::rbp, x86::rsp);
  const uint32_t words = stack_words(stub.signature->params);
  code.sub(x86::rsp, 16 + ((words * 8 + 15) & ~15u));
  const asmjit::Label host = code.newLabel();
  code.cmp(x86::qword_ptr(target_register, at::func_instance), 0);
  code.je(host);
  code.mov(x86::ptr(x86::rbp, -16), instance_register);
  load_store(scratch);
  code.mov(x86::ptr(scratch, at::caller), instance_register);
  code.mov(instance_register, x86::ptr(target_register, at::func_instance));
  if (module_.control_traits.exceptions) {
    leave_through(*stub.signature, CAIRN_CALL_PLACE(call));
    code.mov(instance_register, x86::ptr(x86::rbp, -16));
  } else {
    call_guest(words);
  }
  code.leave();
  code.ret();
  code.bind(host);
  leave_through(*stub.signature, CAIRN_CALL_PLACE(call_host));
  code.leave();
  code.ret();
  add_range(begin, {.kind = ImageRange::Kind::inner});
}

void ImageWriter::add_loop_stub(const Signature& signature, const asmjit::Label& inner,
                                CodeRequest::Loop loop) {
  x86::Assembler& code = assembler_;
  set_no_place();
  const uint32_t begin = offset();
  code.push(x86::rbp);
  code.mov(x86::rbp, x86::rsp);
  code.push(instance_register);
  code.push(x86::rbx);
  code.mov(instance_register, x86::rdi);
  code.mov(x86::rbx, x86::rsi);
  code.call(inner);
  copy_results_to_slots(signature, x86::rbx);
  code.pop(x86::rbx);
  code.pop(instance_register);
  code.pop(x86::rbp);
  code.ret();
  add_range(
      begin,
      {.kind = ImageRange::Kind::loop, .function = loop.function, .loop_offset = loop.offset});
}

}  // namespace cairn::engine::baseline
