// Calls of functions, and of the runtime.

#include <algorithm>

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

// ---- Moves that happen at once -----------------------------------------------------------------

namespace {

/// Orders moves so that none overwrites what another one still reads. `from` and `to` of a move are
/// register numbers; `emit(to, from)`; a cycle is broken through `spare`.
template <class Emit>
void order_moves(std::vector<std::pair<uint8_t, uint8_t>>& moves, uint8_t spare, Emit emit) {
  std::erase_if(moves, [](const auto& move) { return move.first == move.second; });
  while (!moves.empty()) {
    bool progress = false;
    for (size_t i = 0; i < moves.size(); ++i) {
      const uint8_t to = moves[i].first;
      const bool is_read =
          std::ranges::any_of(moves, [&](const auto& other) { return other.second == to; });
      if (is_read) continue;
      emit(to, moves[i].second);
      moves.erase(moves.begin() + static_cast<ptrdiff_t>(i));
      progress = true;
      break;
    }
    if (progress) continue;
    const uint8_t from = moves.front().second;
    emit(spare, from);
    for (auto& move : moves)
      if (move.second == from) move.second = spare;
  }
}

}  // namespace

/// What is in memory, or a constant, comes when the registers are in place.
void FunctionCompiler::move_gprs(std::vector<Move>& moves) {
  std::vector<std::pair<uint8_t, uint8_t>> between;
  for (const Move& move : moves)
    if (holds_gpr(move.from)) between.emplace_back(move.to, register_of(move.from));
  // As a whole: what is narrow has an upper half of 0 and keeps it.
  order_moves(between, static_cast<uint8_t>(scratch.id()),
              [&](uint8_t to, uint8_t from) { code_.mov(x86::gpq(to), x86::gpq(from)); });
  for (const Move& move : moves)
    if (!holds_gpr(move.from)) load_gpr(move.to, move.from);
}
void FunctionCompiler::move_xmms(std::vector<Move>& moves) {
  std::vector<std::pair<uint8_t, uint8_t>> between;
  for (const Move& move : moves)
    if (holds_xmm(move.from)) between.emplace_back(move.to, register_of(move.from));
  order_moves(between, static_cast<uint8_t>(float_scratch.id()),
              [&](uint8_t to, uint8_t from) { code_.movaps(x86::xmm(to), x86::xmm(from)); });
  for (const Move& move : moves)
    if (!holds_xmm(move.from)) load_xmm(move.to, move.from);
}

// ---- Locals in registers that calls do not keep ------------------------------------------------

void FunctionCompiler::save_pins() {
  for (const uint32_t i : plan_.unsaved) {
    const Local& local = plan_.locals[i];
    if (is_in_xmm(local.kind))
      store_xmm(code_, local.kind, local_slot(i), x86::xmm(local.pin), frame_high);
    else
      code_.mov(local_slot(i), gpr(local.pin, local.kind));
  }
}
void FunctionCompiler::restore_pins() {
  for (const uint32_t i : plan_.unsaved) {
    const Local& local = plan_.locals[i];
    if (is_in_xmm(local.kind))
      baseline::load_xmm(code_, local.kind, x86::xmm(local.pin), local_slot(i), frame_high);
    else
      code_.mov(gpr(local.pin, local.kind), local_slot(i));
  }
}

// ---- Calls of functions ------------------------------------------------------------------------

/// Pops the arguments and brings them to where the callee expects them, together with `more`.
void FunctionCompiler::place_arguments(const Signature& callee, std::vector<Move> more) {
  const auto count = static_cast<uint32_t>(callee.params.size());
  const size_t first = stack_.size() - count;
  std::vector<Value> arguments(stack_.begin() + static_cast<ptrdiff_t>(first), stack_.end());
  stack_.resize(first);
  settled_ = std::min(settled_, static_cast<uint32_t>(first));
  spill_for_call();
  std::vector<Move> floats;
  Places places;
  for (const Value& argument : arguments) {
    const Place place = places.next(argument.kind);
    if (place.where == Place::Where::gpr)
      more.push_back({argument, static_cast<uint8_t>(argument_registers[place.index].id())});
    else if (place.where == Place::Where::xmm)
      floats.push_back({argument, static_cast<uint8_t>(place.index)});
    else
      store_to_slot(
          argument,
          x86::ptr(x86::rsp, static_cast<int32_t>(8 * place.index), bytes_of(argument.kind)), 8);
  }
  save_pins();
  move_gprs(more);
  move_xmms(floats);
  reset_registers();
}

void FunctionCompiler::call(const wasm::Instruction& in) {
  const Signature& callee = image_.signature_of_function(in.index);
  charge(take_fuel());
  place_arguments(callee, {});
  const uint32_t imported = module_.ast.imported_functions;
  if (in.index < imported) {
    code_.mov(target_register, x86::ptr(instance_register, at::imported_funcs));
    code_.mov(target_register, x86::ptr(target_register, static_cast<int32_t>(8 * in.index)));
    image_.set_place(index_, place_);
    code_.call(image_.foreign_stub(callee));
  } else {
    const auto place = static_cast<int64_t>((in.index - imported) * sizeof(FuncCode));
    code_.mov(target_register, x86::ptr(instance_register, at::codes));
    if (place != 0) code_.add(target_register, place);
    image_.set_place(index_, place_);
    code_.call(x86::ptr(target_register, at::entry));
    image_.need_leave_stub(callee);
  }
  check_exception();
  push_results(callee);
}

/// Through the cache of calls, as compiled code of other levels does it.
void FunctionCompiler::call_indirect(const wasm::Instruction& in) {
  const Signature& callee = image_.signature(in.index);
  Value index = pop();
  charge(take_fuel());
  const uint8_t slot = own_gpr(index);
  check_table_index(in.index2, slot, Trap::undefined_element);
  const uint8_t func = take_gpr(), entry = take_gpr();
  code_.mov(scratch, table_field(in.index2, at::table_elements));
  code_.mov(x86::gpq(func), x86::ptr(scratch, x86::gpq(slot), 3));
  code_.movzx(x86::gpd(slot), x86::gpb_lo(slot));
  static_assert(CallCache::size == 256);
  code_.mov(scratch, x86::ptr(instance_register, at::call_cache));
  Cold& miss = cold(&FunctionCompiler::emit_call_entry);
  miss.signature = &callee;
  miss.data = in.index;
  miss.regs[0] = func;
  miss.regs[1] = slot;
  miss.regs[2] = entry;
  code_.cmp(x86::gpq(func), x86::ptr(scratch, x86::gpq(slot), 3, at::cached_func));
  code_.jne(miss.at);
  code_.mov(x86::gpq(entry), x86::ptr(instance_register, at::type_ids));
  code_.mov(x86::gpd(entry),
            x86::ptr(x86::gpq(entry), static_cast<int32_t>(in.index * sizeof(wasm::TypeId))));
  code_.cmp(x86::gpd(entry), x86::ptr(scratch, x86::gpq(slot), 2, at::cached_type));
  code_.jne(miss.at);
  code_.mov(x86::gpq(entry), x86::ptr(scratch, x86::gpq(slot), 3, at::cached_entry));
  code_.bind(miss.back);
  static_assert(sizeof(wasm::TypeId) == 4);
  release(index);
  const auto held = [](uint8_t reg) {
    return Value{.where = Value::Where::gpr, .kind = Kind::i64, .reg = reg};
  };
  place_arguments(callee, {{held(func), static_cast<uint8_t>(target_register.id())},
                           {held(entry), x86::Gp::kIdAx}});
  image_.set_place(index_, place_);
  code_.call(x86::rax);
  check_exception();
  push_results(callee);
}

/// A register that is needed by the argument moves stays out of the way: what it calls is a stub.
void FunctionCompiler::emit_call_entry(const Cold& cold) {
  const x86::Gp func = x86::gpq(cold.regs[0]), slot = x86::gpq(cold.regs[1]),
                entry = x86::gpq(cold.regs[2]);
  code_.bind(cold.at);
  code_.sub(x86::rsp, 32);
  code_.mov(x86::ptr(x86::rsp), func);
  code_.mov(x86::ptr(x86::rsp, 8), slot);
  code_.mov(entry, x86::ptr(instance_register, at::type_ids));
  code_.mov(entry.r32(), x86::ptr(entry, static_cast<int32_t>(cold.data * sizeof(wasm::TypeId))));
  code_.mov(x86::ptr(x86::rsp, 16), entry);
  code_.lea(entry, x86::ptr(image_.foreign_stub(*cold.signature)));
  code_.mov(x86::ptr(x86::rsp, 24), entry);
  image_.set_place(index_, cold.place);
  code_.call(image_.shared(ImageWriter::Shared::call_entry));
  code_.mov(entry, x86::ptr(x86::rsp));
  code_.add(x86::rsp, 32);
  code_.jmp(cold.back);
}

/// To the scratch register: where results behind the first one are.
void FunctionCompiler::load_results_place() {
  image_.load_store(scratch);
  code_.mov(scratch, x86::ptr(scratch, at::results));
}

void FunctionCompiler::push_results(const Signature& callee) {
  // The first one's register is taken before others are loaded.
  const std::vector<Kind>& results = callee.results;
  if (!results.empty()) {
    if (is_in_xmm(results[0])) {
      free_xmms_ &= ~1u;
      push_xmm(results[0], 0);
    } else {
      if (!is_wide(results[0])) code_.mov(x86::eax, x86::eax);
      free_gprs_ &= ~(1u << x86::Gp::kIdAx);
      push_gpr(results[0], x86::Gp::kIdAx);
    }
  }
  restore_pins();
  for (uint32_t i = 1; i < results.size(); ++i) {
    const Kind kind = results[i];
    const uint8_t reg = is_in_xmm(kind) ? take_xmm() : take_gpr();
    load_results_place();
    const x86::Mem from = x86::ptr(scratch, static_cast<int32_t>(16 * (i - 1)), bytes_of(kind));
    if (is_in_xmm(kind)) {
      baseline::load_xmm(code_, kind, x86::xmm(reg), from);
      push_xmm(kind, reg);
    } else {
      code_.mov(gpr(reg, kind), from);
      push_gpr(kind, reg);
    }
  }
}

// ---- Calls of the runtime ----------------------------------------------------------------------

/// All arguments behind the instance are integers, and have been popped. The result is in rax.
void FunctionCompiler::call_runtime(int32_t place, std::span<const Value> arguments) {
  CAIRN_ASSERT(arguments.size() < argument_registers.size());
  for (const Value& argument : arguments) release(argument);
  spill_for_call();
  std::vector<Move> moves;
  for (size_t i = 0; i < arguments.size(); ++i)
    moves.push_back({arguments[i], static_cast<uint8_t>(argument_registers[i + 1].id())});
  save_pins();
  move_gprs(moves);
  code_.mov(x86::rdi, instance_register);
  image_.set_place(index_, place_);
  image_.call_runtime(place);
  restore_pins();
  reset_registers();
}

}  // namespace cairn::engine::baseline
