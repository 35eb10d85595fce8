#pragma once
/// The slots of canonical types: stable addresses, read without a lock, ids that are used again.

#include <cairn/wasm/type_registry.hpp>

#include <array>
#include <atomic>
#include <bit>

namespace cairn::wasm {

struct TypeGroup;

/// One canonical type and the recursive group that owns it.
struct TypeSlot {
  CanonicalType type;
  TypeGroup* group = nullptr;
};

/// Slots lie in chunks that double in size, so none ever moves. `slot` may run beside `allocate`,
/// as long as its id was handed over with the usual synchronisation; the rest needs the lock of
/// the registry.
class TypeStore {
 public:
  TypeStore() = default;
  TypeStore(const TypeStore&) = delete;
  TypeStore& operator=(const TypeStore&) = delete;
  ~TypeStore() {
    for (std::atomic<TypeSlot*>& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
  }

  TypeSlot& slot(TypeId id) const {
    const Place place = place_of(id);
    return chunks_[place.chunk].load(std::memory_order_acquire)[place.index];
  }

  /// How many more ids there are.
  uint64_t available() const { return (ids_end - next_) + free_.size(); }

  /// Takes a free id; there must be one.
  TypeId allocate() {
    if (!free_.empty()) {
      const TypeId id = free_.back();
      free_.pop_back();
      return id;
    }
    const TypeId id = next_++;
    const Place place = place_of(id);
    if (place.index == 0) {
      chunks_[place.chunk].store(new TypeSlot[first_chunk << place.chunk],
                                 std::memory_order_release);
    }
    return id;
  }

  void release(TypeId id) {
    slot(id) = {};
    free_.push_back(id);
  }

  size_t live() const { return next_ - free_.size(); }

 private:
  struct Place {
    uint32_t chunk;
    uint32_t index;
  };
  static constexpr uint32_t first_chunk = 64;
  static constexpr uint32_t chunk_count = 22;
  /// Ids fit 28 bits: half of what `HeapType` holds, the other half marks places in a group.
  static constexpr uint32_t ids_end = first_chunk * ((1u << chunk_count) - 1);
  static_assert(ids_end <= HeapType::concrete_bit / 2);

  static constexpr Place place_of(TypeId id) {
    const uint32_t chunk = static_cast<uint32_t>(std::bit_width(id / first_chunk + 1)) - 1;
    return {chunk, id - first_chunk * ((1u << chunk) - 1)};
  }

  std::array<std::atomic<TypeSlot*>, chunk_count> chunks_{};
  TypeId next_ = 0;
  std::vector<TypeId> free_;
};

}  // namespace cairn::wasm
