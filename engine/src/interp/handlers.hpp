#pragma once
/// The handlers, as the translator finds them. A null `Handler` in a family means that this mix of
/// operand classes has none; the translator then brings an operand into another class first.
///
/// Words of an instruction (word 0 is always the handler, word 1 the `Fields`):
///   binary      f0 dst, f1 a, f2 b (or a/b constant in the upper half; f64: word 2)
///   unary       f0 dst, f1 a
///   load        f0 dst, f1 address, upper half: offset
///   store       f0 value (or word 2: constant), f1 address, upper half: offset
///   branch      f0 a, f1 b, upper half: distance in words; word 2: low constant, high fuel;
///               f64 constant: word 3
///   plain       f0 dst, f1..f3 operands; word 2: two 32-bit immediates; word 3: one of 64 bits

#include <cairn/wasm/instruction.hpp>

#include "interp/handler.hpp"

namespace cairn::engine {

struct BinaryFamily {
  Handler at[src_count][src_count][dst_count];  ///< [a][b][dst]
};
struct UnaryFamily {
  Handler at[src_count][dst_count];
};
/// Guarded accesses to memory 0.
struct LoadFamily {
  Handler at[src_count][dst_count];  ///< [address][dst]
};
struct StoreFamily {
  Handler at[src_count][src_count];  ///< [address][value]
};
/// Compare and branch: taken when the comparison gives 1.
struct BranchFamily {
  Handler at[src_count][src_count][2][2];  ///< [a][b][backward][metered]
};

/// A family that is made when it is first asked for. As a constant, it would be a table of pointers
/// that is relocated, page by page, at each start of the command: 0.2 ms for all of them.
template <auto make>
const auto* family_of() {
  static const auto family = make();
  return &family;
}

const BinaryFamily* binary_family(wasm::Op op);
// Its parts, a translation unit for each operand type.
const BinaryFamily* binary_family_i32(wasm::Op op);
const BinaryFamily* binary_family_i64(wasm::Op op);
const BinaryFamily* binary_family_f32(wasm::Op op);
const BinaryFamily* binary_family_f64(wasm::Op op);
const UnaryFamily* unary_family(wasm::Op op);
const LoadFamily* load_family(wasm::Op op);
const StoreFamily* store_family(wasm::Op op);
/// For integer and float comparisons, and for `i32.and` (taken when not zero). `negate` inverts:
/// needed for floats and `i32.and`; integer comparisons have an opposite instead.
const BranchFamily* branch_family(wasm::Op op, bool negate);

/// Domains of plain moves: 64-bit words (i64, references), f32, f64, and i32 (whose slots keep a
/// zero upper half).
enum class Domain : uint8_t { word, f32, f64, i32 };
inline constexpr int domain_count = 4;
struct MoveFamily {
  Handler copy[domain_count][src_count][dst_count];  ///< [domain][src][dst]
  Handler constant[3];                               ///< word 2 (64 bits) → [dst]
  Handler return_value[domain_count][src_count][2];  ///< [domain][src][metered]
  Handler select[domain_count][src_count][src_count][src_count]
                [dst_count];  ///< [domain][a][b][cond][dst]
};
/// select: f0 dst, f1 a, f2 b, f3 cond; word 2: low constant a, high constant b (integers only)
extern const MoveFamily moves;

struct ControlHandlers {
  Handler enter[9];    ///< [n]: zeroes n slots (8: a loop over the count in word 2)
  Handler copy2;       ///< f0 ← f1, f2 ← f3 (words)
  Handler copy_v128;   ///< f0 ← f1
  Handler copy_block;  ///< word 1: low dst, high src; word 2: low count; ascending
  Handler copy_far;    ///< word 1: low dst, high src: one word
  Handler br[2][2];    ///< [backward][metered]: word 1 upper half: distance; word 2: high fuel
  Handler br_table[src_count]
                  [2];  ///< f0 index, upper half: count; word 2: high fuel; then distances
  Handler return_void[2];
  Handler call[2];         ///< word 1: low delta, high fuel; word 2 callee, word 3 caller
  Handler call_import[2];  ///< word 1 likewise; word 2: low import index; word 3 caller
  Handler call_indirect[src_count][2];  ///< f0 index, upper half: delta; word 2: low table, high
                                        ///< type id; word 3: high fuel; word 4 caller
  Handler call_indirect64[2];  ///< the same for tables with 64-bit addresses, index in a slot
  Handler call_ref[2];  ///< f0 reference, upper half: delta; word 2: high fuel; word 3 caller
  Handler
      return_call[2];  ///< word 1: low first argument slot, high count; word 2 callee; word 3: fuel
  Handler
      return_call_ref[2];  ///< f0 function slot, upper half: count; word 2: low first, high fuel
  Handler resolve_import;  ///< f0 ← function reference; word 2: low import index
  Handler
      resolve_indirect;  ///< f0 ← checked function reference of f1; word 2: low table, high type id
  Handler resolve_indirect64;
  Handler fuel;  ///< word 1: low cost
  Handler unreachable;
  Handler throw_;     ///< word 1: low tag, high first payload slot; word 2: low payload slots
  Handler throw_ref;  ///< f0 reference
  Handler translate;  ///< the first call of a function
  Handler end[4];     ///< bottom of an execution: result in slots, word, f32, f64
  Handler restore_instance;             ///< return from a call into another instance
  Handler enter_native;                 ///< the first word of a compiled function
  Handler heat;                         ///< word 1: the function whose entries are counted
  Handler heat_loop;                    ///< word 1: `LoopHeat`
  Handler canonical_nan[2][dst_count];  ///< deterministic profile: [f32, f64][where the value is]
};
extern const ControlHandlers control;

/// Code that no function contains, for one shell.
struct Stubs {
  Word end[4][1];        ///< under the bottom frame, see `ControlHandlers::end`
  Word restore[1];       ///< return address of calls into another instance
  Word plain_return[2];  ///< where tail-called host functions go on
  Word translate[1];     ///< entry of a function that has not been translated
  Word enter_native[1];  ///< entry of a compiled function
};
extern const Stubs stubs_tail, stubs_loop;

/// Everything else: operands in slots, result in slot f0, words 1–3 as "plain" above. Rows of the
/// table that have such a handler:
///   vectors      operands f1, f2, f3; lane in word 2 low; shuffle and v128.const: 16 bytes in
///   words 2–3 loads/stores with a bounds check, any memory and address type: f0 result (scalar
///   stores: value),
///                f1 address, f2 vector; memory in word 2 low, lane in word 2 high, offset in word
///                3
///   atomics      f0 result, f1 address, f2, f3 operands; memory in word 2 low, offset in word 3
///   bulk, table  operands in f1, f2, f3; immediates in word 2 (index low, index2 high)
///   GC           f0 result, f1 reference, f2 index, f3 value; word 2: index low, index2 high;
///                word 3: a pointer to the RuntimeType. struct.new, array.new_fixed: f1 first
///                operand; array.fill, copy, init_*: all operands side by side from f1 on
///   wide         add128, sub128: operands side by side from f1 on; results in f0 and the next slot
/// Scalars are in their slots as `write_slot` leaves them. Ends with `r.pc += plain_words`.
/// Bulk instructions and new arrays pay 1 fuel more for each 64 bytes or elements.
inline constexpr int plain_words = 4;
/// A null handler: the instruction is none of these.
Handler plain_handler(wasm::Op op);
// Its parts.
Handler plain_vector_handler(wasm::Op op);
Handler plain_atomic_handler(wasm::Op op);
Handler plain_bulk_handler(wasm::Op op);
Handler plain_gc_handler(wasm::Op op);
Handler plain_reference_handler(wasm::Op op);
Handler plain_wide_handler(wasm::Op op);
/// Loads and stores with a bounds check, words as above: scalars and vectors, and vectors alone.
Handler checked_handler(wasm::Op op);
Handler checked_vector_handler(wasm::Op op);
/// Vector loads and stores on memory 0 when it is guarded: f0, f1, f2, lane and offset as above.
Handler guarded_vector_handler(wasm::Op op);
/// The deterministic profile: makes the NaNs in the vector f0 canonical, which `op` has written.
/// Null where `op` gives no vector, or none with NaNs of its own.
Handler vector_nan_handler(wasm::Op op);

/// Fields and elements by their width in storage (1, 2, 4, 8, 16 bytes); `op` tells how an access
/// extends. struct.get: f0, f1 reference; struct.set: f1 reference, f2 value; word 2 low: offset of
/// the field in the payload. array.get: f0, f1 reference, f2 index; array.set: f1, f2, f3 value.
Handler struct_get_handler(wasm::Op op, uint8_t width);
Handler struct_set_handler(uint8_t width);
Handler array_get_handler(wasm::Op op, uint8_t width);
Handler array_set_handler(uint8_t width);
/// ref.test and ref.cast to a structure or array type of the module: word 2 high: 1 if null passes;
/// word 3: its RuntimeType. The plain handlers do these and all other heap types, more slowly: word
/// 2 low: canonical `HeapType` bits, high: 1 if null passes.
Handler object_cast_handler(wasm::Op op);

struct GlobalFamily {
  Handler get[domain_count][dst_count];  ///< [domain][dst]; word 2 low: index
  Handler set[domain_count][src_count];
  Handler get_v128, set_v128;
};
extern const GlobalFamily globals;

/// Saves the registers so that out-of-line code (host calls, the collector, unwinding) sees them.
CAIRN_BODY void spill(Regs& r) {
  Regs& saved = r.ex->regs;
  saved.pc = r.pc;
  saved.fp = r.fp;
  saved.mem = r.mem;
  saved.inst = r.inst;
  saved.frame = r.frame;
  saved.acc = r.acc;
  saved.pin = r.pin;
  saved.facc = r.facc;
  saved.fpin = r.fpin;
}
/// Takes back what out-of-line code may have changed: where to go on.
CAIRN_BODY void reload(Regs& r) {
  const Regs& saved = r.ex->regs;
  r.pc = saved.pc;
  r.fp = saved.fp;
  r.mem = saved.mem;
  r.inst = saved.inst;
  r.frame = saved.frame;
  r.acc = saved.acc;
  r.pin = saved.pin;
  r.facc = saved.facc;
  r.fpin = saved.fpin;
}

}  // namespace cairn::engine
