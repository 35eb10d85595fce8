// References: null, casts, i31, structures and arrays.

#include "interp/translator.hpp"

namespace cairn::engine {

using wasm::Op;

namespace {

/// ref.test and ref.cast to a concrete structure or array type have a fast handler.
bool is_object_type(const ModuleState& module, wasm::HeapType heap) {
  return heap.is_index() && module.ast.types[heap.index()].func() == nullptr;
}

}  // namespace

/// Emits ref.test or ref.cast of the reference in `slot` against a type of the module.
void Translator::emit_cast(wasm::Op op, uint32_t result, uint16_t slot, wasm::HeapType heap,
                           bool nullable) {
  if (is_object_type(module_, heap))
    emit_plain(object_cast_handler(op), result, slot, 0, 0, 0, nullable,
               reinterpret_cast<uint64_t>(&runtime_type(heap.index())));
  else
    emit_plain(plain_handler(op), result, slot, 0, 0, module_.types->canonical(heap).bits(),
               nullable, 0);
}

void Translator::reference(const wasm::Instruction& in) {
  const auto heap_kind = [&](wasm::HeapType heap) { return kind(wasm::ValType::ref(heap, true)); };
  switch (in.op) {
    case Op::ref_null: return push_imm(heap_kind(in.heap), 0);
    case Op::any_convert_extern:
    case Op::extern_convert_any: return;  // the same bits, and both kinds are traced
    case Op::ref_is_null:
    case Op::ref_i31:
    case Op::i31_get_s:
    case Op::i31_get_u:
    case Op::array_len: {
      const uint16_t slot = use_slot(pop());
      push_temp(in.op == Op::ref_i31 ? Kind::ref : Kind::i32);
      return emit_plain(plain_handler(in.op), top().home, slot, 0, 0, 0, 0, 0);
    }
    case Op::ref_as_non_null: {
      const Entry entry = pop();
      const uint16_t slot = use_slot(entry);
      push_temp(entry.kind);
      return emit_plain(plain_handler(in.op), top().home, slot, 0, 0, 0, 0, 0);
    }
    case Op::ref_eq: {
      const Entry b = pop(), a = pop();
      const uint16_t first = use_slot(a), second = use_slot(b);
      push_temp(Kind::i32);
      return emit_plain(plain_handler(in.op), top().home, first, second, 0, 0, 0, 0);
    }
    case Op::ref_test:
    case Op::ref_test_null: {
      const uint16_t slot = use_slot(pop());
      push_temp(Kind::i32);
      return emit_cast(in.op, top().home, slot, in.heap, in.op == Op::ref_test_null);
    }
    case Op::ref_cast:
    case Op::ref_cast_null: {
      const uint16_t slot = use_slot(pop());
      push_temp(heap_kind(in.heap));
      return emit_cast(in.op, top().home, slot, in.heap, in.op == Op::ref_cast_null);
    }
    default: return aggregate(in);
  }
}

/// struct.* and array.*
void Translator::aggregate(const wasm::Instruction& in) {
  const bool copies = in.op == Op::array_init_elem || in.op == Op::array_init_data ||
                      in.op == Op::array_fill || in.op == Op::array_copy;
  const RuntimeType& type = runtime_type(in.index);
  const uint64_t pointer = reinterpret_cast<uint64_t>(&type);
  const wasm::SubType& source = type_at(in.index);
  // `count` operands side by side in their home slots; the result, if any, in the first of them.
  const auto side_by_side = [&](uint32_t count, uint32_t low) {
    materialize_top(count);
    // While they are still on the stack, the map of this instruction names the references among
    // them.
    const uint32_t home = count == 0 ? height_ : top(count - 1).home;
    const uint32_t first = near_block(home, height_ - home);
    add_stack_map(here());
    drop_to(static_cast<uint32_t>(stack_.size()) - count);
    if (!copies) push_temp(Kind::ref);
    emit_plain(plain_handler(in.op), copies ? 0 : top().home, first, 0, 0, low, 0, pointer);
  };
  switch (in.op) {
    case Op::struct_new:
      return side_by_side(static_cast<uint32_t>(source.structure()->fields.size()), 0);
    case Op::struct_new_default: return side_by_side(0, 0);
    case Op::array_new_default: return side_by_side(1, 0);
    case Op::array_new_fixed: return side_by_side(in.index2, in.index2);
    case Op::array_fill: return side_by_side(4, 0);
    case Op::array_copy: return side_by_side(5, 0);
    case Op::array_init_data:
    case Op::array_init_elem: return side_by_side(4, in.index2);
    case Op::array_new:
    case Op::array_new_data:
    case Op::array_new_elem: {
      // Both operands in their own slots: the value may be a vector.
      materialize_top(2);
      const uint16_t second = use_slot(top(0)), first = use_slot(top(1));
      add_stack_map(here());
      drop_to(static_cast<uint32_t>(stack_.size()) - 2);
      push_temp(Kind::ref);
      return emit_plain(plain_handler(in.op), top().home, first, second, 0,
                        in.op == Op::array_new ? 0 : in.index2, 0, pointer);
    }
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u: {
      const RuntimeType::Field& field = type.fields[in.index2];
      const uint16_t slot = use_slot(pop());
      push_temp(kind(source.structure()->fields[in.index2].storage.unpacked()));
      return emit_plain(struct_get_handler(in.op, field.width), top().home, slot, 0, 0,
                        field.offset, 0, 0);
    }
    case Op::struct_set: {
      const RuntimeType::Field& field = type.fields[in.index2];
      const Entry value = pop(), object = pop();
      const uint16_t first = use_slot(object), second = use_slot(value);
      return emit_plain(struct_set_handler(field.width), 0, first, second, 0, field.offset, 0, 0);
    }
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: {
      const Entry index = pop(), object = pop();
      const uint16_t first = use_slot(object), second = use_slot(index);
      push_temp(kind(source.array()->element.storage.unpacked()));
      return emit_plain(array_get_handler(in.op, type.fields[0].width), top().home, first, second,
                        0, 0, 0, 0);
    }
    case Op::array_set: {
      const Entry value = pop(), index = pop(), object = pop();
      const uint16_t first = use_slot(object), second = use_slot(index), third = use_slot(value);
      return emit_plain(array_set_handler(type.fields[0].width), 0, first, second, third, 0, 0, 0);
    }
    default: CAIRN_ASSERT(false && "an instruction without translation");
  }
}

/// br_on_null, br_on_non_null, br_on_cast, br_on_cast_fail: a test, then an ordinary branch.
void Translator::branch_on_reference(const wasm::Instruction& in) {
  materialize_top(1);
  const Entry reference = top();
  // The test's result lies above the reference, which stays on the stack for the branch.
  const uint32_t result = reference.home + 1;
  max_slots_ = std::max(max_slots_, result + 1);
  const uint16_t slot = use_slot(reference);
  const bool on_null = in.op == Op::br_on_null, on_non_null = in.op == Op::br_on_non_null;
  if (on_null || on_non_null)
    emit_plain(plain_handler(Op::ref_is_null), result, slot, 0, 0, 0, 0, 0);
  else
    emit_cast(in.cast_to.nullable() ? Op::ref_test_null : Op::ref_test, result, slot,
              in.cast_to.heap(), in.cast_to.nullable());
  last_.at = none;
  if (on_null) {
    // Taken: without the reference. Not taken: with it.
    pop();
    push_temp(Kind::i32);
    stack_.back().home = result;
    height_ = result + 1;
    if (reference.kind == Kind::ref) hidden_ref_ = reference.home;
    br_if(in.index);
    hidden_ref_ = none;
    height_ = reference.home;
    push_temp(reference.kind);
    return;
  }
  push_temp(Kind::i32);
  br_if(in.index, on_non_null || in.op == Op::br_on_cast_fail);
  if (on_non_null) {
    pop();
    return;
  }
  // Both ways keep the reference; only its static type changes, which moves and tracing ignore,
  // all of `any` being traced.
}

}  // namespace cairn::engine
