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
  void answered(Context& context, const Message& reply) override;
  Result<Progress> resume(Context& context) override;
  void cancel(Context& context) override;

 private:
  enum class Step : uint8_t {
    open,  ///< the journal: what follows depends on what it has
    init,
    message_contract,
    handle,
    observe,
    state_contract,
    record,
    commit,
    restart_hook,
    hook,
    refuse,     ///< the message, after a rejection that was recorded
    fail_start  ///< likewise, of the first state
  };
  using Steps = std::span<const Step>;
  static constexpr std::array first_steps = {Step::init,   Step::observe, Step::state_contract,
                                             Step::record, Step::commit,  Step::hook,
                                             Step::record, Step::commit};
  static constexpr std::array next_steps = {Step::observe,      Step::record, Step::commit,
                                            Step::restart_hook, Step::hook,   Step::record,
                                            Step::commit};
  /// The media type of what a resident actor's memory is.
  static constexpr std::string_view image_type = "application/vnd.cairn.memory";

  /// What the journal says, once, from any thread.
  template <class T>
  struct Answer {
    std::atomic<uint8_t> state = 0;  // 1: somebody waits, 2: there
    Result<T> result = fail(ErrorKind::io, "no answer");
  };

  Result<Progress> begin(Context& context, Steps steps);
  Result<Progress> begin_hook(Context& context, GuestFunc which);
  Result<Progress> run(Context& context);
  Result<Progress> perform(Context& context, Step step);
  Result<Progress> end();
  void give_up();

  Result<Progress> open(Context& context);
  Result<> opened(const Recovered& recovered);
  Result<Progress> call(GuestFunc which, std::span<const component::Value> args);
  Result<Progress> call_guest(Step step);
  Result<Progress> called(GuestFunc which);
  Result<Progress> call_hook(GuestFunc which);
  /// The message, or the first state, is refused: the steps that follow.
  void reject(Rejection why, std::string code, std::string text);
  Result<Progress> rejected(const Error& error);
  Result<Progress> record(Context& context);
  Result<Progress> unrecorded(const Error& error);
  Transition make_transition();
  void commit(Context& context);
  void release(Context& context, const Effect& effect);
  void change_values(std::span<const Effect> effects);
  void spawn(Context& context, const Effect& effect);
  void refuse(Context& context);
  Result<> make_guest();
  Result<> roll_back();
  /// Must the memory of a resident actor be what it was, after a rejection?
  bool keeps_images() const;
  Error too_slow() const;

  std::shared_ptr<const ComponentKind> kind_;
  std::string name_;
  Payload argument_;
  Activation activation_;
  std::shared_ptr<wasi::KeyValueBucket> values_;
  std::unique_ptr<Guest> guest_;  // explicit: of the message at hand

  // What counts.
  Payload state_;  ///< resident: as it was observed last
  Payload image_;  ///< resident: what its memory was
  Receipt at_;
  ActorId self_;
  std::map<uint32_t, uint64_t> timers_;  ///< numbers by tags
  std::string restart_cause_;
  bool is_recorded_ = false;  ///< its chain has begun
  bool stops_ = false;        ///< in order

  // Of the hook or message at hand.
  Steps steps_;
  size_t step_ = 0;
  bool in_step_ = false;
  const Message* message_ = nullptr;
  ActorId sender_id_;  ///< of the last message that had one
  std::string sender_;
  Fuel fuel_;
  uint64_t ends_ns_ = 0;  ///< 0: never
  std::optional<Payload> new_state_, new_image_, reply_;
  TransitionKind kind_of_transition_ = TransitionKind::message;
  Rejection rejection_ = Rejection::none;
  std::string reason_;
  std::optional<Error> failure_;  ///< of the guest: what `on_error` decides about
  GuestFunc hook_ = GuestFunc::pre_start;
  std::array<component::Value, 1> args_;
  wire::MessageArgs message_args_;
  std::shared_ptr<Answer<Recovered>> opening_;
  std::shared_ptr<Answer<Receipt>> appending_;
};

}  // namespace cairn::actor
