#pragma once
/// What is known of a loop in front of it. See unchecked_loops.hpp.

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/IR/Instructions.h>

#include <cairn/engine/memory_provider.hpp>
#include <optional>
#include <vector>

namespace cairn::engine::compiler {

/// Rounds in which an access that goes through memory stays below 2^63.
inline constexpr uint64_t counted_rounds_max = uint64_t{1} << 31;
/// No walk makes larger steps.
inline constexpr uint64_t counted_step_max = 16 << 10;
/// Where indices are masked, nothing in one round lies further apart.
inline constexpr uint64_t counted_reach_max = 8 << 20;
/// A processor that guesses wrongly that a loop goes on is hundreds of rounds ahead at most. So it
/// stays in the guard area behind the memory.
inline constexpr uint64_t guessed_rounds_max = 1024;
static_assert(guessed_rounds_max * counted_step_max + 2 * counted_reach_max <= guard_size);

/// Places in memory that a loop goes through: round k is at `start + k * step`. As 64-bit numbers,
/// from the memory's first byte.
struct MemoryWalk {
  const llvm::SCEV* start = nullptr;
  int64_t step = 0;
  bool always = false;  ///< there is an access in each round
  /// From such a place on: where the first access is, and the end of the last one.
  uint64_t begin = 0, bytes = 0;
};

/// A loop that could run without checks.
struct CountedLoop {
  struct Access {
    llvm::Instruction* instruction = nullptr;
    size_t walk = 0;      ///< index
    uint64_t offset = 0;  ///< behind the place of the walk
  };
  llvm::Loop* loop = nullptr;
  const llvm::SCEV* rounds = nullptr;  ///< how often it goes back
  llvm::Value* instance = nullptr;     ///< null when neither memory nor a check needs it
  llvm::Value* memory_base = nullptr;
  std::vector<MemoryWalk> walks;
  std::vector<Access> accesses;
  /// Blocks that hold a rare call; one branch leads to each.
  std::vector<llvm::BasicBlock*> stops;
  /// Volatile accesses that are of no use without checks: of fuel and of the interruption's flag.
  std::vector<llvm::Instruction*> bookkeeping;
  /// Volatile for what a trap leaves behind; without checks, nothing traps.
  std::vector<llvm::StoreInst*> visible;
  llvm::PHINode* fuel = nullptr;  ///< what is left at the head
  uint64_t fuel_per_round = 0;    ///< at most
  bool interruptible = false;
  uint64_t cost = 0;  ///< of a round at most, in quarters of a nanosecond, about
};

/// What loops of a module may do.
struct LoopRules {
  bool has_private_memory = false;
  bool masks = false;  ///< a processor that guesses wrongly stays in the memory and its guard area
};

/// Nothing when there is something that cannot be known, or nothing to gain.
std::optional<CountedLoop> counted_loop(llvm::Loop& loop, llvm::ScalarEvolution& scev,
                                        const llvm::DominatorTree& dominators,
                                        const LoopRules& rules);

}  // namespace cairn::engine::compiler
