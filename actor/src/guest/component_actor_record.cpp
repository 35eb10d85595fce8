// What a component actor keeps, and what it does once that lasts.

#include "guest/component_actor.hpp"

#include <fmt/format.h>

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
  is_recorded_ = true;
  at_ = recovered.at;
  step_ = static_cast<size_t>(-1);  // the next one is the first
  if (recovered.is_new) {
    steps_ = first_steps;
    return {};
  }
  change_values(recovered.effects);
  kind_of_transition_ =
      recovered.module == kind_->digest() ? TransitionKind::restart : TransitionKind::upgrade;
  reason_ = restart_cause_.empty() ? "the system started anew" : restart_cause_;
  if (kind_->style() == StateStyle::explicit_state) {
    state_ = recovered.state;
  } else {
    image_ = recovered.state;
    TRY(roll_back());
  }
  steps_ = next_steps;
  return {};
}

Transition ComponentActor::make_transition() {
  const bool resident = kind_->style() == StateStyle::resident;
  Transition made;
  made.kind = rejection_ == Rejection::none ? kind_of_transition_ : TransitionKind::rejection;
  made.rejection = rejection_;
  made.at_ns = activation_.at_ns();
  made.old_state = resident ? image_ : state_;
  made.new_state = made.old_state;
  if (message_ != nullptr) {
    made.message_kind = message_->kind;
    made.message_tag = message_->tag;
    made.input = message_->payload;
    made.sender = sender_;
    made.cause = message_->cause;
  } else if (kind_of_transition_ == TransitionKind::init) {
    made.input = argument_;
  }
  made.host_results = activation_.take_host_results();
  made.effects = activation_.effects();
  made.fuel_used = fuel_.used;
  made.module = kind_->digest();
  if (made.kind != TransitionKind::message && made.kind != TransitionKind::init) {
    made.reason = reason_;
  }
  if (rejection_ != Rejection::none) return made;
  if (resident ? new_image_.has_value() : new_state_.has_value()) {
    made.new_state = resident ? *new_image_ : *new_state_;
  }
  made.has_reply = message_ != nullptr && message_->kind == MessageKind::request;
  if (made.has_reply && reply_) made.reply = *reply_;
  return made;
}

Result<Progress> ComponentActor::record(Context& context) {
  const bool changes =
      rejection_ == Rejection::none && (kind_of_transition_ == TransitionKind::message ||
                                        kind_of_transition_ == TransitionKind::init);
  if (appending_ == nullptr && changes && keeps_images()) {
    new_image_ = Payload(TRY(guest_->save()), image_type);
  }
  const bool is_due = kind_of_transition_ != TransitionKind::snapshot || new_image_.has_value();
  if (kind_->world().journal == nullptr || !is_due) return Progress::done;
  if (appending_ == nullptr) {
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
  // There was no room for it, and nothing was written: it is as if the message were rejected.
  if (receipt.error().kind == ErrorKind::limit && message_ != nullptr &&
      rejection_ == Rejection::none) {
    return unrecorded(receipt.error());
  }
  return std::unexpected(Error{.kind = ErrorKind::io, .message = receipt.error().message});
}

/// The message counts for nothing, and there is no record of it.
Result<Progress> ComponentActor::unrecorded(const Error& error) {
  static constexpr Step refuse_it[] = {Step::refuse};
  reject(Rejection::limit, "journal", error.message);
  steps_ = refuse_it;
  if (kind_->style() == StateStyle::resident) TRY(roll_back());
  return Progress::done;
}

// --- what follows ---

/// Now it counts.
void ComponentActor::commit(Context& context) {
  if (new_state_) state_ = *std::exchange(new_state_, std::nullopt);
  if (new_image_) image_ = *std::exchange(new_image_, std::nullopt);
  const std::vector<Effect> effects = activation_.take_effects();
  change_values(effects);
  for (const Effect& effect : effects) release(context, effect);
  if (message_ != nullptr && message_->kind == MessageKind::request) {
    context.reply(*message_, reply_ ? *std::move(reply_) : Payload(), at_.sequence);
  }
  kind_of_transition_ = TransitionKind::snapshot;  // whatever follows: a hook
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
  const SendOptions options = {.cause = at_.sequence, .drop_if_full = true};
  switch (effect.kind) {
    case EffectKind::send: context.send(context.find(effect.to), effect.payload, options); return;
    case EffectKind::publish: context.publish(effect.to, effect.payload, options); return;
    case EffectKind::subscribe:
      if (const Result<> done = context.subscribe(effect.to); !done) {
        activation_.log(LogLevel::error, done.error().message);
      }
      return;
    case EffectKind::unsubscribe: context.unsubscribe(effect.to); return;
    case EffectKind::spawn: return spawn(context, effect);
    case EffectKind::stop:
      if (effect.to.empty()) return context.stop_self();
      return context.stop(context.find(effect.to));
    case EffectKind::monitor: return context.monitor(context.find(effect.to));
    case EffectKind::demonitor: return context.demonitor(context.find(effect.to));
    case EffectKind::start_timer: {
      uint64_t& number = timers_[tag_of(effect.to)];
      if (number != 0) context.cancel_timer(number);
      const auto times = effect.payload.as<std::array<uint64_t, 2>>();
      number = context.start_timer((*times)[0], tag_of(effect.to), (*times)[1]);
      return;
    }
    case EffectKind::cancel_timer:
      if (const auto timer = timers_.extract(tag_of(effect.to))) {
        context.cancel_timer(timer.mapped());
      }
      return;
    case EffectKind::set_value:
    case EffectKind::remove_value: return;  // together, before
  }
}

void ComponentActor::spawn(Context& context, const Effect& effect) {
  const size_t space = effect.to.find(' ');
  const auto child = kind_->world().kinds(effect.to.substr(0, space));
  if (child == nullptr) return;  // it was there when the guest asked
  const std::string name = effect.to.substr(space + 1);
  if (const Result<ActorId> id = context.spawn(child->spec(name, effect.payload)); !id) {
    activation_.log(LogLevel::error,
                    fmt::format("'{}' was not spawned: {}", name, id.error().message));
  }
}

void ComponentActor::refuse(Context& context) {
  // Of a trap or a limit, `on_error` decides, and the requester is told then.
  if (!failure_) context.refuse(*message_, Refusal::rejected, reason_);
}

}  // namespace cairn::actor
