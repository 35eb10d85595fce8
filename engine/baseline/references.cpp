// References, tables and globals, and the instructions on whole tables and memories.

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

using wasm::Op;

void FunctionCompiler::references(const wasm::Instruction& in) {
  const auto number = [](uint32_t value) {
    return Value{.where = Value::Where::constant, .kind = Kind::i32, .bits = value};
  };
  const auto table_address = [&] { return module_.table_types[in.index].address; };
  switch (in.op) {
    case Op::ref_null:
      return push_constant(kind_of(module_.types->canonical(wasm::ValType::ref(in.heap, true)),
                                   module_.engine->types),
                           0);
    case Op::ref_is_null: {
      Value a = pop();
      const x86::Gp reference = read_gpr(a);
      code_.test(reference, reference);
      release(a);
      const uint8_t reg = take_gpr();
      code_.setz(x86::gpb_lo(reg));
      code_.movzx(x86::gpd(reg), x86::gpb_lo(reg));
      return push_gpr(Kind::i32, reg);
    }
    case Op::ref_func:
      call_runtime(CAIRN_CALL_PLACE(func_ref), std::array{number(in.index)});
      free_gprs_ &= ~(1u << x86::Gp::kIdAx);
      return push_gpr(Kind::func, x86::Gp::kIdAx);
    case Op::table_get: return table_get(in.index);
    case Op::table_set: return table_set(in.index);
    case Op::table_size: {
      const uint8_t reg = take_gpr();
      code_.mov(x86::gpq(reg), table_field(in.index, at::table_size));
      return push_size(table_address(), reg);
    }
    case Op::table_grow: {
      const Value delta = pop(), value = pop();
      call_runtime(CAIRN_CALL_PLACE(table_grow), std::array{number(in.index), delta, value});
      free_gprs_ &= ~(1u << x86::Gp::kIdAx);
      return push_size(table_address(), x86::Gp::kIdAx);
    }
    case Op::memory_size: return memory_size(in.index);
    case Op::memory_grow: return memory_grow(in.index);
    default: return bulk(in);
  }
}

// ---- Globals -----------------------------------------------------------------------------------

/// Where the slots of a global are; may use the scratch register.
x86::Mem FunctionCompiler::global_place(uint32_t index) {
  if (index >= module_.ast.imported_globals) {
    const uint64_t own = index - module_.ast.imported_globals;
    return x86::ptr(instance_register,
                    static_cast<int32_t>(module_.layout.own_globals + own * sizeof(GlobalInst)) +
                        at::global_slots);
  }
  code_.mov(scratch, x86::ptr(instance_register, at::globals));
  code_.mov(scratch, x86::ptr(scratch, static_cast<int32_t>(8 * index)));
  return x86::ptr(scratch, at::global_slots);
}

void FunctionCompiler::get_global(uint32_t index) {
  const Kind kind = kind_of(module_.global_types[index].type, module_.engine->types);
  if (is_in_xmm(kind)) {
    const Result result = result_xmm();
    const x86::Mem from = global_place(index);
    baseline::load_xmm(code_, kind, x86::xmm(result.reg), from);
    return push_result(kind, result);
  }
  const Result result = result_gpr();
  code_.mov(gpr(result.reg, kind), global_place(index));
  push_result(kind, result);
}

/// Integers fill their slot: the upper half of an i32 is zero.
void FunctionCompiler::set_global(uint32_t index) {
  Value value = pop();
  if (is_in_xmm(value.kind)) {
    const x86::Xmm from = read_xmm(value);
    const x86::Mem to = global_place(index);
    store_xmm(code_, value.kind, to, from);
  } else {
    const x86::Gp from = read_gpr(value);
    code_.mov(global_place(index), from.r64());
  }
  release(value);
}

// ---- Tables ------------------------------------------------------------------------------------

/// A field of a table's `TableInst`; may use the scratch register.
x86::Mem FunctionCompiler::table_field(uint32_t table, int32_t field) {
  const uint32_t imported = module_.ast.imported_tables;
  if (table >= imported) {
    const uint64_t place =
        module_.layout.own_tables + uint64_t{table - imported} * sizeof(TableInst);
    return x86::qword_ptr(instance_register, static_cast<int32_t>(place) + field);
  }
  code_.mov(scratch, x86::ptr(instance_register, at::tables));
  code_.mov(scratch, x86::ptr(scratch, static_cast<int32_t>(8 * table)));
  return x86::qword_ptr(scratch, field);
}

/// Traps unless the number in the register (64 bits) is an index of the table. A processor that
/// guesses the check wrongly goes on with 0 (`Settings::index_masks`).
void FunctionCompiler::check_table_index(uint32_t table, uint8_t index, Trap trap) {
  code_.cmp(x86::gpq(index), table_field(table, at::table_size));
  trap_if(x86::CondCode::kAE, trap);
  if (!masks_indices_) return;
  code_.sbb(scratch, scratch);
  code_.and_(x86::gpq(index), scratch);
}

void FunctionCompiler::table_get(uint32_t table) {
  Value index = pop();
  const uint8_t at_index = own_gpr(index);
  check_table_index(table, at_index, Trap::out_of_bounds_table_access);
  code_.mov(scratch, table_field(table, at::table_elements));
  code_.mov(x86::gpq(at_index), x86::ptr(scratch, x86::gpq(at_index), 3));
  push_gpr(kind_of(module_.table_types[table].element, module_.engine->types), at_index);
}

void FunctionCompiler::table_set(uint32_t table) {
  Value value = pop(), index = pop();
  const x86::Gp reference = read_gpr(value).r64();
  const uint8_t at_index = own_gpr(index);
  check_table_index(table, at_index, Trap::out_of_bounds_table_access);
  code_.mov(scratch, table_field(table, at::table_elements));
  code_.mov(x86::ptr(scratch, x86::gpq(at_index), 3), reference);
  release(value);
  release(index);
}

}  // namespace cairn::engine::baseline
