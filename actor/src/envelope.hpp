#pragma once
/// Messages in memory: nodes of mailboxes, taken from pools that move them between workers in
/// magazines (Bonwick and Adams, "Magazines and Vmem", 2001), so that a message costs no lock.

#include "spin_mutex.hpp"

#include <cairn/actor/message.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace cairn::actor {

/// Asks for a cache line that will be written and that another worker has; any address will do.
inline void prefetch_to_write(const void* address) {
#if defined(__x86_64__)
  // clang makes a prefetch to read of the builtin: that would have to ask twice.
  asm("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address, 1);
#endif
}

/// Two cache lines; a payload of up to 16 bytes lies in the first.
struct alignas(64) Envelope {
  explicit Envelope(Message&& from) : message(std::move(from)) {}
  Envelope* next = nullptr;
  Message message;
};
static_assert(sizeof(Envelope) == 128);

struct Magazine {
  static constexpr uint32_t capacity = 64;
  uint32_t count = 0;
  std::array<void*, capacity> nodes;
};

/// Magazines of a system. Memory is given back with the depot.
class EnvelopeDepot {
 public:
  ~EnvelopeDepot() {
    for (void* slab : slabs_) ::operator delete(slab, std::align_val_t{64});
  }

  /// A full magazine, for one that is empty.
  void fill(std::unique_ptr<Magazine>& magazine) {
    std::lock_guard lock(mutex_);
    if (full_.empty()) {
      grow(*magazine);
    } else {
      empty_.push_back(std::move(magazine));
      magazine = std::move(full_.back());
      full_.pop_back();
    }
  }
  /// An empty magazine, for one that is full.
  void drain(std::unique_ptr<Magazine>& magazine) {
    std::lock_guard lock(mutex_);
    full_.push_back(std::move(magazine));
    if (empty_.empty()) {
      magazine = std::make_unique<Magazine>();
    } else {
      magazine = std::move(empty_.back());
      empty_.pop_back();
    }
  }

 private:
  void grow(Magazine& magazine) {
    auto* slab = static_cast<std::byte*>(
        ::operator new(Magazine::capacity * sizeof(Envelope), std::align_val_t{64}));
    slabs_.push_back(slab);
    for (void*& node : magazine.nodes) {
      node = slab;
      slab += sizeof(Envelope);
    }
    magazine.count = Magazine::capacity;
  }

  SpinMutex mutex_;
  std::vector<std::unique_ptr<Magazine>> full_;
  std::vector<std::unique_ptr<Magazine>> empty_;
  std::vector<void*> slabs_;
};

/// The envelopes of one worker. For one thread at a time.
class EnvelopeCache {
 public:
  explicit EnvelopeCache(EnvelopeDepot& depot)
      : depot_(depot),
        loaded_(std::make_unique<Magazine>()),
        previous_(std::make_unique<Magazine>()) {}

  Envelope* make(Message&& message) {
    if (loaded_->count == 0) {
      std::swap(loaded_, previous_);
      if (loaded_->count == 0) depot_.fill(loaded_);
    }
    void* node = loaded_->nodes[--loaded_->count];
    // The node was last used by the receiver, maybe on another core.
    if (loaded_->count >= 4) prefetch_to_write(loaded_->nodes[loaded_->count - 4]);
    return new (node) Envelope(std::move(message));
  }

  void free(Envelope* envelope) {
    drops_.take(envelope->message.payload);
    envelope->~Envelope();
    if (loaded_->count == Magazine::capacity) {
      std::swap(loaded_, previous_);
      if (loaded_->count == Magazine::capacity) depot_.drain(loaded_);
    }
    loaded_->nodes[loaded_->count++] = envelope;
  }

  /// Of large payloads some may be kept until now.
  void drop_payloads() { drops_.flush(); }

 private:
  EnvelopeDepot& depot_;
  Payload::Drops drops_;
  std::unique_ptr<Magazine> loaded_;
  std::unique_ptr<Magazine> previous_;
};

}  // namespace cairn::actor
