#pragma once
/// The collector: precise, non-moving mark and sweep over size-class blocks and large objects.
///
/// Invariants. A cell's `mark` is 0 when it is free, else one of two colours; `live_` is the colour
/// of survivors and new objects, and marking starts by swapping the colours, so sweeping writes to
/// dead objects only. Free cells are linked through `type`. Marking keeps its own worklist; when
/// that cannot grow, an object gets the `pending` bit instead and is found by another walk over the
/// heap.

#include <memory>
#include <unordered_set>
#include <vector>

#include "runtime/gc_heap.hpp"

namespace cairn::engine {

struct StoreData;

/// Objects whose references are still to be visited. Never larger than `entries_max`.
class MarkStack {
 public:
  struct Entry {
    GcObject* object = nullptr;
    uint32_t next = 0;  ///< array: the first element that has not been visited
  };
  MarkStack() = default;
  ~MarkStack() { clear(); }
  MarkStack(const MarkStack&) = delete;
  MarkStack& operator=(const MarkStack&) = delete;

  /// False when there is no room.
  bool push(Entry entry) {
    if (size_ == capacity_ && !grow()) return false;
    entries_[size_++] = entry;
    return true;
  }
  bool empty() const { return size_ == 0; }
  Entry pop() { return entries_[--size_]; }
  void clear();
  /// For tests: what happens when there is no memory for more.
  void set_entries_max(size_t count) { entries_max_ = count; }

 private:
  bool grow();
  Entry* entries_ = nullptr;
  size_t size_ = 0, capacity_ = 0, entries_max_ = size_t{1} << 20;
};

class GcHeap final : private RootVisitor {
 public:
  explicit GcHeap(StoreData& store);
  ~GcHeap();
  GcHeap(const GcHeap&) = delete;
  GcHeap& operator=(const GcHeap&) = delete;

  /// A zeroed object with that many payload bytes; null when the limit does not allow it. May
  /// collect.
  GcObject* allocate(GcObject::Kind kind, const RuntimeType* type, uint32_t length,
                     uint64_t payload_bytes);
  void collect();
  /// Bytes in objects that have not been found dead.
  uint64_t bytes() const { return used_bytes_; }
  /// Bytes taken from the system: what the limit is about.
  uint64_t committed_bytes() const { return committed_bytes_; }
  /// Is this the address of an object (and not of a function, an i31 or null)?
  bool owns(uint64_t ref) const;
  MarkStack& mark_stack() { return stack_; }

 private:
  struct Block;
  struct Large;
  static constexpr uint32_t class_count = 40;
  static constexpr uint16_t large_class = UINT16_MAX;

  void visit(uint64_t ref) override;
  void visit_all_roots();
  void drain();
  void scan(MarkStack::Entry entry);
  void scan_pending();
  void scan_if_pending(GcObject& object);
  void postpone(GcObject& object);
  void sweep();
  bool sweep_block(Block& block);
  void sweep_large();
  void bury(GcObject& object);
  GcObject* allocate_cell(uint32_t size_class);
  GcObject* allocate_large(uint64_t bytes);
  bool add_block(uint32_t size_class);
  bool fits(uint64_t bytes) const;

  static constexpr uint8_t pending = 0x80;

  StoreData& store_;
  uint8_t live_ = 1;
  bool overflowed_ = false;  ///< some object is pending
  GcObject* free_[class_count] = {};
  std::vector<Block*> blocks_;
  std::vector<Large*> large_;
  std::unordered_set<uint64_t> places_;  ///< addresses of the blocks and of the large objects
  std::vector<HostObject*> dead_hosts_;  ///< found dead by the sweep that runs
  uint64_t used_bytes_ = 0;
  uint64_t committed_bytes_ = 0;
  uint64_t collect_at_bytes_;  ///< `used_bytes_` that starts the next collection
  MarkStack stack_;
};

/// The store's heap, made when it is first needed.
GcHeap& heap_of(StoreData& store);

}  // namespace cairn::engine
