#pragma once
/// Components in text form (Explainer.md, "Grammar"). One walk: a definition refers to earlier ones
/// only. What is written in place (types, aliases, bags of exports) becomes a definition of its own
/// in front of the one that it stands in.

#include <cairn/component/text.hpp>

#include <functional>
#include <unordered_map>

#include "text/context.hpp"
#include "text/type_parser.hpp"
#include "wat/scope.hpp"

namespace cairn::component::text {

using wasm::text::Token;
using wasm::text::TokenKind;
using wasm::text::TokenReader;
using wasm::text::Tokens;

class ComponentParser {
 public:
  ComponentParser(const Tokens& tokens, const ReadOptions& options,
                  std::shared_ptr<const std::string> source);

  /// Parses the whole text: one `(component …)`, or its definitions without it.
  Result<syntax::Component> parse();

 private:
  using OptionalId = std::optional<std::string_view>;
  /// The exports, and maybe an import, that stand inside of a definition.
  struct Inline {
    std::vector<syntax::ExternName> exports;
    std::optional<syntax::ExternName> import;
  };

  // Scopes and definitions (component_parser.cpp).
  Result<> fields();
  Result<> field();
  Result<> custom_field();
  Result<syntax::Component> component_body(OptionalId id);
  template <class Body>
  Result<> in_scope(ScopeKind kind, Scope& scope, Body body);
  /// Appends to the current scope.
  Result<> emit(syntax::Definition::What what);
  /// The same for what defines something of a sort: its index.
  Result<uint32_t> define(syntax::Definition::What what, syntax::Sort sort);
  Result<uint32_t> define_type(syntax::Type type);
  Result<> bind(const OptionalId& id, syntax::Sort sort, uint32_t index);
  /// With what `(@name "…")` behind it says, which the name section shall have.
  OptionalId take_id();
  Result<Inline> inline_names();
  Result<> export_inline(const Inline& names, syntax::Sort sort, uint32_t index);

  // Indices (parse_indices.cpp).
  bool at_index() const;
  /// `idx`.
  Result<uint32_t> index(syntax::Sort sort);
  Result<uint32_t> outer_index(std::string_view id, const Token& token, syntax::Sort sort);
  Result<uint32_t> alias_outer(const Scope& target, syntax::Sort sort, uint32_t index_there);
  /// `idx`, `(sort idx)` or `(sort idx name+)`; of a core sort, `prefixed` demands `(core sort …)`.
  Result<uint32_t> index_ref(syntax::Sort sort, bool prefixed = true);
  /// What follows the sort: `idx name*`.
  Result<uint32_t> projected_index(syntax::Sort sort);
  Result<syntax::Sort> core_sort_word();
  /// The words of a sort after the parenthesis, `core` included.
  Result<syntax::Sort> sort_words();
  bool at_open_sort(syntax::Sort sort, bool prefixed) const;
  Result<syntax::SortIndex> sort_index();
  Result<syntax::SortIndex> core_sort_index();
  Result<> alias_field();
  Result<syntax::Alias> alias_target(bool in_core_module_type);
  bool at_alias() const { return in_.at_open("alias"); }
  Result<> alias_in_place(syntax::Sort sort, const OptionalId& id, const Inline& names);

  // Imports, exports, start (parse_externs.cpp).
  Result<std::string> name();
  Result<syntax::ExternName> extern_name();
  Result<> attributes(syntax::ExternName& name);
  Result<> import_field();
  Result<> export_field();
  Result<> start_field();
  /// `(sort id? …)`; where an id is bound, it goes to `id`.
  Result<syntax::ExternDesc> extern_desc(OptionalId* id);
  /// What follows the sort and the id.
  Result<syntax::ExternDesc> extern_desc_of(syntax::Sort sort);
  Result<> import_in_place(syntax::Sort sort, const OptionalId& id, const Inline& names);

  // Types (parse_types.cpp).
  Result<> type_field();
  Result<syntax::Type> type_definition();
  Result<std::optional<syntax::Type>> value_type_definition();
  Result<std::optional<syntax::Type>> handle_type_definition();
  Result<syntax::ValType> val_type();
  bool at_val_type() const;
  Result<std::optional<syntax::ValType>> optional_val_type();
  Result<std::vector<std::string>> labels();
  Result<syntax::FuncType> func_type();
  /// At `(type idx)`, alone before the closing parenthesis, and not at a declarator.
  bool at_type_use() const;
  Result<uint32_t> func_type_use();
  Result<syntax::ResourceType> resource_type();
  Result<std::vector<syntax::Declarator>> declarators(ScopeKind kind);
  Result<> declarator(ScopeKind kind);

  // Instances, components, functions (parse_instances.cpp, parse_canon.cpp).
  Result<> component_field();
  Result<> instance_field();
  Result<syntax::Instance> instance_expr();
  Result<syntax::Instantiate> instantiate();
  Result<std::vector<syntax::InlineExport>> inline_exports();
  Result<> func_field();
  Result<> canon_field();
  Result<syntax::Canon> canon_body();
  Result<syntax::Canon> lift_body();
  Result<std::vector<syntax::CanonOption>> canon_options();
  Result<> value_field();
  Result<Bytes> value_bytes(syntax::ValType type);

  // Core definitions (parse_core.cpp).
  Result<> core_field();
  Result<> core_module_field(const Token& open);
  Result<syntax::CoreModule> core_module(const Token& open, uint32_t body);
  Result<> core_instance_field();
  Result<std::vector<syntax::CoreInlineExport>> core_inline_exports();
  Result<> core_func_field();
  Result<> core_alias_field(syntax::Sort sort);
  Result<> core_type_field();
  Result<> core_rec_field();
  Result<syntax::CoreType> core_type_definition();
  Result<syntax::CoreModuleType> core_module_type();
  Result<> core_module_declarator();
  Result<uint32_t> core_module_type_use();
  Result<syntax::CoreExternDesc> core_extern_desc();
  Result<> core_outer_alias();
  Result<uint32_t> core_func_type(const wasm::text::TypeUse& use);
  Result<> define_core_type(syntax::CoreType type, uint32_t count);
  /// Runs a parser of core types over the tokens of this one, with this scope's identifiers.
  template <class Parse>
  auto with_core_types(Parse parse) -> decltype(parse());
  Result<> import_core_type_names(uint32_t end);

  std::unexpected<Error> error(const Token& token, std::string message) const {
    return in_.error(token, std::move(message));
  }

  TokenReader in_;
  const ReadOptions& options_;
  std::shared_ptr<const std::string> source_;
  wasm::text::Context core_;
  wasm::text::TypeParser core_types_;
  Scope* scope_ = nullptr;
  uint64_t here_ = 0;         ///< where the definition begins that is being read
  uint32_t value_depth_ = 0;  ///< of value types that are written in place
  std::unordered_map<const char*, std::string> given_names_;  ///< by where the identifier is
};

}  // namespace cairn::component::text
