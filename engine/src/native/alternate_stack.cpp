#include "native/alternate_stack.hpp"

#include <sys/mman.h>
#include <csignal>
#include <cstdint>

namespace cairn::engine {

namespace {

class AlternateStack {
 public:
  AlternateStack() {
    stack_t present = {};
    sigaltstack(nullptr, &present);
    if ((present.ss_flags & SS_DISABLE) == 0) return;
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    const stack_t stack = {.ss_sp = memory, .ss_flags = 0, .ss_size = bytes};
    sigaltstack(&stack, nullptr);
    memory_ = memory;
  }
  ~AlternateStack() {
    if (memory_ == nullptr) return;
    stack_t present = {};
    sigaltstack(nullptr, &present);
    if (present.ss_sp == memory_) {
      const stack_t none = {.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
      sigaltstack(&none, nullptr);
    }
    munmap(memory_, bytes);
  }
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  static constexpr size_t bytes = 64 << 10;
  void* memory_ = nullptr;
};

}  // namespace

constinit thread_local bool detail::has_alternate_stack = false;

void detail::make_alternate_stack() {
  static thread_local AlternateStack stack;
  has_alternate_stack = true;
}

}  // namespace cairn::engine
