#pragma once
/// What is compiled while the program runs, and when. Interpreted functions count their entries,
/// and loops how often they come round; what is hot is handed in here and compiled in the
/// background. Where there is a baseline compiler, that makes code of it at once, and then of the
/// rest of the module; that code counts on, and asks for better code here. Else what is hot is
/// compiled quickly first. Everything is compiled well when nothing else waits.

#include <atomic>
#include <cstdint>
#include <memory>

namespace cairn::engine {

struct CodeRequest;
struct FuncCode;
struct ModuleState;
struct Settings;
class TieringWorker;

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
  /// For an engine with these settings. With `tiering_waits` whoever asks waits until it is
  /// compiled, and nothing else is.
  explicit Tiering(const Settings& settings);
  ~Tiering();
  Tiering(const Tiering&) = delete;
  Tiering& operator=(const Tiering&) = delete;

  /// From any thread that runs code of the module.
  void want(FuncCode& function);
  void want(LoopHeat& loop);
  /// The same from baseline code, of better code.
  void want_better(FuncCode& function);
  void want_better(FuncCode& function, uint32_t loop_offset);
  /// Has compiled well what a request names, some time.
  void improve(const ModuleState& module, CodeRequest request);

 private:
  std::shared_ptr<TieringWorker> worker_;
};

}  // namespace cairn::engine
