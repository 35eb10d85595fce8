// The frame of a function: entered at the function's start or at a loop, and left.

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

namespace {

/// Fills an instruction's 32-bit field until the number is known.
constexpr int32_t unknown = 0x7FFF0000;

}  // namespace

x86::Mem FunctionCompiler::frame_slot(uint32_t index, uint32_t size) const {
  const auto offset = static_cast<int32_t>(8 * (saved_.size() + index + 1));
  return x86::ptr(x86::rbp, -offset, size);
}
x86::Mem FunctionCompiler::local_slot(uint32_t local) const {
  return frame_slot(plan_.locals[local].slot, bytes_of(local_kind(local)));
}
x86::Mem FunctionCompiler::operand_slot(uint32_t place, Kind kind) const {
  return frame_slot(plan_.local_slots + place, bytes_of(kind));
}
/// A reference in the frame of references, or with a negative index one of its fields.
x86::Mem FunctionCompiler::ref_place(uint32_t index) const {
  return x86::ptr(x86::rsp,
                  static_cast<int32_t>(8 * plan_.outgoing_words + sizeof(RefFrame) + 8 * index));
}

/// Before there is a frame: arguments are in place, and better code can be entered by a jump.
void FunctionCompiler::count_entry() {
  if (!counts_) return;
  const auto own = static_cast<int32_t>(index_ * sizeof(FuncCode));
  code_.mov(scratch, x86::ptr(instance_register, at::codes));
  code_.sub(x86::dword_ptr(scratch, own + at::baseline_left), 1);
  Cold& hot = cold(&FunctionCompiler::emit_hot_entry);
  code_.js(hot.at);
  code_.bind(hot.back);
}

void FunctionCompiler::emit_hot_entry(const Cold& cold) {
  const auto own = static_cast<int32_t>(index_ * sizeof(FuncCode));
  code_.bind(cold.at);
  code_.mov(scratch, x86::ptr(scratch, own + at::entry));
  code_.lea(x86::rax, x86::ptr(body_));
  code_.cmp(scratch, x86::rax);
  const asmjit::Label ask = code_.newLabel();
  code_.je(ask);
  code_.jmp(scratch);
  code_.bind(ask);
  code_.mov(scratch.r32(), index_);
  code_.sub(x86::rsp, 8);  // a call is made from where the stack is aligned
  code_.call(image_.shared(ImageWriter::Shared::hot_function));
  code_.add(x86::rsp, 8);
  code_.jmp(cold.back);
}

void FunctionCompiler::open_frame() {
  code_.push(x86::rbp);
  code_.mov(x86::rbp, x86::rsp);
  for (const uint8_t id : saved_) code_.push(x86::gpq(id));
  code_.sub(x86::rsp, unknown);
  frame_sizes_.push_back(image_.offset() - 4);
}

/// Where an interruption is seen as well. A small function that calls nothing needs no check.
void FunctionCompiler::check_stack() {
  constexpr size_t small_locals = 64;
  if (!plan_.calls && !metered_ && plan_.locals.size() <= small_locals) return;
  image_.load_store(scratch);
  code_.cmp(x86::rsp, x86::ptr(scratch, at::stack_limit));
  Cold& slow = cold(&FunctionCompiler::emit_stack);
  code_.jb(slow.at);
  code_.bind(slow.back);
}

/// Arguments wait in the slots of their parameters. They are still where the caller has put them.
void FunctionCompiler::emit_stack(const Cold& cold) {
  const auto each_argument = [&](auto integer, auto floating) {
    Places places;
    for (uint32_t i = 0; i < plan_.params; ++i) {
      const Place place = places.next(local_kind(i));
      const x86::Mem slot = frame_slot(plan_.locals[i].slot);
      if (place.where == Place::Where::gpr) integer(slot, argument_registers[place.index]);
      if (place.where == Place::Where::xmm) floating(local_kind(i), slot, x86::xmm(place.index));
    }
  };
  code_.bind(cold.at);
  each_argument([&](const x86::Mem& slot, const x86::Gp& reg) { code_.mov(slot, reg); },
                [&](Kind kind, const x86::Mem& slot, const x86::Xmm& reg) {
                  store_xmm(code_, kind, slot, reg, frame_high);
                });
  code_.mov(x86::rdi, instance_register);
  image_.set_place(index_, 0);
  image_.call_runtime(CAIRN_CALL_PLACE(check_stack));
  each_argument([&](const x86::Mem& slot, const x86::Gp& reg) { code_.mov(reg, slot); },
                [&](Kind kind, const x86::Mem& slot, const x86::Xmm& reg) {
                  baseline::load_xmm(code_, kind, reg, slot, frame_high);
                });
  code_.jmp(cold.back);
}

void FunctionCompiler::take_parameters() {
  std::vector<Move> integers, floats;
  std::vector<std::pair<uint32_t, uint32_t>> words;  // local, word on the stack
  Places places;
  for (uint32_t i = 0; i < plan_.params; ++i) {
    const Local& local = plan_.locals[i];
    const Place place = places.next(local.kind);
    if (place.where == Place::Where::stack) {
      words.emplace_back(i, place.index);
      continue;
    }
    const bool is_gpr = place.where == Place::Where::gpr;
    const uint32_t id = is_gpr ? argument_registers[place.index].id() : place.index;
    const Value from{.where = is_gpr ? Value::Where::gpr : Value::Where::xmm,
                     .kind = local.kind,
                     .reg = static_cast<uint8_t>(id)};
    if (local.pin == no_register)
      store_to_slot(from, local_slot(i));
    else
      (is_gpr ? integers : floats).push_back({from, local.pin});
  }
  move_gprs(integers);
  move_xmms(floats);
  for (const auto& [local, word] : words) take_parameter(local, word);
}

/// One that is passed on the stack.
void FunctionCompiler::take_parameter(uint32_t local, uint32_t word) {
  const Kind kind = local_kind(local);
  const x86::Mem from = x86::ptr(x86::rbp, static_cast<int32_t>(16 + 8 * word), bytes_of(kind));
  const uint8_t pin = plan_.locals[local].pin;
  if (is_in_xmm(kind)) {
    const x86::Xmm to = pin == no_register ? float_scratch : x86::Xmm(x86::xmm(pin));
    baseline::load_xmm(code_, kind, to, from);
    if (pin == no_register) store_xmm(code_, kind, local_slot(local), to, frame_high);
    return;
  }
  const x86::Gp to = gpr(pin == no_register ? scratch.id() : pin, kind);
  code_.mov(to, from);
  if (pin == no_register) code_.mov(local_slot(local), to);
}

/// Registers that hold neither locals nor arguments any more are free.
void FunctionCompiler::clear_locals() {
  const auto count = static_cast<uint32_t>(plan_.locals.size());
  std::vector<uint32_t> slots;
  for (uint32_t i = plan_.params; i < count; ++i) {
    const uint8_t pin = plan_.locals[i].pin;
    if (pin == no_register) {
      // The collector looks at references that nobody uses, too.
      if (plan_.locals[i].weight == 0 && local_kind(i) != Kind::ref) continue;
      for (uint32_t part = 0; part < slots_of(local_kind(i)); ++part)
        slots.push_back(plan_.locals[i].slot + part);
    } else if (is_in_xmm(local_kind(i))) {
      code_.xorps(x86::xmm(pin), x86::xmm(pin));
    } else {
      code_.xor_(x86::gpd(pin), x86::gpd(pin));
    }
  }
  if (slots.empty()) return;
  constexpr size_t single_max = 48;
  if (slots.size() > single_max) {
    const uint32_t first = slots.front(), last = slots.back();
    code_.lea(x86::rdi, frame_slot(last));
    code_.mov(x86::ecx, last - first + 1);
    code_.xor_(x86::eax, x86::eax);
    code_.rep().stosq();
    return;
  }
  code_.xorps(float_scratch, float_scratch);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (i + 1 < slots.size() && slots[i + 1] == slots[i] + 1) {
      code_.movups(frame_slot(slots[i + 1], 16), float_scratch);
      ++i;
    } else {
      code_.movsd(frame_slot(slots[i]), float_scratch);
    }
  }
}

void FunctionCompiler::link_refs() {
  if (!plan_.refs) return;
  const auto field = [&](size_t offset) {
    return x86::qword_ptr(x86::rsp, static_cast<int32_t>(8 * plan_.outgoing_words + offset));
  };
  code_.lea(x86::rdi, ref_place(0));
  code_.mov(x86::ecx, unknown);
  ref_counts_.push_back(image_.offset() - 4);
  code_.mov(field(offsetof(RefFrame, count)), x86::rcx);
  code_.xor_(x86::eax, x86::eax);
  code_.rep().stosq();
  image_.load_store(scratch);
  code_.mov(x86::rax, x86::ptr(scratch, at::refs));
  code_.mov(field(offsetof(RefFrame, outer)), x86::rax);
  code_.lea(x86::rax, field(0));
  code_.mov(x86::ptr(scratch, at::refs), x86::rax);
  uint32_t ref = 0;
  for (uint32_t i = 0; i < plan_.locals.size(); ++i)
    if (local_kind(i) == Kind::ref)
      store_ref(ref++, {.where = Value::Where::local, .kind = Kind::ref, .index = i});
}

void FunctionCompiler::emit_epilogue() {
  code_.bind(epilogue_);
  if (plan_.refs) {
    image_.load_store(scratch);
    code_.mov(x86::rcx, x86::ptr(x86::rsp, static_cast<int32_t>(8 * plan_.outgoing_words +
                                                                offsetof(RefFrame, outer))));
    code_.mov(x86::ptr(scratch, at::refs), x86::rcx);
  }
  if (saved_.empty()) {
    code_.leave();
  } else {
    code_.lea(x86::rsp, x86::ptr(x86::rbp, -8 * static_cast<int32_t>(saved_.size())));
    for (size_t i = saved_.size(); i-- > 0;) code_.pop(x86::gpq(saved_[i]));
    code_.pop(x86::rbp);
  }
  code_.ret();
}

/// Writes what is known at the end only.
void FunctionCompiler::patch_frame() {
  const auto refs = plan_.ref_locals + operands_max_;
  uint32_t bytes = 8 * (plan_.local_slots + operand_slots_ + plan_.outgoing_words);
  if (plan_.refs) bytes += static_cast<uint32_t>(sizeof(RefFrame)) + 8 * refs;
  const auto saved = static_cast<uint32_t>(8 * saved_.size());
  bytes = ((bytes + saved + 15) & ~15u) - saved;
  uint8_t* const buffer = code_.bufferData();
  for (const uint32_t at : frame_sizes_) store_le(buffer + at, bytes);
  for (const uint32_t at : ref_counts_) store_le(buffer + at, refs);
  for (const Table& table : tables_) {
    uint32_t at = table.at;
    for (const asmjit::Label& target : table.targets) {
      const auto place = static_cast<uint32_t>(code_.code()->labelOffset(target));
      store_le(buffer + at, place - table.at);
      at += 4;
    }
  }
}

/// A way in at a loop: rsi has the address of locals and operands in slots, as the interpreter has
/// them.
void FunctionCompiler::emit_loop_entry(uint32_t offset, const asmjit::Label& head,
                                       uint32_t operands) {
  // Slots lie upwards there and downwards here.
  const asmjit::Label over = code_.newLabel();
  code_.jmp(over);
  entries_.push_back({offset, code_.newLabel()});
  code_.bind(entries_.back().inner);
  image_.set_no_place();
  open_frame();
  const uint32_t count = plan_.local_slots + next_slot();
  if (count > 0) {
    const asmjit::Label next = code_.newLabel();
    code_.lea(x86::rdx, frame_slot(0));
    code_.mov(x86::ecx, count);
    code_.bind(next);
    code_.mov(x86::rax, x86::ptr(x86::rsi));
    code_.mov(x86::ptr(x86::rdx), x86::rax);
    code_.add(x86::rsi, 8);
    code_.sub(x86::rdx, 8);
    code_.sub(x86::ecx, 1);
    code_.jnz(next);
  }
  restore_pins();
  for (uint32_t i = 0; i < plan_.locals.size(); ++i) {
    const uint8_t pin = plan_.locals[i].pin;
    if (pin == no_register || is_in_xmm(local_kind(i))) continue;
    if ((callee_saved & 1u << pin) != 0) code_.mov(gpr(pin, local_kind(i)), local_slot(i));
  }
  if (plan_.memory_base != no_register)
    code_.mov(x86::gpq(plan_.memory_base), x86::ptr(instance_register, at::memory0_base));
  link_refs();
  for (uint32_t i = 0; i < operands; ++i)
    if (stack_[i].kind == Kind::ref && !stack_[i].is_constant())
      store_ref(plan_.ref_locals + i, stack_[i]);
  code_.jmp(head);
  code_.bind(over);
}

}  // namespace cairn::engine::baseline
