// Loads, stores, and the instructions on whole memories.

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

using wasm::Op;

namespace {
bool is_i32_offset(uint64_t offset) { return offset <= INT32_MAX; }
}  // namespace

// ---- Where an access goes ----------------------------------------------------------------------

/// A field of a memory's `MemoryInst`; may use the scratch register.
x86::Mem FunctionCompiler::memory_field(uint32_t memory, int32_t field) {
  const uint32_t imported = module_.ast.imported_memories;
  if (memory >= imported && !module_.memory_types[memory].shared) {
    const uint64_t place =
        module_.layout.own_memories + uint64_t{memory - imported} * sizeof(MemoryInst);
    return x86::qword_ptr(instance_register, static_cast<int32_t>(place) + field);
  }
  code_.mov(scratch, x86::ptr(instance_register, at::memories));
  code_.mov(scratch, x86::ptr(scratch, static_cast<int32_t>(8 * memory)));
  return x86::qword_ptr(scratch, field);
}

/// The address of an access of `bytes`. `address` has been popped, and may get a register that is
/// released with it.
x86::Mem FunctionCompiler::place_of(const wasm::MemArg& mem, Value& address, uint32_t bytes) {
  if (!is_guarded(module_, mem)) return checked_place(mem, address, bytes);
  const x86::Gp base = x86::gpq(plan_.memory_base);
  if (address.is_constant() && is_i32_offset(address.bits + mem.offset))
    return x86::ptr(base, static_cast<int32_t>(address.bits + mem.offset), bytes);
  const x86::Gp index = read_gpr(address).r64();
  if (is_i32_offset(mem.offset))
    return x86::ptr(base, index, 0, static_cast<int32_t>(mem.offset), bytes);
  code_.mov(scratch, mem.offset);
  code_.add(scratch, index);
  return x86::ptr(base, scratch, 0, 0, bytes);
}

/// Where no guard area stands behind the memory.
x86::Mem FunctionCompiler::checked_place(const wasm::MemArg& mem, Value& address, uint32_t bytes) {
  const bool is_64 = is_wide(address.kind);
  address.kind = address.is_constant() ? Kind::i64 : address.kind;
  const x86::Gp start = x86::gpq(own_gpr(address));
  address.kind = Kind::i64;
  // A sum that does not fit is out of bounds in any case.
  const auto add = [&](const x86::Gp& to, uint64_t number) {
    if (is_i32_offset(number)) {
      code_.add(to, static_cast<int32_t>(number));
    } else {
      code_.mov(scratch, number);
      code_.add(to, scratch);
    }
    if (is_64 || !is_i32_offset(number))
      trap_if(x86::CondCode::kC, Trap::out_of_bounds_memory_access);
  };
  if (mem.offset != 0) add(start, mem.offset);
  const uint8_t end_reg = take_gpr();
  const x86::Gp end = x86::gpq(end_reg);
  code_.mov(end, start);
  code_.add(end, static_cast<int32_t>(bytes));
  trap_if(x86::CondCode::kC, Trap::out_of_bounds_memory_access);
  code_.cmp(end, memory_field(mem.memory, at::memory_size));
  trap_if(x86::CondCode::kA, Trap::out_of_bounds_memory_access);
  if (masks_indices_) {  // as `check_table_index` does it
    code_.cmp(start, memory_field(mem.memory, at::memory_size));
    code_.sbb(end, end);
    code_.and_(start, end);
  }
  code_.add(start, memory_field(mem.memory, at::memory_base));
  free_gprs_ |= 1u << end_reg;
  return x86::ptr(start, 0, bytes);
}

// ---- Accesses ----------------------------------------------------------------------------------

void FunctionCompiler::load(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  const uint32_t bytes = 1u << wasm::natural_align_log2(row.imm);
  Value address = pop();
  const x86::Mem from = place_of(in.mem, address, bytes);
  const char letter = row.sig.back();
  if (letter == 'f' || letter == 'd') {
    const Result result = result_xmm();
    release(address);
    image_.set_place(index_, place_);
    letter == 'f' ? code_.movss(x86::xmm(result.reg), from)
                  : code_.movsd(x86::xmm(result.reg), from);
    return push_result(letter == 'f' ? Kind::f32 : Kind::f64, result);
  }
  const Kind kind = letter == 'i' ? Kind::i32 : Kind::i64;
  // The register of the address may be the one that is given out, but not to anybody else before.
  const bool is_set = next_set(false) >= 0;
  if (!is_set) release(address);
  const Result result = result_gpr();
  if (is_set) release(address);
  const x86::Gp to = gpr(result.reg, kind);
  image_.set_place(index_, place_);
  const bool is_signed = row.id.ends_with("_s");
  if (bytes == bytes_of(kind))
    code_.mov(to, from);
  else if (bytes == 4)
    is_signed ? code_.movsxd(to, from) : code_.mov(to.r32(), from);
  else
    is_signed ? code_.movsx(to, from) : code_.movzx(to.r32(), from);
  push_result(kind, result);
}

void FunctionCompiler::store(const wasm::Instruction& in) {
  const uint32_t bytes = 1u << wasm::natural_align_log2(wasm::info(in.op).imm);
  Value value = pop();
  Value address = pop();
  const bool is_small_constant =
      value.is_constant() &&
      (bytes <= 4 || static_cast<int64_t>(value.bits) == static_cast<int32_t>(value.bits));
  if (!is_small_constant) is_in_xmm(value.kind) ? void(read_xmm(value)) : void(read_gpr(value));
  const x86::Mem to = place_of(in.mem, address, bytes);
  image_.set_place(index_, place_);
  if (is_small_constant) {
    code_.mov(to, static_cast<int32_t>(bytes == 1   ? static_cast<int8_t>(value.bits)
                                       : bytes == 2 ? static_cast<int16_t>(value.bits)
                                                    : static_cast<int32_t>(value.bits)));
  } else if (is_in_xmm(value.kind)) {
    const x86::Xmm from = x86::xmm(register_of(value));
    bytes == 4 ? code_.movss(to, from) : code_.movsd(to, from);
  } else {
    const uint8_t reg = register_of(value);
    switch (bytes) {
      case 1: code_.mov(to, x86::gpb_lo(reg)); break;
      case 2: code_.mov(to, x86::gpw(reg)); break;
      case 4: code_.mov(to, x86::gpd(reg)); break;
      default: code_.mov(to, x86::gpq(reg)); break;
    }
  }
  release(value);
  release(address);
}

// ---- Whole memories ----------------------------------------------------------------------------

/// A size: an i32 where addresses are.
void FunctionCompiler::push_size(wasm::AddrType address, uint8_t reg) {
  if (address == wasm::AddrType::i64) return push_gpr(Kind::i64, reg);
  code_.mov(x86::gpd(reg), x86::gpd(reg));
  push_gpr(Kind::i32, reg);
}

void FunctionCompiler::memory_size(uint32_t memory) {
  const wasm::MemoryType& type = module_.memory_types[memory];
  const uint8_t reg = take_gpr();
  code_.mov(x86::gpq(reg), memory_field(memory, at::memory_size));
  if (type.page_size_log2 != 0) code_.shr(x86::gpq(reg), type.page_size_log2);
  push_size(type.address, reg);
}

void FunctionCompiler::memory_grow(uint32_t memory) {
  const Value number{.where = Value::Where::constant, .kind = Kind::i32, .bits = memory};
  const Value arguments[] = {number, pop()};
  call_runtime(CAIRN_CALL_PLACE(memory_grow), arguments);
  free_gprs_ &= ~(1u << x86::Gp::kIdAx);
  push_size(module_.memory_types[memory].address, x86::Gp::kIdAx);
}

/// Those that take indices, and destination, source or value, and length from the stack.
void FunctionCompiler::bulk(const wasm::Instruction& in) {
  const auto number = [](uint32_t value) {
    return Value{.where = Value::Where::constant, .kind = Kind::i32, .bits = value};
  };
  const auto run = [&](int32_t place, bool has_second) {
    const Value n = pop(), s = pop(), d = pop();
    std::vector<Value> arguments = {number(in.index)};
    if (has_second) arguments.push_back(number(in.index2));
    arguments.insert(arguments.end(), {d, s, n});
    call_runtime(place, arguments);
  };
  switch (in.op) {
    case Op::memory_init: return run(CAIRN_CALL_PLACE(memory_init), true);
    case Op::memory_copy: return run(CAIRN_CALL_PLACE(memory_copy), true);
    case Op::memory_fill: return run(CAIRN_CALL_PLACE(memory_fill), false);
    case Op::table_init: return run(CAIRN_CALL_PLACE(table_init), true);
    case Op::table_copy: return run(CAIRN_CALL_PLACE(table_copy), true);
    case Op::table_fill: return run(CAIRN_CALL_PLACE(table_fill), false);
    case Op::data_drop:
      return call_runtime(CAIRN_CALL_PLACE(data_drop), std::array{number(in.index)});
    default: return call_runtime(CAIRN_CALL_PLACE(elem_drop), std::array{number(in.index)});
  }
}

}  // namespace cairn::engine::baseline
