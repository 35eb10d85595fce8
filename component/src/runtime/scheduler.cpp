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
      seed_(seed) {}

StoreState::~StoreState() {
  inbox->close();
  // What the host does for the guests ends before what it does it with.
  for (auto& [key, end] : std::exchange(host_ends, {})) end.reset();
  host_ends_gone.clear();
  held.clear();
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

void StoreState::wait(Thread& thread, std::function<bool()> ready, bool cancellable) {
  thread.ready = std::move(ready);
  thread.cancellable = cancellable;
  thread.running = false;
  waiting.push_back(thread.shared_from_this());
  thread.waiting_at = std::prev(waiting.end());
}

void StoreState::stop_waiting(Thread& thread) {
  thread.ready = nullptr;
  waiting.erase(thread.waiting_at);
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

std::unexpected<Error> end_of(const engine::Execution& execution, engine::Execution::State state) {
  using State = engine::Execution::State;
  switch (state) {
    case State::trapped: {
      Error error = execution.error();
      if (error.kind == ErrorKind::exception) error.kind = ErrorKind::trap;
      return std::unexpected(std::move(error));
    }
    case State::out_of_fuel: return fail(ErrorKind::limit, "out of fuel");
    case State::interrupted: return fail(ErrorKind::limit, "interrupted");
    default: return trap(std::string(blocked_message));
  }
}

Result<> StoreState::run_execution(Thread& thread) {
  const auto state = thread.execution->resume();
  switch (state) {
    case engine::Execution::State::returned: return (thread.task.get()->*thread.then)(thread);
    case engine::Execution::State::waiting: return {};
    default: return end_of(*thread.execution, state);
  }
}

Result<> StoreState::call_now(engine::Func func, uint64_t* slots, bool new_thread) {
  engine::Execution execution = TRY(engine::Execution::start(core, func, slots));
  // Without a task it cannot block, so nobody keeps it.
  std::optional<Thread> thread;
  if (new_thread) thread.emplace(nullptr).running = true;
  Thread* const outer = std::exchange(current, thread ? &*thread : current);
  const auto state = execution.resume();
  current = outer;
  if (state != engine::Execution::State::returned) return end_of(execution, state);
  std::copy_n(execution.result_slots(), func.type().results.size(), slots);
  return {};
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
    if (!held.empty()) break;  // it goes on when the host is ready
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
  if (thread.is_ready()) TRY(resume(thread.shared_from_this()));
  return {};
}

void StoreState::hold() {
  held.insert(held.begin() + static_cast<ptrdiff_t>(hold_at_++), current->shared_from_this());
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
  if (Result<> done = resume(first); !done) {
    held.clear();
    return std::unexpected(std::move(done).error());
  }
  for (const auto& thread : chain) thread->task->instance.set_may_enter(nullptr, true);
  return true;
}

Result<bool> StoreState::tick() {
  TRY(take_inbox(false));
  TRY(handle_host_events());
  if (!held.empty()) return tick_held();
  hold_at_ = 0;
  for (const auto& work : std::exchange(after_held, {})) TRY(work());
  std::vector<Thread*> ready;
  for (const auto& thread : waiting) {
    if (!thread->is_ready() || !thread->task->instance.may_enter_from(nullptr)) continue;
    ready.push_back(thread.get());
    if (seed_ == 0) break;
  }
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

Result<uint64_t> Call::wait(std::function<bool()> ready, bool cancellable, Then then) {
  Thread& self = thread();
  if (cancellable && self.task && self.task->deliver_pending_cancel(true)) return then(true);
  // The text leaves it open whether others run first.
  if (!store_.deterministic && ready()) return then(false);
  return block(std::move(ready), cancellable, std::move(then));
}

Result<uint64_t> Call::yield(bool cancellable, Then then) {
  Thread& self = thread();
  if (cancellable && self.task && self.task->deliver_pending_cancel(true)) return then(true);
  return block([] { return true; }, cancellable, std::move(then));
}

Result<uint64_t> Call::block(std::function<bool()> ready, bool cancellable, Then then) {
  Thread& self = thread();
  TRY(check_may_block());
  store_.wait(self, std::move(ready), cancellable);
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
