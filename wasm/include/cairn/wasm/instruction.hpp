#pragma once
/// The instruction table and one decoded instruction. Everything here is made from
/// `instructions.def`: opcode numbers, names, immediates, types, fuel and features.

#include <array>
#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/types.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cairn::wasm {

/// One enumerator for each row, dense, in table order: `Op::i32_add`.
enum class Op : uint16_t {
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) id,
#include <cairn/wasm/instructions.def>
};
inline constexpr uint32_t op_count = 0
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) +1
#include <cairn/wasm/instructions.def>
    ;

/// The shape of an instruction's immediates; see the head of `instructions.def`.
enum class Imm : uint8_t {
  none,
  block,
  label,
  br_table,
  func,
  type,
  type_table,
  local,
  global,
  table,
  table_table,
  elem_table,
  elem,
  data,
  memory,
  memory_memory,
  data_memory,
  mem0,
  mem1,
  mem2,
  mem3,
  mem4,
  mem0_lane,
  mem1_lane,
  mem2_lane,
  mem3_lane,
  lane2,
  lane4,
  lane8,
  lane16,
  shuffle,
  i32,
  i64,
  f32,
  f64,
  v128,
  heap,
  select_types,
  type_field,
  type_type,
  type_data,
  type_elem,
  type_count,
  label_cast,
  ref_cast,
  try_table,
  tag,
  fence,
};

struct OpInfo {
  std::string_view id;    ///< "i32_add"
  std::string_view text;  ///< "i32.add"
  uint8_t prefix;         ///< 0, 0xFB, 0xFC, 0xFD or 0xFE
  uint8_t fuel;           ///< what one execution costs
  Imm imm;
  Feature feature;
  uint16_t code;         ///< opcode byte, or the number after the prefix
  std::string_view sig;  ///< "ii_i"; "special" when no fixed signature describes it
};
extern const std::array<OpInfo, op_count> op_table;
inline const OpInfo& info(Op op) { return op_table[static_cast<size_t>(op)]; }
/// The instruction with that encoding, or nothing.
std::optional<Op> op_from_code(uint8_t prefix, uint32_t code);
/// The instruction with that keyword ("i32.add"), or nothing. `select` and the casts have two rows
/// with one keyword: the first row is returned, the parser picks by what follows.
std::optional<Op> op_from_text(std::string_view text);

/// The static alignment exponent of a memory immediate: mem2 → 2.
constexpr uint32_t natural_align_log2(Imm imm) {
  return imm >= Imm::mem0_lane ? uint32_t(imm) - uint32_t(Imm::mem0_lane)
                               : uint32_t(imm) - uint32_t(Imm::mem0);
}

/// A block type: nothing, one result, or a type index.
struct BlockType {
  enum class Kind : uint8_t { empty, value, index } kind = Kind::empty;
  ValType value;
  uint32_t index = 0;
};

struct MemArg {
  uint32_t align_log2 = 0;
  uint32_t memory = 0;
  uint64_t offset = 0;
};

/// One catch clause of `try_table`.
struct CatchClause {
  enum class Kind : uint8_t { catch_ = 0, catch_ref = 1, catch_all = 2, catch_all_ref = 3 } kind;
  uint32_t tag = 0;
  uint32_t label = 0;
};

/// One decoded instruction. Which fields mean something follows from `info(op).imm`:
///   label func type local global table elem data memory tag → index
///   type_table: index = type, index2 = table         table_table / memory_memory: index = dst,
///   index2 = src elem_table: index = elem, index2 = table         data_memory: index = data,
///   index2 = memory type_field, type_type, type_data, type_elem, type_count: index, index2 memN:
///   mem; memN_lane: mem, lane; laneN: lane     shuffle, v128: bytes i32, i64 (sign-extended), f32,
///   f64 (bit patterns): value heap: heap     ref_cast (ref.test/ref.cast rows): heap (the row says
///   whether it is nullable) label_cast: index = label, cast_from, cast_to (both reference types)
///   select_types: types    br_table: labels (the last is the default)    try_table: block, catches
struct Instruction {
  Op op{};
  uint8_t lane = 0;
  uint32_t index = 0, index2 = 0;
  uint64_t value = 0;
  uint64_t offset = 0;  ///< of the opcode in the module's bytes
  MemArg mem;
  BlockType block;
  HeapType heap = AbsHeapType::bot;
  ValType cast_from, cast_to;
  uint8_t bytes[16] = {};
  std::vector<uint32_t> labels;
  std::vector<ValType> types;
  std::vector<CatchClause> catches;
};

/// Reads instructions one after another from an expression in binary form. The same decoder serves
/// the validator (untrusted bytes: every error is a `malformed` one with its offset) and, later,
/// the translator. Reuses the vectors of the instruction that it fills, so it does not allocate per
/// step.
class InstrDecoder {
 public:
  /// Decodes `expr`, whose bytes must outlive the decoder.
  InstrDecoder(const Expr& expr, Features features)
      : p_(expr.code.data()),
        begin_(p_),
        end_(p_ + expr.code.size()),
        base_offset_(expr.offset),
        features_(features) {}
  /// Decodes the next instruction into `out`.
  Result<> next(Instruction& out) {
    if (step(out)) [[likely]]
      return {};
    return std::unexpected(error());
  }
  /// `next` for hot loops: false on an error, which `error` then describes. After an error the
  /// decoder stays where it is and every step fails again.
  bool step(Instruction& out);
  /// The error of the last step, which returned false.
  Error error() const;
  bool at_end() const { return p_ == end_; }
  uint64_t offset() const { return base_offset_ + static_cast<uint64_t>(p_ - begin_); }
  /// Goes on after instructions that the caller has decoded by itself.
  void skip(size_t bytes) { p_ += bytes; }
  /// The bytes from the start up to the next instruction.
  size_t consumed() const { return static_cast<size_t>(p_ - begin_); }

 private:
  const uint8_t* p_;
  const uint8_t* begin_;
  const uint8_t* end_;
  uint64_t base_offset_;
  Features features_;
  uint8_t fault_ = 0;                  ///< a `Fault`; 0 is none
  const uint8_t* fault_at_ = nullptr;  ///< the byte that is wrong, or `end_`
};

/// Appends the binary form of `in` to `out`; the inverse of `InstrDecoder::next`.
void encode(const Instruction& in, Bytes& out);

}  // namespace cairn::wasm
