#include "keeper.hpp"

namespace cairn::platform {

using actor::Progress;

Result<Progress> Keeper::pre_start(actor::Context& context) {
  roster_.keeper_started(name_, context.self());
  return Progress::done;
}

/// One that does not start takes nobody with it at the top.
Result<Progress> Keeper::post_start(actor::Context& context) {
  if (!name_.empty()) return Progress::done;
  for (const std::string& child : roster_.children_of(name_)) look_after(context, child);
  return Progress::done;
}

Result<Progress> Keeper::handle_message(actor::Context& context, const actor::Message&) {
  bool has_changed = false;
  for (const std::string& child : roster_.take_marked(name_, has_changed)) {
    look_after(context, child);
  }
  if (has_changed) return fail(ErrorKind::usage, "its settings have changed");
  return Progress::done;
}

actor::Directive Keeper::on_error(actor::Context&, const Error&) {
  return actor::Directive::restart;
}

void Keeper::look_after(actor::Context& context, const std::string& child) {
  std::optional<actor::ChildSpec> spec = roster_.child(child, name_);
  if (!spec || context.find(child)) return;
  // The only error there can be is that the system shuts down.
  static_cast<void>(context.spawn(*std::move(spec)));
}

}  // namespace cairn::platform
