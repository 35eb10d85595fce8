#include "guest/guest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::actor {

namespace {

/// Between two looks at the clock: well below a millisecond on any tier.
constexpr uint64_t fuel_slice = 100'000;
/// Where the clock stands still (in simulations), others have their turn after so many.
constexpr uint32_t slices_max = 32;

}  // namespace

Result<> check_state_size(const ComponentKind& kind, const Payload& state) {
  const size_t max = kind.settings().handler_limits.state_bytes_max;
  if (state.size() <= max) return {};
  return fail(ErrorKind::limit,
              fmt::format("the new state has {} bytes; the limit is {}", state.size(), max));
}

Given read_result(GuestFunc which, StateStyle style, const component::Value& result) {
  Given given;
  if (which == GuestFunc::observe) {
    given.state = wire::get_payload(result);
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

Guest::Guest(engine::Engine& engine, const engine::StoreLimits& limits) : store_(engine, limits) {
  store_.context().set(session_);
}

Guest::~Guest() { pending_.reset(); }

/// Of the slice at hand. It does not end when the guest waits: so slices end at the same places
/// when all this is run again without waiting, and credit is given at the same places.
uint64_t Guest::give_fuel(const Fuel& fuel) {
  const uint64_t given = std::min(fuel.left, slice_left_);
  store_.core().set_fuel(given);
  return given;
}

/// How much was used. What `realloc` used on credit is not counted.
uint64_t Guest::take_fuel(Fuel& fuel, uint64_t given) {
  const uint64_t used = given - std::min(store_.core().fuel(), given);
  slice_left_ -= used;
  fuel.used += used;
  if (fuel.left != UINT64_MAX) fuel.left -= used;
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
  session_->activation = &activation;
  slice_left_ = fuel_slice;
  const uint64_t given = give_fuel(fuel);
  auto pending =
      component::PendingCall::try_call(store_, funcs_[static_cast<size_t>(which)], args, result_);
  take_fuel(fuel, given);
  if (!pending) return std::unexpected(std::move(pending).error());
  if (!*pending) return Progress::done;
  pending_ = std::move(*pending);
  return run(activation, fuel);
}

Result<Bytes> Guest::save() { return fresh_->difference(store_.core()); }
Result<> Guest::load(const Payload& image) { return fresh_->apply(store_.core(), image.bytes()); }

Result<Progress> Guest::go_on(Activation& activation, Fuel& fuel) {
  session_->activation = &activation;
  return run(activation, fuel);
}

Result<Progress> Guest::run(Activation& activation, Fuel& fuel) {
  using State = component::PendingCall::State;
  for (uint32_t slice = 1;; ++slice) {
    const uint64_t given = give_fuel(fuel);
    const bool is_last = given == fuel.left;
    const Result<State> state = pending_->advance(store_);
    const uint64_t used = take_fuel(fuel, given);
    if (!state) return std::unexpected(state.error());
    switch (*state) {
      case State::done:
        result_ = pending_->take_result();
        pending_.reset();
        return Progress::done;
      case State::waiting: return Progress::waiting;
      case State::paused: break;
    }
    // What is left may be too little for the next instruction.
    if (is_last) {
      return fail(ErrorKind::limit,
                  fmt::format("out of fuel: {} units were used for one message", fuel.used));
    }
    begin_slice(given, used);
    Context* const context = activation.context();
    if (context != nullptr && (slice >= slices_max || context->should_yield())) {
      return Progress::yielded;
    }
  }
}

}  // namespace cairn::actor
