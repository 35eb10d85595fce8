// Transitions, run again without a system: what an auditor does.

#include "guest/guest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cairn::actor {

namespace {

using component::Value;

/// One transition of one guest, from its first function to the last.
class Replay {
 public:
  Replay(const ComponentKind& kind, std::string_view name, const Transition& recorded)
      : kind_(kind), recorded_(recorded), activation_(kind, std::string(name)) {
    activation_.begin_replay(recorded.at_ns, recorded.host_results);
    made_.message_kind = recorded.message_kind;
    made_.message_tag = recorded.message_tag;
    made_.at_ns = recorded.at_ns;
    made_.input = recorded.input;
    made_.sender = recorded.sender;
    made_.cause = recorded.cause;
    made_.old_state = made_.new_state = recorded.old_state;
    made_.module = kind.digest();
    // Time is not known here: what exhausted it has used so much fuel by then.
    if (recorded.rejection == Rejection::limit) {
      fuel_.left = recorded.fuel_used;
    } else if (const uint64_t max = kind.settings().settings->limits.fuel_per_message; max != 0) {
      fuel_.left = max;
    }
  }

  /// One that others have used would use another amount of fuel.
  Result<Transition> run(bool is_first) {
    guest_ = TRY(kind_.guests().take_new());
    if (resident() && !is_first) TRY(guest_->load(recorded_.old_state));
    Result<> done;
    if (const auto which = hook_of_record(recorded_)) {
      made_.kind = TransitionKind::snapshot;
      made_.reason = recorded_.reason;
      done = hook(*which);
    } else {
      made_.kind = is_first ? TransitionKind::init : TransitionKind::message;
      done = is_first ? first() : message();
    }
    if (done && !guest_->is_in_call()) kind_.guests().give_back(std::move(guest_));
    TRY(settle(done));
    made_.fuel_used = fuel_.used;
    made_.host_results = activation_.take_host_results();
    return std::move(made_);
  }

  static std::optional<GuestFunc> hook_of_record(const Transition& recorded) {
    if (recorded.kind != TransitionKind::snapshot) return std::nullopt;
    return hook_of(recorded.reason);
  }

 private:
  bool resident() const { return kind_.style() == StateStyle::resident; }

  /// What came of it, if it was no transition.
  Result<> settle(const Result<>& done) {
    const bool is_lost = !done && done.error().kind == ErrorKind::invalid;
    if (recorded_.rejection == Rejection::limit && made_.rejection == Rejection::none &&
        (done || is_lost)) {
      reject(Rejection::limit, recorded_.reason);
      return {};
    }
    if (is_lost) return done;
    if (!done) {
      reject(done.error().kind == ErrorKind::limit  ? Rejection::limit
             : done.error().kind == ErrorKind::trap ? Rejection::trap
                                                    : Rejection::error,
             done.error().message);
    }
    if (made_.rejection != Rejection::none || activation_.has_used_all()) return {};
    return fail(ErrorKind::invalid, "it asks the host for less than it did before");
  }

  Result<> hook(GuestFunc which) {
    const bool takes_cause = which == GuestFunc::on_restart;
    if (!kind_.guests().has(which)) {
      return fail(ErrorKind::invalid,
                  fmt::format("the component has no hook '{}'", name_of(which)));
    }
    if (takes_cause) args_[0] = Value::string_view(recorded_.input.text());
    if (which == GuestFunc::on_error) return on_error();
    if (!TRY(call(which, std::span(args_).first(takes_cause ? size_t{1} : 0)))) return {};
    return finish();
  }

  Result<> on_error() {
    if (!wire::set_failure(args_, recorded_.message_tag, recorded_.input)) {
      return fail(ErrorKind::invalid, "a recorded failure that is none");
    }
    TRY(call(GuestFunc::on_error, args_));
    made_.has_reply = true;
    reply_ = Payload(wire::to_string(*directive_));
    return finish();
  }

  Result<> first() {
    if (!kind_.guests().has(GuestFunc::init)) {
      new_state_ = Payload();
      return finish();
    }
    wire::set_payload(args_[0], recorded_.input);
    if (!TRY(call(GuestFunc::init, std::span(args_).first(1)))) return {};
    return finish();
  }

  Result<> message() {
    const Message input = {
        .tag = recorded_.message_tag, .kind = recorded_.message_kind, .payload = recorded_.input};
    const bool has_contract = kind_.guests().has(GuestFunc::message_contract);
    state_ = recorded_.old_state;
    if (resident()) {
      state_ = Payload();
      if (has_contract && kind_.guests().has(GuestFunc::observe)) {
        // Before the message; its fuel was used by the message before.
        const Fuel before = fuel_;
        TRY(call(GuestFunc::observe, {}));
        state_ = *std::exchange(new_state_, std::nullopt);
        fuel_ = before;
        guest_ = TRY(kind_.guests().take_new());
        TRY(guest_->load(recorded_.old_state));
      }
    }
    message_args_.set(input, seen_sender(), state_);
    if (has_contract && !TRY(call(GuestFunc::message_contract, message_args_.values(2)))) return {};
    if (!TRY(call(GuestFunc::handle, message_args_.values(resident() ? 1 : 2)))) return {};
    made_.has_reply = recorded_.message_kind == MessageKind::request;
    return finish();
  }

  /// A name that a journal gave was not there when the message was handled.
  std::string_view seen_sender() const {
    return recorded_.sender.starts_with(outside_prefix) ? std::string_view() : recorded_.sender;
  }

  /// The new state, and its contract.
  Result<> finish() {
    if (resident() && kind_.guests().has(GuestFunc::observe)) TRY(call(GuestFunc::observe, {}));
    if (kind_.guests().has(GuestFunc::state_contract) && new_state_) {
      wire::set_payload(args_[0], *new_state_);
      if (!TRY(call(GuestFunc::state_contract, std::span(args_).first(1)))) {
        made_.has_reply = false;
        return {};
      }
    }
    if (resident()) {
      made_.new_state = TRY(guest_->save(kind_.settings().handler_limits));
    } else if (new_state_) {
      made_.new_state = *new_state_;
    }
    if (made_.has_reply && reply_) made_.reply = *reply_;
    made_.effects = activation_.take_effects();
    return {};
  }

  /// False: it says no.
  Result<bool> call(GuestFunc which, std::span<const Value> args) {
    const Progress progress = TRY(guest_->call(activation_, fuel_, which, args));
    if (progress != Progress::done) {
      return fail(ErrorKind::invalid, "it waits for something that it did not wait for before");
    }
    Given given = TRY(guest_->given(which, kind_.style()));
    if (given.refused) {
      const bool by_contract =
          which == GuestFunc::message_contract || which == GuestFunc::state_contract;
      reject(by_contract ? Rejection::contract : Rejection::error, given.refused->text());
      return false;
    }
    TRY(check_given(kind_, given));
    if (given.state) new_state_ = std::move(given.state);
    if (given.reply) reply_ = std::move(given.reply);
    if (given.directive) directive_ = given.directive;
    return true;
  }

  void reject(Rejection why, std::string_view reason) {
    made_.kind = TransitionKind::rejection;
    made_.rejection = why;
    made_.reason = shortened(reason);
    made_.has_reply = false;
    made_.effects.clear();
    made_.new_state = recorded_.old_state;
  }

  const ComponentKind& kind_;
  const Transition& recorded_;
  Activation activation_;
  Fuel fuel_;
  std::unique_ptr<Guest> guest_;
  wire::MessageArgs message_args_;
  std::array<Value, 2> args_;
  Payload state_;
  std::optional<Payload> new_state_, reply_;
  std::optional<Directive> directive_;
  Transition made_;
};

bool equal(const Payload& a, const Payload& b) {
  return a.media_type() == b.media_type() && std::ranges::equal(a.bytes(), b.bytes());
}

bool equal(const Effect& a, const Effect& b) {
  return a.kind == b.kind && a.to == b.to && equal(a.payload, b.payload) &&
         a.priority == b.priority && a.time_to_live_ns == b.time_to_live_ns &&
         a.restart == b.restart && a.significant == b.significant;
}

}  // namespace

Result<Transition> replay(const ComponentKind& kind, std::string_view name,
                          const Transition& recorded, bool is_first) {
  switch (recorded.kind) {
    case TransitionKind::init:
    case TransitionKind::message:
    case TransitionKind::rejection: break;
    case TransitionKind::snapshot:
      if (hook_of(recorded.reason)) break;
      [[fallthrough]];
    default:
      return fail(ErrorKind::usage,
                  fmt::format("a transition of kind '{}' has nothing to run again",
                              to_string(recorded.kind)));
  }
  return Replay(kind, name, recorded).run(is_first);
}

std::string difference(const Transition& recorded, const Transition& again) {
  if (recorded.kind != again.kind) {
    return fmt::format("it was recorded as '{}', and is '{}'", to_string(recorded.kind),
                       to_string(again.kind));
  }
  if (recorded.rejection != again.rejection) {
    return fmt::format("it was rejected for '{}', and is for '{}'", to_string(recorded.rejection),
                       to_string(again.rejection));
  }
  if (!equal(recorded.new_state, again.new_state)) return "the new state is another one";
  if (recorded.has_reply != again.has_reply || !equal(recorded.reply, again.reply)) {
    return "the reply is another one";
  }
  if (recorded.effects.size() != again.effects.size()) return "it does more, or less";
  for (size_t at = 0; at < recorded.effects.size(); ++at) {
    const Effect& before = recorded.effects[at];
    const Effect& now = again.effects[at];
    if (!equal(before, now)) {
      return fmt::format("what it does is something else, from '{} {}' on", to_string(before.kind),
                         before.to);
    }
  }
  // Where a limit ended it, only the journal knows which.
  if (recorded.rejection == Rejection::limit) return {};
  if (recorded.fuel_used != again.fuel_used) {
    return fmt::format("it used {} units of fuel, and uses {}", recorded.fuel_used,
                       again.fuel_used);
  }
  return recorded.reason == again.reason ? "" : "the reason is another one";
}

}  // namespace cairn::actor
