#include <condition_variable>
#include <mutex>

#include "runtime/inbox.hpp"
#include "runtime/waitable.hpp"

namespace cairn::component::rt {

namespace {
constexpr std::string_view blocked_message =
    "cannot block a synchronous task before returning (deadlock detected: event loop cannot make "
    "further progress)";
}  // namespace

/// The implicit thread of a task that may not run while another one is inside of the instance.
bool Thread::wants_exclusive() const {
  return task->is_async() && task->implicit == this && task->needs_exclusive();
}

// ---- Instances --------------------------------------------------------------------------------

InstanceState::InstanceState(StoreState& of, InstanceState* within)
    : store(of), parent(within), handles(of.limits.handles_max), threads(1) {}

bool InstanceState::is_within(const InstanceState* other) const {
  for (const InstanceState* at = this; at; at = at->parent)
    if (at == other) return true;
  return false;
}

std::vector<InstanceState*> InstanceState::entered_from(const InstanceState* caller) {
  std::vector<InstanceState*> entered;
  for (InstanceState* at = this; at && !(caller && caller->is_within(at)); at = at->parent)
    entered.push_back(at);
  return entered;
}

bool InstanceState::may_enter_from(const InstanceState* caller) const {
  for (const InstanceState* at = this; at; at = at->parent) {
    if (caller && caller->is_within(at)) return true;  // so it is in all around that, too
    if (!at->may_enter) return false;
  }
  return true;
}

void InstanceState::set_may_enter(const InstanceState* caller, bool may) {
  for (InstanceState* at = this; at; at = at->parent) {
    if (caller && caller->is_within(at)) return;
    at->may_enter = may;
  }
}

// ---- The store --------------------------------------------------------------------------------

StoreState::StoreState(engine::Store& of, const RuntimeLimits& with, uint64_t seed)
    : core(of),
      limits(with),
      deterministic(of.engine().settings().deterministic),
      inbox(std::make_shared<Inbox>()),
      host_objects(with.host_resources_max),
      helper_(nullptr),
      seed_(seed) {
  helper_.running = true;
}

StoreState::~StoreState() {
  inbox->close();
  // What the host does for the guests ends before what it does it with.
  for (auto& [key, end] : std::exchange(host_ends, {})) end.reset();
  host_ends_gone.clear();
  held.clear();
  maybe_ready.clear();
  waiting.clear();
}

/// xorshift64*.
uint32_t StoreState::choose(uint32_t count) {
  if (seed_ == 0 || count < 2) return 0;
  seed_ ^= seed_ >> 12;
  seed_ ^= seed_ << 25;
  seed_ ^= seed_ >> 27;
  return static_cast<uint32_t>((seed_ * 0x2545f4914f6cdd1d) >> 33) % count;
}

void StoreState::wait(Thread& thread, std::function<bool()> ready, bool cancellable,
                      const WaitFor& what) {
  thread.ready = std::move(ready);
  thread.cancellable = cancellable;
  thread.running = false;
  thread.waits_for = what;
  thread.ticket = ++next_ticket_;
  waiting.push_back(thread.shared_from_this());
  thread.waiting_at = std::prev(waiting.end());
  if (what.signal) what.signal->threads.push_back(&thread);
  look_at(thread);
}

void StoreState::stop_waiting(Thread& thread) {
  maybe_ready.erase(thread.ticket);
  const WaitFor what = std::exchange(thread.waits_for, {});
  if (what.signal) std::erase(what.signal->threads, &thread);
  if (what.gate) {
    what.gate->queue.erase(thread.ticket);
    open(*what.gate);  // wide enough for more, maybe
  }
  thread.ready = nullptr;
  waiting.erase(thread.waiting_at);
}

void Signal::raise() {
  for (Thread* const thread : threads) thread->task->instance.store.look_at(*thread);
}

void StoreState::open(Gate& gate) {
  for (const auto& [ticket, thread] : gate.queue) {
    look_at(*thread);
    if (seed_ == 0) break;
  }
}

void InstanceState::open_gates() {
  store.open(callbacks);
  store.open(entering);
  store.open(going_free);
}

/// A thread that is not ready: it is looked at again when it may be.
void StoreState::set_aside(Thread& thread) {
  const WaitFor& what = thread.waits_for;
  if (!what.gate) return;
  if (!what.event || what.event->has_event()) {
    what.gate->queue.emplace(thread.ticket, &thread);
  } else if (what.gate->queue.erase(thread.ticket) != 0) {
    open(*what.gate);  // the turn of the next one
  }
}

std::vector<Thread*> StoreState::find_ready() {
  std::vector<Thread*> ready;
  for (auto at = maybe_ready.begin(); at != maybe_ready.end();) {
    Thread& thread = *at->second;
    const bool is_ready = thread.is_ready();
    if (is_ready && thread.task->instance.may_enter_from(nullptr)) {
      ready.push_back(&thread);
      if (seed_ == 0) break;
      ++at;
    } else if (is_ready ? current == nullptr : thread.waits_for.signal || thread.waits_for.gate) {
      // Ready, but no guest runs and it may not be entered: a trap has seen to that.
      at = maybe_ready.erase(at);
      if (!is_ready) set_aside(thread);
    } else {
      ++at;
    }
  }
  return ready;
}

Result<> StoreState::go(Thread& thread, bool cancelled) {
  if (thread.ready) stop_waiting(thread);
  thread.running = true;
  Thread* const outer = std::exchange(current, &thread);
  const auto next = std::exchange(thread.next, nullptr);
  Result<> done = next(cancelled);
  current = outer;
  return done;
}

Result<> StoreState::resume(std::shared_ptr<Thread> thread, bool cancelled) {
  while (thread) {
    TRY(go(*thread, cancelled));
    Thread* const other = std::exchange(switch_to, nullptr);
    thread = other ? other->shared_from_this() : nullptr;
    cancelled = false;
  }
  return {};
}

Error paused_error(engine::Execution::State state) {
  const bool interrupted = state == engine::Execution::State::interrupted;
  return {.kind = ErrorKind::limit, .message = interrupted ? "interrupted" : "out of fuel"};
}

std::unexpected<Error> end_of(const engine::Execution& execution, engine::Execution::State state) {
  using State = engine::Execution::State;
  switch (state) {
    case State::trapped: {
      Error error = execution.error();
      if (error.kind == ErrorKind::exception) error.kind = ErrorKind::trap;
      return std::unexpected(std::move(error));
    }
    case State::out_of_fuel:
    case State::interrupted: return std::unexpected(paused_error(state));
    default: return trap(std::string(blocked_message));
  }
}

Result<> StoreState::run_execution(Thread& thread) {
  const auto state = thread.execution->resume();
  switch (state) {
    case engine::Execution::State::returned: return (thread.task.get()->*thread.then)(thread);
    case engine::Execution::State::waiting: return {};
    case engine::Execution::State::out_of_fuel:
    case engine::Execution::State::interrupted: pause(thread, state); return {};
    default: return end_of(*thread.execution, state);
  }
}

Result<> StoreState::call_now(engine::Func func, uint64_t* slots, bool new_thread) {
  Thread* const outer = current;
  // Without a task it cannot block, so nobody keeps the thread. Nor can it call anything that gets
  // here again, but by a host that calls back in.
  std::optional<Thread> another;
  const bool helps = new_thread && !helper_runs_;
  if (helps) {
    helper_runs_ = true;
    helper_.storage[0] = helper_.storage[1] = 0;
    current = &helper_;
  } else if (new_thread) {
    another.emplace(nullptr).running = true;
    current = &*another;
  }
  if (core.fuel() != 0) overdrawn_ = 0;
  std::optional<engine::Execution> stopped;
  auto state = engine::Execution::run(core, func, slots, stopped);
  if (state == engine::Execution::State::out_of_fuel) {
    state = overdraw(*stopped);
    if (state == engine::Execution::State::returned)
      std::copy_n(stopped->result_slots(), func.type().results.size(), slots);
  }
  current = outer;
  if (helps) helper_runs_ = false;
  if (state == engine::Execution::State::returned) [[likely]]
    return {};
  if (!stopped) return fail(ErrorKind::limit, "no memory for a call stack");
  return end_of(*stopped, state);
}

/// What memory is allocated with, and freed, runs to its end even if there is not enough fuel: who
/// called it cannot stop there. All such calls together get so much on credit.
engine::Execution::State StoreState::overdraw(engine::Execution& execution) {
  constexpr uint64_t step_min = 1000, overdrawn_max = 10'000'000;
  auto state = engine::Execution::State::out_of_fuel;
  uint64_t step = step_min;
  while (overdrawn_ < overdrawn_max && state == engine::Execution::State::out_of_fuel) {
    const uint64_t given = std::min(step, overdrawn_max - overdrawn_);
    core.set_fuel(given);
    state = execution.resume();
    const uint64_t used = given - std::min(core.fuel(), given);
    overdrawn_ += used;
    credit_ += used;
    // An instruction is paid at once, or does not run: memory that grows costs 1024 for each page.
    if (used == 0 && given < step) break;
    step = used == 0 ? 2 * step : step_min;
  }
  core.set_fuel(0);
  return state;
}

std::unexpected<Error> cannot_enter() { return trap("cannot enter component instance"); }

Result<> StoreState::check_call(const LiftedFunc& func, InstanceState* caller) {
  if (task_count >= limits.tasks_max) return trap("too many tasks");
  if (caller || current) return {};
  if (!held.empty() && !func.plan->is_async)
    return fail(ErrorKind::usage, "a call into a store in which a guest is blocked by the host");
  hold_at_ = 0;
  return {};
}

Result<std::shared_ptr<Task>> StoreState::call(const LiftedFunc& func,
                                               std::shared_ptr<CallerSide> side,
                                               InstanceState* caller) {
  InstanceState& instance = *func.instance;
  if (!instance.may_enter_from(caller)) return cannot_enter();
  TRY(check_call(func, caller));
  instance.set_may_enter(caller, false);
  auto task = std::make_shared<Task>(func, std::move(side));
  task->from_host = !caller && !current;
  const auto thread = std::make_shared<Thread>(task);
  thread->next = [task = task.get(), thread = thread.get()](bool) { return task->begin(*thread); };
  TRY(resume(thread));
  if (task->state == Task::State::initial) TRY(let_in(instance, *thread));
  if (!task->is_async()) TRY(run_to_result(*task));
  instance.set_may_enter(caller, true);
  return task;
}

Result<> StoreState::run_to_result(Task& task) {
  while (!task.is_resolved()) {
    std::vector<Thread*> ready;
    for (const auto& other : task.instance.threads)
      if (other && other->is_ready() && !other->wants_exclusive()) ready.push_back(other.get());
    if (has_held()) break;  // it goes on when the host is ready
    if (ready.empty()) return trap(std::string(blocked_message));
    Thread& chosen = *ready[choose(static_cast<uint32_t>(ready.size()))];
    TRY(resume(chosen.shared_from_this()));
  }
  return {};
}

/// A call that has to wait for another one to leave the instance, which could go on: that goes
/// first, so that the caller finds its call started.
Result<> StoreState::let_in(InstanceState& instance, Thread& thread) {
  if (!instance.exclusive || !instance.exclusive->is_ready()) return {};
  TRY(resume(instance.exclusive->shared_from_this()));
  if (thread.is_ready() && !paused) TRY(resume(thread.shared_from_this()));
  return {};
}

void StoreState::hold(Thread& thread, const std::shared_ptr<Task>& called) {
  thread.called = called;
  held.insert(held.begin() + static_cast<ptrdiff_t>(hold_at_++), thread.shared_from_this());
}

void StoreState::pause(Thread& thread, engine::Execution::State why) {
  paused = why;
  thread.next = [this, &thread](bool) { return run_execution(thread); };
  wait(thread, [] { return true; }, false);
  hold(thread);
}

void StoreState::abandon() {
  const auto end = current ? held.begin() + static_cast<ptrdiff_t>(hold_at_) : held.end();
  const std::vector<std::shared_ptr<Thread>> gone(held.begin(), end);
  held.erase(held.begin(), end);
  hold_at_ = 0;
  for (const auto& thread : gone) {
    if (thread->ready) stop_waiting(*thread);
    thread->task->instance.set_may_enter(nullptr, false);
    thread->execution.reset();
  }
  paused.reset();
}

/// The first of those that wait for the host goes on, and nobody else: to all of them it is as if
/// the call had just taken its time.
Result<bool> StoreState::tick_held() {
  const std::shared_ptr<Thread> first = held.front();
  if (!first->is_ready()) return false;
  const std::vector<std::shared_ptr<Thread>> chain = held;
  held.erase(held.begin());
  hold_at_ = 0;
  for (const auto& thread : chain) thread->task->instance.set_may_enter(nullptr, false);
  Result<> done = resume(first);
  // Who called a task does not see it wait for other threads of its instance, of which this may
  // have been one.
  std::shared_ptr<Task> task = held.empty() ? nullptr : held.front()->called.lock();
  if (!task) task = first->task;
  if (done && !has_held() && !task->is_async()) done = run_to_result(*task);
  if (!done) {
    held.clear();
    hold_at_ = 0;
    return std::unexpected(std::move(done).error());
  }
  for (const auto& thread : chain) thread->task->instance.set_may_enter(nullptr, true);
  return true;
}

Result<bool> StoreState::tick() {
  paused.reset();
  TRY(take_inbox(false));
  TRY(handle_host_events());
  // For a host function those go on that it has called, and nobody who waits for its caller.
  std::vector<std::shared_ptr<Thread>> behind;
  if (current) {
    const auto at = held.begin() + static_cast<ptrdiff_t>(hold_at_);
    behind.assign(at, held.end());
    held.erase(at, held.end());
  }
  Result<bool> ran = held.empty() ? tick_others(behind.empty()) : tick_held();
  if (current) {
    hold_at_ = held.size();
    held.insert(held.end(), behind.begin(), behind.end());
  }
  return ran;
}

Result<bool> StoreState::tick_others(bool work) {
  hold_at_ = 0;
  if (work && !after_held.empty()) {
    const auto first = std::move(after_held.front());
    after_held.erase(after_held.begin());
    TRY(first());
    return true;
  }
  const std::vector<Thread*> ready = find_ready();
  if (ready.empty()) return false;
  Thread& chosen = *ready[choose(static_cast<uint32_t>(ready.size()))];
  InstanceState& instance = chosen.task->instance;
  instance.set_may_enter(nullptr, false);
  TRY(resume(chosen.shared_from_this()));
  instance.set_may_enter(nullptr, true);
  return true;
}

Result<bool> StoreState::take_inbox(bool block) {
  const std::vector<Inbox::Work> work = inbox->take(block && host_calls_pending > 0);
  for (const Inbox::Work& item : work) TRY(item());
  return !work.empty();
}

Result<bool> StoreState::wait_for_host() {
  if (!idle) return take_inbox(true);
  return TRY(take_inbox(false)) || TRY(idle());
}

// ---- Blocking ---------------------------------------------------------------------------------

Result<> Call::check_may_block() const {
  if (thread().task) return {};
  return trap(std::string(blocked_message));
}

bool Call::may_block() const {
  const Task* const task = thread().task.get();
  if (!task || task->is_async()) return task != nullptr;
  return std::ranges::any_of(task->instance.threads, [](const ThreadEntry& other) {
    return other && other->is_ready() && !other->wants_exclusive();
  });
}

Error Call::blocked_error() {
  return {.kind = ErrorKind::trap, .message = std::string(blocked_message)};
}

Result<uint64_t> Call::wait(std::function<bool()> ready, bool cancellable, Then then,
                            const WaitFor& what) {
  Thread& self = thread();
  if (cancellable && self.task && self.task->deliver_pending_cancel(true)) return then(true);
  // The text leaves it open whether others run first.
  if (!store_.deterministic && ready()) return then(false);
  return block(std::move(ready), cancellable, std::move(then), what);
}

Result<uint64_t> Call::yield(bool cancellable, Then then) {
  Thread& self = thread();
  if (cancellable && self.task && self.task->deliver_pending_cancel(true)) return then(true);
  return block([] { return true; }, cancellable, std::move(then));
}

Result<uint64_t> Call::block(std::function<bool()> ready, bool cancellable, Then then,
                             const WaitFor& what) {
  Thread& self = thread();
  TRY(check_may_block());
  store_.wait(self, std::move(ready), cancellable, what);
  blocked_ = true;
  then_ = std::move(then);
  return 0;
}

Result<uint64_t> Call::suspend(bool cancellable, Then then) {
  Thread& self = thread();
  if (cancellable && self.task && self.task->deliver_pending_cancel(true)) return then(true);
  TRY(check_may_block());
  self.running = false;
  self.cancellable = cancellable;
  blocked_ = true;
  then_ = std::move(then);
  return 0;
}

}  // namespace cairn::component::rt
