#pragma once
/// What is compiled while the program runs, and when. Interpreted functions count their entries,
/// and loops how often they come round; what is hot is handed in here and compiled by a thread of
/// its own, everything that waits for it together, so that calls among it are direct. It is
/// compiled quickly first, and well when nothing else waits.

#include <atomic>
#include <cstdint>
#include <memory>

namespace cairn::engine {

class CodeGenerator;
struct CodeRequest;
struct FuncCode;
struct ModuleState;

/// A counter that only has to be about right: threads that share a module may lose steps.
class Heat {
 public:
  explicit Heat(uint32_t steps) : left_(steps) {}
  /// True when it is used up.
  bool step() {
    const uint32_t left = left_.load(std::memory_order_relaxed);
    left_.store(left - 1, std::memory_order_relaxed);
    return left <= 1;
  }
  void set(uint32_t steps) { left_.store(steps, std::memory_order_relaxed); }

 private:
  std::atomic<uint32_t> left_;
};

/// A loop of an interpreted function.
struct LoopHeat {
  LoopHeat(FuncCode& of, uint32_t at, uint32_t steps) : heat(steps), code(&of), offset(at) {}
  Heat heat;
  FuncCode* code;
  uint32_t offset;  ///< of the `loop` instruction from the body's first byte
  std::atomic<bool> is_wanted = false;
  std::atomic<const void*> entry = nullptr;  ///< where running code can go over; null: not compiled
};

/// A function's entries are used up: asks for its code.
void want_code(FuncCode& function);
/// A loop's rounds are used up: its entry when it is compiled, else asks for that.
const void* loop_code(LoopHeat& loop);

class Tiering {
 public:
  /// `waits`: whoever asks waits until it is compiled (for tests and for simulations, where it may
  /// not depend on time what runs where).
  Tiering(std::shared_ptr<CodeGenerator> generator, bool waits);
  ~Tiering();
  Tiering(const Tiering&) = delete;
  Tiering& operator=(const Tiering&) = delete;

  /// From any thread that runs code of the module.
  void want(FuncCode& function);
  void want(LoopHeat& loop);
  /// Has compiled well what a request names, some time.
  void improve(const ModuleState& module, CodeRequest request);

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

}  // namespace cairn::engine
