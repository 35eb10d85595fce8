#include "runtime/waitable.hpp"

namespace cairn::component::rt {

Waitable::~Waitable() { join(nullptr); }

void Waitable::join(WaitableSet* to) {
  if (set) std::erase(set->elements, this);
  set = to;
  if (to) to->elements.push_back(this);
}

WaitableSet::~WaitableSet() {
  for (Waitable* const element : elements) element->set = nullptr;
}

bool WaitableSet::has_event() const {
  return std::ranges::any_of(elements, [](const Waitable* element) { return element->pending; });
}

Event WaitableSet::take_event(StoreState& store) {
  std::vector<Waitable*> pending;
  for (Waitable* const element : elements)
    if (element->pending) pending.push_back(element);
  return pending[store.choose(static_cast<uint32_t>(pending.size()))]->take_event();
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
  pending = false;
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

void Subtask::cancelled() {
  progress();
  state =
      state == State::starting ? State::cancelled_before_started : State::cancelled_before_returned;
}

}  // namespace cairn::component::rt
