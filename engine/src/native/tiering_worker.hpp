#pragma once
/// The threads behind `Tiering`: one for baseline code, which is made in next to no time, and one
/// that asks the compiler for better code and waits for it.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "interp/code.hpp"
#include "native/generator.hpp"

namespace cairn::engine {

/// Shared with its threads, which may be the last ones to hold a module and so end the engine.
class TieringWorker : public std::enable_shared_from_this<TieringWorker> {
 public:
  explicit TieringWorker(const Settings& settings);

  /// What is asked for.
  struct Item {
    std::weak_ptr<const ModuleState> module;
    FuncCode* function = nullptr;
    std::optional<uint32_t> loop = std::nullopt;  ///< of the function: where it is to be entered
    LoopHeat* heat = nullptr;                     ///< which waits for that entry
    size_t bytes() const;                         ///< of the function's body
  };
  /// What is to be compiled, or has been.
  struct Work {
    std::weak_ptr<const ModuleState> module;
    CodeRequest request;
    std::vector<LoopHeat*> loops;  ///< which of its loops wait for their entries
  };

  /// Asks for some code.
  void add(Item item);
  /// Asks for better code than the baseline compiler makes.
  void add_better(Item item);
  void improve(Work improvement);
  void stop();

 private:
  struct Lane {
    std::deque<Item> items;
    std::condition_variable ready;
    std::thread thread;
  };
  bool has_baseline(const ModuleState& module) const;
  void start(Lane& lane, void (*run)(const std::shared_ptr<TieringWorker>&));
  static void run_baseline(const std::shared_ptr<TieringWorker>& self);
  static void run_better(const std::shared_ptr<TieringWorker>& self);
  std::vector<Item> take(Lane& lane, size_t bytes_max);
  std::vector<Item> compile_baseline(const std::vector<Item>& items);
  bool sweep();
  Work compile_better(const std::vector<Item>& items);

  const std::shared_ptr<CodeGenerator> generator_, baseline_;
  const bool waits_;
  std::mutex mutex_;
  Lane baseline_lane_, better_lane_;
  std::deque<Work> improvements_;
  /// Modules whose other functions get baseline code, and the next one of each.
  struct Sweep {
    std::weak_ptr<const ModuleState> module;
    uint32_t next = 0;
  };
  std::deque<Sweep> sweeps_;
  std::set<std::weak_ptr<const ModuleState>, std::owner_less<>> swept_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace cairn::engine
