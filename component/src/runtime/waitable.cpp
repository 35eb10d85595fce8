#include "runtime/waitable.hpp"

namespace cairn::component::rt {

Waitable::~Waitable() { join(nullptr); }

void Waitable::join(WaitableSet* to) {
  if (set) {
    std::erase(set->elements, this);
    if (pending) --set->pending;
  }
  set = to;
  if (!to) return;
  to->elements.push_back(this);
  if (!pending) return;
  ++to->pending;
  to->has_one.raise();
}

void Waitable::set_pending(bool to) {
  if (set && to != pending) to ? ++set->pending : --set->pending;
  pending = to;
  if (!to) return;
  changed.raise();
  if (set) set->has_one.raise();
}

WaitableSet::~WaitableSet() {
  for (Waitable* const element : elements) element->set = nullptr;
}

Event WaitableSet::take_event(StoreState& store) {
  uint32_t chosen = store.choose(static_cast<uint32_t>(pending));
  const auto found = std::ranges::find_if(
      elements, [&](const Waitable* element) { return element->pending && chosen-- == 0; });
  return (*found)->take_event();
}

// ---- Subtasks ---------------------------------------------------------------------------------

Subtask::Subtask(const LoweredFunc& of, const uint64_t* args, size_t count)
    : Waitable(Kind::subtask), func(of) {
  std::copy_n(args, count, flat);
}

void Subtask::add_lender(uint32_t handle) {
  ++func.instance->handles.get(handle)->lends;
  lenders.push_back(handle);
}

void Subtask::deliver() {
  for (const uint32_t handle : lenders) --func.instance->handles.get(handle)->lends;
  lenders.clear();
  delivered = true;
}

Event Subtask::take_event() {
  set_pending(false);
  if (resolved() && !delivered) deliver();
  return {EventCode::subtask, index, static_cast<uint32_t>(state)};
}

FlatLimit Subtask::result_limit() const {
  FlatLimit limit{.max = func.options.is_async ? 0 : max_flat_results};
  if (func.plan->results.flat_count > limit.max) limit.out = flat[func.param_slots - 1];
  return limit;
}

bool Subtask::start(Transfer& t, Task& task, uint64_t* flat_to) {
  progress();
  state = State::started;
  Side from(func.options, this);
  Side to(task.func.options, nullptr, &task);
  const uint32_t max = func.options.is_async ? max_flat_async_params : max_flat_params;
  return guest_to_guest(t, func.plan->params, from, flat, max, to, flat_to, {});
}

bool Subtask::resolve(Transfer& t, Task&, Side& from, const uint64_t* values, uint32_t max) {
  progress();
  Side to(func.options);
  if (!guest_to_guest(t, func.plan->results, from, values, max, to, &result, result_limit()))
    return false;
  state = State::returned;
  return true;
}

std::shared_ptr<CallerSide> Subtask::outlive() {
  auto other = std::make_shared<Subtask>(func, flat, func.param_slots);
  other->state = state;
  other->lenders = std::move(lenders);
  return other;
}

void Subtask::cancelled() {
  progress();
  state =
      state == State::starting ? State::cancelled_before_started : State::cancelled_before_returned;
}

}  // namespace cairn::component::rt
