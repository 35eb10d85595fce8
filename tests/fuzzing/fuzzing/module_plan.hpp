#pragma once
/// What a random module declares, before its functions have bodies: types, memories, tables,
/// globals, tags and segments, and which of them fit where.

#include <cairn/wasm/instruction.hpp>
#include <cairn/wasm/module.hpp>
#include <deque>
#include <vector>

#include "fuzzing/generator.hpp"

namespace cairn::fuzzing {

class ModulePlan {
 public:
  ModulePlan(Choices& choices, const GeneratorOptions& options);

  Choices& choices() { return choices_; }
  const GeneratorOptions& options() const { return options_; }
  bool has(wasm::Feature feature) const { return options_.features.has(feature); }
  wasm::Module& module() { return module_; }
  const wasm::Module& module() const { return module_; }

  /// Subtyping as far as declarations show it; structurally equal types may count as different.
  bool matches(wasm::HeapType sub, wasm::HeapType super) const;
  bool matches(wasm::ValType sub, wasm::ValType super) const;
  /// The top of a heap type's hierarchy.
  wasm::AbsHeapType top_of(wasm::HeapType heap) const;

  // By value: bodies may add function types while they hold one.
  wasm::FuncType func_type(uint32_t type_index) const;
  wasm::FuncType type_of_function(uint32_t function) const;
  uint32_t type_index_of_function(uint32_t function) const;
  /// The index of a function type, which is added when there is none.
  uint32_t func_type_index(const wasm::FuncType& type);

  /// Indices of types of that sort.
  const std::vector<uint32_t>& structs() const { return structs_; }
  const std::vector<uint32_t>& arrays() const { return arrays_; }
  const std::vector<uint32_t>& functypes() const { return functypes_; }

  wasm::ValType random_number();
  wasm::ValType random_value();
  wasm::ValType random_reference();
  /// Of a parameter or result of an exported function.
  wasm::ValType random_portable();
  std::vector<wasm::ValType> random_values(uint32_t count_max, bool portable = false);

  /// A constant of a type, as bits.
  uint64_t number_bits(wasm::ValType type);
  /// Appends instructions that push a constant of that type; legal in constant expressions, and a
  /// null or a small object for references. A null where the type has none ends in a trap, and is
  /// not constant.
  void push_constant(wasm::ValType type, Bytes& out, bool constant_expression);
  bool has_constant(wasm::ValType type) const;
  /// Finishes an expression and keeps its bytes as long as the plan.
  wasm::Expr keep(Bytes code);

  /// Where the functions start in table 0.
  uint32_t first_element() const { return first_element_; }

  /// The index of the global that counts steps.
  static constexpr uint32_t steps_index = 0;
  static constexpr uint32_t host_index = 0;

 private:
  void declare_types();
  void declare_group();
  wasm::SubType random_composite(uint32_t index, uint32_t group_end);
  wasm::FieldType random_field(uint32_t index, uint32_t group_end);
  wasm::StructType random_struct(uint32_t index, uint32_t group_end);
  void declare_functions();
  void declare_memories();
  void declare_tables();
  void declare_tags();
  void declare_globals();
  void declare_elements();
  void declare_data();
  void push_object(wasm::HeapType heap, Bytes& out);
  void push_concrete(uint32_t type_index, Bytes& out);

  Choices& choices_;
  GeneratorOptions options_;
  wasm::Module module_;
  std::deque<Bytes> kept_;
  std::vector<uint32_t> structs_, arrays_, functypes_;
  bool functions_known_ = false;
  uint32_t first_element_ = 0;
  uint32_t object_depth_ = 0;  ///< of constants inside constants
};

/// Appends one instruction; for those with plain immediates.
void append(Bytes& out, wasm::Op op);
void append(Bytes& out, wasm::Op op, uint32_t index, uint32_t index2 = 0);
void append_number(Bytes& out, wasm::ValType type, uint64_t bits);
void append_null(Bytes& out, wasm::HeapType heap);

}  // namespace cairn::fuzzing
