// The words of the layer's enumerations, and ids as text.

#include <cairn/actor/event.hpp>
#include <cairn/actor/journal.hpp>
#include <cairn/actor/message.hpp>
#include <cairn/actor/supervision.hpp>

#include <fmt/format.h>

#include <array>

namespace cairn::actor {

namespace {

template <class Enum, size_t count>
std::string_view word(Enum value, const std::array<std::string_view, count>& words) {
  const auto at = static_cast<size_t>(value);
  return at < count ? words[at] : std::string_view("unknown");
}

}  // namespace

std::string_view shortened(std::string_view reason) {
  if (reason.size() <= reason_bytes_max) return reason;
  size_t size = reason_bytes_max;
  while (size > 0 && (static_cast<uint8_t>(reason[size]) & 0xc0) == 0x80) --size;
  return reason.substr(0, size);
}

std::string to_string(ActorId id) { return fmt::format("{}.{}", id.index(), id.generation()); }

std::string_view to_string(Refusal refusal) {
  static constexpr auto words =
      std::to_array<std::string_view>({"no such actor", "stopped", "mailbox full", "expired",
                                       "too large", "failed", "timed out", "deadlock", "rejected"});
  return word(refusal, words);
}

std::string_view to_string(Exit exit) {
  static constexpr auto words = std::to_array<std::string_view>(
      {"normal", "shutdown", "killed", "error", "trap", "limit", "unhealthy", "escalated"});
  return word(exit, words);
}

std::string_view to_string(Strategy strategy) {
  static constexpr auto words = std::to_array<std::string_view>(
      {"one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"});
  return word(strategy, words);
}

std::string_view to_string(Restart restart) {
  static constexpr auto words =
      std::to_array<std::string_view>({"permanent", "transient", "temporary"});
  return word(restart, words);
}

std::string_view to_string(EventKind kind) {
  static constexpr auto words = std::to_array<std::string_view>(
      {"spawned", "registered", "ready", "failed", "ended", "removed", "restarting", "restarted",
       "gave_up", "escalated", "auto_shutdown", "unhealthy", "throttled", "dead_letter",
       "late_reply", "halted", "deadlock", "log_flood"});
  return word(kind, words);
}

std::string_view to_string(TransitionKind kind) {
  static constexpr auto words =
      std::to_array<std::string_view>({"init", "message", "rejection", "restart", "upgrade",
                                       "supervision", "snapshot", "fork", "stop"});
  return word(kind, words);
}

std::string_view to_string(Rejection rejection) {
  static constexpr auto words =
      std::to_array<std::string_view>({"none", "contract", "trap", "limit", "error"});
  return word(rejection, words);
}

std::string_view to_string(EffectKind kind) {
  static constexpr auto words = std::to_array<std::string_view>(
      {"send", "publish", "subscribe", "unsubscribe", "spawn", "stop", "monitor", "demonitor",
       "start_timer", "cancel_timer", "set_value", "remove_value"});
  return word(kind, words);
}

}  // namespace cairn::actor
