// The actor as a parent: what its supervision decides is done here.

#include "turn.hpp"

#include <utility>

namespace cairn::actor {

/// Made when the first child is; the strategy is that of the instance.
Supervision& Turn::supervision() {
  Extras& extras = cell_.more();
  if (extras.supervision == nullptr) {
    extras.supervision = std::make_unique<Supervision>(cell_.actor->supervision(), core_.random);
  }
  return *extras.supervision;
}

void Turn::carry_out() {
  if (std::exchange(carrying_out_, true)) return;  // what is being carried out led here
  // A decision may end the run, and the supervision with it.
  const auto here = [&] {
    return cell_.extras == nullptr ? nullptr : cell_.extras->supervision.get();
  };
  for (Supervision* state = here(); state != nullptr; state = here()) {
    std::vector<Decision> decisions = state->take();
    if (decisions.empty()) {
      const std::optional<uint64_t> next_ns = state->next_restart_ns();
      if (!next_ns) break;
      if (*next_ns > now_ns()) {
        arm(*next_ns);
        break;
      }
      state->tick(now_ns());
      continue;
    }
    for (const Decision& decision : decisions) carry_out(decision);
  }
  carrying_out_ = false;
}

void Turn::carry_out(const Decision& decision) {
  const auto tell = [&](Signal signal, uint64_t argument = 0) {
    core_.signal(lane_, decision.child, cell_.id(), signal, argument);
  };
  switch (decision.kind) {
    case Decision::Kind::start: {
      Result<ActorId> child = core_.spawn(lane_, decision.spec, &cell_);
      if (child) return cell_.extras->supervision->started(decision.spec, *child);
      event(EventKind::failed, static_cast<uint32_t>(Exit::error), {}, 0, child.error().message);
      return cell_.extras->supervision->not_started(decision.spec);
    }
    case Decision::Kind::stop: return tell(Signal::halt, decision.spec->shutdown_ns);
    case Decision::Kind::restart: return tell(Signal::restart);
    case Decision::Kind::remove: {
      // At once: who starts anew may start one of that name before this one has gone.
      const bool had_name = decision.spec != nullptr && !decision.spec->name.empty();
      if (had_name) core_.names.remove(decision.spec->name);
      return tell(Signal::remove, had_name ? name_is_free : 0);
    }
    case Decision::Kind::ready:
      if (cell_.phase == Phase::starting) perform(Activity::post_start);
      return;
    case Decision::Kind::fail:
      return fail(decision.exit, {.message = "a child failed more often than it may"});
    case Decision::Kind::end:
      if (cell_.phase == Phase::stopping) return;
      cancel();
      // Nobody asked it to: its own supervisor starts it again if it is permanent.
      return begin_stop(Exit::normal);
    case Decision::Kind::stopped: return without_children();
    case Decision::Kind::report:
      return core_.event({.kind = decision.event,
                          .actor = decision.child,
                          .other = cell_.id(),
                          .amount = decision.amount});
  }
}

}  // namespace cairn::actor
