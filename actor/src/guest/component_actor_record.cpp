// What a component actor keeps, and what it does once that lasts.

#include "guest/component_actor.hpp"

#include "cell.hpp"

#include <fmt/format.h>
#include <cairn/actor/recorded_limits.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace cairn::actor {

namespace {

/// Wakes the actor if it waits by then.
template <class Answer, class T>
void give(Answer& answer, const Waker& waker, Result<T> result) {
  answer.result = std::move(result);
  if (answer.state.exchange(2) == 1) waker.wake();
}

/// False: it is there already.
template <class Answer>
bool wait_for(Answer& answer) {
  uint8_t none = 0;
  return answer.state.compare_exchange_strong(none, 1) || none == 1;
}

uint32_t tag_of(std::string_view text) {
  uint32_t tag = 0;
  std::from_chars(text.data(), text.data() + text.size(), tag);
  return tag;
}

}  // namespace

// --- the journal ---

Result<Progress> ComponentActor::open(Context& context) {
  if (opening_ == nullptr) {
    has_chain_ = true;
    opening_ = std::make_shared<Answer<Recovered>>();
    const ActorLimits& limits = kind_->settings().settings->limits;
    kind_->world().journal->open(
        context.self(),
        {.name = name_,
         .module = kind_->digest(),
         .manifest = kind_->settings().manifest,
         .fuel = limits.fuel_per_message,
         .memory = limits.memory_bytes,
         .payload = limits.payload_bytes},
        [answer = opening_, waker = context.waker()](Result<Recovered> recovered) {
          give(*answer, waker, std::move(recovered));
        });
  }
  if (wait_for(*opening_)) return Progress::waiting;
  const std::shared_ptr<Answer<Recovered>> answer = std::move(opening_);
  if (!answer->result) return std::unexpected(answer->result.error());
  TRY(opened(*answer->result));
  return Progress::done;
}

/// What follows, by what the journal has.
Result<> ComponentActor::opened(const Recovered& recovered) {
  static constexpr Step restart[] = {Step::observe, Step::forget, Step::record, Step::commit,
                                     Step::start};
  // A state of before is for the new module to accept.
  static constexpr Step upgrade[] = {Step::state_contract, Step::record, Step::commit, Step::start};
  at_ = recovered.at;
  if (recovered.is_new) {
    go_to(first_steps);
    return {};
  }
  const bool is_upgrade = recovered.module != kind_->digest();
  const bool is_image = recovered.state.media_type() == image_type;
  kind_of_transition_ = is_upgrade ? TransitionKind::upgrade : TransitionKind::restart;
  reason_ = restart_cause_.empty() ? "it was started again" : restart_cause_;
  (is_resident() ? image_.emplace() : state_) = recovered.state;
  if (is_resident() ? is_upgrade || !is_image : is_image) {
    reject(Rejection::error, "upgrade",
           "a memory means nothing to another module than that which made it");
    return {};
  }
  change_values(recovered.effects);
  if (is_upgrade) new_state_ = state_;
  go_to(is_upgrade ? Steps(upgrade) : Steps(restart));
  return is_resident() ? make_guest() : Result<>();
}

Transition ComponentActor::make_transition() {
  Transition made;
  made.kind = rejection_ == Rejection::none ? kind_of_transition_ : TransitionKind::rejection;
  made.rejection = rejection_;
  made.at_ns = activation_.at_ns();
  made.old_state = is_resident() ? image_.value_or(Payload()) : state_;
  made.new_state = made.old_state;
  if (is_message()) {
    made.message_kind = message_->kind;
    made.message_tag = message_->tag;
    made.input = message_->payload;
    made.sender = sender_;
    made.cause = message_->cause;
  } else if (kind_of_transition_ == TransitionKind::init) {
    made.input = argument_;
  } else if (kind_of_transition_ == TransitionKind::snapshot) {
    made.reason = name_of(running_);
    if (running_ == GuestFunc::on_restart) made.input = Payload(restart_cause_);
    if (running_ == GuestFunc::on_error) {
      made.message_tag = static_cast<uint32_t>(denial_->why);
      made.input = denial_->failure;
      made.has_reply = true;
      made.reply = Payload(wire::to_string(denial_->directive));
    }
  } else if (rejection_ == Rejection::none && (kind_of_transition_ == TransitionKind::restart ||
                                               kind_of_transition_ == TransitionKind::upgrade)) {
    // Those of the genesis may have been changed since, and who replays has to know.
    const ActorLimits& limits = kind_->settings().settings->limits;
    made.input = RecordedLimits{.fuel = limits.fuel_per_message,
                                .memory = limits.memory_bytes,
                                .payload = limits.payload_bytes}
                     .to_payload();
  }
  made.host_results = activation_.take_host_results();
  made.effects = activation_.effects();
  made.fuel_used = fuel_.used;
  made.module = kind_->digest();
  if (made.reason.empty()) made.reason = reason_;
  if (rejection_ != Rejection::none) return made;
  if (const std::optional<Payload>& made_now = is_resident() ? new_image_ : new_state_) {
    made.new_state = *made_now;
  }
  if (is_message()) made.has_reply = message_->kind == MessageKind::request;
  if (made.has_reply && reply_) made.reply = *reply_;
  return made;
}

Result<Progress> ComponentActor::record(Context& context) {
  if (!is_due_) return Progress::done;
  if (appending_ == nullptr) {
    const bool changes =
        rejection_ == Rejection::none && (kind_of_transition_ == TransitionKind::message ||
                                          kind_of_transition_ == TransitionKind::init ||
                                          kind_of_transition_ == TransitionKind::snapshot);
    if (changes && keeps_images()) {
      Result<Payload> image = guest_->save(kind_->settings().handler_limits);
      if (!image) return rejected(image.error());
      new_image_ = *std::move(image);
    }
    if (kind_->world().journal == nullptr) return Progress::done;
    // While it waits, others use its memory and stacks, which are still in the caches.
    give_back();
    appending_ = std::make_shared<Answer<Receipt>>();
    kind_->world().journal->append(
        context.self(), make_transition(),
        [answer = appending_, waker = context.waker()](Result<Receipt> receipt) {
          give(*answer, waker, std::move(receipt));
        });
  }
  if (wait_for(*appending_)) return Progress::waiting;
  Result<Receipt> receipt = std::move(std::exchange(appending_, nullptr)->result);
  if (receipt) {
    at_ = *receipt;
    return Progress::done;
  }
  // There was no room for it, and nothing was written.
  if (receipt.error().kind == ErrorKind::limit) return unrecorded(receipt.error());
  return std::unexpected(Error{.kind = ErrorKind::io, .message = receipt.error().message});
}

/// It counts for nothing, and there is no record of it: a message is refused, a hook fails.
Result<Progress> ComponentActor::unrecorded(const Error& error) {
  static constexpr Step refuse_it[] = {Step::refuse};
  switch (kind_of_transition_) {
    case TransitionKind::message:
      if (rejection_ == Rejection::none) {
        reject(Rejection::limit, "journal", error.message);
        if (keeps_images()) guest_.reset();
      }
      go_to(refuse_it);
      return Progress::done;
    case TransitionKind::snapshot: return rejected(error);
    case TransitionKind::stop: return Progress::done;  // it has stopped all the same
    default: return std::unexpected(error);
  }
}

// --- what follows ---

/// Now it counts.
void ComponentActor::commit(Context& context) {
  if (is_due_) carry_out(context);
  // Whatever follows is a hook, and a transition of its own.
  if (step_ + 1 < steps_.size()) begin_transition(context, TransitionKind::snapshot);
}

void ComponentActor::carry_out(Context& context) {
  if (new_state_) state_ = *std::exchange(new_state_, std::nullopt);
  if (new_image_) image_ = *std::exchange(new_image_, std::nullopt);
  activation_.holdings().keep();
  const std::vector<Effect> effects = activation_.take_effects();
  change_values(effects);
  for (const Effect& effect : effects) release(context, effect);
  if (is_message() && message_->kind == MessageKind::request) {
    context.reply(*message_, reply_ ? *std::move(reply_) : Payload(), at_.sequence);
  }
}

void ComponentActor::change_values(std::span<const Effect> effects) {
  if (values_ == nullptr) return;
  std::vector<wasi::KeyValueBucket::Change> changes;
  for (const Effect& effect : effects) {
    if (effect.kind == EffectKind::remove_value) {
      changes.push_back({.key = effect.to, .value = std::nullopt});
    } else if (effect.kind == EffectKind::set_value) {
      const ByteSpan bytes = effect.payload.bytes();
      changes.push_back({.key = effect.to, .value = Bytes(bytes.begin(), bytes.end())});
    }
  }
  if (changes.empty()) return;
  if (const auto done = values_->change(std::move(changes)); !done) {
    activation_.log(LogLevel::error, "its values were not changed: " + done.error().message);
  }
}

void ComponentActor::release(Context& context, const Effect& effect) {
  const SendOptions options = {.priority = effect.priority,
                               .time_to_live_ns = effect.time_to_live_ns,
                               .cause = at_.sequence,
                               .drop_if_full = true,
                               .name = effect.to};
  switch (effect.kind) {
    case EffectKind::send: context.send(context.find(effect.to), effect.payload, options); return;
    case EffectKind::publish: context.publish(effect.to, effect.payload, options); return;
    case EffectKind::subscribe:
      if (const Result<> done = context.subscribe(effect.to); !done) {
        activation_.log(LogLevel::error, done.error().message);
        forget(Holding::subscriptions, effect.to);
      }
      return;
    case EffectKind::unsubscribe: context.unsubscribe(effect.to); return;
    case EffectKind::spawn: return spawn(context, effect);
    case EffectKind::stop:
      if (effect.to.empty()) return context.stop_self();
      if (const ActorId child = context.find(effect.to); context.is_child(child)) {
        context.stop(child);
      }
      return;
    case EffectKind::monitor: return monitor(context, effect.to);
    case EffectKind::demonitor:
      if (const auto entry = monitors_.extract(effect.to)) context.demonitor(entry.mapped());
      return;
    case EffectKind::start_timer: return start_timer(context, effect);
    case EffectKind::cancel_timer:
      if (const auto timer = timers_.extract(tag_of(effect.to))) {
        context.cancel_timer(timer.mapped().number);
      }
      return;
    case EffectKind::set_value:
    case EffectKind::remove_value: return;  // together, before
  }
}

void ComponentActor::monitor(Context& context, const std::string& whom) {
  const auto [place, is_new] = monitors_.try_emplace(whom, context.find(whom));
  if (!is_new || context.monitor(place->second)) return;
  activation_.log(LogLevel::error, fmt::format("'{}' is not monitored: too many are", whom));
  monitors_.erase(place);
  forget(Holding::monitors, whom);
}

void ComponentActor::start_timer(Context& context, const Effect& effect) {
  const uint32_t tag = tag_of(effect.to);
  const auto [after_ns, every_ns] = *effect.payload.as<std::array<uint64_t, 2>>();
  if (const auto before = timers_.find(tag); before != timers_.end()) {
    context.cancel_timer(before->second.number);
  }
  const uint64_t number = context.start_timer(after_ns, tag, every_ns);
  if (number != 0) {
    timers_[tag] = {.number = number, .repeats = every_ns != 0};
    return;
  }
  activation_.log(LogLevel::error, fmt::format("timer {} was not started: too many run", tag));
  timers_.erase(tag);
  forget(Holding::timers, effect.to);
}

void ComponentActor::spawn(Context& context, const Effect& effect) {
  const size_t space = effect.to.find(' ');
  const auto child = kind_->world().kinds(effect.to.substr(0, space));
  if (child == nullptr) return;  // it was there when the guest asked
  const std::string name = effect.to.substr(space + 1);
  ChildSpec spec = child->spec(name, effect.payload);
  spec.restart = effect.restart;
  spec.significant = effect.significant;
  if (const Result<ActorId> id = context.spawn(std::move(spec)); !id) {
    activation_.log(LogLevel::error,
                    fmt::format("'{}' was not spawned: {}", name, id.error().message));
  }
}

/// What becomes of the actor is the manifest's to say, or its own where it is asked next.
void ComponentActor::refuse(Context& context) {
  denial_ = std::make_unique<Denial>(Denial{.why = rejection_,
                                            .reason = reason_,
                                            .failure = wire::to_failure(refused_),
                                            .by_guest = failure_,
                                            .directive = directive_of_manifest()});
  if (step_ + 1 == steps_.size()) return;
  hook_ = GuestFunc::on_error;
  begin_transition(context, TransitionKind::snapshot);
  const uint64_t time_ns = kind_->settings().settings->timeouts.start_ns;
  if (ends_ns_ == 0 && time_ns != 0) ends_ns_ = later(context.now_ns(), time_ns);
}

}  // namespace cairn::actor
