#include "interp/run.hpp"

#include "interp/handlers.hpp"
#include "interp/interp.hpp"

namespace cairn::engine {

namespace {
/// Which of the ends stores the result: a single number comes in an accumulator.
int end_of(const wasm::FuncType& type) {
  if (type.results.size() != 1) return 0;
  switch (type.results[0].kind()) {
    case wasm::ValType::Kind::i32:
    case wasm::ValType::Kind::i64: return 1;
    case wasm::ValType::Kind::f32: return 2;
    case wasm::ValType::Kind::f64: return 3;
    default: return 0;
  }
}
}  // namespace

void enter_from_bottom(ExecutionData& ex, FuncCode& code, InstanceData& instance, uint64_t* slots,
                       Frame* frame) {
  *frame = {ex.end_code + end_of(type_of(code)), slots, 0, 0};
  ex.regs = {.pc = code.entry.load(std::memory_order_acquire),
             .fp = slots,
             .mem = instance.memory0_base,
             .inst = &instance,
             .ex = &ex,
             .frame = frame + 1,
             .acc = reinterpret_cast<uint64_t>(&code)};
}

void run_handlers(ExecutionData& ex) {
  if (ex.store->engine->settings.dispatch == Dispatch::tail_call) {
    const Regs& r = ex.regs;
    r.pc->tail(r.pc, r.fp, r.mem, r.inst, &ex, r.frame, r.acc, r.pin, r.facc, r.fpin);
    return;
  }
  Regs& r = ex.regs;
  while (true) {
    r.pc->loop(r);
    if (r.pc == ex.stop_code) break;
  }
  r.pc = ex.stopped_at;
}

}  // namespace cairn::engine
