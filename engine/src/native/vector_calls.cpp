// Vector instructions for code that has no form of its own for them.

#include <cairn/wasm/instruction.hpp>
#include <tuple>

#include "interp/plain_rows.hpp"
#include "native/semantics_calls.hpp"
#include "numerics/simd.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

namespace {

template <class T>
T take(const uint64_t*& slots) {
  if constexpr (sizeof(T) == sizeof(V128)) {
    const V128 value = V128::load(slots);
    slots += 2;
    return value;
  } else {
    return static_cast<T>(*slots++);
  }
}
void give(uint64_t* slots, V128 value) { value.store(slots); }
void give(uint64_t* slots, uint32_t value) { *slots = value; }

template <class R, class... T>
void run(R (*function)(T...), uint64_t* slots) {
  const uint64_t* at = slots;
  // Braces fix the order of evaluation.
  const std::tuple<T...> operands{take<T>(at)...};
  give(slots, std::apply(function, operands));
}

void canonicalize(wasm::Op op, uint64_t* slots) {
  switch (op) {
#define CAIRN_RUN_canonicalize_nan
#define CAIRN_RUN_canonicalize_nan_f32x4 run(&numerics::canonicalize_nan_f32x4, slots)
#define CAIRN_RUN_canonicalize_nan_f64x2 run(&numerics::canonicalize_nan_f64x2, slots)
#define CAIRN_NAN_RESULT(id, canonicalize) \
  case wasm::Op::id: CAIRN_RUN_##canonicalize; return;
#include "numerics/nan_results.def"
#undef CAIRN_RUN_canonicalize_nan
#undef CAIRN_RUN_canonicalize_nan_f32x4
#undef CAIRN_RUN_canonicalize_nan_f64x2
    default: return;
  }
}

}  // namespace

#define CAIRN_CALLED_none_v_v ~, CAIRN_CALLED
#define CAIRN_CALLED_none_v_i ~, CAIRN_CALLED
#define CAIRN_CALLED_none_vi_v ~, CAIRN_CALLED
#define CAIRN_CALLED_none_vv_v ~, CAIRN_CALLED
#define CAIRN_CALLED_none_vvv_v ~, CAIRN_CALLED

void rt_vector(InstanceData* instance, uint32_t op, uint64_t* slots) {
  switch (static_cast<wasm::Op>(op)) {
#define CAIRN_CALLED(id) \
  case wasm::Op::id: run(&numerics::id, slots); break;
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  CAIRN_SELECT(id, CAIRN_CALLED_##imm##_##sig)
#include <cairn/wasm/instructions.def>
    default: return;
  }
  if (instance->module->engine->settings.deterministic)
    canonicalize(static_cast<wasm::Op>(op), slots);
}

}  // namespace cairn::engine
