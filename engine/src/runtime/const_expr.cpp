#include "runtime/const_expr.hpp"

#include <cairn/base/leb128.hpp>
#include <cairn/wasm/instruction.hpp>

#include "runtime/store_data.hpp"

namespace cairn::engine {

using wasm::Op;

SimpleConst simple_const(const wasm::Expr& expr) {
  using Kind = SimpleConst::Kind;
  const uint8_t* at = expr.code.data();
  const uint8_t* end = at + expr.code.size();
  if (end - at < 3) return {};
  SimpleConst result;
  bool ok = true;
  switch (*at++) {
    case 0x41: {  // i32.const
      int32_t value = 0;
      ok = read_s32(at, end, value) == LebStatus::ok;
      result = {Kind::value, static_cast<uint32_t>(value)};
      break;
    }
    case 0x42: {  // i64.const
      int64_t value = 0;
      ok = read_s64(at, end, value) == LebStatus::ok;
      result = {Kind::value, static_cast<uint64_t>(value)};
      break;
    }
    case 0x43:  // f32.const
      if (end - at < 5) return {};
      result = {Kind::value, load_le<uint32_t>(at)};
      at += 4;
      break;
    case 0x44:  // f64.const
      if (end - at < 9) return {};
      result = {Kind::value, load_le<uint64_t>(at)};
      at += 8;
      break;
    case 0xD0: {  // ref.null
      int64_t heap_type = 0;
      ok = read_s33(at, end, heap_type) == LebStatus::ok;
      result = {Kind::value, 0};
      break;
    }
    case 0x23:    // global.get
    case 0xD2: {  // ref.func
      uint32_t index = 0;
      const bool is_func = at[-1] == 0xD2;
      ok = read_u32(at, end, index) == LebStatus::ok;
      result = {is_func ? Kind::func : Kind::global, index};
      break;
    }
    default: return {};
  }
  const bool whole = ok && end - at == 1 && *at == 0x0B;
  return whole ? result : SimpleConst{};
}

namespace {

uint64_t low_bits(uint64_t value, uint32_t bytes) {
  return bytes >= 8 ? value : value & ((uint64_t{1} << (bytes * 8)) - 1);
}

/// Runs the instructions on a stack of slots that the collector can see.
class Evaluator {
 public:
  explicit Evaluator(InstanceData& instance) : instance_(instance), stack_(*instance.store) {}

  Trap run(const wasm::Expr& expr, uint64_t* out) {
    // Validated: decoding cannot fail, so every feature may be on.
    wasm::InstrDecoder decoder(expr, wasm::Features::all());
    wasm::Instruction instruction;
    while (!decoder.at_end()) {
      CAIRN_ASSERT(decoder.step(instruction));
      if (instruction.op == Op::end) break;
      if (const Trap trap = step(instruction); trap != Trap::none) return trap;
    }
    std::memcpy(out, stack_.end() - stack_.size(), stack_.size() * sizeof(uint64_t));
    return Trap::none;
  }

 private:
  Trap step(const wasm::Instruction& in) {
    switch (in.op) {
      case Op::i32_const: push(static_cast<uint32_t>(in.value)); break;
      case Op::i64_const: push(in.value); break;
      case Op::f32_const: push(static_cast<uint32_t>(in.value)); break;
      case Op::f64_const: push(in.value); break;
      case Op::v128_const:
        push(load_le<uint64_t>(in.bytes));
        push(load_le<uint64_t>(in.bytes + 8));
        break;
      case Op::ref_null: push_ref(0); break;
      case Op::ref_func:
        // Never visited: the collector must not take it for one of its objects.
        push(reinterpret_cast<uint64_t>(func_ref(instance_, in.index)));
        break;
      case Op::global_get: global_get(in.index); break;
      case Op::i32_add: binary([](uint64_t a, uint64_t b) { return low_bits(a + b, 4); }); break;
      case Op::i32_sub: binary([](uint64_t a, uint64_t b) { return low_bits(a - b, 4); }); break;
      case Op::i32_mul: binary([](uint64_t a, uint64_t b) { return low_bits(a * b, 4); }); break;
      case Op::i64_add: binary([](uint64_t a, uint64_t b) { return a + b; }); break;
      case Op::i64_sub: binary([](uint64_t a, uint64_t b) { return a - b; }); break;
      case Op::i64_mul: binary([](uint64_t a, uint64_t b) { return a * b; }); break;
      case Op::ref_i31: push_ref(low_bits(stack_.pop() << 1 | 1, 4)); break;
      case Op::any_convert_extern:
      case Op::extern_convert_any: break;
      case Op::struct_new: return struct_new(in.index, true);
      case Op::struct_new_default: return struct_new(in.index, false);
      case Op::array_new: return array_new(in.index, true);
      case Op::array_new_default: return array_new(in.index, false);
      case Op::array_new_fixed: return array_new_fixed(in.index, in.index2);
      default: CAIRN_ASSERT(wasm::info(in.op).text == "constant");  // validation let it through
    }
    return Trap::none;
  }

  void push(uint64_t slot) { stack_.push(slot, false); }
  void push_ref(uint64_t ref) { stack_.push(ref, true); }
  void push_object(GcObject* object) { push_ref(reinterpret_cast<uint64_t>(object)); }

  template <class F>
  void binary(F f) {
    const uint64_t b = stack_.pop(), a = stack_.pop();
    push(f(a, b));
  }

  void global_get(uint32_t index) {
    const GlobalInst& global = *instance_.globals[index];
    const bool is_object = is_heap_ref(instance_.module->engine->types, global.type.type);
    stack_.push(global.slots[0], is_object);
    if (global.type.type.is_vec()) push(global.slots[1]);
  }

  const RuntimeType& type(uint32_t index) const { return instance_.module->runtime_types[index]; }

  static uint32_t slots(const RuntimeType::Field& field) { return field.width == 16 ? 2 : 1; }

  Trap struct_new(uint32_t type_index, bool with_values) {
    const RuntimeType& rtt = type(type_index);
    GcObject* object = gc_new_struct(*instance_.store, rtt);
    if (!object) return Trap::allocation_size_too_large;
    if (with_values) {
      uint32_t count = 0;
      for (const auto& field : rtt.fields) count += slots(field);
      const uint64_t* slot = stack_.end() - count;
      for (const auto& field : rtt.fields) {
        std::memcpy(object->payload() + field.offset, slot, field.width);
        slot += slots(field);
      }
      stack_.drop(count);
    }
    push_object(object);
    return Trap::none;
  }

  Trap array_new(uint32_t type_index, bool with_value) {
    const RuntimeType& rtt = type(type_index);
    const auto length = static_cast<uint32_t>(*(stack_.end() - 1));
    GcObject* object = gc_new_array(*instance_.store, rtt, length);
    if (!object) return Trap::allocation_size_too_large;
    stack_.pop();
    if (with_value) {
      const uint32_t count = slots(rtt.fields[0]);
      array_fill(reinterpret_cast<uint64_t>(object), 0, stack_.end() - count, length);
      stack_.drop(count);
    }
    push_object(object);
    return Trap::none;
  }

  Trap array_new_fixed(uint32_t type_index, uint32_t length) {
    const RuntimeType& rtt = type(type_index);
    GcObject* object = gc_new_array(*instance_.store, rtt, length);
    if (!object) return Trap::allocation_size_too_large;
    const uint32_t width = rtt.fields[0].width, per_value = slots(rtt.fields[0]);
    const uint64_t* slot = stack_.end() - uint64_t{length} * per_value;
    for (uint32_t i = 0; i < length; ++i, slot += per_value) {
      std::memcpy(object->payload() + uint64_t{i} * width, slot, width);
    }
    stack_.drop(size_t{length} * per_value);
    push_object(object);
    return Trap::none;
  }

  InstanceData& instance_;
  LocalRoots stack_;
};

}  // namespace

Trap evaluate(InstanceData& instance, const wasm::Expr& expr, uint64_t* out) {
  const SimpleConst simple = simple_const(expr);
  switch (simple.kind) {
    case SimpleConst::Kind::value: *out = simple.value; return Trap::none;
    case SimpleConst::Kind::func:
      *out = reinterpret_cast<uint64_t>(func_ref(instance, static_cast<uint32_t>(simple.value)));
      return Trap::none;
    case SimpleConst::Kind::global: {
      const GlobalInst& global = *instance.globals[simple.value];
      out[0] = global.slots[0];
      if (global.type.type.is_vec()) out[1] = global.slots[1];
      return Trap::none;
    }
    case SimpleConst::Kind::none: break;
  }
  return Evaluator(instance).run(expr, out);
}

}  // namespace cairn::engine
