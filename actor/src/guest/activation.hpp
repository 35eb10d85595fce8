#pragma once
/// What one hook or handler of a guest asks of the host and does to the world. What it does is kept
/// until it counts; what the host answers is written down, so that it can be run again.

#include "guest/holdings.hpp"
#include "guest/outgoing.hpp"
#include "guest/recorded_random.hpp"
#include "guest/wire.hpp"

#include <cairn/actor/actor.hpp>
#include <cairn/actor/component_kind.hpp>

#include <cairn/component/linker.hpp>

#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::actor {

/// Error `limit`.
Result<> check_media_type(const Payload& payload);

class Activation {
 public:
  using RequestResult = std::expected<wire::Payload, wire::RequestError>;

  Activation(const ComponentKind& kind, std::string address)
      : kind_(kind), address_(std::move(address)), holdings_(kind.settings().settings->limits) {}

  /// Forgets what was before, and what did not count.
  void begin();
  /// The same for a time when the host answered so; nothing happens.
  void begin_replay(uint64_t at_ns, const std::vector<HostResult>& replayed);
  /// Where the actor runs just now; null in a replay.
  void set_context(Context* context) { context_ = context; }
  Context* context() const { return context_; }

  const ComponentKind& kind() const { return kind_; }
  const std::string& address() const { return address_; }
  void set_address(std::string address) { address_ = std::move(address); }
  /// When it began: looked up when somebody asks first.
  uint64_t at_ns() {
    if (!at_ns_) at_ns_ = kind_.world().clock->realtime_ns();
    return *at_ns_;
  }
  /// What its clocks show: the same, and how long it has slept, which takes no time.
  uint64_t now_ns() { return at_ns() + slept_ns_; }
  void sleep_until(uint64_t when_ns) {
    if (when_ns > now_ns()) slept_ns_ = when_ns - at_ns();
  }
  /// Bytes of a seed that is drawn once and recorded. Where that fails they are zeros, and
  /// `take_failure` says why.
  void fill_random(MutableByteSpan out);
  std::optional<Error> take_failure() { return std::exchange(failure_, std::nullopt); }
  bool is_replay() const { return replayed_ != nullptr; }

  /// Errors of kind `limit` end the guest's call.
  Result<> add_effect(Effect effect);
  const std::vector<Effect>& effects() const { return effects_; }
  std::vector<Effect> take_effects() { return std::exchange(effects_, {}); }
  /// Does it spawn a child of that name?
  bool spawns(std::string_view name) const { return spawned_.contains(name); }
  /// What the guest has beyond this.
  Holdings& holdings() { return holdings_; }
  std::vector<HostResult> take_host_results() { return std::move(host_results_); }
  /// Has a replay used all answers?
  bool has_used_all() const { return replayed_ == nullptr || next_ == replayed_->size(); }

  /// What `live` gives, or gave when this was run first.
  template <class Live>
  Result<Bytes> answer(std::string_view name, Live&& live) {
    if (replayed_ != nullptr) return recorded(name);
    Bytes bytes = live();
    TRY(record(name, bytes));
    return bytes;
  }

  component::Later<RequestResult> request(component::HostCall& call, std::string_view to,
                                          Payload payload, uint64_t timeout_ns,
                                          SendOptions options = {});
  /// A request over HTTP with so many bytes more; false ends the message.
  bool take_http_bytes(size_t bytes);
  /// Sends it. The guest has the answer when it waits; nobody waits for it any more when what is
  /// returned goes away.
  std::shared_ptr<void> ask_http(wasi::HttpQuestion question, wasi::HttpRelay::Done done);
  /// The message is over: what it still asks for is not wanted any more.
  void end_requests() { http_.reset(); }
  /// Of a request. The guest has it when it waits the next time: so it is in the same place when
  /// this is run again.
  void answered(const actor::Message& reply);
  /// Gives the guest, which waits, the next answer. False: there is none yet.
  Result<bool> deliver();
  /// Has it asked for what it has not been answered?
  bool expects_answers() const {
    return !requests_.empty() || (http_ != nullptr && !http_->unanswered.empty());
  }

  /// The actor's own values, with what was set meanwhile.
  Result<std::optional<Bytes>> value(const std::string& key);
  void log(LogLevel level, std::string_view text);
  void set_values(wasi::KeyValueBucket* values) { values_ = values; }

 private:
  Result<Bytes> recorded(std::string_view name);
  Result<> record(std::string_view name, ByteSpan bytes);
  Result<> hold(EffectKind kind, const std::string& name);
  Result<std::pair<uint64_t, RequestResult>> recorded_answer();
  Result<RecordedRandom::Seed> draw_seed();
  std::shared_ptr<void> send_http(uint64_t number, wasi::HttpQuestion question);
  Result<std::optional<HttpAnswers::Numbered>> next_http_answer();
  Result<bool> deliver_http();
  /// For who has no way to say so; the message ends by it.
  void fail_later(std::string_view what, uint64_t max);
  /// The first request of a message has no number.
  static std::string numbered(std::string_view name, uint64_t number);

  const ComponentKind& kind_;
  std::string address_;
  Context* context_ = nullptr;
  wasi::KeyValueBucket* values_ = nullptr;
  std::optional<uint64_t> at_ns_;
  uint64_t slept_ns_ = 0;
  std::optional<RecordedRandom> random_;
  std::optional<Error> failure_;
  Holdings holdings_;
  std::vector<HostResult> host_results_;
  size_t host_result_bytes_ = 0;
  std::vector<Effect> effects_;
  size_t effect_bytes_ = 0;
  size_t log_bytes_ = 0;
  std::map<std::string, std::optional<Bytes>, std::less<>> changed_;
  std::set<std::string, std::less<>> spawned_;
  struct Request {
    uint64_t correlation;
    component::Completer<RequestResult> done;
  };
  std::map<uint64_t, Request> requests_;  ///< without an answer, by their numbers in this message
  uint64_t request_count_ = 0;
  std::shared_ptr<HttpRequests> http_;                      ///< null: it has made none
  std::deque<std::pair<uint64_t, RequestResult>> answers_;  ///< that the guest has not had
  const std::vector<HostResult>* replayed_ = nullptr;
  size_t next_ = 0;
};

/// What functions of the host find in a guest's store.
struct Session {
  Activation* activation = nullptr;  ///< null while the guest is made
  static Activation& of(const component::HostCall& call) {
    return *call.context().find<Session>()->activation;
  }
};

/// Defines `cairn:actor` for guests.
void add_actor_imports(component::ComponentLinker& linker);

}  // namespace cairn::actor
