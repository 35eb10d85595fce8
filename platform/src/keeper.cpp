#include "keeper.hpp"

#include <fmt/format.h>

namespace cairn::platform {

using actor::Progress;

namespace {

constexpr uint64_t retry_ns = 1'000'000'000;

}  // namespace

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

Result<Progress> Keeper::handle_message(actor::Context& context, const actor::Message& message) {
  if (message.kind == actor::MessageKind::timer) {
    has_timer_ = false;
    for (const std::string& child : std::set(waiting_)) look_after(context, child);
    return Progress::done;
  }
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
  const Result<> spawned = spawn(context, child);
  if (spawned) {
    waiting_.erase(child);
    return;
  }
  // Somebody else's child has the name, or there are too many: both pass.
  roster_.not_spawned(child, spawned.error(), waiting_.insert(child).second);
  if (!std::exchange(has_timer_, true)) context.start_timer(retry_ns, 0);
}

/// Unless it is there, or is not wanted here.
Result<> Keeper::spawn(actor::Context& context, const std::string& child) {
  std::optional<actor::ChildSpec> spec = roster_.child(child, name_);
  if (!spec) return {};
  if (const actor::ActorId there = context.find(child)) {
    if (context.is_child(there)) return {};
    return fail(ErrorKind::usage, fmt::format("'{}' is the name of somebody else's child", child));
  }
  TRY(context.spawn(*std::move(spec)));
  return {};
}

}  // namespace cairn::platform
