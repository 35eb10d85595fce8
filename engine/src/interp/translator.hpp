#pragma once
/// From a validated function body to the register form, in one pass.
///
/// The translator keeps a virtual operand stack. An entry is not yet a value in its slot but what
/// is known about it: a local (not yet read), a constant, the accumulator, or a temporary in its
/// home slot. Instructions take their operands from there, so most `local.get`, constants and stack
/// moves never become instructions. A result goes to the accumulator first; when it has to survive,
/// or a `local.set` follows, the instruction that produced it is patched to write elsewhere
/// (`retarget`).
///
/// Invariants
///  - At most one entry owns each accumulator (integer, float). References and vectors never do.
///  - At a label no entry below or at its height is a pending local or an accumulator (`flush`).
///  - Home slots grow with the stack, so what lies above an entry never overlaps it.

#include <cairn/wasm/instruction.hpp>
#include <span>

#include "interp/handlers.hpp"
#include "interp/interp.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

/// What a slot holds, as far as moving and collecting go. `ref` is traced by the collector.
enum class Kind : uint8_t { i32, i64, f32, f64, v128, ref, func };
Kind kind_of(wasm::ValType type, const wasm::TypeRegistry& registry);
constexpr Domain domain_of(Kind kind) {
  return kind == Kind::f32   ? Domain::f32
         : kind == Kind::f64 ? Domain::f64
         : kind == Kind::i32 ? Domain::i32
                             : Domain::word;
}
constexpr bool is_float_kind(Kind kind) { return kind == Kind::f32 || kind == Kind::f64; }
constexpr uint32_t slots_of(Kind kind) { return kind == Kind::v128 ? 2 : 1; }

struct Entry {
  enum class Where : uint8_t { local, imm, temp, acc } where = Where::temp;
  Kind kind = Kind::i32;
  uint32_t home = 0;   ///< its slot when it is a temporary
  uint32_t local = 0;  ///< slot of the local
  uint64_t bits = 0;   ///< constant
};

/// An operand as an instruction names it.
struct Operand {
  Src src = Src::slot;
  uint16_t slot = 0;
  uint64_t bits = 0;  ///< imm
};

struct Control {
  enum class Type : uint8_t {
    function,
    block,
    loop,
    if_,
    else_,
    try_table,
    legacy_try,
    legacy_catch
  };
  Type type = Type::block;
  bool targeted = false;  ///< some branch goes to its end
  uint32_t height = 0;    ///< entries below it (parameters not counted)
  uint32_t base = 0;      ///< the home slot of the first entry above
  uint32_t loop_pc = 0;
  uint32_t else_fixup = 0;  ///< if: the branch to the else part (0: none)
  uint32_t try_begin = 0, try_end = 0;
  std::vector<Kind> params, results;
  std::vector<uint32_t> fixups;  ///< words whose distance is the end's
  struct TableFixup {
    uint32_t instruction, word;
  };
  std::vector<TableFixup> table_fixups;  ///< likewise, entries of branch tables
  std::vector<uint32_t> catch_fixups;    ///< catch handlers that go to the end
  std::vector<wasm::CatchClause> catches;
};

/// How many slots a field of an operand word can name.
inline constexpr uint32_t field_slots = uint32_t{UINT16_MAX} + 1;

class Translator {
 public:
  /// `far`: for a frame with more slots than a field can name, see translate_far.cpp.
  Translator(const ModuleState& module, FuncCode& code, bool far = false);
  /// False: the frame is too large, the function has to be translated as a far one.
  bool run();

 private:
  // ---- translate.cpp: the function as a whole
  void lay_out_locals();
  void choose_pinned();
  void emit_entry();
  void translate_body();
  void translate(const wasm::Instruction& in);
  void skip_dead(const wasm::Instruction& in);
  void finish();
  /// Replaces handlers by fused ones where the table has them; see fusion.hpp.
  void fuse();

  // ---- translate_stack.cpp: the virtual stack
  void push(Kind kind, Entry::Where where);
  void push_imm(Kind kind, uint64_t bits);
  void push_local(uint32_t local_index);
  void push_temp(Kind kind) { push(kind, Entry::Where::temp); }
  Entry pop();
  Entry& top(uint32_t depth = 0) { return stack_[stack_.size() - 1 - depth]; }
  /// The operand of an entry that has been popped (or is read in place); brings constants that do
  /// not fit and values of other classes into a slot first.
  Operand use(const Entry& entry, bool constants = true);
  /// The same, but always a slot.
  uint16_t use_slot(const Entry& entry);
  /// Makes an entry a temporary in its home slot.
  void materialize(Entry& entry);
  /// Does so for the topmost `count` entries.
  void materialize_top(uint32_t count);
  /// Frees the accumulator of that domain, if an entry owns it.
  void spill_accumulator(bool floating);
  /// Spills accumulators and pending locals of all entries: before labels.
  void flush();
  void spill_accumulators() {
    spill_accumulator(false);
    spill_accumulator(true);
  }
  /// Materializes entries that still read this local, before it changes.
  void preserve_local(uint32_t slot);
  void set_local(uint32_t local_index, bool tee);
  void drop_to(uint32_t height);
  void copy_to_slot(const Entry& entry, uint32_t slot);
  void copy_to_pin(const Entry& entry);
  void use_slot_at_home(const Entry& entry);

  // ---- translate_far.cpp: slots that a field cannot name
  bool is_near(uint32_t slot) const { return slot < near_end_; }
  /// Puts aside the near slots through which far ones are reached; returns the slot behind them.
  uint32_t reserve_near(uint32_t slot);
  uint32_t widest_block() const;
  /// A slot that a field can name and that holds what `slot` does: itself, or a copy.
  uint16_t near(uint32_t slot, Kind kind);
  /// The same for a run of slots.
  uint16_t near_block(uint32_t first, uint32_t count);
  /// Where an instruction writes what belongs into `slot`; `far_copy` brings it there.
  uint32_t near_result(uint32_t slot) const { return is_near(slot) ? slot : near_result_; }
  void far_copy(uint32_t to, uint32_t from, uint32_t count);
  void copy_to_far_slot(const Entry& entry, uint32_t slot);
  /// A near slot for an operand, or the home slot if that is near.
  uint32_t operand_slot(uint32_t home);

  // ---- emission
  uint32_t here() const { return static_cast<uint32_t>(words_.size()); }
  uint32_t emit(const Handler& handler);
  void emit_word(Word word) { words_.push_back(word); }
  void emit_fields(uint32_t f0, uint32_t f1 = 0, uint32_t f2 = 0, uint32_t f3 = 0);
  void emit_fields_high(uint32_t f0, uint32_t f1, uint32_t high);
  void emit_halves(uint32_t low, uint32_t high);
  void emit_bits(uint64_t bits);
  void set_handler(uint32_t at, const Handler& handler);
  /// Notes that the instruction at `at` produced the top entry: `by_dst` are its three forms, or
  /// null when it always writes slot f0.
  void produced(uint32_t at, const Handler* by_dst);
  /// Removes the last instruction, which starts at `at`.
  void take_back(uint32_t at);
  void begin_label();

  // ---- translate_control.cpp
  void block(const wasm::Instruction& in, Control::Type type);
  bool is_entry_for_compiled() const;
  void store_constants();
  void count_rounds(const wasm::Instruction& loop);
  void else_branch();
  void end();
  void br(uint32_t depth);
  void br_if(uint32_t depth, bool negate = false);
  void br_table(const wasm::Instruction& in);
  /// Returns the topmost values; the virtual stack stays as it is.
  void emit_return();
  void select();
  struct Condition {
    const BranchFamily* family = nullptr;
    Operand a, b;
    Kind kind = Kind::i32;
  };
  /// Pops the condition; a comparison just emitted is taken back and becomes part of the branch.
  Condition pop_condition(bool negate);
  /// Emits a conditional branch and returns the word that takes its distance.
  uint32_t emit_branch(const Condition& condition, bool backward, uint32_t fuel);
  void emit_br(uint32_t depth);
  void branch_to(Control& control, uint32_t instruction, uint32_t word);
  void move_results(const std::vector<Kind>& kinds, uint32_t base);
  bool results_are_temps(const std::vector<Kind>& kinds) const;
  void patch_distance(uint32_t instruction, uint32_t word, uint32_t target);
  void mark_dead();
  void jump_to_end(Control& construct);
  Control& label(uint32_t depth) { return controls_[controls_.size() - 1 - depth]; }
  void record_catches(const Control& construct, uint32_t end);
  void link_catches();
  void legacy_catch(const wasm::Instruction& in);
  void delegate(uint32_t depth);

  // ---- stack_maps.cpp
  /// Notes which temporaries hold references while an execution stands at `pc`: wherever it can
  /// stop or collect.
  void add_stack_map(uint32_t pc);
  /// The same for a branch to `target` whose values are already in its slots.
  void add_branch_map(uint32_t pc, const Control& target, const std::vector<Kind>& values);
  struct Chain {
    uint32_t first = 0, count = 0;  ///< as in a `StackMap`
  };
  Chain add_ref(uint32_t slot, Chain next);
  /// The references among the lowest entries of the stack.
  Chain refs_below(uint32_t height);
  void add_map(uint32_t pc, Chain refs);
  /// Keeps entries deep in the stack from changing, so that maps can share them.
  void settle_deep_entries();

  // ---- translate_call.cpp
  void call(const wasm::Instruction& in);
  void return_call(const wasm::Instruction& in);
  uint32_t place_arguments(const wasm::FuncType& type);
  void push_results(const wasm::FuncType& type);
  void throw_(uint32_t tag);
  void throw_reference(uint16_t slot);

  // ---- translate_plain.cpp
  void numeric(const wasm::Instruction& in);
  void memory_access(const wasm::Instruction& in);
  void global(const wasm::Instruction& in);
  void plain(const wasm::Instruction& in);
  void vector(const wasm::Instruction& in);
  void reference(const wasm::Instruction& in);
  void aggregate(const wasm::Instruction& in);
  void emit_cast(wasm::Op op, uint32_t result, uint16_t slot, wasm::HeapType heap, bool nullable);
  void branch_on_reference(const wasm::Instruction& in);
  void wide(const wasm::Instruction& in);
  void prepare_bulk(uint32_t operands);
  void emit_plain(const Handler& handler, uint32_t f0, uint32_t f1, uint32_t f2, uint32_t f3,
                  uint32_t low, uint32_t high, uint64_t bits);
  void canonicalize_nan(Kind kind);
  bool guarded(const wasm::MemArg& mem) const;
  uint32_t take_fuel();
  void flush_fuel();

  const wasm::FuncType& func_type(uint32_t func_index) const;
  const wasm::SubType& type_at(uint32_t type_index) const;
  const RuntimeType& runtime_type(uint32_t type_index) const;
  Kind kind(wasm::ValType type) const;  ///< of a type with module indices
  std::vector<Kind> kinds(std::span<const wasm::ValType> types) const;
  void block_types(const wasm::BlockType& type, std::vector<Kind>& params,
                   std::vector<Kind>& results) const;

  const ModuleState& module_;
  FuncCode& code_;
  const wasm::Code& source_;
  const Settings& settings_;
  const bool metered_, tail_, counts_heat_;

  std::unique_ptr<FuncCode::Body> body_;
  std::vector<Word> words_;
  /// Where each instruction starts, and its handler.
  struct Start {
    uint32_t at = 0;
    Handler handler;
  };
  std::vector<Start> starts_;
  struct Local {
    uint32_t slot = 0;
    Kind kind = Kind::i32;
    uint32_t pending = 0;  ///< entries that have not read it yet
  };
  std::vector<Local> locals_;
  std::vector<uint32_t> local_at_slot_;  ///< slot → index in `locals_`
  uint32_t param_slots_ = 0, local_slots_ = 0, max_slots_ = 0;
  static constexpr uint32_t none = UINT32_MAX;
  uint32_t pinned_[2] = {none, none};  ///< slot of the pinned integer and float local

  std::vector<Entry> stack_;
  uint32_t flushed_ = 0;        ///< entries below this are neither pending locals nor accumulators
  uint32_t height_ = 0;         ///< the next home slot
  uint32_t ref_temps_ = 0;      ///< entries of kind `ref`
  uint32_t hidden_ref_ = none;  ///< slot of a reference that is not on the stack for a moment
  std::vector<Chain> chains_;   ///< for the lowest entries: the references up to each
  uint32_t settled_ = 0;        ///< entries below this are no pending locals of reference types
  std::vector<Control> controls_;
  bool dead_ = false;
  uint32_t dead_depth_ = 0;

  struct Accumulator {
    uint32_t owner = none;  ///< index in `stack_`
    uint32_t producer = none;
    const Handler* by_dst = nullptr;
  } acc_[2];
  /// The last instruction, when nothing has been emitted and no label set since.
  struct Last {
    uint32_t at = none;
    const Handler* by_dst = nullptr;
    bool to_slot = false;  ///< it writes slot f0, which may be patched
    wasm::Op op{};
    bool is_comparison = false;
    Operand a, b;
    Kind kind = Kind::i32;  ///< of the operands
  } last_;
  uint32_t last_copy_ = none;  ///< the last instruction, when it copies one word between slots
  uint32_t fuel_ = 0;
  std::vector<uint32_t> stub_of_depth_;  ///< of the br_table at hand; else all `none`

  uint32_t near_end_ = none;  ///< slots from here on are far
  uint32_t near_operands_ = 0, near_operand_next_ = 0;
  uint32_t near_result_ = 0, near_block_ = 0;
};

}  // namespace cairn::engine
