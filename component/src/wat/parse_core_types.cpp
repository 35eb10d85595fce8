// Core types inside of components (Explainer.md, "Type Definitions").

#include <fmt/format.h>

#include "wat/in_scope.hpp"

namespace cairn::component::text {

using namespace syntax;

Result<> ComponentParser::define_core_type(CoreType type, uint32_t count) {
  if (scope_->kind == ScopeKind::core_module_type) {
    scope_->core_declarators.push_back({std::move(type), Position{here_}});
  } else {
    TRY(emit(std::move(type)));
  }
  scope_->count_of(Sort::core_type) += count;
  return {};
}

/// `(core type id? deftype)`, where `deftype` may be a core module type.
Result<> ComponentParser::core_type_field() {
  const OptionalId id = take_id();
  if (at_alias()) return alias_in_place(Sort::core_type, id, {});
  // A core type may refer to itself.
  const uint32_t index = scope_->count_of(Sort::core_type);
  TRY(bind(id, Sort::core_type, index));
  CoreType type = TRY(core_type_definition());
  // Identifiers of outer scopes may have become aliases, which come first.
  if (scope_->count_of(Sort::core_type) != index) {
    return error(in_.token(), "a core type that refers to itself and to an outer scope");
  }
  return define_core_type(std::move(type), 1);
}

Result<CoreType> ComponentParser::core_type_definition() {
  if (in_.take_open("module")) {
    CoreType type{TRY(core_module_type())};
    TRY(in_.expect_close());
    return type;
  }
  const uint32_t index = scope_->count_of(Sort::core_type);
  CoreRecGroup group;
  group.types.push_back(TRY(with_core_types([&] { return core_types_.sub_type(index); })));
  return CoreType{std::move(group)};
}

/// `(core rec (type id? …)*)`.
Result<> ComponentParser::core_rec_field() {
  CoreRecGroup group{.types = {}, .explicit_rec = true};
  const uint32_t first = scope_->count_of(Sort::core_type);
  const uint32_t begin = in_.position();
  uint32_t count = 0;
  while (in_.at_open("type")) {
    const uint32_t close = in_.token().match;
    if (in_.tokens().list[close].kind == TokenKind::eof)
      return error(in_.token(), "unclosed '(type'");
    in_.seek(in_.position() + 2);
    TRY(bind(take_id(), Sort::core_type, first + count++));
    in_.seek(close + 1);
  }
  in_.seek(begin);
  for (uint32_t i = 0; i < count; ++i) {
    TRY(in_.expect_open("type"));
    take_id();
    group.types.push_back(TRY(with_core_types([&] { return core_types_.sub_type(first + i); })));
    TRY(in_.expect_close());
  }
  return define_core_type(CoreType{std::move(group)}, count);
}

// ---- Module types ------------------------------------------------------------------------------

/// `(type idx)` or the declarators of a module type, which is then defined.
Result<uint32_t> ComponentParser::core_module_type_use() {
  if (at_type_use()) {
    TRY(in_.expect_open("type"));
    const uint32_t type = TRY(index(Sort::core_type));
    TRY(in_.expect_close());
    return type;
  }
  CoreType type{TRY(core_module_type())};
  TRY(define_core_type(std::move(type), 1));
  return scope_->count_of(Sort::core_type) - 1;
}

Result<CoreModuleType> ComponentParser::core_module_type() {
  Scope scope(ScopeKind::core_module_type, scope_, scope_->depth + 1);
  TRY(in_scope(ScopeKind::core_module_type, scope, [&]() -> Result<> {
    while (in_.kind() == TokenKind::lparen) TRY(core_module_declarator());
    return {};
  }));
  return CoreModuleType{std::move(scope.core_declarators)};
}

Result<> ComponentParser::core_module_declarator() {
  here_ = in_.token().begin;
  const uint32_t close = in_.token().match;
  TRY(import_core_type_names(close));
  if (in_.take_open("import")) {
    CoreImportDecl import{.module = TRY(name()), .name = {}, .desc = {}};
    import.name = TRY(name());
    import.desc = TRY(core_extern_desc());
    scope_->core_declarators.push_back({std::move(import), Position{here_}});
  } else if (in_.take_open("export")) {
    CoreExportDecl item{.name = TRY(name()), .desc = {}};
    item.desc = TRY(core_extern_desc());
    scope_->core_declarators.push_back({std::move(item), Position{here_}});
  } else if (in_.take_open("type")) {
    TRY(core_type_field());
  } else if (in_.take_open("rec")) {
    TRY(core_rec_field());
  } else if (in_.take_open("alias")) {
    TRY(core_outer_alias());
  } else {
    in_.advance();
    return in_.unexpected("a declarator such as 'import'");
  }
  return in_.expect_close();
}

/// `(alias outer idx idx (type id?))`: `(alias` has been read.
Result<> ComponentParser::core_outer_alias() {
  const Alias alias = TRY(alias_target(true));
  CoreOuterAlias outer{.count = std::get<Alias::Outer>(alias.target).count, .index = 0};
  Scope* target = scope_;
  for (uint32_t i = 0; i < outer.count && target; ++i) target = target->parent;
  const Token& token = in_.token();
  if (const OptionalId outer_id = take_id()) {
    const auto found = target ? target->ids_of(Sort::core_type).find(*outer_id) : std::nullopt;
    if (!found) {
      return error(token, fmt::format("unknown core type: failed to find name `${}`", *outer_id));
    }
    outer.index = *found;
  } else {
    outer.index = TRY(in_.expect_u32());
  }
  TRY(in_.expect_open("type"));
  const OptionalId id = take_id();
  TRY(in_.expect_close());
  scope_->core_declarators.push_back({outer, Position{here_}});
  return bind(id, Sort::core_type, scope_->count_of(Sort::core_type)++);
}

/// Aliases the core types of outer scopes that the tokens up to `end` name.
Result<> ComponentParser::import_core_type_names(uint32_t end) {
  const std::vector<Token>& list = in_.tokens().list;
  for (uint32_t at = in_.position() + 2; at < end; ++at) {
    const bool is_use =
        list[at].kind == TokenKind::id &&
        (in_.tokens().text(list[at - 1]) == "type" || in_.tokens().text(list[at - 1]) == "ref" ||
         in_.tokens().text(list[at - 1]) == "null");
    if (!is_use || in_.at_open("type") || in_.at_open("rec") || in_.at_open("alias")) continue;
    const std::string_view id = in_.id_of(list[at]);
    if (scope_->ids_of(Sort::core_type).find(id)) continue;
    for (Scope* outer = scope_->parent; outer; outer = outer->parent) {
      const auto found = outer->ids_of(Sort::core_type).find(id);
      if (!found) continue;
      scope_->core_declarators.push_back(
          {CoreOuterAlias{scope_->depth - outer->depth, *found}, Position{here_}});
      TRY(bind(id, Sort::core_type, scope_->count_of(Sort::core_type)++));
      break;
    }
  }
  return {};
}

/// `(sort id? type)` of a core import or export.
Result<CoreExternDesc> ComponentParser::core_extern_desc() {
  if (in_.kind() != TokenKind::lparen) return in_.unexpected("a type such as '(func'");
  in_.advance();
  const Token& token = in_.token();
  const Sort sort = TRY(core_sort_word());
  take_id();
  CoreExternDesc desc;
  switch (sort) {
    case Sort::core_func:
    case Sort::core_tag: {
      std::vector<wasm::text::ParamName> names;
      const wasm::text::TypeUse use =
          TRY(with_core_types([&] { return core_types_.type_use(&names); }));
      const uint32_t type = TRY(core_func_type(use));
      if (sort == Sort::core_func) {
        desc.type = type;
      } else {
        desc.type = wasm::TagType{type};
      }
      break;
    }
    case Sort::core_table:
      desc.type = TRY(with_core_types([&] { return core_types_.table_type(); }));
      break;
    case Sort::core_memory:
      desc.type = TRY(with_core_types([&] { return core_types_.memory_type(); }));
      break;
    case Sort::core_global:
      desc.type = TRY(with_core_types([&] { return core_types_.global_type(); }));
      break;
    default: return error(token, "unexpected token, expected 'func', 'table' and so on");
  }
  TRY(in_.expect_close());
  return desc;
}

/// The index of a function type; one that is written in place is defined when it is new.
Result<uint32_t> ComponentParser::core_func_type(const wasm::text::TypeUse& use) {
  if (use.index) return *use.index;
  std::pair<std::vector<uint32_t>, std::vector<uint32_t>> key;
  for (const wasm::ValType type : use.inline_type.params) key.first.push_back(type.bits());
  for (const wasm::ValType type : use.inline_type.results) key.second.push_back(type.bits());
  const auto [at, is_new] =
      scope_->core_func_types.try_emplace(std::move(key), scope_->count_of(Sort::core_type));
  const uint32_t index = at->second;
  if (is_new) {
    CoreRecGroup group;
    group.types.push_back({.supertypes = {}, .composite = use.inline_type});
    TRY(define_core_type(CoreType{std::move(group)}, 1));
  }
  return index;
}

}  // namespace cairn::component::text
