#pragma once
/// A component as an actor. What it does with a message is a list of steps, each of which may yield
/// or wait; what says no on the way leads to the steps of a rejection. No thread is held.

#include "guest/guest.hpp"

#include <cairn/actor/actor.hpp>
#include <cairn/actor/component_kind.hpp>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cairn::actor {

class ComponentActor final : public Actor {
 public:
  ComponentActor(std::shared_ptr<const ComponentKind> kind, std::string name, Payload argument);
  ~ComponentActor() override;

  Result<Progress> pre_start(Context& context) override;
  Result<Progress> post_start(Context& context) override;
  Result<Progress> pre_stop(Context& context) override;
  Result<Progress> post_stop(Context& context) override;
  Result<Progress> on_restart(Context& context, const Error& cause) override;
  Result<Progress> health_check(Context& context) override;
  Result<Progress> handle_message(Context& context, const Message& message) override;
  Directive on_error(Context& context, const Error& error) override;
  SupervisorSpec supervision() override { return kind_->settings().supervision; }
  void answered(Context& context, const Message& reply) override;
  Result<Progress> resume(Context& context) override;
  void cancel(Context& context) override;

  /// What is being recorded will last: what it does has to happen.
  bool can_cancel() const override { return appending_ == nullptr; }

 private:
  enum class Step : uint8_t {
    open,  ///< the journal: what follows depends on what it has
    init,
    message_contract,
    handle,
    observe,
    forget,  ///< what observing has done to a memory
    state_contract,
    record,
    commit,
    start,  ///< the hooks of a start follow
    restart_hook,
    hook,
    stopped,  ///< that it has is a transition, too
    refuse,   ///< the message, after a rejection that was recorded; what follows, if it is asked
    fail,     ///< after a rejection of anything else
  };
  using Steps = std::span<const Step>;
  static constexpr std::array first_steps = {Step::init,   Step::observe, Step::state_contract,
                                             Step::record, Step::commit,  Step::start};

  /// What the journal says, once, from any thread.
  template <class T>
  struct Answer {
    std::atomic<uint8_t> state = 0;  // 1: somebody waits, 2: there, 3: nobody wants it any more
    Result<T> result = fail(ErrorKind::io, "no answer");
  };

  Result<Progress> begin(Context& context, TransitionKind kind, Steps steps);
  void begin_transition(Context& context, TransitionKind kind);
  Result<Progress> begin_hook(Context& context, GuestFunc which);
  void go_to(Steps steps);
  Result<Progress> run(Context& context);
  Result<Progress> perform(Context& context, Step step);
  Result<Progress> end(Context& context);
  void give_up();
  void give_back();

  Result<Progress> open(Context& context);
  Result<> opened(const Recovered& recovered);
  Result<Progress> call(GuestFunc which, std::span<const component::Value> args);
  Result<Progress> call_guest(Step step);
  Result<Progress> called(GuestFunc which);
  Result<Progress> call_hook(GuestFunc which);
  std::span<const component::Value> args_of_hook(GuestFunc which);
  Result<Progress> within_time(Result<Progress> progress);
  Result<Progress> hook_done();
  /// What was to be done is not: the steps that follow.
  void reject(Rejection why, std::string code, std::string text);
  Steps steps_of_rejection();
  Result<Progress> rejected(const Error& error);
  Result<Progress> record(Context& context);
  Result<Progress> unrecorded(const Error& error);
  Transition make_transition();
  void commit(Context& context);
  void carry_out(Context& context);
  void release(Context& context, const Effect& effect);
  void change_values(std::span<const Effect> effects);
  void spawn(Context& context, const Effect& effect);
  void start_timer(Context& context, const Effect& effect);
  void monitor(Context& context, const std::string& whom);
  void refuse(Context& context);
  Directive directive_of_manifest() const;
  bool is_message() const { return kind_of_transition_ == TransitionKind::message; }
  void look_at_sender(Context& context, const Message& message);
  void forget(Holding what, const std::string& name);
  Result<> make_guest();
  /// Must the memory of a resident actor be what it was, after a rejection?
  bool keeps_images() const;
  bool is_resident() const { return kind_->style() == StateStyle::resident; }
  Error too_slow() const;

  std::shared_ptr<const ComponentKind> kind_;
  std::string name_;
  Payload argument_;
  Activation activation_;
  std::shared_ptr<wasi::KeyValueBucket> values_;
  std::unique_ptr<Guest> guest_;  // explicit: of the transition at hand

  // What counts.
  Payload state_;                 ///< resident: as it was observed last
  std::optional<Payload> image_;  ///< resident: what its memory was; none: that was not kept
  Receipt at_;
  ActorId self_;
  struct Timer {
    uint64_t number;
    bool repeats;
  };
  std::map<uint32_t, Timer> timers_;         ///< by tags
  std::map<std::string, ActorId> monitors_;  ///< by the addresses that the guest knows
  std::string restart_cause_;
  bool has_chain_ = false;  ///< it has asked for it
  bool stops_ = false;      ///< in order

  // Of the hook or message at hand.
  Steps steps_;
  size_t step_ = 0;
  bool in_step_ = false;
  const Message* message_ = nullptr;
  std::optional<ActorId> sender_id_;  ///< whose address `sender_` is
  std::string sender_;
  /// That the message was refused, which is recorded.
  struct Denial {
    Rejection why;
    std::string reason;
    Payload failure;                ///< what `on-error` is told
    std::optional<Error> by_guest;  ///< a trap, or an exhausted limit
    Directive directive;            ///< what becomes of the actor
  };
  std::unique_ptr<Denial> denial_;  ///< null: it was not, so far

  // Of the transition at hand.
  Fuel fuel_;
  uint64_t ends_ns_ = 0;  ///< 0: never
  bool is_due_ = true;    ///< false: a hook that has done nothing
  std::optional<Payload> new_state_, new_image_, reply_;
  TransitionKind kind_of_transition_ = TransitionKind::message;
  Rejection rejection_ = Rejection::none;
  std::string reason_;
  wire::Refused refused_;                     ///< the reason, in its parts
  std::optional<Error> failure_;              ///< a trap, or an exhausted limit
  GuestFunc hook_ = GuestFunc::pre_start;     ///< of the steps
  GuestFunc running_ = GuestFunc::pre_start;  ///< the one of this transition
  std::array<component::Value, 2> args_;
  wire::MessageArgs message_args_;
  std::shared_ptr<Answer<Recovered>> opening_;
  std::shared_ptr<Answer<Receipt>> appending_;
};

}  // namespace cairn::actor
