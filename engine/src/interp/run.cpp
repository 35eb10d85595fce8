#include "interp/run.hpp"

#include "interp/handlers.hpp"
#include "interp/interp.hpp"

namespace cairn::engine {

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
