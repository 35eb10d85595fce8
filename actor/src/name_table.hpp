#pragma once
/// Actors by name: open addressing with linear probing, at most half full, so that looking one up
/// reads one slot and one entry. For one thread at a time, or several that only look.

#include <cairn/actor/id.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::actor {

class NameTable {
 public:
  struct Entry {
    std::string name;  // where it is as long as the entry is there
    ActorId id;
  };

  /// Null: there is none. Until it is removed, an entry stays where it is.
  Entry* find(std::string_view name) const {
    return slots_[place_of(name, hash(name))].entry.get();
  }
  /// Null: there is one already.
  Entry* add(std::string_view name) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    const size_t hashed = hash(name);
    Slot& slot = slots_[place_of(name, hashed)];
    if (slot.entry != nullptr) return nullptr;
    ++count_;
    slot = {hashed, std::make_unique<Entry>(std::string(name), ActorId())};
    return slot.entry.get();
  }
  /// It is there.
  void remove(std::string_view name) {
    size_t hole = place_of(name, hash(name));
    slots_[hole].entry.reset();
    --count_;
    // Those behind it that a search from their own place would not reach any more move up.
    const size_t mask = slots_.size() - 1;
    for (size_t at = (hole + 1) & mask; slots_[at].entry != nullptr; at = (at + 1) & mask) {
      const size_t from_home = (at - slots_[at].hash) & mask;
      if (from_home < ((at - hole) & mask)) continue;
      slots_[hole] = std::move(slots_[at]);
      hole = at;
    }
  }
  size_t size() const { return count_; }

 private:
  struct Slot {
    size_t hash = 0;
    std::unique_ptr<Entry> entry;
  };
  static size_t hash(std::string_view name) { return std::hash<std::string_view>{}(name); }

  /// Where it is, or may be put.
  size_t place_of(std::string_view name, size_t hashed) const {
    const size_t mask = slots_.size() - 1;
    size_t at = hashed & mask;
    while (slots_[at].entry != nullptr &&
           (slots_[at].hash != hashed || slots_[at].entry->name != name)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  void grow() {
    std::vector<Slot> before(2 * slots_.size());
    before.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (Slot& slot : before) {
      if (slot.entry == nullptr) continue;
      size_t at = slot.hash & mask;
      while (slots_[at].entry != nullptr) at = (at + 1) & mask;
      slots_[at] = std::move(slot);
    }
  }

  std::vector<Slot> slots_{16};  // a power of two
  size_t count_ = 0;
};

}  // namespace cairn::actor
