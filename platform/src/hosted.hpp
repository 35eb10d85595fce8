#pragma once
/// A component actor in a deployment: between two messages it may go on as a new instance, of
/// another component or from an earlier state, and nothing that waits for it is lost.

#include <cairn/actor/actor.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entry.hpp"

namespace cairn::platform {

/// What hosted actors find around them.
struct Hosting {
  Tickets* tickets = nullptr;
  /// What is known of it: of that entry, or of another one where that is somebody else's.
  std::function<EntryPtr(const EntryPtr& entry, actor::ActorId id, actor::ActorId parent)>
      entry_in = nullptr;
  /// Its run begins: for the roster and the journal.
  std::function<void(const EntryPtr& entry, actor::ActorId id, actor::ActorId parent)> started =
      nullptr;
  /// Appends a fork to its chain, which nobody has open. Null: without a journal.
  std::function<void(const EntryPtr& entry, actor::Transition fork,
                     std::function<void(Result<actor::Receipt>)> done)>
      fork = nullptr;
  /// Another component runs it from now on.
  std::function<void(const EntryPtr& entry)> upgraded = nullptr;
  /// A message that came with a key was handled, or not, and has no record.
  std::function<void(const EntryPtr& entry, const Ticket& ticket)> unrecorded = nullptr;
  /// For people.
  std::function<void(const EntryPtr& entry, const std::string& what)> complain = nullptr;
};

class Hosted final : public actor::Actor {
 public:
  /// `inner` was made of that kind, for that argument.
  Hosted(const Hosting& hosting, EntryPtr entry, Kind kind, actor::Payload argument,
         std::unique_ptr<actor::Actor> inner)
      : hosting_(hosting),
        entry_(std::move(entry)),
        kind_(std::move(kind)),
        argument_(std::move(argument)),
        inner_(std::move(inner)) {}

  Result<actor::Progress> pre_start(actor::Context& context) override;
  Result<actor::Progress> post_start(actor::Context& context) override;
  Result<actor::Progress> pre_stop(actor::Context& context) override;
  Result<actor::Progress> post_stop(actor::Context& context) override;
  Result<actor::Progress> on_restart(actor::Context& context, const Error& cause) override;
  Result<actor::Progress> health_check(actor::Context& context) override;
  actor::SupervisorSpec supervision() override { return inner_->supervision(); }
  Result<actor::Progress> handle_message(actor::Context& context,
                                         const actor::Message& message) override;
  actor::Directive on_error(actor::Context& context, const Error& error) override;
  void answered(actor::Context& context, const actor::Message& reply) override;
  Result<actor::Progress> resume(actor::Context& context) override;
  void cancel(actor::Context& context) override;
  bool can_cancel() const override {
    return forked_ == nullptr && (inner_ == nullptr || inner_->can_cancel());
  }

  /// The actor that lives in this one.
  std::unique_ptr<actor::Actor> release() { return std::move(inner_); }

 private:
  /// How far the change to a new instance has come.
  enum class Stage : uint8_t { none, forking, on_restart, pre_start, post_start };
  struct Forked {
    std::atomic<uint8_t> state = 0;  // 1: the actor waits, 2: it is there
    Result<actor::Receipt> result = fail(ErrorKind::io, "no answer");
  };

  Result<actor::Progress> change(actor::Context& context);
  Result<actor::Progress> begin_fork(actor::Context& context, actor::Transition fork);
  Result<actor::Progress> renew(actor::Context& context);
  Result<> make(Kind kind, actor::Payload argument);
  Result<actor::Progress> advance(actor::Context& context, Result<actor::Progress> progress);
  Result<actor::Progress> ended(Result<actor::Progress> progress);
  void end_handling();
  void adopt();

  const Hosting& hosting_;
  EntryPtr entry_;
  Kind kind_;
  actor::Payload argument_;
  std::unique_ptr<actor::Actor> inner_;    ///< null: between two, and after a change that failed
  std::optional<actor::Message> message_;  ///< from outside, at hand
  Stage stage_ = Stage::none;
  std::vector<Order> orders_;
  std::shared_ptr<Forked> forked_;
};

}  // namespace cairn::platform
