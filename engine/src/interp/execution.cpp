#include <cairn/engine/execution.hpp>

#include <csetjmp>

#include <algorithm>

#include "interp/calls.hpp"
#include "interp/execution_pool.hpp"
#include "interp/fault.hpp"
#include "interp/frames.hpp"
#include "interp/run.hpp"
#include "native/enter.hpp"

namespace cairn::engine {

namespace {

/// How deep executions may nest through host functions: each level takes native stack.
constexpr uint32_t native_depth_max = 400;

#if __has_feature(thread_sanitizer)
constexpr int keep_mask = 1;  // it has all signals blocked where a handler of one runs
#else
constexpr int keep_mask = 0;
#endif

/// Runs handlers, and turns a fault in guarded memory into its trap.
void run_guarded(ExecutionData& ex) {
  ex.started = true;
  const FaultScope scope(ex);
  if (sigsetjmp(*ex.fault_exit, keep_mask) == 0) {
    run_handlers(ex);
  } else {
    ex.exit = Exit::trapped;
    ex.trap = Trap::out_of_bounds_memory_access;
  }
}

/// An entry function may itself be a host function.
void run_host_entry(ExecutionData& ex) {
  ex.started = true;
  const Exit exit = call_host(ex, *ex.func, ex.stacks.slots);
  ex.exit = exit == Exit::none ? Exit::returned : exit;
}

Execution::State finish(ExecutionData& ex) {
  using enum Execution::State;
  switch (ex.exit) {
    case Exit::returned: return returned;
    case Exit::out_of_fuel: return out_of_fuel;
    case Exit::interrupted: return interrupted;
    case Exit::pending: return waiting;
    case Exit::trapped:
      ex.error = Error{.kind = ErrorKind::trap, .message = std::string(message(ex.trap))};
      break;
    case Exit::threw:
      ex.error = Error{.kind = ErrorKind::exception, .message = "uncaught exception"};
      ex.store->last_exception = reinterpret_cast<GcObject*>(ex.exception);
      break;
    case Exit::failed:
    case Exit::none: break;
  }
  ex.trap_info = {};
  if (ex.exit == Exit::trapped) ex.trap_info.trap = ex.trap;
  take_backtrace(ex, ex.trap_info);
  ex.store->last_trap = ex.trap_info;
  ex.exception = 0;
  ex.host = nullptr;
  return trapped;
}

/// Brings what a suspended host function was completed with. False: it is not completed yet.
bool deliver_completion(ExecutionData& ex) {
  const std::shared_ptr<CompletionState> completion = ex.completion;
  const std::scoped_lock lock(completion->mutex);
  if (!completion->done) return false;
  ex.completion = nullptr;
  ex.exit = Exit::none;
  if (completion->error) {
    ex.error = std::move(completion->error);
    ex.exit = Exit::failed;
  } else if (completion->trap != Trap::none) {
    ex.trap = completion->trap;
    ex.exit = Exit::trapped;
  } else {
    const std::vector<wasm::ValType>& types = ex.host->type->results;
    const bool fits = std::ranges::equal(
        completion->results, types,
        [&](const Value& value, wasm::ValType type) { return value_fits(*ex.store, value, type); });
    if (!fits) {
      ex.error = Error{.kind = ErrorKind::usage,
                       .message = "a host function was completed with results of the wrong types"};
      ex.exit = Exit::failed;
      return true;
    }
    uint64_t* slots = ex.host_slots;
    for (const Value& value : completion->results) {
      value.to_slots(slots);
      slots += slots_of(value.type());
    }
    ex.regs.acc = ex.host_slots[0];
    ex.regs.facc = FloatReg{std::bit_cast<double>(ex.host_slots[0]), 0};
    ex.host = nullptr;
    if (ex.func->code == nullptr) ex.exit = Exit::returned;
  }
  return true;
}

}  // namespace

// ---- The public face ---------------------------------------------------------------------------

namespace {

std::unexpected<Error> no_memory() { return fail(ErrorKind::limit, "no memory for a call stack"); }

/// With the arguments in their slots, it is ready to run.
void begin(ExecutionData& ex, FuncInst& func) {
  ex.func = &func;
  if (func.code != nullptr)
    enter_from_bottom(ex, *func.code, *func.type, *func.instance, ex.stacks.slots,
                      ex.stacks.frames);
  else
    ex.regs = {.fp = ex.stacks.slots, .ex = &ex, .frame = ex.stacks.frames};
}

void copy_slots(const std::vector<wasm::ValType>& types, const uint64_t* from, uint64_t* to) {
  for (const wasm::ValType type : types) {
    *to++ = *from++;
    if (slots_of(type) == 2) *to++ = *from++;
  }
}

/// Null: no memory.
ExecutionData* begin_with_slots(StoreData& store, FuncInst& func, const uint64_t* args) {
  ExecutionData* const ex = store.idle.take(store);
  if (ex == nullptr) return nullptr;
  copy_slots(func.type->params, args, ex->stacks.slots);
  begin(*ex, func);
  return ex;
}

void give_back(ExecutionData* ex) { ex->store->idle.give_back(ex); }

[[gnu::always_inline]] inline Execution::State resume(ExecutionData& ex, uint64_t fuel_max) {
  using State = Execution::State;
  StoreData& store = *ex.store;
  if (ex.state == State::returned || ex.state == State::trapped) return ex.state;
  // From a host function that this very execution has called.
  if (ex.host != nullptr && ex.state != State::waiting) return ex.state;
  ex.exit = Exit::none;
  if (ex.state == State::waiting && !deliver_completion(ex)) return State::waiting;
  ex.state = State::ready;
  if (store.native_depth >= native_depth_max) {
    ex.exit = Exit::trapped;
    ex.trap = Trap::call_stack_exhausted;
  }
  ++store.native_depth;
  store.has_run = true;
  while (ex.exit == Exit::none) {
    const int64_t granted = static_cast<int64_t>(
        std::min(fuel_max, static_cast<uint64_t>(std::max<int64_t>(store.fuel, 0))));
    ex.fuel = ex.metered ? granted : INT64_MAX / 2;
    ex.fuel_reserve = store.fuel - granted;
    if (ex.func->code == nullptr && !ex.started)
      run_host_entry(ex);
    else if (ex.native)
      ex.started ? run_on_fiber<false>(ex) : run_on_fiber<true>(ex);
    else
      run_guarded(ex);
    if (ex.metered) store.fuel = ex.fuel + ex.fuel_reserve;
    // A slice too small for the next block would never get on: it is widened until it is.
    const bool stuck = ex.exit == Exit::out_of_fuel && ex.fuel == granted && ex.fuel_reserve > 0;
    if (!stuck) break;
    fuel_max = fuel_max > UINT64_MAX / 2 ? UINT64_MAX : fuel_max * 2 + 1;
    ex.exit = Exit::none;
  }
  --store.native_depth;
  ex.state = finish(ex);
  return ex.state;
}

/// Nearly always one or two.
[[gnu::always_inline]] inline void copy_few(const uint64_t* from, uint64_t* to, uint32_t count) {
#pragma clang loop vectorize(disable) unroll(disable)
  for (uint32_t i = 0; i < count; ++i) to[i] = from[i];
}

/// What `begin` and `resume` do for a compiled function that may use all the fuel: most of what a
/// call from the host costs is here. The bottom frame is already there.
[[gnu::always_inline]] inline void run_compiled(ExecutionData& ex, FuncInst& func) {
  StoreData& store = *ex.store;
  ex.func = &func;
  ex.regs.pc = ex.native_code;
  ex.regs.fp = ex.stacks.slots;
  ex.regs.mem = func.instance->memory0_base;
  ex.regs.inst = func.instance;
  ex.regs.frame = ex.stacks.frames + 1;
  ex.regs.acc = reinterpret_cast<uint64_t>(func.code);
  ++store.native_depth;
  store.has_run = true;
  if (ex.metered) ex.fuel = std::max<int64_t>(store.fuel, 0), ex.fuel_reserve = 0;
  run_on_fiber<true>(ex);
  if (ex.metered) store.fuel = ex.fuel;
  --store.native_depth;
}

[[gnu::noinline]] Execution::State run_any(ExecutionData& ex, FuncInst& func, uint64_t* slots,
                                           ExecutionData*& stopped) {
  copy_slots(func.type->params, slots, ex.stacks.slots);
  begin(ex, func);
  const Execution::State state = resume(ex, UINT64_MAX);
  if (state == Execution::State::returned) {
    copy_slots(func.type->results, ex.stacks.slots, slots);
    give_back(&ex);
  } else {
    stopped = &ex;
  }
  return state;
}

}  // namespace

Result<Execution> Execution::start(Store& store, Func func, std::span<const Value> args) {
  StoreData& data = *store.data();
  FuncInst* const inst = func.inst();
  if (inst == nullptr) return fail(ErrorKind::usage, "no function to call");
  const std::vector<wasm::ValType>& params = inst->type->params;
  if (args.size() != params.size())
    return fail(ErrorKind::usage, "expected " + std::to_string(params.size()) + " arguments, got " +
                                      std::to_string(args.size()));
  for (size_t i = 0; i < args.size(); ++i)
    if (!value_fits(data, args[i], params[i]))
      return fail(ErrorKind::usage, "argument " + std::to_string(i) + ": expected " +
                                        to_string(params[i]) + ", got " +
                                        to_string(args[i].type()));
  ExecutionData* const ex = data.idle.take(data);
  if (ex == nullptr) return no_memory();
  uint64_t* slots = ex->stacks.slots;
  for (const Value& value : args) {
    value.to_slots(slots);
    slots += engine::slots_of(value.type());
  }
  begin(*ex, *inst);
  return Execution(ex);
}

Result<Execution> Execution::start(Store& store, Func func, const uint64_t* args) {
  if (!func) return fail(ErrorKind::usage, "no function to call");
  ExecutionData* const ex = begin_with_slots(*store.data(), *func.inst(), args);
  if (ex == nullptr) return no_memory();
  return Execution(ex);
}

Execution::Execution(Execution&&) noexcept = default;
Execution& Execution::operator=(Execution&&) noexcept = default;
Execution::~Execution() = default;

Execution::State Execution::run(Store& store, Func func, uint64_t* slots,
                                std::optional<Execution>& stopped) {
  FuncInst& inst = *func.inst();
  StoreData& data = *store.data();
  ExecutionData* const ex = data.idle.take(data);
  if (ex == nullptr) [[unlikely]]
    return State::ready;
  if (inst.code == nullptr || inst.code->entry.load(std::memory_order_acquire) != ex->native_code ||
      data.native_depth >= native_depth_max) {
    ExecutionData* left = nullptr;
    const State state = run_any(*ex, inst, slots, left);
    if (left != nullptr) stopped = Execution(left);
    return state;
  }
  uint64_t* const entry = ex->stacks.slots;
  copy_few(slots, entry, inst.param_slots);
  run_compiled(*ex, inst);
  if (ex->exit != Exit::returned) [[unlikely]] {
    ex->state = finish(*ex);
    stopped = Execution(ex);
    return ex->state;
  }
  copy_few(entry, slots, inst.result_slots);
  data.idle.give_back_returned(ex);
  return State::returned;
}

void Execution::Deleter::operator()(ExecutionData* data) const { give_back(data); }

Execution::State Execution::resume(uint64_t fuel_max) { return engine::resume(*data_, fuel_max); }

namespace {
/// Goes on from a state until the end, whatever it waits for.
Result<> run_to_end(Execution& execution, Execution::State state) {
  for (;; state = execution.resume()) {
    switch (state) {
      case Execution::State::returned: return {};
      case Execution::State::trapped: return std::unexpected(execution.error());
      case Execution::State::out_of_fuel: return fail(ErrorKind::limit, "out of fuel");
      case Execution::State::interrupted: return fail(ErrorKind::limit, "interrupted");
      case Execution::State::waiting: execution.wait(); break;
      case Execution::State::ready: break;
    }
  }
}
}  // namespace

Result<std::vector<Value>> Func::call(Store& store, std::span<const Value> args) const {
  if (!inst_) return fail(ErrorKind::usage, "a call of no function");
  Execution execution = TRY(Execution::start(store, *this, args));
  TRY(run_to_end(execution, execution.resume()));
  return execution.results();
}

Result<> Func::call_slots(Store& store, uint64_t* slots) const {
  if (!inst_) return fail(ErrorKind::usage, "a call of no function");
  std::optional<Execution> stopped;
  const Execution::State state = Execution::run(store, *this, slots, stopped);
  if (state == Execution::State::returned) [[likely]]
    return {};
  if (!stopped) return no_memory();
  TRY(run_to_end(*stopped, state));
  copy_slots(inst_->type->results, stopped->result_slots(), slots);
  return {};
}

Execution::State Execution::state() const { return data_->state; }

std::vector<Value> Execution::results() const {
  std::vector<Value> results;
  if (data_->state != State::returned) return results;
  const uint64_t* slots = data_->stacks.slots;
  for (const wasm::ValType type : data_->func->type->results) {
    results.push_back(Value::from_slots(type, slots));
    slots += slots_of(type);
  }
  return results;
}

const uint64_t* Execution::result_slots() const { return data_->stacks.slots; }

const Error& Execution::error() const { return *data_->error; }
const TrapInfo& Execution::trap_info() const { return data_->trap_info; }

void Execution::wait() {
  const std::shared_ptr<CompletionState> completion = data_->completion;
  if (!completion) return;
  std::unique_lock lock(completion->mutex);
  completion->ready.wait(lock, [&] { return completion->done; });
}

// ---- Host calls --------------------------------------------------------------------------------

/// What a host function says must be what it did by its `Caller`.
Exit exit_of_host_call(ExecutionData& ex, HostStatus status) {
  switch (status) {
    case HostStatus::trap:
      if (ex.trap != Trap::none) return Exit::trapped;
      break;
    case HostStatus::exception:
      if (ex.exception != 0) return Exit::threw;
      break;
    case HostStatus::pending:
      if (ex.completion) return Exit::pending;
      break;
    case HostStatus::error:
      if (ex.error) return Exit::failed;
      break;
    case HostStatus::ok: break;
  }
  ex.error = Error{.kind = ErrorKind::usage,
                   .message = "a host function ended with a status that it did not prepare"};
  return Exit::failed;
}

Exit call_host(ExecutionData& ex, FuncInst& func, uint64_t* slots) {
  ex.host = &func;
  ex.host_slots = slots;
  if (ex.metered) ex.store->fuel = ex.fuel + ex.fuel_reserve;
  Caller caller(ex.store, ex.regs.inst, &ex);
  const HostStatus status = func.host->callback(func.host->env.get(), caller, slots);
  if (ex.metered) ex.fuel = ex.store->fuel - ex.fuel_reserve;
  if (status == HostStatus::ok) [[likely]] {
    ex.host = nullptr;
    return Exit::none;
  }
  return exit_of_host_call(ex, status);
}

HostStatus Caller::trap(Trap reason) {
  execution_->trap = reason;
  return HostStatus::trap;
}

HostStatus Caller::fail(Error error) {
  execution_->error = std::move(error);
  return HostStatus::error;
}

HostStatus Caller::throw_exception(Tag tag, std::span<const Value> payload) {
  const bool fits = std::ranges::equal(
      payload, tag.inst()->type->params,
      [&](const Value& value, auto type) { return value_fits(*store_, value, type); });
  if (!fits)
    return fail({.kind = ErrorKind::usage,
                 .message = "a host function threw an exception with values of the wrong types"});
  uint32_t slots = 0;
  LocalRoots roots(*store_);
  for (const Value& value : payload) {
    slots += slots_of(value.type());
    roots.push(value.ref().bits,
               value.type().is_ref() && is_heap_ref(store_->engine->types, value.type()));
  }
  GcObject* const exception = gc_new_exception(*store_, tag.inst(), slots + 1);
  if (exception == nullptr) return trap(Trap::out_of_memory);
  uint64_t* to = exception->slots() + 1;
  for (const Value& value : payload) {
    value.to_slots(to);
    to += slots_of(value.type());
  }
  execution_->exception = reinterpret_cast<uint64_t>(exception);
  return HostStatus::exception;
}

namespace {
class CompletionHandle final : public Completion {
 public:
  explicit CompletionHandle(std::shared_ptr<CompletionState> state) : state_(std::move(state)) {}
  void complete(std::vector<Value> results) override {
    finish([&] { state_->results = std::move(results); });
  }
  void trap(Trap reason) override {
    finish([&] { state_->trap = reason; });
  }
  void fail(Error error) override {
    finish([&] { state_->error = std::move(error); });
  }

 private:
  template <class F>
  void finish(F set) {
    const std::scoped_lock lock(state_->mutex);
    if (state_->done) return;
    set();
    state_->done = true;
    state_->ready.notify_all();
  }
  std::shared_ptr<CompletionState> state_;
};
}  // namespace

std::shared_ptr<Completion> Caller::suspend() {
  execution_->completion = std::make_shared<CompletionState>();
  return std::make_shared<CompletionHandle>(execution_->completion);
}

}  // namespace cairn::engine
