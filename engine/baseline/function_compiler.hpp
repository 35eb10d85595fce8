#pragma once
/// From a validated function body to machine code, in one pass.
///
/// The operand stack is abstract: an entry is a constant, a local that has not been read yet, a
/// register, or its own slot in the frame. Locals live in a register for the whole function, or in
/// their slot. At a label all entries are constants or in their slots, but for a single value that
/// branches to it bring, which is in rax or xmm0; so branches need no common state but that.
///
/// The frame, from the frame pointer downwards: saved registers, a slot for each local and each
/// operand, the frame of references (native/abi.hpp), arguments of calls.

#include <deque>

#include "baseline/plan.hpp"
#include "baseline/vector_forms.hpp"

namespace cairn::engine::baseline {

class FunctionCompiler {
 public:
  /// `counts`: the code counts its steps down, and asks for better code at last.
  FunctionCompiler(ImageWriter& image, bool counts);

  /// Makes the function, with entries at these of its loops (offsets in the body). False: nothing
  /// was made, it uses what baseline code cannot do.
  bool compile(uint32_t defined_index, std::span<const uint32_t> loops);

 private:
  struct Value {
    enum class Where : uint8_t { constant, local, gpr, xmm, slot } where = Where::slot;
    Kind kind = Kind::i32;
    uint8_t reg = 0;
    uint32_t index = 0;  ///< of the local; the slot, counted from the first one of an operand
    uint64_t bits = 0;   ///< of the constant …
    uint64_t high = 0;   ///< … and of a vector's upper half
    uint32_t place = 0;  ///< an operand's own slot
    bool is_constant() const { return where == Where::constant; }
    bool is_local(uint32_t local) const { return where == Where::local && index == local; }
  };
  struct Label {
    enum class Type : uint8_t {
      function,
      block,
      loop,
      if_,
      else_,
      try_table,
      legacy_try,
      legacy_catch
    } type = Type::block;
    std::span<const Kind> params, results;
    uint32_t height = 0;        ///< operands below it (parameters not counted) …
    uint32_t slots = 0;         ///< … and their slots
    asmjit::Label target;       ///< where branches to it go
    asmjit::Label else_target;  ///< of an `if` without its `else` so far
    asmjit::Label handler;      ///< of a try: where exceptions inside go; made when needed
    std::vector<wasm::CatchClause> catches;  ///< of a `try_table`
    bool has_else = false;                   ///< `else_target` is to be bound
    bool targeted = false;  ///< as in the interpreter's translator: fuel depends on it
  };
  /// What flags say after a comparison.
  struct Condition {
    x86::CondCode code = x86::CondCode::kNE;
    enum class Parity : uint8_t { plain, and_ordered, or_unordered } parity = Parity::plain;
  };
  /// A comparison whose result is only looked at by the next instruction.
  struct Comparison {
    wasm::Op op{};
    Value a, b;  ///< of `i32.eqz` and plain conditions: only `a`
    bool negated = false;
  };
  struct Move {
    Value from;
    uint8_t to = 0;
  };
  /// Code that is seldom run; it comes behind the function.
  struct Cold {
    asmjit::Label at, back, target;
    void (FunctionCompiler::*emit)(const Cold&) = nullptr;
    uint32_t place = 0;  ///< in the body
    Trap trap{};
    uint32_t data = 0, count = 0;
    uint8_t regs[3] = {};
    wasm::Op op{};
    const Signature* signature = nullptr;
    std::vector<Value> values = {};
  };
  struct Table {
    uint32_t at = 0;
    std::vector<asmjit::Label> targets;
  };

  // ---- function_compiler.cpp: the function as a whole
  void begin();
  void close();
  void translate(const wasm::Instruction& in);
  void skip_dead(const wasm::Instruction& in);

  // ---- frame.cpp
  void count_entry();
  void emit_hot_entry(const Cold& cold);
  void open_frame();
  void check_stack();
  void emit_stack(const Cold& cold);
  void take_parameters();
  void take_parameter(uint32_t local, uint32_t word);
  void clear_locals();
  void link_refs();
  void emit_epilogue();
  void patch_frame();
  void emit_loop_entry(uint32_t offset, const asmjit::Label& head, uint32_t operands);
  x86::Mem frame_slot(uint32_t index, uint32_t size = 8) const;
  x86::Mem local_slot(uint32_t local) const;
  x86::Mem operand_slot(uint32_t place, Kind kind) const;
  x86::Mem ref_place(uint32_t index) const;
  /// … as are those below the innermost label.
  uint32_t floor() const { return std::max(settled_, labels_.empty() ? 0 : labels_.back().height); }
  Kind local_kind(uint32_t local) const { return plan_.locals[local].kind; }

  // ---- values.cpp: operands and registers
  void push(const Value& value);
  void push_gpr(Kind kind, uint8_t reg);
  void push_xmm(Kind kind, uint8_t reg);
  void push_constant(Kind kind, uint64_t bits, uint64_t high = 0);
  void push_slot(Kind kind);
  /// Behind the topmost operand's.
  uint32_t next_slot() const {
    return stack_.empty() ? 0 : stack_.back().place + slots_of(stack_.back().kind);
  }
  Value pop();
  void release(const Value& value);
  uint8_t take_gpr();
  uint8_t take_xmm();
  void take_this_gpr(uint8_t reg);
  void spill(uint32_t operand);
  void spill_lowest(Value::Where where);
  void reset_registers();
  /// In its register if it has one, else in a new one or the one given; not to be changed.
  x86::Gp read_gpr(Value& value);
  x86::Xmm read_xmm(Value& value);
  /// The same in a register that may be changed.
  uint8_t own_gpr(Value& value);
  uint8_t own_xmm(Value& value);
  void load_gpr(uint8_t reg, const Value& value);
  void load_xmm(uint8_t reg, const Value& value);
  void load_constant(const x86::Gp& to, uint64_t bits);
  bool in_memory(const Value& value) const;
  x86::Mem memory_of(const Value& value) const;
  bool holds_gpr(const Value& value) const;
  bool holds_xmm(const Value& value) const;
  uint8_t register_of(const Value& value) const;
  void store_to_slot(const Value& value, const x86::Mem& to, int32_t high = frame_high);
  void store_vector(const Value& value, const x86::Mem& to, int32_t high);
  void load_vector_constant(const x86::Xmm& to, uint64_t low, uint64_t high);
  void flush(uint32_t from, uint32_t to, bool constants);
  void spill_for_call();
  void preserve_local(uint32_t local);
  void store_ref(uint32_t index, const Value& value);
  void get_local(uint32_t local);
  void set_local(uint32_t local, bool keep);
  /// The local in a register that the next instruction sets to what is on top, or -1.
  int32_t next_set(bool floating) const;
  /// Where a result goes; a local that is to be set takes it itself.
  struct Result {
    uint8_t reg = 0;
    int32_t local = -1;
  };
  Result result_gpr();
  Result result_xmm();
  void push_result(Kind kind, Result result);

  // ---- control.cpp
  void block(const wasm::Instruction& in, Label::Type type);
  void block_types(const wasm::BlockType& type, Label& label);
  void loop_head(const wasm::Instruction& in);
  void end_part(Label& construct);
  void else_branch();
  void end();
  void branch(uint32_t depth);
  void branch_if(uint32_t depth);
  void branch_table(const wasm::Instruction& in);
  void return_values();
  void pass_values(const Label& to);
  void pass_results();
  void load_results_place();
  void start_at(const Label& label);
  void mark_dead();
  void select();
  std::span<const Kind> values_of(const Label& label) const {
    return label.type == Label::Type::loop ? label.params : label.results;
  }
  Label& label(uint32_t depth) { return labels_[labels_.size() - 1 - depth]; }
  uint32_t take_fuel() { return std::exchange(fuel_, 0); }
  void charge(uint32_t cost);

  // ---- exceptions.cpp
  asmjit::Label handler_from(size_t label_count);
  void check_exception();
  void emit_pass(const Cold& cold);
  const Signature& payload(uint32_t tag);
  uint32_t payload_slots(uint32_t tag);
  void throw_new(uint32_t tag);
  void throw_reference(Value value);
  void take_exception(const Label& construct);
  void match_tag(uint32_t tag, const asmjit::Label& other);
  void push_caught(const Label& construct);
  void push_payload(uint32_t tag);
  void emit_handlers();
  void legacy_catch(const wasm::Instruction& in);
  void rethrow(uint32_t depth);
  void leave_legacy_handlers(size_t outer_labels);
  void delegate(uint32_t depth);

  // ---- compare.cpp
  void compare(wasm::Op op, bool has_one);
  Comparison pop_condition();
  Condition emit_comparison(Comparison& comparison);
  Condition compare_integers(Comparison& comparison);
  Condition compare_floats(Comparison& comparison);
  void jump_if(Condition condition, bool holds, const asmjit::Label& to);
  void push_condition(Comparison& comparison);
  bool next_uses_condition() const;

  // ---- calls.cpp
  void call(const wasm::Instruction& in);
  void call_indirect(const wasm::Instruction& in);
  void emit_call_entry(const Cold& cold);
  void place_arguments(const Signature& callee, std::vector<Move> more);
  void move_gprs(std::vector<Move>& moves);
  void move_xmms(std::vector<Move>& moves);
  void save_pins();
  void restore_pins();
  void push_results(const Signature& callee);
  void call_runtime(int32_t place, std::span<const Value> arguments);

  // ---- memory.cpp
  x86::Mem place_of(const wasm::MemArg& mem, Value& address, uint32_t bytes);
  x86::Mem checked_place(const wasm::MemArg& mem, Value& address, uint32_t bytes);
  void load(const wasm::Instruction& in);
  void store(const wasm::Instruction& in);
  x86::Mem memory_field(uint32_t memory, int32_t field);
  void memory_size(uint32_t memory);
  void memory_grow(uint32_t memory);
  void bulk(const wasm::Instruction& in);
  void push_size(wasm::AddrType address, uint8_t reg);

  // ---- integers.cpp
  void integer(wasm::Op op);
  void arithmetic(asmjit::InstId id, bool commutative, Kind kind);
  void multiply(Kind kind);
  void shift(wasm::Op op, Kind kind);
  void divide(wasm::Op op, Kind kind);
  bool divide_by_constant(wasm::Op op, Kind kind);
  void count_bits(wasm::Op op, Kind kind);
  void extend(wasm::Op op);

  // ---- floats.cpp
  void floating(wasm::Op op);
  void float_arithmetic(wasm::Op op, Kind kind);
  void minimum(bool is_min, Kind kind);
  void emit_unordered_minimum(const Cold& cold);
  void round(uint32_t mode, Kind kind, wasm::Op op);
  void sign(wasm::Op op, Kind kind);
  void copy_sign(Kind kind);
  void canonicalize(wasm::Op op, Kind kind, uint8_t reg);
  void emit_nan(const Cold& cold);

  // ---- conversions.cpp
  void convert(wasm::Op op);
  void integer_to_float(wasm::Op op);
  void float_to_integer(wasm::Op op);
  void emit_float_to_integer(const Cold& cold);
  void load_float(const x86::Xmm& to, Kind kind, double value);

  // ---- vectors.cpp
  void vector(const wasm::Instruction& in);
  void vector_form(const VectorForm& form);
  void vector_binary(const VectorForm& form);
  void vector_unary(const VectorForm& form);
  void vector_multiply(const VectorForm& form);
  void vector_shift(const VectorForm& form);
  void vector_test(const VectorForm& form);
  void vector_mask(const VectorForm& form);
  void bit_select();
  void call_vector(const wasm::Instruction& in);
  void invert(const x86::Xmm& vector);

  // ---- vector_lanes.cpp, vector_memory.cpp
  void spread(const x86::Xmm& vector, uint32_t lane_bytes);
  void splat(const wasm::Instruction& in);
  void extract_lane(const wasm::Instruction& in);
  void replace_lane(const wasm::Instruction& in);
  void swizzle();
  void shuffle(const wasm::Instruction& in);
  void vector_load(const wasm::Instruction& in);
  void vector_store(const wasm::Instruction& in);
  void vector_load_lane(const wasm::Instruction& in);

  // ---- references.cpp: references, tables, globals
  void references(const wasm::Instruction& in);
  x86::Mem global_place(uint32_t index);
  void get_global(uint32_t index);
  void set_global(uint32_t index);
  x86::Mem table_field(uint32_t table, int32_t field);
  void check_table_index(uint32_t table, uint8_t index, Trap trap);
  void table_get(uint32_t table);
  void table_set(uint32_t table);

  // ---- cold.cpp
  Cold& cold(void (FunctionCompiler::*emit)(const Cold&));
  void trap_if(x86::CondCode code, Trap trap);
  void emit_trap(const Cold& cold);
  void emit_out_of_fuel(const Cold& cold);
  void emit_interrupt(const Cold& cold);
  void emit_hot_loop(const Cold& cold);

  ImageWriter& image_;
  x86::Assembler& code_;
  const ModuleState& module_;
  const bool counts_, metered_, interruptible_, deterministic_, masks_indices_, has_bmi2_;
  Plan plan_;

  const wasm::Code* source_ = nullptr;
  const Signature* signature_ = nullptr;
  uint32_t index_ = 0;
  std::span<const uint32_t> loops_;
  std::vector<uint8_t> saved_;  ///< registers that the frame begins with
  const wasm::InstrDecoder* decoder_ = nullptr;
  uint32_t place_ = 0;  ///< of the instruction at hand in the body
  asmjit::Label body_, epilogue_;
  std::vector<uint32_t> frame_sizes_, ref_counts_;  ///< where they are to be written
  struct LoopEntry {
    uint32_t offset = 0;
    asmjit::Label inner;
  };
  std::vector<LoopEntry> entries_;
  std::deque<Cold> cold_;
  std::vector<Table> tables_;

  std::vector<Value> stack_;
  uint32_t settled_ = 0;        ///< operands below it are constants or in their slots …
  uint32_t operand_slots_ = 0;  ///< the most that there are at once
  uint32_t operands_max_ = 0;
  std::vector<Label> labels_;
  uint32_t free_gprs_ = 0, free_xmms_ = 0, all_gprs_ = 0;
  std::optional<Comparison> comparison_;  ///< what is on top of the stack, not yet a number
  bool dead_ = false;
  uint32_t dead_depth_ = 0;
  uint32_t fuel_ = 0;
  uint64_t work_ = 0;  ///< instructions, and values that branches pass on
};

}  // namespace cairn::engine::baseline
