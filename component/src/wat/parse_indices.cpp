// Sorts, indices with their short forms, and aliases (Explainer.md, "Index Spaces", "Alias
// Definitions").

#include <fmt/format.h>

#include "codec/sort_codes.hpp"
#include "wat/component_parser.hpp"

namespace cairn::component::text {

using namespace syntax;

namespace {

/// Whether the type means something else in another scope.
bool refers_to_types(const Type& type) {
  return !std::holds_alternative<PrimType>(type.what) &&
         !std::holds_alternative<Flags>(type.what) && !std::holds_alternative<Enum>(type.what);
}

}  // namespace

bool ComponentParser::at_index() const {
  return in_.kind() == TokenKind::number || in_.kind() == TokenKind::id;
}

Result<uint32_t> ComponentParser::index(Sort sort) {
  if (in_.kind() == TokenKind::number) return in_.expect_u32();
  const Token& token = in_.token();
  const OptionalId id = take_id();
  if (!id) return in_.unexpected(fmt::format("the index or identifier of a {}", to_string(sort)));
  if (const auto found = scope_->ids_of(sort).find(*id)) return *found;
  return outer_index(*id, token, sort);
}

/// An identifier that this scope does not know: one of a scope further out means an alias.
Result<uint32_t> ComponentParser::outer_index(std::string_view id, const Token& token, Sort sort) {
  for (Scope* outer = scope_->parent; outer; outer = outer->parent) {
    const auto found = outer->ids_of(sort).find(id);
    if (!found) continue;
    if (!is_outer_sort(sort)) {
      return error(token, fmt::format("outer item `{}` is not a module, type, or component", id));
    }
    return alias_outer(*outer, sort, *found);
  }
  return error(token, fmt::format("unknown {}: failed to find name `${}`", to_string(sort), id));
}

Result<uint32_t> ComponentParser::alias_outer(const Scope& target, Sort sort,
                                              uint32_t index_there) {
  const auto [at, is_new] = scope_->outer_aliases.try_emplace(
      std::tuple(target.depth, sort, index_there), scope_->count_of(sort));
  if (!is_new) return at->second;
  const uint32_t count = scope_->depth - target.depth;
  if (sort == Sort::type) {
    if (const auto known = target.known_types.find(index_there);
        known != target.known_types.end() && !refers_to_types(known->second)) {
      scope_->known_types.emplace(scope_->count_of(sort), known->second);
    }
  }
  return define(Alias{.sort = sort, .target = Alias::Outer{count, index_there}}, sort);
}

// ---- Sorts -----------------------------------------------------------------------------------

Result<Sort> ComponentParser::core_sort_word() {
  for (size_t i = 0; i <= static_cast<size_t>(Sort::core_instance); ++i) {
    const auto sort = static_cast<Sort>(i);
    if (in_.take_keyword(to_string(sort).substr(5))) return sort;
  }
  return in_.unexpected("a core sort such as 'func'");
}

Result<Sort> ComponentParser::sort_words() {
  if (in_.take_keyword("core")) return core_sort_word();
  for (size_t i = static_cast<size_t>(Sort::func); i < sort_count; ++i) {
    const auto sort = static_cast<Sort>(i);
    if (in_.take_keyword(to_string(sort))) return sort;
  }
  return in_.unexpected("a sort such as 'func'");
}

bool ComponentParser::at_open_sort(Sort sort, bool prefixed) const {
  std::string_view word = to_string(sort);
  if (!is_core(sort)) return in_.at_open(word);
  word.remove_prefix(5);
  if (!prefixed) return in_.at_open(word);
  const auto& list = in_.tokens().list;
  const uint32_t at = in_.position();
  return in_.at_open("core") && in_.tokens().text(list[at + 2]) == word;
}

Result<uint32_t> ComponentParser::index_ref(Sort sort, bool prefixed) {
  if (at_index()) return index(sort);
  if (!at_open_sort(sort, prefixed)) {
    return in_.unexpected(fmt::format("the index of a {}", to_string(sort)));
  }
  in_.seek(in_.position() + (is_core(sort) && prefixed ? 3 : 2));
  const uint32_t result = TRY(projected_index(sort));
  TRY(in_.expect_close());
  return result;
}

Result<uint32_t> ComponentParser::projected_index(Sort sort) {
  const auto& list = in_.tokens().list;
  const bool projects = at_index() && list[in_.position() + 1].kind == TokenKind::string;
  if (!projects) return index(sort);
  // Core instances hold all core definitions but modules, which instances hold.
  if (is_core(sort) && sort != Sort::core_module) {
    const uint32_t instance = TRY(index(Sort::core_instance));
    return define(Alias{sort, Alias::CoreExport{instance, TRY(name())}}, sort);
  }
  uint32_t instance = TRY(index(Sort::instance));
  for (;;) {
    std::string export_name = TRY(name());
    const bool last = in_.kind() != TokenKind::string;
    const Sort what = last ? sort : Sort::instance;
    const uint32_t result =
        TRY(define(Alias{what, Alias::Export{instance, std::move(export_name)}}, what));
    if (last) return result;
    instance = result;
  }
}

Result<SortIndex> ComponentParser::sort_index() {
  if (in_.kind() != TokenKind::lparen) return in_.unexpected("an item such as '(func'");
  in_.advance();
  const Sort sort = TRY(sort_words());
  const uint32_t result = TRY(projected_index(sort));
  TRY(in_.expect_close());
  return SortIndex{sort, result};
}

Result<SortIndex> ComponentParser::core_sort_index() {
  if (in_.kind() != TokenKind::lparen) return in_.unexpected("an item such as '(func'");
  in_.advance();
  const Sort sort = TRY(core_sort_word());
  const uint32_t result = TRY(projected_index(sort));
  TRY(in_.expect_close());
  return SortIndex{sort, result};
}

// ---- Aliases ---------------------------------------------------------------------------------

/// What follows `(alias`, up to the sort. The sort is not set.
Result<Alias> ComponentParser::alias_target(bool in_core_module_type) {
  Alias alias;
  if (!in_core_module_type && in_.take_keyword("export")) {
    const uint32_t instance = TRY(index(Sort::instance));
    alias.target = Alias::Export{instance, TRY(name())};
    return alias;
  }
  if (!in_core_module_type && in_.take_keyword("core")) {
    TRY(in_.expect_keyword("export"));
    const uint32_t instance = TRY(index(Sort::core_instance));
    alias.target = Alias::CoreExport{instance, TRY(name())};
    return alias;
  }
  TRY(in_.expect_keyword("outer"));
  const Token& token = in_.token();
  Alias::Outer outer;
  if (const OptionalId id = take_id()) {
    const Scope* target = scope_;
    while (target && target->id != id) {
      target = target->parent;
      ++outer.count;
    }
    if (!target) return error(token, fmt::format("outer component `{}` not found", *id));
  } else {
    outer.count = TRY(in_.expect_u32());
  }
  alias.target = outer;
  return alias;
}

/// `(alias … (sort id?))`.
Result<> ComponentParser::alias_field() {
  Alias alias = TRY(alias_target(false));
  const Token& index_token = in_.token();
  OptionalId outer_id;
  auto* outer = std::get_if<Alias::Outer>(&alias.target);
  if (outer) {
    outer_id = take_id();
    if (!outer_id) outer->index = TRY(in_.expect_u32());
  }
  if (in_.kind() != TokenKind::lparen) return in_.unexpected("a sort such as '(func'");
  in_.advance();
  const Token& sort_token = in_.token();
  alias.sort = TRY(sort_words());
  if (outer && !is_outer_sort(alias.sort)) {
    return error(sort_token, "an outer alias must be of a module, type, or component");
  }
  if (outer && outer_id) {
    Scope* target = scope_;
    for (uint32_t i = 0; i < outer->count && target; ++i) target = target->parent;
    const auto found = target ? target->ids_of(alias.sort).find(*outer_id) : std::nullopt;
    if (!found) {
      return error(index_token, fmt::format("unknown {}: failed to find name `${}`",
                                            to_string(alias.sort), *outer_id));
    }
    outer->index = *found;
  }
  const OptionalId id = take_id();
  const Sort sort = alias.sort;
  const uint32_t result = TRY(define(std::move(alias), sort));
  TRY(bind(id, sort, result));
  return in_.expect_close();
}

/// `(sort id? (alias …))`: the sort and the id have been read.
Result<> ComponentParser::alias_in_place(Sort sort, const OptionalId& id, const Inline& names) {
  TRY(in_.expect_open("alias"));
  Alias alias = TRY(alias_target(false));
  alias.sort = sort;
  if (auto* outer = std::get_if<Alias::Outer>(&alias.target)) {
    if (!is_outer_sort(sort)) return in_.unexpected("'export'");
    Scope* const inner = scope_;
    for (uint32_t i = 0; i < outer->count && scope_; ++i) scope_ = scope_->parent;
    if (!scope_ && in_.kind() == TokenKind::id) {
      scope_ = inner;
      return in_.unexpected("an index");
    }
    Scope* const target = std::exchange(scope_, inner);
    const Token& token = in_.token();
    if (const OptionalId outer_id = take_id()) {
      const auto found = target->ids_of(sort).find(*outer_id);
      if (!found) {
        return error(token, fmt::format("unknown {}: failed to find name `${}`", to_string(sort),
                                        *outer_id));
      }
      outer->index = *found;
    } else {
      outer->index = TRY(in_.expect_u32());
    }
  }
  TRY(in_.expect_close());
  const uint32_t result = TRY(define(std::move(alias), sort));
  TRY(bind(id, sort, result));
  return export_inline(names, sort, result);
}

}  // namespace cairn::component::text
