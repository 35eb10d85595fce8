#pragma once
/// From a validated function body to LLVM IR, in one pass over the instruction table's decoder.
///
/// Locals are allocas that LLVM turns into registers; operands are LLVM values; labels are blocks
/// with a phi for each value. References are also stored to the function's `RefFrame` when they
/// become locals or operands, so that the collector finds them at every call.
///
/// Plain instructions (all that are not control flow, locals, calls or exceptions) are in
/// build_plain.cpp and build_reference.cpp; they use `pop`, `push`, `call` and the semantics.

#include <array>
#include <cairn/wasm/instruction.hpp>
#include <map>
#include <optional>

#include "compiler/module_builder.hpp"

namespace cairn::engine::compiler {

class FunctionBuilder {
 public:
  /// `loop_offset`: build the entry at that loop instead of at the function's start.
  FunctionBuilder(ModuleBuilder& module, uint32_t defined_index, llvm::Function& function,
                  std::optional<uint32_t> loop_offset = std::nullopt);
  void run();

  /// The attribute of a function that was given up: compiling it would take too long.
  static constexpr const char* too_large = "cairn-too-large";

 private:
  struct Value {
    Kind kind = Kind::i32;
    llvm::Value* value = nullptr;
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
    };
    Type type = Type::block;
    std::vector<Kind> params, results;
    size_t height = 0;                  ///< operands below it (parameters not counted)
    llvm::BasicBlock* block = nullptr;  ///< where branches to it go
    std::vector<llvm::PHINode*> phis;   ///< of that block: its values
    llvm::BasicBlock* else_block = nullptr;
    std::vector<Value> else_params;  ///< `if`: parameters for the else part
    std::vector<wasm::CatchClause> catches;
    /// try: where calls inside go when an exception is in flight; made when first needed.
    llvm::BasicBlock* handler = nullptr;
    bool targeted = false;  ///< as in the interpreter's translator: fuel depends on it
  };

  // ---- function_builder.cpp: the function as a whole, locals, operands
  void translate(const wasm::Instruction& in);
  void scan();
  void declare_locals();
  void check_stack();
  void store_params();
  void load_frame();
  void complete();
  void spill_operands();
  void reload_operands();
  void push(Kind kind, llvm::Value* value);
  Value pop();
  /// Pops an operand's value.
  llvm::Value* operand() { return pop().value; }
  void store_ref(uint32_t index, llvm::Value* value);
  void skip_dead(const wasm::Instruction& in);
  /// Appends a block and continues there.
  llvm::BasicBlock* block(const char* name);
  void go_to(llvm::BasicBlock* target) { ir_.SetInsertPoint(target); }
  void set_location(uint64_t offset, wasm::Op op);
  void give_up();
  llvm::MDNode* weights(bool likely);
  void raise(Trap trap);
  void raise_if(llvm::Value* condition, Trap trap);
  void get_local(uint32_t index);
  void set_local(uint32_t index, llvm::Value* value);

  // ---- build_control.cpp
  void block_types(const wasm::BlockType& type, Label& label) const;
  void begin(const wasm::Instruction& in, Label::Type type);
  void end_part(Label& construct);
  void unreachable(Label& ended);
  void else_branch();
  void end();
  void branch(uint32_t depth);
  void branch_free(uint32_t depth);
  void branch_if(const wasm::Instruction& in);
  void branch_when(llvm::Value* condition, uint32_t depth, llvm::MDNode* hint);
  llvm::MDNode* hint(uint64_t offset);
  void branch_table(const wasm::Instruction& in);
  void branch_on_reference(const wasm::Instruction& in);
  void return_values();
  void return_with(std::vector<Value> values);
  void finish();
  void set_block(Label& label, const char* name);
  void start_at(Label& label);
  void select();
  void mark_dead();
  Label& label(uint32_t depth) { return labels_[labels_.size() - 1 - depth]; }
  /// Passes the topmost operands to a label's phis.
  void pass_values(Label& to);
  void interruption_check();

  uint32_t take_fuel() { return std::exchange(fuel_, 0); }
  void charge(uint32_t cost);
  void store_fuel();
  void reload_fuel();
  void rare_call(uint64_t offset, llvm::ArrayRef<llvm::Value*> args);

  // ---- build_call.cpp
  void call(const wasm::Instruction& in);
  void return_call(const wasm::Instruction& in);
  struct Callee;
  const wasm::FuncType& callee_type(const wasm::Instruction& in) const;
  Callee own_callee(llvm::Value* target, std::string signature);
  Callee any_callee(llvm::Value* func, std::string signature);
  Callee find_callee(const wasm::Instruction& in, bool pays_after_look_up);
  Callee table_callee(const wasm::Instruction& in, llvm::Value* index, std::string signature);
  llvm::CallInst* emit_call(const Callee& callee, std::vector<llvm::Value*> args);
  llvm::Value* call_passing_fuel(llvm::Function* callee, std::vector<llvm::Value*> args);
  std::vector<llvm::Value*> pop_arguments(size_t count);
  void push_results(const wasm::FuncType& type, llvm::Value* first);
  void check_exception();

  // ---- build_exception.cpp
  void throw_(uint32_t tag);
  void throw_reference(llvm::Value* exception);
  llvm::BasicBlock* handler_from(size_t label_count);
  llvm::Value* exception_field();
  llvm::BasicBlock* match_tag(llvm::Value* exception, uint32_t tag);
  void push_payload(llvm::Value* exception, uint32_t tag);
  void end_flight();
  void build_handlers();
  void end_legacy_handlers();
  void legacy_catch(const wasm::Instruction& in);
  void delegate(uint32_t depth);

  // ---- build_plain.cpp: constants, globals, scalar numbers, and what is left
  void plain(const wasm::Instruction& in);
  llvm::Value* global_slots(uint32_t index);
  void get_global(uint32_t index);
  void set_global(uint32_t index);
  void numeric(wasm::Op op);
  void push_number(wasm::Op op, llvm::Value* value);
  // Null: the semantics do it.
  llvm::Value* unary_operation(wasm::Op op, llvm::Value* a);
  llvm::Value* binary_operation(wasm::Op op, llvm::Value* a, llvm::Value* b);
  llvm::Value* float_operation(wasm::Op op, llvm::Value* a, llvm::Value* b);
  llvm::Value* divide(wasm::Op op, llvm::Value* a, llvm::Value* b);
  void wide(wasm::Op op);
  llvm::Value* opaque(llvm::Value* value);

  // ---- build_vector.cpp
  void vector(const wasm::Instruction& in);
  bool lanes(const wasm::Instruction& in);
  llvm::Value* as_bytes(llvm::Value* vector);
  llvm::Value* bytes_constant(const uint8_t (&bytes)[16]);

  // ---- build_memory.cpp: accesses, atomics
  bool guarded(const wasm::MemArg& mem) const;
  llvm::Value* memory_base();
  llvm::Value* memory(uint32_t index);
  template <class Access>
  Access* in_memory(Access* access);
  llvm::Value* as_address(llvm::Value* value);
  llvm::Value* place_of(const wasm::MemArg& mem, llvm::Value* address, uint32_t bytes);
  llvm::Value* load(llvm::Type* type, llvm::Value* from);
  void store(llvm::Value* value, llvm::Value* to);
  void access_memory(const wasm::Instruction& in);
  void access_vector(const wasm::Instruction& in);
  llvm::Value* atomic_place(const wasm::MemArg& mem, llvm::Value* address, uint32_t bytes);
  void atomic(const wasm::Instruction& in);
  void wait_or_notify(const wasm::Instruction& in, std::vector<llvm::Value*> args);

  // ---- build_reference.cpp: references, tables, bulk instructions. False: none of these.
  bool reference(const wasm::Instruction& in);
  bool of_references(const wasm::Instruction& in);
  struct Table {
    llvm::Value *elements, *size;
  };
  Table table(uint32_t index);
  bool of_tables(const wasm::Instruction& in);
  bool of_memories(const wasm::Instruction& in);
  /// 1 if the reference has the type, else 0.
  llvm::Value* test_reference(llvm::Value* reference, wasm::ValType type);
  llvm::Value* test_object(llvm::Value* reference, wasm::HeapType heap);
  std::array<llvm::Value*, 3> pop_range();
  void push_size(llvm::Value* size, wasm::AddrType address);

  // ---- build_aggregate.cpp: structures and arrays
  bool aggregate(const wasm::Instruction& in);
  void structure(const wasm::Instruction& in);
  void new_array(const wasm::Instruction& in);
  void element(const wasm::Instruction& in);
  void array_range(const wasm::Instruction& in);
  llvm::Type* stored_type(const RuntimeType::Field& field, Kind value_kind);
  void store_member(const RuntimeType::Field& field, const Value& value, llvm::Value* to);
  void load_member(const RuntimeType::Field& field, wasm::ValType storage, bool is_signed,
                   llvm::Value* from);
  std::pair<llvm::Value*, llvm::Value*> as_words(const Value& value);

  /// A pointer in one of the arrays that an instance's field at `array` points to.
  llvm::Value* invariant_item(uint64_t array, uint32_t index);
  /// Calls a function of the semantics.
  llvm::CallInst* semantic(std::string_view name, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* constant32(uint32_t value) { return ir_.getInt32(value); }
  llvm::Value* constant64(uint64_t value) { return ir_.getInt64(value); }
  /// The same as a reference or number of the other form, same bits.
  Kind kind(wasm::ValType type) const;
  std::vector<Kind> kinds(std::span<const wasm::ValType> types) const;

  ModuleBuilder& builder_;
  const ModuleState& module_;
  const wasm::Code& source_;
  const uint32_t defined_index_;
  const bool metered_, deterministic_;
  const bool passes_fuel_;  ///< as `ModuleBuilder::passes_fuel`
  llvm::Function& function_;
  Builder ir_;
  std::optional<uint32_t> loop_offset_;
  llvm::Value* instance_ = nullptr;
  llvm::Value* memory_base_ = nullptr;  ///< of guarded memory 0, when it is used
  llvm::BasicBlock* setup_ = nullptr;   ///< linked frame of references, written at the end
  llvm::BasicBlock* entry_ = nullptr;
  llvm::BasicBlock* check_ = nullptr;  ///< behind it
  llvm::AllocaInst* refs_ = nullptr;
  llvm::BasicBlock* exceptional_exit_ = nullptr;
  llvm::AllocaInst* fuel_left_ = nullptr;  ///< where fuel is counted
  bool fuel_is_stored_ = false;            ///< the context has the same, on every way to here
  std::vector<llvm::Instruction*>
      exits_;  ///< in front of these the frame of references is unlinked
  bool calls_ = false;

  struct Local {
    Kind kind = Kind::i32;
    llvm::AllocaInst* place = nullptr;
    uint32_t ref = 0;  ///< its place in the frame of references
  };
  std::vector<Local> locals_;
  size_t param_count_ = 0;
  std::vector<Value> stack_;
  /// In a loop's entry, operands below a label live in memory: the code in front of the loop never
  /// runs. By place on the stack and type.
  std::map<std::pair<size_t, llvm::Type*>, llvm::AllocaInst*> spills_;
  std::vector<Label> labels_;
  bool dead_ = false;
  uint32_t dead_depth_ = 0;
  uint32_t fuel_ = 0;
  /// Instructions, values that branches pass on, operands that calls leave alive: what the time
  /// that LLVM takes grows with.
  uint64_t work_ = 0;
  uint32_t ref_locals_ = 0, refs_max_ = 0;
};

}  // namespace cairn::engine::compiler
