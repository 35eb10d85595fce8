#pragma once
/// What lives while components run: instances, threads, tasks (CanonicalABI.md, "Runtime State").
/// Everything here belongs to one store, and like that to one thread of the host at a time.

#include <cairn/component/host_context.hpp>
#include <cairn/component/instance.hpp>
#include <cairn/component/runtime_limits.hpp>
#include <cairn/engine/execution.hpp>
#include <cairn/engine/linker.hpp>

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <unordered_map>

#include "runtime/handle_table.hpp"
#include "runtime/host_objects.hpp"
#include "runtime/transfer.hpp"

namespace cairn::component::rt {

class HostEnd;
struct StoreState;
struct Subtask;
struct Thread;
struct WaitableSet;
struct World;

inline std::unexpected<Error> trap(std::string message) {
  return cairn::fail(ErrorKind::trap, std::move(message));
}

/// A lifted function.
struct LiftedFunc {
  engine::Func core = {};
  const FuncPlan* plan = nullptr;
  Options options = {};
  InstanceState* instance = nullptr;
  /// Nothing in it is asynchronous: see `StoreState::call_direct`, …
  bool is_direct = false;
  bool passes_scalars = false;  ///< … and it takes and gives core numbers
  bool is_unseen = false;       ///< … and nothing can tell in which thread it runs
  mutable std::shared_ptr<Thread> spare = nullptr;  ///< the thread of direct calls, or null
  /// The instances that a call of the host enters.
  std::vector<InstanceState*> entered = {};

  /// With all the rest in place.
  void find_out_whether_direct();
};

/// A resource type at run time.
struct ResourceState {
  InstanceState* owner = nullptr;  ///< null: of the host
  LiftedFunc dtor = {};            ///< without a core function: there is none
  std::shared_ptr<const std::function<void(uint64_t rep)>> host_dtor = nullptr;
  TypeKey host_objects = nullptr;  ///< of the host, and the store keeps them
  std::string_view name = {};      ///< of the host: "wasi:io/poll@0.2.0#pollable"
};

/// Threads that wait for the same thing.
struct Signal {
  std::vector<Thread*> threads;
  /// It may have happened: all of them are looked at again.
  void raise();
};
/// Threads that wait for their turn, by their tickets.
struct Gate {
  std::map<uint64_t, Thread*> queue;
};
/// What has to happen before a waiting thread can be ready; where nothing is said, it is looked at
/// whenever threads are chosen from.
struct WaitFor {
  Signal* signal = nullptr;
  Gate* gate = nullptr;                ///< … and then that it is let through
  const WaitableSet* event = nullptr;  ///< of a gate: who has none here is not in the queue
};

/// A thread in its instance's list.
struct ThreadEntry {
  Thread* thread = nullptr;                 ///< null: the index is free
  std::shared_ptr<Thread> owner = nullptr;  ///< null while a direct call runs, which owns it
  explicit operator bool() const { return thread != nullptr; }
  Thread* get() const { return thread; }
  Thread* operator->() const { return thread; }
};

/// A component instance.
struct InstanceState {
  InstanceState(StoreState& of, InstanceState* within);

  StoreState& store;
  InstanceState* parent;
  HandleTable handles;
  ResourceState* resources = nullptr;  ///< of all that were linked together, by ResourceId
  std::vector<ThreadEntry> threads;    ///< by index; the first is never used
  std::vector<uint32_t> free_threads;
  bool may_enter = true;
  bool may_leave = true;
  uint32_t backpressure = 0;
  uint32_t waiting_to_enter = 0;
  Thread* exclusive = nullptr;
  bool calls_out = true;      ///< its core modules import built-ins or lowered functions
  Gate callbacks;             ///< until none is exclusive
  Gate entering, going_free;  ///< … and there is no back-pressure; those that need not be exclusive

  /// None is exclusive any more, or back-pressure has ended.
  void open_gates();
  bool is_within(const InstanceState* other) const;
  /// The rules of entering: this instance and those around it which the caller is not in.
  bool may_enter_from(const InstanceState* caller) const;
  /// Those instances.
  std::vector<InstanceState*> entered_from(const InstanceState* caller);
  void set_may_enter(const InstanceState* caller, bool may);
};

/// A thread of a task. Blocked or running; blocked with `ready`, it waits for that.
struct Thread : std::enable_shared_from_this<Thread> {
  explicit Thread(std::shared_ptr<Task> of) : task(std::move(of)) {}

  std::shared_ptr<Task> task;  ///< null for what runs without one: realloc, start functions
  std::optional<engine::Execution> execution;
  std::shared_ptr<engine::Completion> completion;
  std::function<bool()> ready;
  /// Goes on when it is resumed; the argument says whether it was cancelled.
  std::function<Result<>(bool)> next;
  /// What follows when `execution` has returned.
  Result<> (Task::*then)(Thread&) = nullptr;
  bool running = false;
  bool cancellable = false;
  uint32_t index = 0;
  uint64_t storage[2] = {0, 0};
  /// While it is held: what it has called.
  std::weak_ptr<Task> called;
  // While it has `ready`:
  std::list<std::shared_ptr<Thread>>::iterator waiting_at;
  uint64_t ticket = 0;  ///< the older, the less
  WaitFor waits_for;

  bool is_suspended() const { return !running && !ready; }
  bool is_ready() const { return !running && ready && ready(); }
  bool wants_exclusive() const;
};

/// Who has called a task: parameters come from it, results go to it.
struct CallerSide {
  virtual ~CallerSide() = default;
  /// The task starts: its parameters as core values.
  virtual bool start(Transfer& t, Task& task, uint64_t* flat) = 0;
  /// It has a result: core values, of which there may be at most `max`.
  virtual bool resolve(Transfer& t, Task& task, Side& from, const uint64_t* flat, uint32_t max) = 0;
  /// It was cancelled.
  virtual void cancelled() = 0;
  /// Of one that lies on the stack, when its call has blocked behind `start`: what goes on in place
  /// of it.
  virtual std::shared_ptr<CallerSide> outlive() { return nullptr; }
};

/// A call of a lifted function.
struct Task : std::enable_shared_from_this<Task> {
  enum class State : uint8_t { initial, started, pending_cancel, cancel_delivered, resolved };

  Task(const LiftedFunc& of, std::shared_ptr<CallerSide> by);
  ~Task();

  const LiftedFunc& func;
  InstanceState& instance;
  std::shared_ptr<CallerSide> caller;
  State state = State::initial;
  uint32_t borrows = 0;
  bool is_spare = false;   ///< kept for the next call of a direct function
  bool from_host = false;  ///< the host has called it when no guest ran
  Thread* implicit = nullptr;
  std::vector<Thread*> threads;

  bool is_async() const { return func.plan->is_async; }
  bool needs_exclusive() const {
    return !func.options.is_async || static_cast<bool>(func.options.callback);
  }
  bool is_resolved() const { return state == State::resolved; }

  /// The body of the implicit thread, from its start.
  Result<> begin(Thread& thread);
  /// Gives a thread an index in the instance, where there is a free one.
  Result<> make_room_for_thread();
  void list_thread(Thread& thread) {
    thread.index = instance.free_threads.back();
    instance.free_threads.pop_back();
    instance.threads[thread.index].thread = &thread;
  }
  /// The same, and makes it one of the task's.
  Result<> register_thread(Thread& thread);
  Result<> unregister_thread(Thread& thread);
  /// `to`: the caller, who asks for it.
  Result<> request_cancellation(InstanceState* from);
  bool deliver_pending_cancel(bool cancellable);
  static Error borrows_remain();
  /// The result, as core values.
  Result<> return_values(const uint64_t* flat, uint32_t max);
  Result<> cancel();

  // What follows a core call.
  Result<> after_sync(Thread& thread);
  Result<> after_stackful(Thread& thread);
  Result<> after_callback(Thread& thread);
  Result<> after_spawned(Thread& thread);

 private:
  Result<> enter(Thread& thread);
  Result<> call_core(Thread& thread);
  Result<> exit_implicit(Thread& thread);
  Result<> callback_event(Thread& thread, bool cancelled, WaitableSet* set);
};

std::unexpected<Error> cannot_enter();

/// Out of fuel, or interrupted.
Error paused_error(engine::Execution::State state);
/// What a core call ended with, when it did not return.
std::unexpected<Error> end_of(const engine::Execution& execution, engine::Execution::State state);

/// The scheduler of a store, and what its component instances share.
struct StoreState {
  StoreState(engine::Store& of, const RuntimeLimits& with, uint64_t seed);
  ~StoreState();

  engine::Store& core;
  RuntimeLimits limits;
  bool deterministic;
  Thread* current = nullptr;
  Thread* switch_to = nullptr;  ///< set by a thread that has blocked: resumed next
  std::list<std::shared_ptr<Thread>> waiting;
  /// Of those: which may be ready. The others are found here again when what they wait for may have
  /// happened, so that choosing takes no longer the more threads wait.
  std::map<uint64_t, Thread*> maybe_ready;
  uint32_t task_count = 0, instance_count = 0;
  std::shared_ptr<uint64_t> error_context_bytes_left =
      std::make_shared<uint64_t>(limits.error_context_bytes_max);
  std::vector<std::shared_ptr<World>> kept;  ///< in the order in which they were made
  /// Work that other threads hand in: completed calls of host functions.
  struct Inbox;
  std::shared_ptr<Inbox> inbox;
  uint32_t host_calls_pending = 0;

  HostContext context;
  HostObjects host_objects;
  /// Makes progress of the host's own when no thread can run; false: there is none to be made.
  std::function<Result<bool>()> idle;
  /// Ends of streams and futures that the host holds, and those of them with events to handle.
  std::unordered_map<HostEnd*, std::shared_ptr<HostEnd>> host_ends;
  std::deque<std::weak_ptr<HostEnd>> host_events;
  std::vector<std::shared_ptr<HostEnd>> host_ends_gone;  ///< may still be in use
  std::optional<Error> host_error;  ///< in the host's own progress; for who runs the store

  /// A function without `async` may block its caller, and that one all that runs in the store: the
  /// threads that wait so for the host, each called by the one behind it.
  std::vector<std::shared_ptr<Thread>> held;
  std::vector<std::function<Result<>()>> after_held;  ///< destructors that have to wait for these
  /// A thread that stops now is one of them: it waits for the host, or for what it has `called`,
  /// which cannot go on before those that are held already.
  void hold(Thread& thread, const std::shared_ptr<Task>& called = nullptr);
  /// Somebody has stopped so since a thread was chosen to run, or the host called: who called it
  /// must not go on.
  bool has_held() const { return hold_at_ != 0; }
  /// The host begins something. Unless a guest has called it, nobody has stopped for that so far.
  void begin_turn() {
    if (!current) hold_at_ = 0;
  }
  /// Why the first of them stopped, if it was out of fuel or interrupted: the next `tick` lets it
  /// try again.
  std::optional<engine::Execution::State> paused;
  void pause(Thread& thread, engine::Execution::State why);
  /// Those that are held do not go on any more, nor can what they were in be entered. In a call of
  /// a host function, only those that are held for it.
  void abandon();

  /// The same for a direct function. Without `side` arguments are core values in `slots`, which are
  /// of their types, and results come to the same place; with it, slots are space for them. When it
  /// has blocked, `go_on` follows, with the task's caller set; the members below say more.
  DirectEnd call_direct(const LiftedFunc& func, uint64_t* slots, InstanceState* caller,
                        const std::vector<InstanceState*>& entered, CallerSide* side = nullptr);
  /// The same where `is_unseen`: without a task, unless it stops.
  DirectEnd call_unseen(const LiftedFunc& func, uint64_t* slots, InstanceState* caller,
                        const std::vector<InstanceState*>& entered);
  Thread* direct_blocked = nullptr;
  std::optional<Error> direct_error;
  Result<> go_on(Thread& blocked, InstanceState* caller);

  /// A number below `count`: 0 without a seed.
  uint32_t choose(uint32_t count);

  /// Calls a lifted function from `caller` (null: the host). The task may be unresolved afterwards
  /// if it is asynchronous.
  Result<std::shared_ptr<Task>> call(const LiftedFunc& func, std::shared_ptr<CallerSide> side,
                                     InstanceState* caller);
  Result<> resume(std::shared_ptr<Thread> thread, bool cancelled = false);
  /// Lets a thread wait until `ready`. It must be the current one, and stop now.
  void wait(Thread& thread, std::function<bool()> ready, bool cancellable,
            const WaitFor& what = {});
  void stop_waiting(Thread& thread);
  void look_at(Thread& thread) { maybe_ready.emplace(thread.ticket, &thread); }
  /// The first in the queue may go through; with a seed, any.
  void open(Gate& gate);
  Result<> run_execution(Thread& thread);
  /// Runs one thread that is ready. False: there is none.
  Result<bool> tick();
  /// Takes what came in from other threads; `block` waits for it if something has to come.
  Result<bool> take_inbox(bool block);
  /// When no thread can run: waits for the host. False: nothing will come.
  Result<bool> wait_for_host();
  Result<> handle_host_events();

  /// Calls a core function that may not block, on behalf of the current thread or, with
  /// `new_thread`, with storage of its own. Results are written to `slots`.
  Result<> call_now(engine::Func func, uint64_t* slots, bool new_thread);
  uint64_t take_credit() { return std::exchange(credit_, 0); }

 private:
  Result<> go(Thread& thread, bool cancelled);
  engine::Execution::State overdraw(engine::Execution& execution);
  /// The rules of calling, but for those of entering.
  Result<> check_call(const LiftedFunc& func, InstanceState* caller);
  /// Lets other threads of the instance run until a synchronous task has its result, or waits for
  /// the host.
  Result<> run_to_result(Task& task);
  Result<> let_in(InstanceState& instance, Thread& thread);
  Result<bool> tick_held();
  /// Of those that are not held; `work`: also what had to wait for these.
  Result<bool> tick_others(bool work);
  /// Those of `maybe_ready` that are; without a seed the first. The others leave it.
  std::vector<Thread*> find_ready();
  void set_aside(Thread& thread);
  uint64_t next_ticket_ = 0;
  size_t hold_at_ = 0;  ///< where in `held` the next one belongs; those before it are of this turn
  uint64_t overdrawn_ = 0;  ///< fuel that was used without being there, since there was some
  uint64_t credit_ = 0;     ///< likewise, since somebody asked
  Thread helper_;           ///< of core functions that run without a task
  bool helper_runs_ = false;
  uint64_t seed_;
};

/// A call of a built-in or a lowered function.
class Call {
 public:
  Call(StoreState& store, const uint64_t* slots) : store_(store), slots_(slots) {}
  StoreState& store() const { return store_; }
  Thread& thread() const { return *store_.current; }
  uint32_t u32(size_t i) const { return static_cast<uint32_t>(slots_[i]); }
  uint64_t u64(size_t i) const { return slots_[i]; }
  const uint64_t* slots() const { return slots_; }

  using Then = std::function<Result<uint64_t>(bool cancelled)>;
  /// Blocks the current thread until `ready`; what the call then gives, `then` says. To be
  /// returned.
  Result<uint64_t> wait(std::function<bool()> ready, bool cancellable, Then then,
                        const WaitFor& what = {});
  /// Lets others run first.
  Result<uint64_t> yield(bool cancellable, Then then);
  /// Blocks until another thread resumes it.
  Result<uint64_t> suspend(bool cancellable, Then then);
  /// Whether the current thread's task is asynchronous, or another thread of its instance can run.
  bool may_block() const;
  /// The trap for blocking in spite of that.
  static Error blocked_error();
  bool blocked() const { return blocked_; }
  Then take_then() { return std::move(then_); }

 private:
  Result<> check_may_block() const;
  Result<uint64_t> block(std::function<bool()> ready, bool cancellable, Then then,
                         const WaitFor& what = {});
  StoreState& store_;
  const uint64_t* slots_;
  bool blocked_ = false;
  Then then_;
};

}  // namespace cairn::component::rt
