#pragma once
/// Validates function bodies and constant expressions, in the shape of the spec's appendix
/// "Validation Algorithm": a stack of operand types and a stack of control frames. Nesting lives on
/// the control stack, never on the native one. One validator serves a whole module, so that its
/// stacks are allocated once.
///
/// The methods return false once an error is recorded; they are chained with `&&`.

#include <cairn/base/result.hpp>
#include <cairn/wasm/instruction.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "validate/local_types.hpp"
#include "validate/module_context.hpp"
#include "validate/operand_stack.hpp"
#include "validate/signature.hpp"
#include "validate/simple_rows.hpp"
#include "validate/validate_module.hpp"

namespace cairn::wasm {

class BodyValidator {
 public:
  BodyValidator(ModuleContext& context, QuickPath quick_path)
      : context_(context),
        simple_rows_(quick_path == QuickPath::on ? simple_rows(context) : SimpleRows{}) {}

  /// Validates the body of the function with that index, which the module defines.
  Result<> function(uint32_t func_index, const Code& code);
  /// Validates a constant expression of the given canonical type. `what` names it in messages:
  /// "global 3". Functions that it refers to become declared.
  Result<> constant(const Expr& expr, ValType type, std::string_view what);

 private:
  using Types = std::span<const ValType>;

  /// A control frame. Results are a list elsewhere (in the registry), or the one value `single`.
  struct Frame {
    Op op = Op::block;
    bool unreachable = false;
    uint32_t height = 0;       ///< of the operand stack at entry
    uint32_t init_height = 0;  ///< locals that were set at entry
    Types params;
    Types result_list;
    ValType single;

    Types results() const { return single.is_bot() ? result_list : Types(&single, 1); }
    Types label_types() const { return op == Op::loop ? params : results(); }
  };

  struct SimplePath;

  Result<> run(const Expr& expr, Types results);
  /// Validates simple instructions from `p` on and returns where the first other one starts.
  const uint8_t* skip_simple(const uint8_t* p, const uint8_t* end);
  bool instruction();
  bool rare_instruction();
  bool constant_instruction();

  // The operand stack. `pop_val(t)` takes an operand of a subtype of t; `bot` stands for whatever
  // unreachable code needs.
  void push_val(ValType type) { vals_.push(type); }
  void push_vals(Types types) { vals_.push(types); }
  bool pop_val(ValType expected) {
    if (vals_.size() > frames_.back().height) [[likely]] {
      const ValType found = vals_.pop();
      return found == expected || matches(found, expected);
    }
    return pop_missing(expected);
  }
  bool pop_any(ValType& found);
  /// Takes a reference; `bot` becomes a non-null reference to the bottom heap type.
  bool pop_ref(ValType& found);
  bool pop_vals(Types expected);
  /// Pops operands and pushes them again, as what was expected of them.
  bool cast_vals(Types expected);
  bool pop_missing(ValType expected);
  bool matches(ValType found, ValType expected);
  /// Whether the topmost operands have these types; leaves them where they are.
  bool has_vals(Types expected);
  /// How many of the expected operands are there, when these are of exactly the expected types.
  /// Lists only that are long enough for this to be quicker: branches and calls with the most
  /// operands that there may be cost little more than others.
  std::optional<uint32_t> exact_vals(Types expected) const;
  bool room_on_stack() {
    return vals_.size() <= context_.limits.operand_stack || too_many_operands();
  }
  [[gnu::cold]] bool too_many_operands();

  // The control stack.
  bool push_ctrl(Op op, Types params, const Frame& results);
  bool pop_ctrl(Frame& out);
  void unreachable();
  bool label(uint32_t index, const Frame*& out) {
    if (index >= frames_.size()) return unknown("label", index);
    out = &frames_[frames_.size() - 1 - index];
    return true;
  }
  bool block_type(Frame& out);

  // Plain instructions, from the table.
  bool plain(const Signature& signature);
  bool check_immediates(ImmCheck check, ValType& address);
  bool check_memarg(ValType& address);
  bool check_lane();
  bool check_shuffle();

  // Control (control.cpp)
  bool block();
  bool if_();
  bool else_();
  bool end();
  bool br();
  bool br_if();
  bool br_table();
  bool return_();
  bool call(const FuncType& type);
  bool return_call(const FuncType& type);
  bool call_indirect(bool is_return);
  bool call_ref(bool is_return);
  bool br_on_null();
  bool br_on_non_null();
  bool br_on_cast(bool on_fail);

  // Exceptions (exceptions.cpp)
  bool throw_();
  bool throw_ref();
  bool try_table();
  bool catch_clause(const CatchClause& clause);
  bool legacy_try();
  bool legacy_catch();
  bool legacy_delegate();
  bool legacy_rethrow();

  // Parametric and variable instructions (variables.cpp)
  bool drop();
  bool select();
  bool select_t();
  bool local_get();
  bool local_set();
  bool local_tee();
  bool global_get();
  bool global_set();

  // Tables and bulk memory (tables.cpp)
  bool table_get();
  bool table_set();
  bool table_size();
  bool table_grow();
  bool table_fill();
  bool table_copy();
  bool table_init();
  bool memory_copy();
  bool memory_init();

  // References (references.cpp)
  bool ref_null();
  bool ref_is_null();
  bool ref_func();
  bool ref_as_non_null();
  bool ref_eq();
  bool ref_test(bool nullable);
  bool ref_cast(bool nullable);
  bool ref_i31();
  bool i31_get();
  bool convert(AbsHeapType from, AbsHeapType to);

  // Structures and arrays (aggregates.cpp)
  bool struct_new(bool is_default);
  bool struct_get();
  bool struct_set();
  bool array_new(bool is_default);
  bool array_new_fixed();
  bool array_new_data();
  bool array_new_elem();
  bool array_get();
  bool array_set();
  bool array_len();
  bool array_fill();
  bool array_copy();
  bool array_init_data();
  bool array_init_elem();
  bool field(const FieldType*& out);
  bool packed_access(const FieldType& field, bool is_get);

  // Index spaces: each fails with "unknown …".
  bool func_type(uint32_t index, const FuncType*& out);
  bool struct_type(uint32_t index, const StructType*& out);
  bool array_type(uint32_t index, const ArrayType*& out);
  bool mutable_array(uint32_t index, const FieldType*& out);
  bool number_array(uint32_t index, const FieldType*& out);
  bool table(uint32_t index, const TableType*& out);
  bool memory(uint32_t index, ValType& address);
  bool tag(uint32_t index, const FuncType*& out);
  bool elem(uint32_t index, ValType& out);
  bool data(uint32_t index);
  bool local(uint32_t index, ValType& out);
  bool canonical(ValType type, ValType& out);
  ValType ref_to_type(uint32_t type_index, bool nullable) const {
    return ValType::ref(HeapType::index(context_.handle[type_index]), nullable);
  }

  // Errors.
  [[gnu::cold]] bool fail(std::string message);
  [[gnu::cold]] bool fail_as(ErrorKind kind, std::string message);
  [[gnu::cold]] bool unknown(std::string_view what, uint32_t index);
  [[gnu::cold]] bool mismatch(ValType expected, ValType found);
  /// A canonical type as the module writes it.
  std::string describe(ValType type) const;

  ModuleContext& context_;
  Instruction in_;
  SimpleRows simple_rows_;
  OperandStack vals_;
  std::vector<Frame> frames_;
  LocalTypes locals_;
  Types return_types_;
  uint32_t func_index_ = 0;
  bool in_constant_ = false;
  std::string_view constant_what_;
  Error error_;
};

}  // namespace cairn::wasm
