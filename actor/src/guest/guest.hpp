#pragma once
/// An instance of a component in a store of its own, and a call of it that goes on in slices.

#include "guest/activation.hpp"
#include "guest/wasi_world.hpp"
#include "spin_mutex.hpp"
#include "thread_number.hpp"

#include <cairn/component/handle_image.hpp>
#include <cairn/component/instance.hpp>
#include <cairn/component/pending_call.hpp>
#include <cairn/engine/image.hpp>
#include <cairn/wasi/http_exchange.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cairn::actor {

enum class GuestFunc : uint8_t {
  init,
  handle,
  message_contract,
  state_contract,
  observe,
  pre_start,
  post_start,
  pre_stop,
  post_stop,
  on_restart,
  health_check,
  on_error,
};
inline constexpr size_t guest_func_count = 12;
/// As the interface calls it: "post-start".
std::string_view name_of(GuestFunc which);
/// None when it is no name of a hook.
std::optional<GuestFunc> hook_of(std::string_view name);

/// The media type of what a resident actor's memory is.
inline constexpr std::string_view image_type = "application/vnd.cairn.memory";

/// Fuel of one message: how much is left, and how much was used.
struct Fuel {
  uint64_t left = UINT64_MAX;
  uint64_t used = 0;
  bool is_overdrawn = false;  ///< what had to run to its end used more than was left
};

/// What a function of a guest gave.
struct Given {
  std::optional<wire::Refused> refused = {};
  std::optional<Payload> state = {};
  std::optional<Payload> reply = {};
  std::optional<Directive> directive = {};
};
/// Error `limit`.
Result<> check_given(const ComponentKind& kind, const Given& given);

/// What a guest is before its first message; immutable.
struct FreshGuest {
  engine::StoreImage memory;
  std::vector<component::SavedHandle> handles;  ///< of resident ones
};

class Guest {
 public:
  using Func = component::Func;
  Guest(engine::Engine& engine, const engine::StoreLimits& limits);
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  /// Begins a call. After an error, which is a trap, an exhausted limit or a failure of the host,
  /// the guest is of no use any more. `args` live until the call is done.
  Result<Progress> call(Activation& activation, Fuel& fuel, GuestFunc which,
                        std::span<const component::Value> args);
  /// Goes on with a call that yielded or waits.
  Result<Progress> go_on(Activation& activation, Fuel& fuel);
  /// Of the call that is done; the next one overwrites it.
  const component::Value& result() const { return result_; }
  /// What that was, of a function that is no hook. Errors are those of the guest.
  Result<Given> given(GuestFunc which, StateStyle style) const;
  bool is_in_call() const { return pending_.has_value(); }
  /// What its memory and its handles are, between calls, as opposed to those of a fresh guest; and
  /// back, into one. Errors: `limit` for what is too large, `trap` for a handle that it may not
  /// keep.
  Result<Payload> save(const HandlerLimits& limits);
  Result<> load(const Payload& image);

  /// Between calls: makes it what a fresh one is. False where nobody can tell, or it would take
  /// longer than to make another.
  bool renew();

  component::Store& store() { return store_; }

 private:
  friend class GuestFactory;
  void use_wasi();
  Result<std::shared_ptr<const FreshGuest>> as_fresh(StateStyle style);
  Result<std::vector<component::SavedHandle>> handles();
  component::ObjectKeeper* keeper();
  Result<Progress> begin(Activation& activation, Fuel& fuel, GuestFunc which,
                         std::span<const component::Value> args);
  Result<Progress> run(Activation& activation, Fuel& fuel);
  Result<bool> go_on_waiting(Activation& activation);
  Result<Progress> over(const Fuel& fuel);
  bool begin_exchange(const Activation& activation, const component::Value& message);
  Result<Progress> leave(Activation& activation, Result<Progress> progress);
  uint64_t give_fuel(const Fuel& fuel);
  uint64_t take_fuel(Fuel& fuel, uint64_t given);
  Result<Progress> done(const Fuel& fuel);
  void begin_slice(uint64_t given, uint64_t used);

  std::unique_ptr<WasiWorld> wasi_;  ///< null: it knows nothing of it
  component::Store store_;
  std::shared_ptr<const FreshGuest> fresh_;  ///< null: nobody needs it
  std::shared_ptr<Session> session_ = std::make_shared<Session>();
  std::array<Func, guest_func_count> funcs_;
  std::optional<component::PendingCall> pending_;
  component::Value result_;
  // Of a component of `wasi:http`:
  std::optional<wasi::HttpVersion> http_;
  std::shared_ptr<wasi::HttpExchange> exchange_;  ///< that of the message at hand
  bool goes_on_ = false;                          ///< the call at hand does, when it has its result
  bool has_returned_ = false;                     ///< it has that
  std::vector<component::Value> exchange_args_ = {};
  std::string refused_;      ///< why there is none
  uint64_t slice_left_ = 0;  ///< fuel
};

/// Makes guests of one component, and keeps some. Safe from several threads.
class GuestFactory {
 public:
  /// Errors as those of `ComponentKind::load`.
  static Result<std::unique_ptr<GuestFactory>> make(engine::Engine& engine, ByteSpan bytes,
                                                    const KindSettings& settings,
                                                    StateStyle& style);
  bool has(GuestFunc which) const { return has_[static_cast<size_t>(which)]; }
  /// Are its messages requests of HTTP?
  bool serves_http() const { return http_.has_value(); }
  /// One that was given back, or a new one. Errors of instantiation.
  Result<std::unique_ptr<Guest>> take();
  /// A new one, or one that cannot be told from it.
  Result<std::unique_ptr<Guest>> take_new();
  /// One that no call is in, and no call has failed in.
  void give_back(std::unique_ptr<Guest> guest);

 private:
  Result<std::unique_ptr<Guest>> fresh();
  GuestFactory(engine::Engine& engine, component::ComponentPre pre, const KindSettings& settings,
               bool has_wasi);
  Result<> find_funcs(Guest& guest, StateStyle style) const;
  Result<> look_at(StateStyle& style, const component::Component& component);

  engine::Engine& engine_;
  component::ComponentPre pre_;
  engine::StoreLimits limits_;
  uint32_t kept_max_;
  bool renews_;  ///< those that it keeps are like new
  bool has_wasi_;
  std::optional<wasi::HttpVersion> http_;
  StateStyle style_ = StateStyle::explicit_state;
  std::shared_ptr<const FreshGuest> fresh_;
  std::array<bool, guest_func_count> has_ = {};
  std::array<std::string, guest_func_count> interfaces_;  ///< in which the functions are
  bool is_checked_ = false;  ///< the types of what it exports are those of its first instance
  /// Those that a thread, and a few others by chance, has used last.
  struct alignas(64) Stripe {
    SpinMutex mutex;
    std::vector<std::unique_ptr<Guest>> kept;
  };
  std::array<Stripe, 8> stripes_;
  Stripe& stripe() { return stripes_[number_of_this_thread() % stripes_.size()]; }
};

}  // namespace cairn::actor
