#include <cairn/actor/grants.hpp>
#include <cairn/actor/settings.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace cairn::actor {

Grants::Grants(std::vector<std::string> names) : names_(std::move(names)) {
  std::ranges::sort(names_);
  names_.erase(std::ranges::unique(names_).begin(), names_.end());
}

Grants Grants::all() {
  Grants grants;
  grants.all_ = true;
  return grants;
}

bool Grants::has(std::string_view name) const {
  if (all_) return true;
  // The name itself, or one that it lies below.
  for (size_t end = name.size();; --end) {
    if (std::ranges::binary_search(names_, name.substr(0, end))) return true;
    end = end == 0 ? std::string_view::npos : name.rfind('/', end - 1);
    if (end == std::string_view::npos) return false;
    ++end;  // the loop takes it back
  }
}

Result<> Grants::covers(const Grants& wanted) const {
  if (wanted.all_ && !all_) return fail(ErrorKind::denied, "the parent was not granted everything");
  auto missing =
      std::ranges::find_if_not(wanted.names_, [&](const std::string& name) { return has(name); });
  if (missing == wanted.names_.end()) return {};
  return fail(ErrorKind::denied, fmt::format("'{}' was not granted to the parent", *missing));
}

Result<> ActorLimits::bound(const ActorLimits& child) const {
  struct Limit {
    std::string_view name;
    uint64_t own, wanted;
  };
  for (const Limit& limit :
       {Limit{"memory_bytes", memory_bytes, child.memory_bytes},
        Limit{"fuel_per_message", fuel_per_message, child.fuel_per_message},
        Limit{"cpu_ns_per_s", cpu_ns_per_s, child.cpu_ns_per_s},
        Limit{"messages_per_s", messages_per_s, child.messages_per_s},
        Limit{"message_time_ns", message_time_ns, child.message_time_ns},
        Limit{"timers", timers, child.timers}, Limit{"monitors", monitors, child.monitors},
        Limit{"subscriptions", subscriptions, child.subscriptions},
        Limit{"requests", requests, child.requests}}) {
    if (limit.own == 0 || (limit.wanted != 0 && limit.wanted <= limit.own)) continue;
    return fail(ErrorKind::denied, fmt::format("'{}' of a child is above that of its parent, {}",
                                               limit.name, limit.own));
  }
  return {};
}

}  // namespace cairn::actor
