#pragma once
/// What is worked out of a function before any code of it is made: whether baseline code can be
/// made at all, and which locals live in registers.

#include <cairn/wasm/instruction.hpp>

#include "baseline/image_writer.hpp"

namespace cairn::engine::baseline {

inline constexpr uint8_t no_register = 0xFF;

struct Local {
  Kind kind = Kind::i32;
  /// The register that it lives in, or `no_register`: in its slot. A float's is an xmm register.
  uint8_t pin = no_register;
  uint32_t slot = 0;    ///< its first one in the frame
  uint32_t ref = 0;     ///< its place in the frame of references
  uint64_t weight = 0;  ///< how often it is used, more for each loop around
};

struct Plan {
  bool eligible = false;
  std::vector<Local> locals;  ///< parameters first
  uint32_t params = 0;
  uint32_t local_slots = 0;
  bool calls = false;                         ///< functions
  bool leaf = true;                           ///< calls neither functions nor the runtime
  uint32_t outgoing_words = 0;                ///< arguments on the stack, of the call that has most
  bool refs = false;                          ///< it may hold references of the collected heap
  uint8_t memory_base = no_register;          ///< where guarded memory 0 begins
  uint32_t pinned_gprs = 0, pinned_xmms = 0;  ///< register sets
  uint32_t ref_locals = 0;
  std::vector<uint32_t> unsaved;  ///< locals in registers that calls do not keep
};

/// Is the instruction one that baseline code can be made for?
bool is_supported(wasm::Op op);

/// Fills `plan`, whose memory is used again.
void make_plan(ImageWriter& image, uint32_t defined_index, Plan& plan);

/// Are accesses to this memory with this offset checked by its guard area alone?
bool is_guarded(const ModuleState& module, const wasm::MemArg& mem);

}  // namespace cairn::engine::baseline
