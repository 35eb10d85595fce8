#include "guest/component_actor.hpp"

#include "cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cairn::actor {

using component::Value;

ComponentActor::ComponentActor(std::shared_ptr<const ComponentKind> kind, std::string name,
                               Payload argument)
    : kind_(std::move(kind)),
      name_(std::move(name)),
      argument_(std::move(argument)),
      activation_(*kind_, name_) {}

ComponentActor::~ComponentActor() {
  give_up();
  if (has_chain_) kind_->world().journal->close(self_);
}

// --- hooks and messages ---

Result<Progress> ComponentActor::on_restart(Context&, const Error& cause) {
  restart_cause_ = cause.message.empty() ? "it failed" : cause.message;
  return Progress::done;
}

Result<Progress> ComponentActor::pre_start(Context& context) {
  static constexpr Step durable[] = {Step::open};
  self_ = context.self();
  if (name_.empty()) activation_.set_address(context.address_of(self_));
  if (const auto& values = kind_->world().values) values_ = values(activation_.address());
  activation_.set_values(values_.get());
  TRY(check_media_type(argument_));
  if (kind_->world().journal == nullptr) return begin(context, TransitionKind::init, first_steps);
  if (name_.empty()) return fail(ErrorKind::usage, "an actor with a journal needs a name");
  return begin(context, TransitionKind::init, durable);
}

/// What a hook does goes the way of a message.
Result<Progress> ComponentActor::begin_hook(Context& context, GuestFunc which) {
  static constexpr Step steps[] = {Step::hook, Step::observe, Step::state_contract, Step::record,
                                   Step::commit};
  if (!kind_->guests().has(which)) return Progress::done;
  hook_ = which;
  return begin(context, TransitionKind::snapshot, steps);
}

Result<Progress> ComponentActor::post_start(Context& context) {
  return begin_hook(context, GuestFunc::post_start);
}

Result<Progress> ComponentActor::pre_stop(Context& context) {
  stops_ = true;
  return begin_hook(context, GuestFunc::pre_stop);
}

Result<Progress> ComponentActor::post_stop(Context& context) {
  static constexpr Step steps[] = {Step::hook,   Step::observe, Step::state_contract, Step::record,
                                   Step::commit, Step::stopped, Step::record,         Step::commit};
  // One that failed has said so in its chain already, or says so when it is restarted.
  if (!stops_ || !has_chain_) return begin_hook(context, GuestFunc::post_stop);
  hook_ = GuestFunc::post_stop;
  return begin(context, TransitionKind::snapshot, steps);
}

Result<Progress> ComponentActor::health_check(Context& context) {
  return begin_hook(context, GuestFunc::health_check);
}

Result<Progress> ComponentActor::handle_message(Context& context, const Message& message) {
  static constexpr Step all[] = {Step::message_contract, Step::handle, Step::observe,
                                 Step::state_contract,   Step::record, Step::commit};
  message_ = &message;
  look_at_sender(context, message);
  return begin(context, TransitionKind::message, all);
}

/// By what address the guest knows who sent it. What has ended is no longer there.
void ComponentActor::look_at_sender(Context& context, const Message& message) {
  if (message.kind == MessageKind::timer) {
    const auto timer = timers_.find(message.tag);
    if (timer != timers_.end() && timer->second.number == message.correlation &&
        !timer->second.repeats) {
      timers_.erase(timer);
      forget(Holding::timers, std::to_string(message.tag));
    }
  } else if (message.kind == MessageKind::down) {
    sender_ = context.address_of(message.from);
    sender_id_.reset();
    const auto monitor =
        std::ranges::find(monitors_, message.from, [](const auto& entry) { return entry.second; });
    if (monitor == monitors_.end()) return;
    sender_ = monitor->first;
    monitors_.erase(monitor);
    return forget(Holding::monitors, sender_);
  }
  if (sender_id_ == message.from) return;
  sender_id_ = message.from;
  sender_ = context.address_of(message.from);
}

void ComponentActor::forget(Holding what, const std::string& name) {
  Holdings& holdings = activation_.holdings();
  holdings.undo();
  holdings.drop(what, name);
  holdings.keep();
}

/// Who fails without having refused a message can only begin anew.
Directive ComponentActor::on_error(Context&, const Error&) {
  return denial_ ? denial_->directive : Directive::restart;
}

/// Where the component does not decide itself.
Directive ComponentActor::directive_of_manifest() const {
  const KindSettings& settings = kind_->settings();
  switch (rejection_) {
    case Rejection::contract: return settings.on_contract;
    case Rejection::trap: return settings.on_trap;
    // Without a failure there was no room for the record.
    case Rejection::limit: return failure_ ? settings.on_limit : Directive::resume;
    case Rejection::error: return failure_ ? Directive::restart : settings.on_error;
    case Rejection::none: break;
  }
  return Directive::resume;
}

void ComponentActor::answered(Context& context, const Message& reply) {
  activation_.set_context(&context);
  activation_.answered(reply);
}

/// What is suspended will not go on. An instance that a call is in is of no use any more.
void ComponentActor::cancel(Context&) { give_up(); }

void ComponentActor::give_up() {
  const auto leave = [](auto& answer) {
    if (answer != nullptr) std::exchange(answer, nullptr)->state.exchange(3);
  };
  leave(opening_);
  leave(appending_);
  activation_.end_requests();
  if (guest_ != nullptr && guest_->is_in_call()) guest_.reset();
  give_back();
  steps_ = {};
  message_ = nullptr;
}

/// Any other instance serves the next transition.
void ComponentActor::give_back() {
  if (!is_resident() && guest_ != nullptr) kind_->guests().give_back(std::move(guest_));
}

// --- steps ---

Result<Progress> ComponentActor::begin(Context& context, TransitionKind kind, Steps steps) {
  steps_ = steps;
  step_ = 0;
  in_step_ = false;
  denial_.reset();
  begin_transition(context, kind);
  return run(context);
}

/// Of which there may be several, one after another.
void ComponentActor::begin_transition(Context& context, TransitionKind kind) {
  give_back();
  kind_of_transition_ = kind;
  is_due_ = kind != TransitionKind::snapshot;
  const ActorLimits& limits = kind_->settings().settings->limits;
  fuel_ = {.left = limits.fuel_per_message == 0 ? UINT64_MAX : limits.fuel_per_message};
  ends_ns_ = limits.message_time_ns == 0 ? 0 : later(context.now_ns(), limits.message_time_ns);
  new_state_.reset();
  new_image_.reset();
  reply_.reset();
  rejection_ = Rejection::none;
  reason_.clear();
  failure_.reset();
  activation_.begin();
}

void ComponentActor::go_to(Steps steps) {
  steps_ = steps;
  step_ = static_cast<size_t>(-1);  // the next one is the first
}

Result<Progress> ComponentActor::resume(Context& context) { return run(context); }

Result<Progress> ComponentActor::run(Context& context) {
  activation_.set_context(&context);
  while (step_ < steps_.size()) {
    Result<Progress> progress = perform(context, steps_[step_]);
    if (!progress) {
      give_up();
      return progress;
    }
    if (*progress == Progress::done) {
      in_step_ = false;
      ++step_;
      continue;
    }
    in_step_ = true;
    return progress;
  }
  return end(context);
}

/// Of a trap or a limit, the requester is told by who calls `on_error`.
Result<Progress> ComponentActor::end(Context& context) {
  Result<Progress> result = Progress::done;
  if (denial_ && denial_->by_guest) {
    result = std::unexpected(*denial_->by_guest);
  } else if (denial_) {
    context.refuse(*message_, Refusal::rejected, denial_->reason);
    if (denial_->directive != Directive::resume) result = fail(ErrorKind::invalid, denial_->reason);
  }
  give_up();
  return result;
}

Result<Progress> ComponentActor::perform(Context& context, Step step) {
  static constexpr Step start[] = {
      Step::restart_hook, Step::observe, Step::state_contract, Step::record, Step::commit,
      Step::hook,         Step::observe, Step::state_contract, Step::record, Step::commit};
  switch (step) {
    case Step::open: return open(context);
    case Step::init:
    case Step::message_contract:
    case Step::handle:
    case Step::observe:
    case Step::state_contract: return call_guest(step);
    case Step::forget: guest_.reset(); break;
    case Step::record: return record(context);
    case Step::commit: commit(context); break;
    case Step::start:
      hook_ = GuestFunc::pre_start;
      go_to(start);
      break;
    case Step::restart_hook: return call_hook(GuestFunc::on_restart);
    case Step::hook: return call_hook(hook_);
    case Step::stopped: begin_transition(context, TransitionKind::stop); break;
    case Step::refuse: refuse(context); break;
    case Step::fail:
      if (failure_) return std::unexpected(*failure_);
      return fail(ErrorKind::invalid, reason_);
  }
  return Progress::done;
}

// --- the guest ---

/// That of a resident actor goes on with what the one before had accepted.
Result<> ComponentActor::make_guest() {
  if (guest_ != nullptr) return {};
  if (is_resident() && !image_ && kind_of_transition_ != TransitionKind::init) {
    return fail(ErrorKind::trap, "its memory was lost when it failed before");
  }
  guest_ = TRY(kind_->guests().take());
  return image_ ? guest_->load(*image_) : Result<>();
}

Error ComponentActor::too_slow() const {
  return {.kind = ErrorKind::limit, .message = "the handling of one message took too long"};
}

Result<Progress> ComponentActor::call(GuestFunc which, std::span<const Value> args) {
  if (in_step_) return guest_->go_on(activation_, fuel_);
  TRY(make_guest());
  return guest_->call(activation_, fuel_, which, args);
}

/// One of the steps of a message, or of the first state.
Result<Progress> ComponentActor::call_guest(Step step) {
  const GuestFactory& guests = kind_->guests();
  GuestFunc which = GuestFunc::handle;
  std::span<const Value> args = message_args_.values(2);
  if (!is_due_) return Progress::done;
  switch (step) {
    case Step::init:
    case Step::state_contract:
      which = step == Step::init ? GuestFunc::init : GuestFunc::state_contract;
      if (step == Step::init && !guests.has(which)) {
        new_state_ = Payload();  // it has none
        return Progress::done;
      }
      if (step == Step::state_contract && (!guests.has(which) || !new_state_)) {
        return Progress::done;
      }
      if (!in_step_) wire::set_payload(args_[0], step == Step::init ? argument_ : *new_state_);
      args = std::span(args_).first(1);
      break;
    case Step::message_contract:
      which = GuestFunc::message_contract;
      if (!in_step_) message_args_.set(*message_, sender_, state_);
      if (!guests.has(which)) return Progress::done;
      break;
    case Step::observe:
      which = GuestFunc::observe;
      if (!is_resident() || !guests.has(which)) return Progress::done;
      args = {};
      break;
    default: args = message_args_.values(is_resident() ? 1 : 2);
  }
  const Result<Progress> progress = within_time(call(which, args));
  if (!progress) return rejected(progress.error());
  return *progress == Progress::done ? called(which) : progress;
}

/// Unless it goes on when its time is over.
Result<Progress> ComponentActor::within_time(Result<Progress> progress) {
  if (!progress || *progress == Progress::done || ends_ns_ == 0) return progress;
  Context& context = *activation_.context();
  if (context.now_ns() >= ends_ns_) return std::unexpected(too_slow());
  if (*progress == Progress::waiting) context.wake_at(ends_ns_);
  return progress;
}

/// What it gave.
Result<Progress> ComponentActor::called(GuestFunc which) {
  Result<Given> gave = guest_->given(which, kind_->style());
  if (!gave) return rejected(gave.error());
  Given& given = *gave;
  if (given.refused) {
    const bool by_handler = which == GuestFunc::handle || which == GuestFunc::init;
    reject(by_handler ? Rejection::error : Rejection::contract, std::move(given.refused->code),
           std::move(given.refused->message));
    // Whichever refused it may have changed the memory.
    if (keeps_images()) guest_.reset();
    return Progress::done;
  }
  if (const Result<> checked = check_given(*kind_, given); !checked) {
    return rejected(checked.error());
  }
  if (given.state) new_state_ = std::move(given.state);
  if (given.reply) reply_ = std::move(given.reply);
  return Progress::done;
}

Result<Progress> ComponentActor::call_hook(GuestFunc which) {
  const bool takes_cause = which == GuestFunc::on_restart;
  if (!kind_->guests().has(which) || (takes_cause && restart_cause_.empty())) return Progress::done;
  // A memory that was lost has nothing to say.
  if (is_resident() && guest_ == nullptr && !image_) return Progress::done;
  running_ = which;
  Result<Progress> progress = call(which, args_of_hook(which));
  // The others have time-outs of their own.
  if (which == GuestFunc::on_error) progress = within_time(std::move(progress));
  if (!progress) return rejected(progress.error());
  return *progress == Progress::done ? hook_done() : progress;
}

std::span<const Value> ComponentActor::args_of_hook(GuestFunc which) {
  if (which == GuestFunc::on_restart) {
    if (!in_step_) args_[0] = Value::string_view(restart_cause_);
    return std::span(args_).first(1);
  }
  if (which != GuestFunc::on_error) return {};
  if (!in_step_) wire::set_failure(args_, static_cast<uint32_t>(denial_->why), denial_->failure);
  return args_;
}

/// One that has done nothing leaves no record, unless it has decided.
Result<Progress> ComponentActor::hook_done() {
  if (running_ == GuestFunc::on_error) {
    denial_->directive = wire::get_directive(guest_->result());
    is_due_ = true;
    return Progress::done;
  }
  if (std::optional<wire::Refused> refused = wire::get_refused(guest_->result())) {
    reject(Rejection::error, std::move(refused->code), std::move(refused->message));
    if (keeps_images()) guest_.reset();
    return Progress::done;
  }
  is_due_ = !activation_.effects().empty();
  if (is_due_ || !is_resident()) return Progress::done;
  is_due_ = true;
  if (!keeps_images()) return Progress::done;
  const Result<Payload> image = guest_->save(kind_->settings().handler_limits);
  if (!image) return rejected(image.error());
  is_due_ = !std::ranges::equal(image->bytes(), image_->bytes());
  return Progress::done;
}

// --- rejections ---

void ComponentActor::reject(Rejection why, std::string code, std::string text) {
  rejection_ = why;
  refused_ = {std::move(code), std::move(text)};
  reason_ = refused_.text();
  reason_.resize(shortened(reason_).size());
  new_state_.reset();
  new_image_.reset();
  reply_.reset();
  static_cast<void>(activation_.take_effects());
  go_to(steps_of_rejection());
}

/// A hook that fails has done nothing, so there is nothing to record.
ComponentActor::Steps ComponentActor::steps_of_rejection() {
  static constexpr Step of_message[] = {Step::record, Step::refuse};
  static constexpr Step of_asked_message[] = {Step::record,  Step::refuse,         Step::hook,
                                              Step::observe, Step::state_contract, Step::record,
                                              Step::commit};
  static constexpr Step of_state[] = {Step::record, Step::fail};
  static constexpr Step of_hook[] = {Step::fail};
  static constexpr Step of_last_hook[] = {Step::stopped, Step::record, Step::commit};
  switch (kind_of_transition_) {
    case TransitionKind::message:
      return kind_->guests().has(GuestFunc::on_error) ? Steps(of_asked_message) : Steps(of_message);
    case TransitionKind::init:
    case TransitionKind::upgrade: return of_state;
    default: break;
  }
  if (denial_ && running_ == GuestFunc::on_error) {
    activation_.log(LogLevel::error, "on-error failed: " + reason_);
    denial_->directive = Directive::restart;
    return {};
  }
  if (running_ != GuestFunc::post_stop || !stops_ || !has_chain_) return of_hook;
  activation_.log(LogLevel::error, "post-stop failed: " + reason_);
  return of_last_hook;
}

/// A trap, or an exhausted limit: the instance is lost. If the actor goes on, it does with the
/// memory that was kept.
Result<Progress> ComponentActor::rejected(const Error& error) {
  guest_.reset();
  const bool is_limit = error.kind == ErrorKind::limit;
  const bool is_trap = error.kind == ErrorKind::trap;
  reject(is_limit  ? Rejection::limit
         : is_trap ? Rejection::trap
                   : Rejection::error,
         "", error.message);
  failure_ = error;
  return Progress::done;
}

bool ComponentActor::keeps_images() const {
  if (!is_resident()) return false;
  const KindSettings& settings = kind_->settings();
  const GuestFactory& guests = kind_->guests();
  return kind_->world().journal != nullptr || guests.has(GuestFunc::state_contract) ||
         guests.has(GuestFunc::on_error) || settings.on_trap == Directive::resume ||
         settings.on_limit == Directive::resume;
}

}  // namespace cairn::actor
