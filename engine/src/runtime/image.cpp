// A difference is 16 bytes for each global that can change; then, for each memory, its size, the
// number of pages of 4 KiB that differ, and of each of these its number and its bytes. They are
// those that instances define, from the newest instance to the oldest. All numbers have 8 bytes,
// the lowest first. It ends where that ends: docs/chain.md says what may follow.

#include <cairn/engine/image.hpp>

#include "runtime/module_state.hpp"
#include "runtime/runtime.hpp"
#include "runtime/store_data.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace cairn::engine {

namespace {

constexpr uint64_t page = 4096;
constexpr size_t global_bytes = 16;
/// Larger memories are sooner made anew than written again.
constexpr uint64_t renewed_bytes_max = 256 << 10;

/// What is part of an image, in its order.
struct Parts {
  std::vector<GlobalInst*> globals;
  std::vector<MemoryInst*> memories;
};

Result<Parts> parts_of(Store& store) {
  Parts parts;
  for (InstanceData* at = store.data()->instances; at != nullptr; at = at->next) {
    const size_t globals = at->module->ast.globals.size();
    for (size_t i = 0; i < globals; ++i) {
      GlobalInst& global = at->own_globals[i];
      if (!global.type.is_mutable) continue;
      if (global.type.type.is_ref())
        return fail(ErrorKind::unsupported, "an image of a global that holds references");
      parts.globals.push_back(&global);
    }
    for (uint32_t i = 0; i < at->made_memories; ++i) {
      if (at->module->ast.memories[i].shared)
        return fail(ErrorKind::unsupported, "an image of a shared memory");
      parts.memories.push_back(&at->own_memories[i]);
    }
  }
  return parts;
}

/// Nothing but memories and globals of its instances can change, but for what shows itself. Active
/// segments have been dropped already.
bool keeps_the_rest(Store& store) {
  const auto can_be_dropped = [](const auto& segment) {
    return segment.mode == wasm::SegmentMode::passive;
  };
  for (const InstanceData* at = store.data()->instances; at != nullptr; at = at->next) {
    const ModuleState& module = *at->module;
    if (module.body_use.table_writes || std::ranges::any_of(module.ast.datas, can_be_dropped) ||
        std::ranges::any_of(module.ast.elems, can_be_dropped)) {
      return false;
    }
  }
  return true;
}

uint64_t pages_of(uint64_t bytes) { return (bytes + page - 1) / page; }

class Reader {
 public:
  explicit Reader(ByteSpan bytes) : left_(bytes) {}
  Result<ByteSpan> take(size_t count) {
    if (count > left_.size()) return fail(ErrorKind::malformed, "an image that ends too early");
    const ByteSpan taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }
  Result<uint64_t> number() {
    const ByteSpan bytes = TRY(take(8));
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  ByteSpan left() const { return left_; }

 private:
  ByteSpan left_;
};

void put(Bytes& to, const void* bytes, size_t count) {
  const auto* const first = static_cast<const uint8_t*>(bytes);
  to.insert(to.end(), first, first + count);
}
void put(Bytes& to, uint64_t number) { put(to, &number, sizeof(number)); }

}  // namespace

struct StoreImage::State {
  std::vector<std::array<uint8_t, global_bytes>> globals;
  std::vector<Bytes> memories;
  std::vector<uint64_t> sizes;  ///< of the memories, in bytes
  /// A part of a memory that is all zeros, or else kept here.
  struct Run {
    size_t memory = 0;
    uint64_t offset = 0, length = 0;
    bool is_zero = false;
  };
  std::vector<Run> runs;
  bool is_renewable = false;

  void find_runs();

  /// The page as it was here; zeros behind the end.
  const uint8_t* page_at(size_t memory, uint64_t index) const {
    static constexpr uint8_t zeros[page] = {};
    const Bytes& bytes = memories[memory];
    return (index + 1) * page <= bytes.size() ? bytes.data() + index * page : zeros;
  }
  Result<> fits(const Parts& parts) const {
    if (parts.globals.size() == globals.size() && parts.memories.size() == memories.size())
      return {};
    return fail(ErrorKind::usage, "an image of other instances");
  }
};

Result<StoreImage> StoreImage::take(Store& store) {
  const Parts parts = TRY(parts_of(store));
  auto state = std::make_shared<State>();
  for (const GlobalInst* global : parts.globals)
    std::memcpy(state->globals.emplace_back().data(), global->slots, global_bytes);
  for (const MemoryInst* memory : parts.memories) {
    // Memories of small pages are filled up: so each of ours is whole.
    const uint64_t size = state->sizes.emplace_back(memory->size.load());
    Bytes& bytes = state->memories.emplace_back(memory->base, memory->base + size);
    bytes.resize(pages_of(bytes.size()) * page);
  }
  uint64_t total = 0;
  for (const uint64_t size : state->sizes) total += size;
  state->is_renewable =
      total <= renewed_bytes_max && store.data()->heap == nullptr && keeps_the_rest(store);
  if (state->is_renewable) state->find_runs();
  return StoreImage(std::move(state));
}

void StoreImage::State::find_runs() {
  for (size_t memory = 0; memory < memories.size(); ++memory) {
    for (uint64_t offset = 0; offset < sizes[memory]; offset += page) {
      const uint64_t length = std::min(page, sizes[memory] - offset);
      const auto is_set = [](uint8_t byte) { return byte != 0; };
      const bool is_zero =
          std::ranges::none_of(ByteSpan(memories[memory]).subspan(offset, length), is_set);
      if (offset != 0 && runs.back().is_zero == is_zero) {
        runs.back().length += length;
      } else {
        runs.push_back({memory, offset, length, is_zero});
      }
    }
  }
}

bool StoreImage::renew(Store& store) const {
  if (!state_->is_renewable || store.data()->heap != nullptr) return false;
  const Result<Parts> parts = parts_of(store);
  if (!parts || !state_->fits(*parts)) return false;
  for (size_t i = 0; i < parts->memories.size(); ++i)
    if (parts->memories[i]->size.load() != state_->sizes[i]) return false;
  for (size_t i = 0; i < parts->globals.size(); ++i)
    std::memcpy(parts->globals[i]->slots, state_->globals[i].data(), global_bytes);
  for (const State::Run& run : state_->runs) {
    uint8_t* const to = parts->memories[run.memory]->base + run.offset;
    if (run.is_zero) {
      std::memset(to, 0, run.length);
    } else {
      std::memcpy(to, state_->memories[run.memory].data() + run.offset, run.length);
    }
  }
  return true;
}

Result<Bytes> StoreImage::difference(Store& store) const {
  const Parts parts = TRY(parts_of(store));
  TRY(state_->fits(parts));
  Bytes bytes;
  for (const GlobalInst* global : parts.globals) put(bytes, global->slots, global_bytes);
  for (size_t i = 0; i < parts.memories.size(); ++i) {
    const MemoryInst& memory = *parts.memories[i];
    const uint64_t size = memory.size.load();
    put(bytes, size);
    const size_t count_at = bytes.size();
    uint64_t count = 0;
    put(bytes, count);
    for (uint64_t index = 0; index < pages_of(size); ++index) {
      const uint64_t length = std::min(page, size - index * page);
      const uint8_t* const now = memory.base + index * page;
      if (std::memcmp(now, state_->page_at(i, index), length) == 0) continue;
      put(bytes, index);
      put(bytes, now, length);
      bytes.resize(bytes.size() + (page - length));
      ++count;
    }
    std::memcpy(bytes.data() + count_at, &count, sizeof(count));
  }
  return bytes;
}

Result<ByteSpan> StoreImage::apply(Store& store, ByteSpan difference) const {
  const Parts parts = TRY(parts_of(store));
  TRY(state_->fits(parts));
  Reader reader(difference);
  for (GlobalInst* global : parts.globals)
    std::memcpy(global->slots, TRY(reader.take(global_bytes)).data(), global_bytes);
  for (size_t i = 0; i < parts.memories.size(); ++i) {
    MemoryInst& memory = *parts.memories[i];
    const uint64_t size = TRY(reader.number());
    const uint64_t now = memory.size.load();
    if (size < now || size % memory.page_size() != 0)
      return fail(ErrorKind::malformed, "an image with a memory of another size");
    if (size > now && memory_grow(memory, (size - now) / memory.page_size()) == UINT64_MAX)
      return fail(ErrorKind::limit, "no memory for an image");
    memory.touched = true;
    for (uint64_t index = 0; index < pages_of(size); ++index)
      std::memcpy(memory.base + index * page, state_->page_at(i, index),
                  std::min(page, size - index * page));
    for (uint64_t count = TRY(reader.number()); count > 0; --count) {
      const uint64_t index = TRY(reader.number());
      const ByteSpan bytes = TRY(reader.take(page));
      if (index >= pages_of(size)) return fail(ErrorKind::malformed, "an image with a wrong page");
      std::memcpy(memory.base + index * page, bytes.data(), std::min(page, size - index * page));
    }
  }
  return reader.left();
}

}  // namespace cairn::engine
