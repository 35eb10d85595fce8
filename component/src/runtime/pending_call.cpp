#include <cairn/component/pending_call.hpp>

#include "runtime/state.hpp"

namespace cairn::component {

bool PendingCall::has_ended() const { return task_->is_resolved() && task_->threads.empty(); }

Result<> PendingCall::wait_for_end(Store& store) {
  rt::StoreState& state = store.state();
  while (!has_ended()) {
    const bool ran = TRY(state.tick());
    if (state.paused) return std::unexpected(rt::paused_error(*state.paused));
    if (!ran && !TRY(state.wait_for_host())) break;
  }
  return {};
}

}  // namespace cairn::component
