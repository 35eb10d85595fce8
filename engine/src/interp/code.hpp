#pragma once
/// The register form that the interpreter runs.
///
/// A function's code is a run of 8-byte words. An instruction starts with a word that names its
/// handler; one or more words of operands follow. The common operand word has four 16-bit fields
/// (`Fields`): slot indices, or in its upper half a 32-bit constant, offset or branch distance.
///
/// A frame is a run of 8-byte slots: parameters, other locals, then the operand stack, each value
/// at the height that it has in the validator's stack (v128 takes two slots). The callee's frame
/// begins at its first argument in the caller's frame, so arguments are never copied.
///
/// Besides slots an operand can be a constant, the accumulator (the last result, not yet stored),
/// or the pinned local (the function's busiest local, kept in a machine register). There is one of
/// each for integers and one for floats.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "native/tiering.hpp"
#include "runtime/runtime.hpp"

namespace cairn::engine {

struct Regs;
union Word;

/// One vector register's worth: f32 and f64 accumulators live in lane 0.
using FloatReg = double __attribute__((vector_size(16)));

#if defined(__x86_64__) || defined(__aarch64__)
#define CAIRN_TAIL_ABI __attribute__((preserve_none))
#else
#define CAIRN_TAIL_ABI
#endif

struct Frame;
using TailHandler = CAIRN_TAIL_ABI void (*)(const Word* pc, uint64_t* fp, uint8_t* mem,
                                            InstanceData* inst, ExecutionData* ex, Frame* frame,
                                            uint64_t acc, uint64_t pin, FloatReg facc,
                                            FloatReg fpin);
using LoopHandler = void (*)(Regs& regs);

/// One handler in both shells; the engine's `Dispatch` picks which goes into the code.
struct Handler {
  TailHandler tail = nullptr;
  LoopHandler loop = nullptr;
  explicit operator bool() const { return tail != nullptr; }
  bool operator==(const Handler&) const = default;
};

struct Fields {
  uint16_t f[4];
};

union Word {
  TailHandler tail;
  LoopHandler loop;
  uint64_t bits;
  Fields fields;
  struct {
    uint32_t low, high;
  } half;
  double f64;
  FuncCode* code;
  const void* pointer;
};
static_assert(sizeof(Word) == 8);

/// Which temporaries hold references at one place where an execution can stop or collect. Maps
/// share what lies below on the operand stack: each is a chain of entries of `Body::ref_slots`.
struct StackMap {
  uint32_t pc = 0;     ///< index of the instruction's word that `FrameCursor::pc_index` gives
  uint32_t first = 0;  ///< the chain's first entry
  uint32_t count = 0;
};
struct RefSlot {
  uint32_t slot = 0;
  uint32_t next = 0;  ///< index of the chain's next entry
};

/// One catch clause that covers a run of instructions; inner ones come first.
struct CatchHandler {
  uint32_t begin = 0, end = 0;  ///< word indices: the pc of a faulting instruction is within
  bool any_tag = false;         ///< catch_all
  bool with_ref = false;        ///< pushes the exnref behind the payload
  uint32_t tag = 0;
  uint32_t target = 0;                   ///< word index
  uint32_t slot = 0;                     ///< where payload (and reference) go
  uint32_t exception_slot = UINT32_MAX;  ///< legacy `catch`: keeps the exception for `rethrow`
  uint32_t depth = 0;           ///< of its construct among the function's blocks, outermost 1
  bool delegates = false;       ///< legacy `delegate`: goes on with handlers of depth …
  uint32_t delegate_depth = 0;  ///< … at most this
  uint32_t outer = 0;           ///< index of the next one that may be around an instruction in this
};

/// Maps words back to the module's bytes, for backtraces.
struct CodeOffset {
  uint32_t pc = 0;
  uint32_t offset = 0;  ///< from the body's first byte
};

/// One defined function. Made with the module; the rest is filled by the translator when the
/// function is first called. `entry` is published last.
struct FuncCode {
  NativeTarget target;
  std::atomic<const Word*> entry = nullptr;
  const ModuleState* module = nullptr;
  uint32_t defined_index = 0;
  /// The machine code and the stub to enter it from here; null while there is none. `entry` then
  /// leads there as well.
  std::atomic<const void*> native_entry = nullptr, enter_stub = nullptr;

  /// Entries until it is compiled, when the tier is automatic.
  Heat heat{0};
  /// Baseline code counts its entries and rounds of loops down; below 0 it asks what to do. Threads
  /// that share a module may lose steps.
  std::atomic<int32_t> baseline_left = 0;
  /// How well `native_entry` was made; written under the module's translation mutex.
  uint8_t native_level = 0;

  uint32_t frame_slots = 0;  ///< locals and operands, with room for callees' arguments
  struct Body {
    std::vector<Word> words;
    std::vector<StackMap> stack_maps;
    std::vector<RefSlot> ref_slots;
    std::vector<uint32_t> ref_locals;  ///< slots of locals of collected reference types
    uint32_t param_slots = 0;
    std::vector<CatchHandler> catches;
    std::vector<CodeOffset> offsets;
    /// Slots of the pinned integer and float local, or `no_slot`.
    uint32_t pinned_slots[2] = {no_slot, no_slot};
    static constexpr uint32_t no_slot = UINT32_MAX;
    std::deque<LoopHeat> loops;  ///< when the tier is automatic
  };
  std::unique_ptr<Body> body;
};

}  // namespace cairn::engine
