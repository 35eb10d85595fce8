#pragma once
/// Who of several that are alike is next.

#include <cairn/base/bytes.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>

namespace cairn::actor {

enum class Routing : uint8_t {
  round_robin,      ///< one after the other
  least_loaded,     ///< who has least in its mailbox
  consistent_hash,  ///< the same for the same key; when one goes, only its keys move
};

/// Of some bytes; the same on every machine (FNV-1a).
uint64_t routing_key(ByteSpan bytes);

/// Where in `members` the number is to which that key belongs; they are not empty. By the highest
/// of all hashes (Thaler and Ravishankar, "Rendezvous hashing", 1998).
size_t member_of(std::span<const uint32_t> members, uint64_t key);

/// From any thread.
class Router {
 public:
  explicit Router(Routing routing) : routing_(routing) {}

  /// A place in `members`, which are not empty: their numbers, which never change. `load` says how
  /// much the one at a place has waiting.
  size_t pick(std::span<const uint32_t> members, uint64_t key,
              const std::function<uint32_t(size_t)>& load);

 private:
  Routing routing_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace cairn::actor
