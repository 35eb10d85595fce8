#include "guest/guest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::actor {

namespace {

/// Between two looks at the clock: well below a millisecond on any tier.
constexpr uint64_t fuel_slice = 100'000;
/// Where the clock stands still (in simulations), others have their turn after so many.
constexpr uint32_t slices_max = 32;

Error out_of_fuel(const Fuel& fuel) {
  return {.kind = ErrorKind::limit,
          .message = fmt::format("out of fuel: {} units were used for one message", fuel.used)};
}

}  // namespace

Result<> check_given(const ComponentKind& kind, const Given& given) {
  const HandlerLimits& limits = kind.settings().handler_limits;
  const auto check = [](const std::optional<Payload>& payload, std::string_view what,
                        size_t max) -> Result<> {
    if (!payload) return {};
    if (payload->size() <= max) return check_media_type(*payload);
    return fail(ErrorKind::limit,
                fmt::format("the {} has {} bytes; the limit is {}", what, payload->size(), max));
  };
  TRY(check(given.state, "new state", limits.state_bytes_max));
  return check(given.reply, "reply", limits.reply_bytes_max);
}

namespace {

Given read_result(GuestFunc which, StateStyle style, const component::Value& result) {
  Given given;
  if (which == GuestFunc::observe) {
    given.state = wire::get_payload(result);
    return given;
  }
  if (which == GuestFunc::on_error) {
    given.directive = wire::get_directive(result);
    return given;
  }
  given.refused = wire::get_refused(result);
  if (given.refused || (which != GuestFunc::init && which != GuestFunc::handle)) return given;
  const bool resident = style == StateStyle::resident;
  if (which == GuestFunc::init) {
    if (!resident) given.state = wire::get_payload(result.variant().payload.front());
    return given;
  }
  const component::Value& ok = result.variant().payload.front();
  given.reply = wire::get_optional_payload(resident ? ok : ok.items()[1]);
  if (!resident) given.state = wire::get_optional_payload(ok.items()[0]);
  return given;
}

}  // namespace

Result<Given> Guest::given(GuestFunc which, StateStyle style) const {
  if (!http_ || which != GuestFunc::handle) return read_result(which, style, result_);
  Given given;
  if (exchange_ == nullptr) {
    given.refused = wire::Refused{.code = "bad-request", .message = refused_};
  } else {
    given.reply = Payload(TRY(exchange_->response()), wasi::http_message_type);
  }
  return given;
}

/// False: the message is no request of HTTP.
bool Guest::begin_exchange(const Activation& activation, const component::Value& message) {
  const Payload request = wire::get_payload(message.items()[0]);
  // How large a message may be was looked at before, and a reply will be.
  const size_t reply_max = activation.kind().settings().handler_limits.reply_bytes_max;
  const wasi::HttpLimits limits = {.body_bytes_max = std::max(reply_max, request.size())};
  exchange_.reset();
  auto made = wasi::HttpExchange::make(*http_, wasi_->loop(), request.bytes(), limits);
  if (!made) {
    refused_ = made.error().message;
    return false;
  }
  exchange_ = *std::move(made);
  exchange_args_ = exchange_->args();
  return true;
}

Guest::Guest(engine::Engine& engine, const engine::StoreLimits& limits) : store_(engine, limits) {
  store_.context().set(session_);
}

Guest::~Guest() { pending_.reset(); }

/// Before anything runs in it.
void Guest::use_wasi() {
  wasi_ = std::make_unique<WasiWorld>(session_);
  wasi_->enter(store_);
}

/// Of the slice at hand. It does not end when the guest waits: so slices end at the same places
/// when all this is run again without waiting, and credit is given at the same places.
uint64_t Guest::give_fuel(const Fuel& fuel) {
  const uint64_t given = std::min(fuel.left, slice_left_);
  store_.core().set_fuel(given);
  return given;
}

/// How much of it was used. What `realloc` used on credit is paid, too.
uint64_t Guest::take_fuel(Fuel& fuel, uint64_t given) {
  const uint64_t used = given - std::min(store_.core().fuel(), given);
  const uint64_t credit = store_.take_credit();
  slice_left_ -= used;
  fuel.used += used + credit;
  if (fuel.left == UINT64_MAX) return used;
  fuel.left -= used;
  fuel.is_overdrawn = fuel.is_overdrawn || credit > fuel.left;
  fuel.left -= std::min(credit, fuel.left);
  return used;
}

/// An instruction is paid at once, or does not run: what costs more than a slice needs a longer one
/// (memory that grows, new arrays, long blocks of code).
void Guest::begin_slice(uint64_t given, uint64_t used) {
  slice_left_ = used != 0                ? fuel_slice
                : given > UINT64_MAX / 2 ? UINT64_MAX
                                         : std::max(fuel_slice, 2 * given);
}

Result<Progress> Guest::call(Activation& activation, Fuel& fuel, GuestFunc which,
                             std::span<const component::Value> args) {
  return leave(activation, begin(activation, fuel, which, args));
}

Result<Progress> Guest::begin(Activation& activation, Fuel& fuel, GuestFunc which,
                              std::span<const component::Value> args) {
  session_->activation = &activation;
  goes_on_ = has_returned_ = false;
  if (http_ && which == GuestFunc::handle) {
    if (!begin_exchange(activation, args[0])) return Progress::done;
    args = exchange_args_;
    goes_on_ = exchange_->goes_on();
  }
  slice_left_ = fuel_slice;
  const uint64_t given = give_fuel(fuel);
  const Func& func = funcs_[static_cast<size_t>(which)];
  if (goes_on_) {
    auto started = component::PendingCall::start(store_, func, exchange_args_);
    take_fuel(fuel, given);
    pending_ = TRY(std::move(started));
    return run(activation, fuel);
  }
  auto pending = component::PendingCall::try_call(store_, func, args, result_);
  take_fuel(fuel, given);
  if (!pending) return std::unexpected(std::move(pending).error());
  if (!*pending) return done(fuel);
  pending_ = std::move(*pending);
  return run(activation, fuel);
}

/// Null: there is nothing of the host that it could keep.
component::ObjectKeeper* Guest::keeper() { return wasi_ == nullptr ? nullptr : &wasi_->keeper(); }

Result<std::vector<component::SavedHandle>> Guest::handles() {
  auto handles = component::save_handles(store_, keeper());
  if (handles || handles.error().kind != ErrorKind::unsupported) return handles;
  return fail(ErrorKind::trap, fmt::format("at the end of a message {}", handles.error().message));
}

Result<std::shared_ptr<const FreshGuest>> Guest::as_fresh(StateStyle style) {
  FreshGuest made{.memory = TRY(engine::StoreImage::take(store_.core())), .handles = {}};
  if (style == StateStyle::resident) made.handles = TRY(component::save_handles(store_, keeper()));
  return std::make_shared<const FreshGuest>(std::move(made));
}

/// Behind the memory stand the handles, if they are others than those of a fresh guest.
Result<Payload> Guest::save(const HandlerLimits& limits) {
  const std::vector<component::SavedHandle> handles = TRY(this->handles());
  if (handles.size() > limits.handles_max) {
    return fail(ErrorKind::limit, fmt::format("the actor keeps {} handles; the limit is {}",
                                              handles.size(), limits.handles_max));
  }
  Bytes image = TRY(fresh_->memory.difference(store_.core()));
  if (handles != fresh_->handles) append(image, component::encode_handles(handles));
  if (image.size() <= limits.image_bytes_max) return Payload(image, image_type);
  return fail(ErrorKind::limit, fmt::format("the memory differs by {} bytes; the limit is {}",
                                            image.size(), limits.image_bytes_max));
}

bool Guest::renew() {
  // What its WASI has, is not looked at.
  return fresh_ != nullptr && wasi_ == nullptr && !pending_ && store_.is_as_new() &&
         fresh_->handles.empty() && fresh_->memory.renew(store_.core());
}

Result<> Guest::load(const Payload& image) {
  const ByteSpan rest = TRY(fresh_->memory.apply(store_.core(), image.bytes()));
  if (rest.empty()) return component::load_handles(store_, fresh_->handles, keeper());
  const auto handles = TRY(component::decode_handles(rest));
  if (handles == fresh_->handles) {
    return fail(ErrorKind::malformed, "an image with handles that every fresh instance has");
  }
  return component::load_handles(store_, handles, keeper());
}

Result<Progress> Guest::done(const Fuel& fuel) {
  if (!fuel.is_overdrawn) return Progress::done;
  return std::unexpected(out_of_fuel(fuel));
}

Result<Progress> Guest::go_on(Activation& activation, Fuel& fuel) {
  session_->activation = &activation;
  return leave(activation, run(activation, fuel));
}

/// What WASI has to say about it.
Result<Progress> Guest::leave(Activation& activation, Result<Progress> progress) {
  if (wasi_ == nullptr) return progress;
  if (std::optional<Error> failure = activation.take_failure()) {
    progress = std::unexpected(*std::move(failure));
  } else if (!progress && wasi_->has_exited()) {
    progress = fail(ErrorKind::trap, "it called 'exit', which no handler returns from");
  }
  if (!progress || *progress == Progress::done) wasi_->end_lines();
  return progress;
}

/// When it waits: is there anything to go on with? Time passes only for who waits for nothing else,
/// so that what comes first does not depend on how long an answer takes.
Result<bool> Guest::go_on_waiting(Activation& activation) {
  if (TRY(activation.deliver())) return true;
  if (wasi_ == nullptr || activation.expects_answers()) return false;
  if (TRY(wasi_->let_time_pass())) return true;
  if (has_returned_) return false;
  return fail(ErrorKind::trap, "it waits for what never comes");
}

Result<Progress> Guest::over(const Fuel& fuel) {
  pending_.reset();
  return done(fuel);
}

Result<Progress> Guest::run(Activation& activation, Fuel& fuel) {
  using State = component::PendingCall::State;
  for (uint32_t slice = 1;; ++slice) {
    const uint64_t given = give_fuel(fuel);
    const bool is_last = given == fuel.left;
    const Result<State> state =
        has_returned_ ? pending_->advance_to_end(store_) : pending_->advance(store_);
    const uint64_t used = take_fuel(fuel, given);
    if (!state) return std::unexpected(state.error());
    switch (*state) {
      case State::done:
        if (!has_returned_) result_ = pending_->take_result();
        if (goes_on_ && !std::exchange(has_returned_, true)) {
          TRY(exchange_->returned(store_, result_));
          continue;
        }
        if (!has_returned_ || exchange_->is_over()) return over(fuel);
        [[fallthrough]];
      case State::waiting:
        if (TRY(go_on_waiting(activation))) continue;
        // What it waits for never comes; it has answered.
        if (has_returned_ && !activation.expects_answers()) return over(fuel);
        return Progress::waiting;
      case State::paused: break;
    }
    // What is left may be too little for the next instruction.
    if (is_last) return std::unexpected(out_of_fuel(fuel));
    begin_slice(given, used);
    Context* const context = activation.context();
    if (context != nullptr && (slice >= slices_max || context->should_yield())) {
      return Progress::yielded;
    }
  }
}

}  // namespace cairn::actor
