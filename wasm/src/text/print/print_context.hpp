#pragma once
/// What the printers of one module share: the module, its names and the text that grows.

#include <cairn/wasm/module.hpp>
#include <cairn/wasm/text.hpp>

#include <string>

#include "text/print/print_names.hpp"

namespace cairn::wasm::text {

struct PrintContext {
  PrintContext(const Module& the_module, const PrintOptions& the_options, const TextSink& the_sink)
      : module(the_module),
        options(the_options),
        names(the_module, the_options.names),
        sink(the_sink) {}

  const Module& module;
  const PrintOptions& options;
  ModulePrintNames names;
  const TextSink& sink;
  std::string out;  ///< what has not been handed out yet

  /// Hands out what is there, if it is enough to be worth it. Called between the parts of a text.
  void settle() {
    constexpr size_t piece = 65'536;
    if (out.size() >= piece) hand_out();
  }
  void hand_out() {
    sink(out);
    out.clear();
  }

  void number(uint64_t value);
  /// " $name (;3;) (@name "…")" of what is defined.
  void definition(const PrintedName& name, uint32_t index);
  void definition(Space space, uint32_t index) { definition(names.of(space).at(index), index); }
  /// "$name" or "3" of what is used.
  void use(Space space, uint32_t index) { use(names.of(space).at(index), index); }
  void use(const PrintedName& name, uint32_t index);

  void type(ValType type);
  void heap_type(HeapType type);
  void global_type(const GlobalType& type);
  void limits(const Limits& limits);
  void table_type(const TableType& type);
  void memory_type(const MemoryType& type);
  /// " (param i32 i64) (result i32)"; parameters one by one where some have names.
  void function_type(const FuncType& type, const PrintedNames* params);
  void types();
  void quoted(std::string_view bytes, bool keep_utf8 = true);

  /// The function type of an index, or null.
  const FuncType* function_type_at(uint32_t type_index) const {
    return type_index < module.types.size() ? module.types[type_index].func() : nullptr;
  }

 private:
  void field_type(const FieldType& type);
  void sub_type(uint32_t index);
  void composite_type(uint32_t index, const CompositeType& type);
};

}  // namespace cairn::wasm::text
