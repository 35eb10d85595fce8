#pragma once
/// A supervisor of the manifest, or that of all, as an actor.

#include <cairn/actor/actor.hpp>

#include <set>
#include <string>

#include "roster.hpp"

namespace cairn::platform {

/// Whatever it is sent is a nudge: it looks at the children that the roster has marked. Those that
/// could not be spawned it tries again by a timer.
class Keeper final : public actor::Actor {
 public:
  Keeper(Roster& roster, std::string name) : roster_(roster), name_(std::move(name)) {}

  Result<actor::Progress> pre_start(actor::Context& context) override;
  Result<actor::Progress> post_start(actor::Context& context) override;
  Result<actor::Progress> handle_message(actor::Context& context,
                                         const actor::Message& message) override;
  actor::Directive on_error(actor::Context& context, const Error& error) override;
  actor::SupervisorSpec supervision() override { return roster_.supervision(name_); }

 private:
  void look_after(actor::Context& context, const std::string& child);
  Result<> spawn(actor::Context& context, const std::string& child);

  Roster& roster_;
  std::string name_;               ///< empty: of all
  std::set<std::string> waiting_;  ///< could not be spawned; one timer for all of them
  bool has_timer_ = false;
};

}  // namespace cairn::platform
