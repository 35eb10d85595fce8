// GDB's interface for just-in-time compilers (GDB manual, "JIT Compilation Interface"): a list of
// object files in memory, and a function in which the debugger stops to look at what has changed.

#include <cairn/engine/compiler.hpp>

#include <map>
#include <mutex>

#include "native/symbol_file.hpp"

// The names and the layout are what debuggers look for.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {

struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

[[gnu::noinline, gnu::used]] void __jit_debug_register_code() { asm volatile("" ::: "memory"); }

[[gnu::used]] jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
}
// NOLINTEND(bugprone-reserved-identifier)

namespace cairn::engine {

namespace {

enum Action : uint32_t { nothing, is_added, is_removed };

/// The list belongs to the process, as the debugger sees only one.
std::mutex& list_mutex() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

void tell(jit_code_entry& entry, Action action) {
  __jit_debug_descriptor.relevant_entry = &entry;
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_register_code();
  __jit_debug_descriptor.action_flag = nothing;
}

class GdbObserver final : public CodeObserver {
 public:
  ~GdbObserver() override {
    const std::scoped_lock lock(list_mutex());
    for (auto& [begin, known] : known_) take_out(known.entry);
  }

  void installed(const InstalledCode& code) override {
    const std::scoped_lock lock(list_mutex());
    Known& known = known_[code.begin];
    known.file = write_symbol_file(code);
    known.entry = {.next_entry = __jit_debug_descriptor.first_entry,
                   .prev_entry = nullptr,
                   .symfile_addr = reinterpret_cast<const char*>(known.file.data()),
                   .symfile_size = known.file.size()};
    if (known.entry.next_entry != nullptr) known.entry.next_entry->prev_entry = &known.entry;
    __jit_debug_descriptor.first_entry = &known.entry;
    tell(known.entry, is_added);
  }

  void removed(const void* begin) override {
    const std::scoped_lock lock(list_mutex());
    const auto known = known_.find(begin);
    if (known == known_.end()) return;
    take_out(known->second.entry);
    known_.erase(known);
  }

 private:
  struct Known {
    Bytes file;
    jit_code_entry entry = {};
  };

  static void take_out(jit_code_entry& entry) {
    (entry.prev_entry != nullptr ? entry.prev_entry->next_entry
                                 : __jit_debug_descriptor.first_entry) = entry.next_entry;
    if (entry.next_entry != nullptr) entry.next_entry->prev_entry = entry.prev_entry;
    tell(entry, is_removed);
  }

  std::map<const void*, Known> known_;  ///< entries stay where they are
};

}  // namespace

std::shared_ptr<CodeObserver> make_gdb_observer() { return std::make_shared<GdbObserver>(); }

}  // namespace cairn::engine
