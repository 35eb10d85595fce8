#pragma once
/// Prints a component; the inverse of ComponentParser, without its short forms.

#include <cairn/component/names.hpp>
#include <cairn/component/syntax.hpp>

#include <string>

namespace cairn::component::text {

/// The text of types, names and indices. Indices are numbers, or identifiers where `names` has
/// them.
class TypePrinter {
 public:
  explicit TypePrinter(std::string& out) : out_(out) {}

  void quoted(std::string_view text);
  /// "(with …)" and so on: names of imports and exports with their attributes.
  Result<> extern_name(const syntax::ExternName& name);
  /// " $x", or nothing.
  void id_of(syntax::Sort sort, uint32_t index);
  void index(syntax::Sort sort, uint32_t index);
  /// "(core func 1)"; inside of core definitions without `core`.
  void sort_index(syntax::SortIndex item, bool in_core = false);
  void val_type(syntax::ValType type);
  Result<> extern_desc(const syntax::ExternDesc& desc, std::optional<uint32_t> id);
  Result<> type(const syntax::Type& type);
  Result<> core_type(const syntax::CoreType& type);
  /// What stands between "(core type" or "(core rec" and the parenthesis.
  void core_sub_type(const wasm::SubType& type);
  Result<> alias(const syntax::Alias& alias, std::optional<uint32_t> id);
  /// "(core type 3 (func))", "(core rec …)"; without `core` in module types.
  Result<> core_type_field(const syntax::CoreType& type, std::string_view core,
                           std::optional<uint32_t> id);

  void newline();
  void indent(int by) { indent_ += by; }
  void set_names(const ComponentNames* names) { names_ = names; }
  const ComponentNames* names() const { return names_; }

 private:
  Result<> declarators(std::string_view word, const std::vector<syntax::Declarator>& list);
  Result<> declarator(const syntax::Declarator& declarator);
  Result<> core_module_type(const syntax::CoreModuleType& type);
  void core_extern_desc(const syntax::CoreExternDesc& desc);
  void value_types(std::string_view word, const std::vector<syntax::ValType>& types);
  void labels(std::string_view word, const std::vector<std::string>& list);
  void func_type(const syntax::FuncType& type);
  void optional(const std::optional<syntax::ValType>& type);

  std::string& out_;
  int indent_ = 0;
  const ComponentNames* names_ = nullptr;
};

}  // namespace cairn::component::text
