#include "runtime/heap.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

constexpr uint64_t block_bytes = 16 << 10;
constexpr uint64_t cell_bytes_max = 2048;        ///< above: a large object
constexpr uint64_t first_collection = 4u << 20;  ///< `used_bytes_` of the first collection
constexpr uint32_t cell_align = 16;

/// Classes 0–15: every multiple of 16 up to 256; then four for each doubling.
constexpr uint32_t class_of(uint64_t bytes) {
  if (bytes <= 256) return static_cast<uint32_t>((bytes + 15) / 16 - 1);
  const auto exponent = static_cast<uint32_t>(std::bit_width(bytes - 1)) - 1;  // 8: 257…512
  return 16 + (exponent - 8) * 4 + static_cast<uint32_t>((bytes - 1) >> (exponent - 2) & 3);
}
constexpr uint32_t bytes_of_class(uint32_t size_class) {
  if (size_class < 16) return (size_class + 1) * 16;
  const uint32_t exponent = 8 + (size_class - 16) / 4;
  return (uint32_t{1} << exponent) + ((size_class - 16) % 4 + 1) * (uint32_t{1} << (exponent - 2));
}
constexpr uint32_t last_class = class_of(cell_bytes_max);
static_assert(bytes_of_class(last_class) == cell_bytes_max);
static_assert(class_of(257) == 16 && bytes_of_class(16) == 320 && class_of(320) == 16 &&
              class_of(321) == 17 && class_of(512) == 19 && class_of(513) == 20);

}  // namespace

struct GcHeap::Block {
  uint32_t size_class;
  uint32_t cell_bytes;
  uint32_t cells;
  uint32_t unused;

  GcObject& cell(uint32_t index) {
    auto* first = reinterpret_cast<uint8_t*>(this) + sizeof(Block);
    return *reinterpret_cast<GcObject*>(first + uint64_t{index} * cell_bytes);
  }
};

/// Stands before a large object.
struct GcHeap::Large {
  uint64_t bytes;  ///< with this header
  uint64_t unused;
  GcObject& object() { return *reinterpret_cast<GcObject*>(this + 1); }
};

GcHeap& heap_of(StoreData& store) {
  if (!store.heap) store.heap = std::make_unique<GcHeap>(store);
  return *store.heap;
}

GcHeap::GcHeap(StoreData& store)
    : store_(store),
      collect_at_bytes_(std::min<uint64_t>(first_collection, store.limits.gc_heap_bytes_max)) {
  static_assert(last_class < class_count && sizeof(Block) % cell_align == 0 &&
                sizeof(Large) % cell_align == 0);
}

GcHeap::~GcHeap() {
  live_ ^= 3;  // nothing is alive any more
  sweep();
}

// ---- Allocation ------------------------------------------------------------------------------

bool GcHeap::fits(uint64_t bytes) const {
  const uint64_t limit = store_.limits.gc_heap_bytes_max;
  return committed_bytes_ <= limit && bytes <= limit - committed_bytes_;
}

GcObject* GcHeap::allocate(GcObject::Kind kind, const RuntimeType* type, uint32_t length,
                           uint64_t payload_bytes) {
  const uint64_t bytes = GcObject::payload_offset + payload_bytes;
  const bool is_large = bytes > cell_bytes_max;
  const uint32_t size_class = is_large ? 0 : class_of(bytes);
  const uint64_t cell_bytes = is_large ? bytes : bytes_of_class(size_class);
  if (bytes > store_.limits.gc_heap_bytes_max) return nullptr;
  bool collected = false;
  if (used_bytes_ + cell_bytes > collect_at_bytes_ || store_.engine->settings.gc_stress)
      [[unlikely]] {
    collect();
    collected = true;
  }
  GcObject* object = is_large ? allocate_large(bytes) : allocate_cell(size_class);
  if (!object && !collected) {
    collect();
    object = is_large ? allocate_large(bytes) : allocate_cell(size_class);
  }
  if (!object) return nullptr;
  used_bytes_ += cell_bytes;
  if (!is_large) std::memset(object->payload(), 0, payload_bytes);
  *object = {.type = type,
             .length = length,
             .kind = kind,
             .mark = live_,
             .size_class = is_large ? large_class : static_cast<uint16_t>(size_class)};
  return object;
}

GcObject* GcHeap::allocate_cell(uint32_t size_class) {
  if (!free_[size_class] && !add_block(size_class)) return nullptr;
  GcObject* object = free_[size_class];
  free_[size_class] = reinterpret_cast<GcObject*>(const_cast<RuntimeType*>(object->type));
  return object;
}

bool GcHeap::add_block(uint32_t size_class) {
  if (!fits(block_bytes)) return false;
  auto* block = static_cast<Block*>(std::aligned_alloc(block_bytes, block_bytes));
  if (!block) return false;
  const uint32_t cell_bytes = bytes_of_class(size_class);
  *block = {.size_class = size_class,
            .cell_bytes = cell_bytes,
            .cells = static_cast<uint32_t>((block_bytes - sizeof(Block)) / cell_bytes),
            .unused = 0};
  blocks_.push_back(block);
  places_.insert(reinterpret_cast<uint64_t>(block));
  committed_bytes_ += block_bytes;
  for (uint32_t i = block->cells; i-- > 0;) {
    GcObject& cell = block->cell(i);
    cell.mark = 0;
    cell.type = reinterpret_cast<RuntimeType*>(free_[size_class]);
    free_[size_class] = &cell;
  }
  return true;
}

GcObject* GcHeap::allocate_large(uint64_t bytes) {
  bytes += sizeof(Large);
  if (!fits(bytes)) return nullptr;
  auto* large = static_cast<Large*>(std::calloc(bytes, 1));
  if (!large) return nullptr;
  large->bytes = bytes;
  large_.push_back(large);
  places_.insert(reinterpret_cast<uint64_t>(&large->object()));
  committed_bytes_ += bytes;
  return &large->object();
}

bool GcHeap::owns(uint64_t ref) const {
  return places_.contains(ref) || places_.contains(ref & ~(block_bytes - 1));
}

// ---- Sweeping --------------------------------------------------------------------------------

void GcHeap::bury(GcObject& object) {
  if (object.kind == GcObject::Kind::host) {
    dead_hosts_.push_back(reinterpret_cast<HostObject*>(object.slots()[0]));
  }
}

/// Collects the dead into free lists. False when the whole block is free; then no list has its
/// cells.
bool GcHeap::sweep_block(Block& block) {
  GcObject* const list_before = free_[block.size_class];
  GcObject* list = list_before;
  uint32_t alive = 0;
  for (uint32_t i = block.cells; i-- > 0;) {
    GcObject& cell = block.cell(i);
    if (cell.mark == live_) {
      ++alive;
      continue;
    }
    if (cell.mark != 0) bury(cell);
    cell.mark = 0;
    cell.type = reinterpret_cast<RuntimeType*>(list);
    list = &cell;
  }
  if (alive == 0) return false;
  used_bytes_ += uint64_t{alive} * block.cell_bytes;
  free_[block.size_class] = list;
  return true;
}

void GcHeap::sweep_large() {
  std::erase_if(large_, [this](Large* large) {
    GcObject& object = large->object();
    if (object.mark == live_) {
      used_bytes_ += large->bytes - sizeof(Large);
      return false;
    }
    bury(object);
    places_.erase(reinterpret_cast<uint64_t>(&object));
    committed_bytes_ -= large->bytes;
    std::free(large);
    return true;
  });
}

void GcHeap::sweep() {
  used_bytes_ = 0;
  std::fill(std::begin(free_), std::end(free_), nullptr);
  std::erase_if(blocks_, [this](Block* block) {
    if (sweep_block(*block)) return false;
    places_.erase(reinterpret_cast<uint64_t>(block));
    committed_bytes_ -= block_bytes;
    std::free(block);
    return true;
  });
  sweep_large();
  // A destructor of the host may use the store again, so the heap is in order before the first
  // runs.
  std::vector<HostObject*> dead;
  dead.swap(dead_hosts_);
  for (HostObject* object : dead) delete object;
}

void GcHeap::collect() {
  live_ ^= 3;
  visit_all_roots();
  drain();
  while (overflowed_) scan_pending();
  stack_.clear();
  sweep();
  // Collect again when as much has been allocated as survived, and at the limit at the latest.
  collect_at_bytes_ = std::max<uint64_t>(first_collection, used_bytes_ * 2);
  collect_at_bytes_ = std::min(collect_at_bytes_, store_.limits.gc_heap_bytes_max);
}

// ---- Marking ---------------------------------------------------------------------------------

void GcHeap::visit(uint64_t ref) {
  if (ref == 0 || (ref & 1) != 0) return;
  GcObject& object = *reinterpret_cast<GcObject*>(ref);
  if ((object.mark & ~pending) == live_) return;
  object.mark = live_;
  const bool is_leaf =
      object.type ? object.type->heap_refs.empty() : object.kind == GcObject::Kind::host;
  if (!is_leaf && !stack_.push({&object, 0})) postpone(object);
}

void GcHeap::postpone(GcObject& object) {
  object.mark |= pending;
  overflowed_ = true;
}

void GcHeap::drain() {
  while (!stack_.empty()) scan(stack_.pop());
}

/// Visits an object's references; of a long array a part at a time, so that a wide object takes one
/// place in the worklist and not one for each element.
void GcHeap::scan(MarkStack::Entry entry) {
  constexpr uint32_t part = 256;
  GcObject& object = *entry.object;
  switch (object.kind) {
    case GcObject::Kind::structure:
      for (const uint32_t offset : object.type->heap_refs) {
        uint64_t ref;
        std::memcpy(&ref, object.payload() + offset, sizeof ref);
        visit(ref);
      }
      break;
    case GcObject::Kind::array: {
      const uint32_t end = std::min(object.length - entry.next, part) + entry.next;
      if (end != object.length && !stack_.push({&object, end})) postpone(object);
      for (uint32_t i = entry.next; i < end; ++i) visit(object.slots()[i]);
      break;
    }
    case GcObject::Kind::exception: {
      const uint64_t* slot = object.slots() + 1;
      for (const wasm::ValType type : exception_tag(&object)->type->params) {
        if (is_heap_ref(store_.engine->types, type)) visit(*slot);
        slot += slots_of(type);
      }
      break;
    }
    case GcObject::Kind::host: break;
  }
}

void GcHeap::scan_if_pending(GcObject& object) {
  if (object.mark != (live_ | pending)) return;
  object.mark = live_;
  if (object.kind == GcObject::Kind::array) {
    // Without the worklist: its place would be taken by the rest of this very array.
    for (uint32_t i = 0; i < object.length; ++i) visit(object.slots()[i]);
  } else {
    scan({&object, 0});
  }
  drain();
}

void GcHeap::scan_pending() {
  overflowed_ = false;
  for (Block* block : blocks_) {
    for (uint32_t i = 0; i < block->cells; ++i) scan_if_pending(block->cell(i));
  }
  for (Large* large : large_) scan_if_pending(large->object());
}

void GcHeap::visit_all_roots() {
  RootVisitor& visitor = *this;
  for (InstanceData* instance = store_.instances; instance; instance = instance->next) {
    visit_instance(*instance, visitor);
  }
  if (store_.host_items) visit_host_items(*store_.host_items, store_.engine->types, visitor);
  store_.roots.visit(visitor);
  for (const LocalRoots* roots = store_.local_roots; roots; roots = roots->next()) {
    roots->visit(visitor);
  }
  for (ExecutionData* execution : store_.executions) visit_roots(*execution, visitor);
  visitor.visit(reinterpret_cast<uint64_t>(store_.last_exception));
}

void MarkStack::clear() {
  std::free(entries_);
  entries_ = nullptr;
  size_ = capacity_ = 0;
}

bool MarkStack::grow() {
  const size_t capacity = std::min(std::max<size_t>(capacity_ * 2, 256), entries_max_);
  if (capacity <= capacity_) return false;
  auto* entries = static_cast<Entry*>(std::realloc(entries_, capacity * sizeof(Entry)));
  if (!entries) return false;
  entries_ = entries;
  capacity_ = capacity;
  return true;
}

}  // namespace cairn::engine
