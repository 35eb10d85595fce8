// Which rule checks which instruction, and which may stand in constant expressions.

#include <fmt/format.h>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

bool BodyValidator::instruction() {
  switch (in_.op) {
    // Those that most bodies are made of; the others are out of line.
    case Op::local_get: return local_get();
    case Op::local_set: return local_set();
    case Op::local_tee: return local_tee();
    case Op::global_get: return global_get();
    case Op::global_set: return global_set();
    case Op::block:
    case Op::loop: return block();
    case Op::if_: return if_();
    case Op::end: return end();
    case Op::br: return br();
    case Op::br_if: return br_if();
    case Op::call:
      if (in_.index >= context_.funcs.size()) return unknown("function", in_.index);
      return call(*context_.funcs[in_.index].signature);
    case Op::i32_const: push_val(i32); return room_on_stack();
    default: break;
  }
  const Signature& signature = signatures[static_cast<size_t>(in_.op)];
  if (!signature.special) [[likely]]
    return plain(signature) && room_on_stack();
  return rare_instruction() && room_on_stack();
}

bool BodyValidator::rare_instruction() {
  switch (in_.op) {
    case Op::unreachable: unreachable(); return true;
    case Op::else_: return else_();
    case Op::br_table: return br_table();
    case Op::return_: return return_();
    case Op::call_indirect: return call_indirect(false);
    case Op::return_call:
      if (in_.index >= context_.funcs.size()) return unknown("function", in_.index);
      return return_call(*context_.funcs[in_.index].signature);
    case Op::return_call_indirect: return call_indirect(true);
    case Op::call_ref: return call_ref(false);
    case Op::return_call_ref: return call_ref(true);
    case Op::br_on_null: return br_on_null();
    case Op::br_on_non_null: return br_on_non_null();
    case Op::br_on_cast: return br_on_cast(false);
    case Op::br_on_cast_fail: return br_on_cast(true);

    case Op::throw_: return throw_();
    case Op::throw_ref: return throw_ref();
    case Op::try_table: return try_table();
    case Op::try_: return legacy_try();
    case Op::catch_:
    case Op::catch_all: return legacy_catch();
    case Op::delegate: return legacy_delegate();
    case Op::rethrow: return legacy_rethrow();

    case Op::drop: return drop();
    case Op::select: return select();
    case Op::select_t: return select_t();

    case Op::table_get: return table_get();
    case Op::table_set: return table_set();
    case Op::table_size: return table_size();
    case Op::table_grow: return table_grow();
    case Op::table_fill: return table_fill();
    case Op::table_copy: return table_copy();
    case Op::table_init: return table_init();
    case Op::memory_copy: return memory_copy();
    case Op::memory_init: return memory_init();

    case Op::ref_null: return ref_null();
    case Op::ref_is_null: return ref_is_null();
    case Op::ref_func: return ref_func();
    case Op::ref_as_non_null: return ref_as_non_null();
    case Op::ref_eq: return ref_eq();
    case Op::ref_test: return ref_test(false);
    case Op::ref_test_null: return ref_test(true);
    case Op::ref_cast: return ref_cast(false);
    case Op::ref_cast_null: return ref_cast(true);
    case Op::ref_i31: return ref_i31();
    case Op::i31_get_s:
    case Op::i31_get_u: return i31_get();
    case Op::any_convert_extern: return convert(AbsHeapType::extern_, AbsHeapType::any);
    case Op::extern_convert_any: return convert(AbsHeapType::any, AbsHeapType::extern_);

    case Op::struct_new: return struct_new(false);
    case Op::struct_new_default: return struct_new(true);
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u: return struct_get();
    case Op::struct_set: return struct_set();
    case Op::array_new: return array_new(false);
    case Op::array_new_default: return array_new(true);
    case Op::array_new_fixed: return array_new_fixed();
    case Op::array_new_data: return array_new_data();
    case Op::array_new_elem: return array_new_elem();
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return array_get();
    case Op::array_set: return array_set();
    case Op::array_len: return array_len();
    case Op::array_fill: return array_fill();
    case Op::array_copy: return array_copy();
    case Op::array_init_data: return array_init_data();
    case Op::array_init_elem: return array_init_elem();
    default: break;
  }
  // Every row of the table has a signature or a case above.
  CAIRN_ASSERT(false && "an instruction without a rule");
  return false;
}

bool BodyValidator::constant_instruction() {
  const auto needs = [&](Feature feature) {
    return context_.features.has(feature) ||
           fail(fmt::format("constant expression required: {} needs the feature {}",
                            info(in_.op).text, to_string(feature)));
  };
  switch (in_.op) {
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const:
    case Op::v128_const:
    case Op::ref_null:
    case Op::end: return true;
    case Op::ref_func:
      if (in_.index < context_.declared_funcs.size()) context_.declared_funcs[in_.index] = true;
      return true;
    case Op::global_get:
      // An unknown index is reported by the rule of the instruction.
      if (in_.index >= context_.globals.size()) return true;
      if (context_.globals[in_.index].is_mutable) {
        return fail(fmt::format("constant expression required: global {} is mutable", in_.index));
      }
      return in_.index < context_.module.imported_globals || needs(Feature::gc);
    case Op::i32_add:
    case Op::i32_sub:
    case Op::i32_mul:
    case Op::i64_add:
    case Op::i64_sub:
    case Op::i64_mul: return needs(Feature::extended_const);
    case Op::ref_i31:
    case Op::struct_new:
    case Op::struct_new_default:
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
    case Op::any_convert_extern:
    case Op::extern_convert_any: return true;
    default:
      return fail(
          fmt::format("constant expression required: {} is not constant", info(in_.op).text));
  }
}

}  // namespace cairn::wasm
