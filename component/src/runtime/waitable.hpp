#pragma once
/// Waitables: subtasks and the ends of streams and futures; sets of them (CanonicalABI.md,
/// "Waitable State", "Subtask State", "Buffer State", "Stream State", "Future State").

#include "runtime/state.hpp"

namespace cairn::component {
class HostCompletion;
}

namespace cairn::component::rt {

enum class EventCode : uint8_t {
  none = 0,
  subtask = 1,
  stream_read = 2,
  stream_write = 3,
  future_read = 4,
  future_write = 5,
  task_cancelled = 6,
};
struct Event {
  EventCode code = EventCode::none;
  uint32_t index = 0, payload = 0;
};

struct WaitableSet;

struct Waitable : Object {
  using Object::Object;
  ~Waitable() override;
  bool pending = false;  ///< see `set_pending`
  Signal changed;        ///< it may be pending, or be something else now
  bool sync_waiter = false;
  WaitableSet* set = nullptr;
  uint32_t index = 0;  ///< its handle

  /// The event, which is no longer pending then; what it says is found now.
  virtual Event take_event() = 0;
  void join(WaitableSet* to);
  void set_pending(bool to);
};

struct WaitableSet : Object {
  WaitableSet() : Object(Kind::waitable_set) {}
  ~WaitableSet() override;
  std::vector<Waitable*> elements;
  size_t pending = 0;    ///< how many of them are
  uint32_t waiting = 0;  ///< threads
  Signal has_one;        ///< an event

  bool has_event() const { return pending != 0; }
  Event take_event(StoreState& store);
};

// ---- Subtasks ----------------------------------------------------------------------------------

struct LoweredFunc;

/// A call through a lowered function, as its caller has it.
struct Subtask final : Waitable, CallerSide {
  enum class State : uint8_t {
    starting = 0,
    started = 1,
    returned = 2,
    cancelled_before_started = 3,
    cancelled_before_returned = 4,
  };
  Subtask(const LoweredFunc& of, const uint64_t* args, size_t count);

  const LoweredFunc& func;
  State state = State::starting;
  bool cancel_requested = false;
  bool delivered = false;
  uint64_t flat[max_flat_params + 1] = {};
  uint64_t result = 0;            ///< the flat one
  std::vector<uint32_t> lenders;  ///< handles of the caller
  std::weak_ptr<Task> callee;
  std::shared_ptr<HostCompletion> host;  ///< of a call of the host that goes on

  bool resolved() const { return state >= State::returned; }
  void add_lender(uint32_t handle);
  void deliver();
  Event take_event() override;

  bool start(Transfer& t, Task& task, uint64_t* flat_to) override;
  bool resolve(Transfer& t, Task& task, Side& from, const uint64_t* values, uint32_t max) override;
  void cancelled() override;
  std::shared_ptr<CallerSide> outlive() override;
  void progress() {
    if (index != 0) set_pending(true);
    changed.raise();
  }
  FlatLimit result_limit() const;
};

/// `canon lower`. The callee is a lifted function or one of the host.
struct HostFuncState;
struct LoweredFunc {
  const LiftedFunc* lifted = nullptr;
  const HostFuncState* host = nullptr;
  const FuncPlan* plan = nullptr;
  Options options = {};
  InstanceState* instance = nullptr;
  uint32_t param_slots = 0;  ///< of the core function
  bool is_direct = false;    ///< a synchronous call of a direct function, …
  bool passes_scalars = false;
  std::vector<InstanceState*> entered = {};  ///< … which enters these
  std::optional<wasm::ValType> result_type = {};
};

// ---- Streams and futures -----------------------------------------------------------------------

enum class CopyResult : uint8_t { completed = 0, dropped = 1, cancelled = 2 };

/// Memory to copy elements from or to: a guest's, or values of the host; of bytes also raw ones.
struct Buffer {
  const Options* options = nullptr;  ///< null: the host's
  const Plan* element = nullptr;     ///< null: nothing is copied
  uint64_t ptr = 0;
  uint32_t length = 0, progress = 0;
  std::vector<Value>* values = nullptr;
  Bytes* raw = nullptr;
  uint32_t remain() const { return length - progress; }
};
/// `count` elements; both have room for them.
bool copy_elements(Transfer& t, Buffer& from, Buffer& to, uint32_t count);

struct CopyEnd;

/// What both ends refer to. At most one of them waits for the other.
struct Shared final : Object {
  Shared(Kind of, const Plan* plan_of) : Object(of), plan(plan_of) {}
  const Plan* plan;  ///< the stream's or future's type; null: of the host, which no guest has seen
  bool dropped = false;
  CopyEnd* waiting = nullptr;  ///< the end whose copy is pending
  /// Ends of the host, which are told when the other one goes away.
  CopyEnd* host_reader = nullptr;
  CopyEnd* host_writer = nullptr;

  bool is_future() const { return kind == Kind::future; }
};

struct CopyEnd : Waitable {
  enum class State : uint8_t { idle, copying, cancelling, done };
  CopyEnd(Kind of, std::shared_ptr<Shared> from) : Waitable(of), shared(std::move(from)) {}
  ~CopyEnd() override;
  std::shared_ptr<Shared> shared;
  State state = State::idle;
  InstanceState* instance = nullptr;  ///< null: the host
  Buffer buffer;
  CopyResult result = CopyResult::completed;
  bool reclaim = false;                    ///< the pending event takes the buffer back
  std::function<void()> notify = nullptr;  ///< of the host: told of events

  bool is_reader() const { return kind == Kind::stream_reader || kind == Kind::future_reader; }
  bool copying() const { return state == State::copying || state == State::cancelling; }
  EventCode code() const;
  void set_event(CopyResult with, bool reclaim_buffer);
  Event take_event() override;
};

/// Starts to copy: `end` is set up with a buffer, and is `copying`.
Result<> start_copy(CopyEnd& end, const StoreState& store);
void cancel_copy(CopyEnd& end);
/// The end is gone for good.
void drop_end(CopyEnd& end);

struct ErrorContext final : Object {
  /// `bytes_left`: of the store's messages.
  ErrorContext(std::string text, std::shared_ptr<uint64_t> bytes_left)
      : Object(Kind::error_context), message(std::move(text)), bytes_left_(std::move(bytes_left)) {
    *bytes_left_ -= message.size();
  }
  ~ErrorContext() override { *bytes_left_ += message.size(); }
  const std::string message;

 private:
  std::shared_ptr<uint64_t> bytes_left_;
};

}  // namespace cairn::component::rt
