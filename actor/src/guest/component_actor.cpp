#include "guest/component_actor.hpp"

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
  if (is_recorded_) kind_->world().journal->close(self_);
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
  hook_ = GuestFunc::pre_start;
  kind_of_transition_ = TransitionKind::init;
  if (kind_->world().journal == nullptr) return begin(context, first_steps);
  if (name_.empty()) return fail(ErrorKind::usage, "an actor with a journal needs a name");
  return begin(context, durable);
}

/// What a hook has done to the memory of a resident actor is recorded.
Result<Progress> ComponentActor::begin_hook(Context& context, GuestFunc which) {
  static constexpr Step steps[] = {Step::hook, Step::record, Step::commit};
  if (!kind_->guests().has(which)) return Progress::done;
  hook_ = which;
  kind_of_transition_ = TransitionKind::snapshot;
  return begin(context, steps);
}

Result<Progress> ComponentActor::post_start(Context& context) {
  return begin_hook(context, GuestFunc::post_start);
}

Result<Progress> ComponentActor::pre_stop(Context& context) {
  stops_ = true;
  return begin_hook(context, GuestFunc::pre_stop);
}

Result<Progress> ComponentActor::post_stop(Context& context) {
  static constexpr Step steps[] = {Step::hook, Step::record, Step::commit};
  hook_ = GuestFunc::post_stop;
  // One that failed has said so in its chain already, or says so when it is restarted.
  if (!stops_ || !is_recorded_) return begin_hook(context, hook_);
  kind_of_transition_ = TransitionKind::stop;
  return begin(context, steps);
}

Result<Progress> ComponentActor::health_check(Context& context) {
  return begin_hook(context, GuestFunc::health_check);
}

Result<Progress> ComponentActor::handle_message(Context& context, const Message& message) {
  static constexpr Step all[] = {Step::message_contract, Step::handle, Step::observe,
                                 Step::state_contract,   Step::record, Step::commit};
  kind_of_transition_ = TransitionKind::message;
  message_ = &message;
  if (message.from != sender_id_) {
    sender_id_ = message.from;
    sender_ = context.address_of(message.from);
  }
  return begin(context, all);
}

Directive ComponentActor::on_error(Context&, const Error& error) {
  switch (error.kind) {
    case ErrorKind::trap: return kind_->settings().on_trap;
    case ErrorKind::limit: return kind_->settings().on_limit;
    default: return Directive::restart;
  }
}

void ComponentActor::answered(Context& context, const Message& reply) {
  activation_.set_context(&context);
  activation_.answered(reply);
}

/// What is suspended will not go on. An instance that a call is in is of no use any more.
void ComponentActor::cancel(Context&) { give_up(); }

void ComponentActor::give_up() {
  if (guest_ != nullptr && guest_->is_in_call()) guest_.reset();
  if (kind_->style() == StateStyle::explicit_state && guest_ != nullptr) {
    kind_->guests().give_back(std::move(guest_));
  }
  steps_ = {};
  message_ = nullptr;
  opening_.reset();
  appending_.reset();
}

// --- steps ---

Result<Progress> ComponentActor::begin(Context& context, Steps steps) {
  steps_ = steps;
  step_ = 0;
  in_step_ = false;
  const ActorLimits& limits = kind_->settings().settings->limits;
  fuel_ = {.left = limits.fuel_per_message == 0 ? UINT64_MAX : limits.fuel_per_message, .used = 0};
  ends_ns_ = limits.message_time_ns == 0 ? 0 : context.now_ns() + limits.message_time_ns;
  new_state_.reset();
  new_image_.reset();
  reply_.reset();
  rejection_ = Rejection::none;
  reason_.clear();
  failure_.reset();
  activation_.begin();
  return run(context);
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
  return end();
}

Result<Progress> ComponentActor::end() {
  std::optional<Error> failure = std::exchange(failure_, std::nullopt);
  give_up();
  if (failure) return std::unexpected(*std::move(failure));
  return Progress::done;
}

Result<Progress> ComponentActor::perform(Context& context, Step step) {
  switch (step) {
    case Step::open: return open(context);
    case Step::init:
    case Step::message_contract:
    case Step::handle:
    case Step::observe:
    case Step::state_contract: return call_guest(step);
    case Step::restart_hook: return call_hook(GuestFunc::on_restart);
    case Step::hook: return call_hook(hook_);
    case Step::record: return record(context);
    case Step::commit: commit(context); return Progress::done;
    case Step::refuse: refuse(context); return Progress::done;
    case Step::fail_start:
      if (failure_) return std::unexpected(*failure_);
      return fail(ErrorKind::invalid, reason_);
  }
  return Progress::done;
}

// --- the guest ---

Result<> ComponentActor::make_guest() {
  if (guest_ != nullptr) return {};
  guest_ = TRY(kind_->guests().take());
  // That of a resident actor goes on with what the one before had accepted.
  return image_.size() == 0 ? Result<>() : guest_->load(image_);
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
  const bool resident = kind_->style() == StateStyle::resident;
  GuestFunc which = GuestFunc::handle;
  std::span<const Value> args = message_args_.values(2);
  switch (step) {
    case Step::init:
    case Step::state_contract:
      which = step == Step::init ? GuestFunc::init : GuestFunc::state_contract;
      if (step == Step::state_contract && (!guests.has(which) || !new_state_)) {
        return Progress::done;
      }
      if (!in_step_) wire::set_payload(args_[0], step == Step::init ? argument_ : *new_state_);
      args = args_;
      break;
    case Step::message_contract:
      which = GuestFunc::message_contract;
      if (!in_step_) message_args_.set(*message_, sender_, state_);
      if (!guests.has(which)) return Progress::done;
      break;
    case Step::observe:
      which = GuestFunc::observe;
      if (!resident || !guests.has(which)) return Progress::done;
      args = {};
      break;
    default: args = message_args_.values(resident ? 1 : 2);
  }
  Result<Progress> progress = call(which, args);
  if (progress && *progress != Progress::done && ends_ns_ != 0) {
    Context& context = *activation_.context();
    if (context.now_ns() >= ends_ns_) {
      progress = std::unexpected(too_slow());
    } else if (*progress == Progress::waiting) {
      context.wake_at(ends_ns_);
    }
  }
  if (!progress) return rejected(progress.error());
  return *progress == Progress::done ? called(which) : progress;
}

/// What it gave.
Result<Progress> ComponentActor::called(GuestFunc which) {
  Given given = read_result(which, kind_->style(), guest_->result());
  if (given.refused) {
    const bool by_handler = which == GuestFunc::handle || which == GuestFunc::init;
    reject(by_handler ? Rejection::error : Rejection::contract, std::move(given.refused->code),
           std::move(given.refused->message));
    if (keeps_images() && which != GuestFunc::message_contract) {
      TRY(roll_back());
    }
    return Progress::done;
  }
  if (given.state) new_state_ = std::move(given.state);
  if (given.reply) reply_ = std::move(given.reply);
  if (!new_state_) return Progress::done;
  if (const Result<> checked = check_state_size(*kind_, *new_state_); !checked) {
    return rejected(checked.error());
  }
  return Progress::done;
}

Result<Progress> ComponentActor::call_hook(GuestFunc which) {
  const bool takes_cause = which == GuestFunc::on_restart;
  if (!kind_->guests().has(which) || (takes_cause && restart_cause_.empty())) return Progress::done;
  // A memory that was lost has nothing to say.
  const bool resident = kind_->style() == StateStyle::resident;
  if (resident && guest_ == nullptr && image_.size() == 0) return Progress::done;
  if (!in_step_ && takes_cause) args_[0] = Value::string_view(restart_cause_);
  const Progress progress = TRY(call(which, {args_.data(), takes_cause ? size_t{1} : 0}));
  if (progress != Progress::done) return progress;
  if (std::optional<wire::Refused> refused = wire::get_refused(guest_->result())) {
    return fail(ErrorKind::invalid, refused->text());
  }
  if (keeps_images()) {
    Payload image(TRY(guest_->save()), image_type);
    if (!std::ranges::equal(image.bytes(), image_.bytes())) new_image_ = std::move(image);
  }
  return Progress::done;
}

// --- rejections ---

void ComponentActor::reject(Rejection why, std::string code, std::string text) {
  static constexpr Step of_message[] = {Step::record, Step::refuse};
  static constexpr Step of_init[] = {Step::record, Step::fail_start};
  rejection_ = why;
  reason_ = wire::Refused{std::move(code), std::move(text)}.text();
  new_state_.reset();
  new_image_.reset();
  reply_.reset();
  static_cast<void>(activation_.take_effects());
  steps_ = kind_of_transition_ == TransitionKind::message ? Steps(of_message) : Steps(of_init);
  step_ = static_cast<size_t>(-1);  // the next one is the first
}

/// A trap, or an exhausted limit: the instance is lost.
Result<Progress> ComponentActor::rejected(const Error& error) {
  guest_.reset();
  const bool is_limit = error.kind == ErrorKind::limit;
  const bool is_trap = error.kind == ErrorKind::trap;
  reject(is_limit  ? Rejection::limit
         : is_trap ? Rejection::trap
                   : Rejection::error,
         "", error.message);
  failure_ = error;
  if (kind_->style() == StateStyle::resident &&
      on_error(*activation_.context(), error) == Directive::resume) {
    TRY(roll_back());
  }
  return Progress::done;
}

bool ComponentActor::keeps_images() const {
  if (kind_->style() != StateStyle::resident) return false;
  const KindSettings& settings = kind_->settings();
  return kind_->world().journal != nullptr || kind_->guests().has(GuestFunc::state_contract) ||
         settings.on_trap == Directive::resume || settings.on_limit == Directive::resume;
}

/// The memory of a resident actor becomes what it was.
Result<> ComponentActor::roll_back() {
  if (kind_of_transition_ == TransitionKind::init) return {};
  guest_.reset();
  return make_guest();
}

}  // namespace cairn::actor
