#include "native/code_map.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "native/code_image.hpp"

namespace cairn::engine {

namespace {

using Entries = std::vector<CodeMap::Entry>;  // by address

/// Readers count themselves before they take the current table. A writer puts a new table in place
/// and keeps the old ones until it has seen a moment without readers: later ones take the new one.
struct Tables {
  std::atomic<const Entries*> current = nullptr;
  std::atomic<uint32_t> readers = 0;
  std::mutex writing;
  std::vector<std::unique_ptr<const Entries>> old;

  static Tables& get();
};

/// There before anything runs, since the first look may be that of a signal handler, which may not
/// allocate; and never destroyed, since a fault may come late in the process's life.
union Lasting {
  constexpr Lasting() : tables() {}
  ~Lasting() {}
  Tables tables;
};
constinit Lasting lasting;

Tables& Tables::get() { return lasting.tables; }

template <class Change>
void change(Change make) {
  Tables& tables = Tables::get();
  const std::scoped_lock lock(tables.writing);
  const Entries* const before = tables.current.load();
  auto after = std::make_unique<Entries>(before != nullptr ? *before : Entries());
  make(*after);
  tables.current.store(after.release());
  if (before != nullptr) tables.old.emplace_back(before);
  if (tables.readers.load() == 0) tables.old.clear();
}

}  // namespace

void CodeMap::add(const CodeImage& image, const ModuleState& module) {
  change([&](Entries& entries) {
    const auto at = std::ranges::upper_bound(entries, image.begin(), {}, &Entry::begin);
    entries.insert(at, {image.begin(), image.end(), &image, &module});
  });
}

void CodeMap::remove(const CodeImage& image) {
  change([&](Entries& entries) {
    std::erase_if(entries, [&](const Entry& entry) { return entry.image == &image; });
  });
}

CodeMap::Entry CodeMap::find(const void* pc) {
  Tables& tables = Tables::get();
  tables.readers.fetch_add(1);
  Entry found;
  if (const Entries* const entries = tables.current.load()) {
    const auto* const address = static_cast<const uint8_t*>(pc);
    const auto after = std::ranges::upper_bound(*entries, address, {}, &Entry::begin);
    if (after != entries->begin() && address < after[-1].end) found = after[-1];
  }
  tables.readers.fetch_sub(1);
  return found;
}

}  // namespace cairn::engine
