#include <cairn/actor/routing.hpp>

#include <algorithm>

namespace cairn::actor {
namespace {

/// Spreads nearby numbers (the finaliser of splitmix64).
uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

uint64_t routing_key(ByteSpan bytes) {
  uint64_t value = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3;
  return value;
}

size_t member_of(std::span<const uint32_t> members, uint64_t key) {
  const auto best = std::ranges::max_element(
      members, {}, [&](uint32_t number) { return mix(key ^ mix(number + 1)); });
  return static_cast<size_t>(best - members.begin());
}

size_t Router::pick(std::span<const uint32_t> members, uint64_t key,
                    const std::function<uint32_t(size_t)>& load) {
  if (routing_ == Routing::consistent_hash) return member_of(members, key);
  const size_t first = next_.fetch_add(1, std::memory_order_relaxed) % members.size();
  if (routing_ == Routing::round_robin) return first;
  // Of those that have equally little, the one whose turn it is.
  size_t best = first;
  uint32_t least = UINT32_MAX;
  for (size_t step = 0; step < members.size() && least != 0; ++step) {
    const size_t at = (first + step) % members.size();
    const uint32_t waiting = load(at);
    if (waiting >= least) continue;
    least = waiting;
    best = at;
  }
  return best;
}

}  // namespace cairn::actor
