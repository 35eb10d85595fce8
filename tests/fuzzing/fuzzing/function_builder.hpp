#pragma once
/// Makes the body of one function, from the top down: "an expression of that type" is made of an
/// instruction and expressions of its operands' types. So every body is valid, whatever the choices
/// are. `expr(T)` leaves a value of a type that matches T, or ends in dead code.

#include <algorithm>
#include <vector>

#include "fuzzing/module_plan.hpp"
#include "fuzzing/plain_ops.hpp"

namespace cairn::fuzzing {

class FunctionBuilder {
 public:
  FunctionBuilder(ModulePlan& plan, const PlainOps& ops, uint32_t function);
  wasm::Code build();

 private:
  using Types = std::vector<wasm::ValType>;
  struct Label {
    Types types;  ///< what a branch to it carries
    bool loop = false;
  };

  // ---- function_builder.cpp: the frame around everything
  void expr(wasm::ValType type);
  void exprs(const Types& types);
  void statement();
  void statements();
  void leaf(wasm::ValType type);
  void number(wasm::ValType type);
  void value_from_storage(wasm::ValType type);
  void reduce(const Types& types, wasm::ValType wanted);
  void drop_all(const Types& types);
  void count_step();
  void log_locals();
  void log_local(uint32_t index);
  void to_bits(wasm::ValType type);
  void sequence(wasm::ValType type);

  // ---- build_plain.cpp: instructions of the table's signatures
  void plain(wasm::Op op);
  void wide(wasm::ValType type);
  void operand(wasm::Op op, char letter, uint32_t position, uint32_t memory);
  void address(const wasm::OpInfo& row, wasm::Instruction& in);
  void clamp(wasm::ValType type, uint64_t mask);
  void canonicalize(wasm::Op op);
  bool memory_size(wasm::ValType type);
  void plain_statement();
  void atomic_wait();
  void memory_copy();
  void memory_init();

  // ---- build_control.cpp
  void control(wasm::ValType type);
  void block(const Types& params, const Types& results, wasm::Op op);
  void body(const Types& results);
  void bounded_loop();
  void branching_loop(wasm::ValType type);
  void if_else(const Types& results);
  void branch(wasm::ValType type);
  void branch_away();
  void branch_table(uint32_t label);
  void leave_conditionally();
  void try_block(wasm::ValType type);
  void throw_something();
  wasm::BlockType block_type(const Types& params, const Types& results);
  Label& label(uint32_t depth) { return labels_[labels_.size() - 1 - depth]; }
  uint32_t random_label() { return choices_.below(static_cast<uint32_t>(labels_.size())); }

  // ---- build_walks.cpp
  struct Walk {
    uint32_t memory = 0;
    wasm::ValType type = wasm::i32;  ///< of addresses
    uint32_t place = 0;              ///< a local
    int32_t step = 0;
    bool by_counter = false;  ///< the local stays where the walk begins
  };
  struct Counter {
    wasm::ValType type = wasm::i32;
    uint32_t shape = 0, local = 0, limit = 0;
  };
  void walking_loop();
  Walk begin_walk();
  Counter begin_counter(wasm::ValType type);
  void next_round(const Counter& counter);
  void place_of(const Walk& walk, const Counter& counter);
  void access(wasm::Op op, const Walk& walk);
  void from_bits(wasm::ValType type);
  void walk_action(const std::vector<Walk>& walks, const Counter& counter, uint32_t sum);
  void walk_effect(uint32_t sum);

  // ---- build_calls.cpp
  void call(wasm::ValType type);
  void call_statement();
  void call_function(uint32_t function, bool tail);
  void call_by_reference(uint32_t function, bool tail);
  void tail_call();
  void table_index(uint32_t table);

  // ---- build_references.cpp
  void reference(wasm::ValType type);
  bool make_object(wasm::HeapType heap);
  void make_concrete(uint32_t type_index);
  void array_of(uint32_t type_index);
  void cast_to(wasm::ValType type);
  bool field_of(wasm::ValType type);
  bool element_of(wasm::ValType type);
  void number_from_reference();
  bool branch_on_reference(wasm::ValType type);
  void reference_statement();
  void array_statement(uint32_t type_index);
  void table_statement();
  void object(uint32_t type_index);
  void small(wasm::ValType type, uint64_t mask);

  /// Lets what is made in its scope take no more than a share of the budget, so that the first
  /// expression of a body does not use up all of it.
  class Share {
   public:
    Share(uint32_t& budget, uint32_t share)
        : budget_(budget), rest_(budget - std::min(budget, share)) {
      budget_ -= rest_;
    }
    ~Share() { budget_ += rest_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    uint32_t& budget_;
    uint32_t rest_;
  };

  // ---- emission
  void emit(wasm::Op op) { append(code_, op); }
  void emit(wasm::Op op, uint32_t index, uint32_t index2 = 0) { append(code_, op, index, index2); }
  void emit(const wasm::Instruction& in) { encode(in, code_); }
  void constant(wasm::ValType type, uint64_t bits) { append_number(code_, type, bits); }
  uint32_t new_local(wasm::ValType type);
  uint32_t temporary(wasm::ValType type);

  ModulePlan& plan_;
  Choices& choices_;
  const PlainOps& ops_;
  const wasm::Module& module_;
  const uint32_t type_index_;
  const wasm::FuncType type_;
  Bytes code_;
  Types locals_;  ///< parameters first
  std::vector<Label> labels_;
  uint32_t depth_ = 0, budget_ = 0;
};

}  // namespace cairn::fuzzing
