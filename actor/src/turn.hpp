#pragma once
/// One turn of one actor: takes what came, runs hooks and handlers until nothing is left to do, the
/// slice is over, or the actor waits. Only one turn of an actor exists at a time.

#include "core.hpp"

#include <span>
#include <string>

namespace cairn::actor {

class Turn {
 public:
  Turn(Core& core, Lane& lane, Cell& cell) : core_(core), lane_(lane), cell_(cell) {}
  void run();

 private:
  friend class Context;

  // turn.cpp: messages
  void drain();
  bool advance();
  void handle_messages();
  Envelope* next_message();
  bool is_due(const Message& message);
  bool take_timer(uint64_t number);
  void finish_message(const Result<Progress>& result);
  void close_message(const Result<Progress>& result);
  void count_failure();
  bool slice_is_over();
  void scout();
  void give_back_room();
  bool throttle();
  bool is_asked_for(const Message& message) const;
  void answered(const Message& message);
  void forget_asked();

  // turn_life.cpp: from birth to the end
  void born();
  void start();
  void perform(Activity activity);
  void go_on();
  Result<Progress> call(Activity activity);
  void settle(Result<Progress> result);
  void completed(Activity activity, const Result<Progress>& result);
  void continue_start();
  void started();
  void checked(const Result<Progress>& result);
  void begin_stop(Exit exit);
  void stop_children();
  void without_children();
  void fail(Exit exit, Error cause, bool escalate = false);
  bool ends_later(Exit exit, const Error& cause, bool escalate);
  void end_now(Activity activity, const Result<Progress>& result);
  bool can_cancel() const;
  void cancel();
  void end_run();
  void end_again();
  void forget_instance(std::span<const std::string> topics_kept);
  void forget_run();
  void tell_watchers();
  void remove(bool has_no_name = false);

  // turn_signals.cpp: what others and the clock say
  void handle(const Message& signal);
  void handle_orphan(const Message& signal);
  void stop(uint64_t timeout_ns);
  void arm_stop();
  void kill();
  void linked_ended(ActorId who, Exit exit, const Payload& text);
  void send_blocked(ActorId to);
  void alarm();
  void take_time(uint64_t now_ns);
  void took_too_long();
  void give_up_blocked(uint64_t now_ns);
  void expire_requests(uint64_t now_ns);
  void fire_timers(uint64_t now_ns);
  uint64_t next_alarm_ns() const;
  void arm(uint64_t at_ns);

  // turn_children.cpp: the actor as a parent
  Supervision& supervision();
  void carry_out();
  void carry_out(const Decision& decision);

  void event(EventKind kind, uint32_t code = 0, ActorId other = {}, uint64_t amount = 0,
             std::string_view text = {});
  uint64_t now_ns();

  Core& core_;
  Lane& lane_;
  Cell& cell_;
  uint64_t now_ns_ = 0;         // 0: not looked at yet
  uint64_t slice_ends_ns_ = 0;  // 0: not looked at yet
  uint64_t stop_ends_ns_ = 0;   // 0: nobody has told it to stop in this turn
  const Envelope* scout_ = nullptr;
  uint32_t signals_ = 0;     // of this slice
  uint32_t messages_ = 0;    // of this slice
  uint32_t unchecked_ = 0;   // messages since the clock was looked at
  uint32_t given_back_ = 0;  // messages taken and not yet subtracted from `queued`
  bool resumed_ = false;     // what is suspended had its slice
  bool over_ = false;        // the slice
  bool is_refused_ = false;  // the message at hand, and its requester was told
  bool carrying_out_ = false;
};

}  // namespace cairn::actor
