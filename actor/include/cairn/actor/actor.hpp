#pragma once
/// The two traits of an actor, kept apart: how it lives, and what it does with messages. Native
/// actors and components implement the same two.

#include <cairn/actor/context.hpp>
#include <cairn/actor/message.hpp>
#include <cairn/actor/supervision.hpp>

#include <cairn/base/result.hpp>

#include <memory>

namespace cairn::actor {

/// How far a hook or a handler has come. Neither blocks a thread: who has to wait says so.
enum class Progress : uint8_t {
  done,
  yielded,  ///< its slice is used up; goes on by `resume` when others had their turn
  waiting,  ///< goes on by `resume` once `Context::waker()` was called
};

/// The order of a life: construct, pre_start, spawned, registered, post_start, messages; and back:
/// pre_stop, unregistered, post_stop, destruct. Each hook has a timeout.
class Lifecycle {
 public:
  virtual ~Lifecycle() = default;
  Lifecycle() = default;
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  /// An error: the actor is not started.
  virtual Result<Progress> pre_start(Context&) { return Progress::done; }
  virtual Result<Progress> post_start(Context&) { return Progress::done; }
  /// Not called of an actor that failed or is killed.
  virtual Result<Progress> pre_stop(Context&) { return Progress::done; }
  virtual Result<Progress> post_stop(Context&) { return Progress::done; }
  /// Of the new instance, before its `pre_start`.
  virtual Result<Progress> on_restart(Context&, const Error& /*cause*/) { return Progress::done; }
  /// An error counts against the threshold of `HealthSettings`.
  virtual Result<Progress> health_check(Context&) { return Progress::done; }
  /// How its children are supervised, and which it has from the start; asked once, after pre_start.
  virtual SupervisorSpec supervision() { return {}; }
};

/// What becomes of an actor whose handler returned an error.
enum class Directive : uint8_t {
  stop,      ///< it ends, and is not restarted if its parent can help it
  resume,    ///< the message is gone, the state stays
  restart,   ///< its parent is told, and decides by its strategy
  escalate,  ///< its parent fails
};

class Messaging {
 public:
  virtual ~Messaging() = default;
  Messaging() = default;
  Messaging(const Messaging&) = delete;
  Messaging& operator=(const Messaging&) = delete;

  /// `message` stays where it is until the handler is done.
  virtual Result<Progress> handle_message(Context&, const Message& message) = 0;
  virtual Directive on_error(Context&, const Error& /*error*/) { return Directive::restart; }
};

class Actor : public Lifecycle, public Messaging {
 public:
  /// The answer to what the hook or handler asks that waits (`Context::ask`); `resume` follows.
  virtual void answered(Context&, const Message& /*reply*/) {}
  /// Goes on with the hook or handler that yielded or waits.
  virtual Result<Progress> resume(Context&) { return Progress::done; }
  /// The hook or handler that yielded or waits will not go on: it took too long, or the actor ends.
  virtual void cancel(Context&) {}
  /// False: not just now. It waits for something that others will know of, and that comes soon; if
  /// the actor has to end, it does when the hook or handler is done.
  virtual bool can_cancel() const { return true; }
};

}  // namespace cairn::actor
