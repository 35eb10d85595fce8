#pragma once
/// Who an actor is.

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace cairn::actor {

/// Names one actor of one system, for ever: its place in the table of actors and how many lived
/// there before. 0 is nobody.
class ActorId {
 public:
  constexpr ActorId() = default;
  constexpr explicit ActorId(uint64_t value) : value_(value) {}
  constexpr ActorId(uint32_t index, uint32_t generation)
      : value_(uint64_t{generation} << 32 | index) {}

  constexpr uint64_t value() const { return value_; }
  constexpr uint32_t index() const { return static_cast<uint32_t>(value_); }
  constexpr uint32_t generation() const { return static_cast<uint32_t>(value_ >> 32); }
  constexpr explicit operator bool() const { return value_ != 0; }
  auto operator<=>(const ActorId&) const = default;

 private:
  uint64_t value_ = 0;
};

/// "7.1": the seventh place, its first inhabitant.
std::string to_string(ActorId id);

}  // namespace cairn::actor

template <>
struct std::hash<cairn::actor::ActorId> {
  size_t operator()(cairn::actor::ActorId id) const noexcept {
    return std::hash<uint64_t>{}(id.value());
  }
};
