#include "wat/component_parser.hpp"

#include <fmt/format.h>

#include "wat/in_scope.hpp"

namespace cairn::component {

Result<syntax::Component> parse_text(std::string_view source, const ReadOptions& options) {
  auto text = std::make_shared<const std::string>(source);
  const wasm::text::Tokens tokens =
      TRY(wasm::text::tokenize(*text, options.core_features, options.limits.core));
  if (!tokens.problems.empty()) return std::unexpected(tokens.problems.front());
  return text::ComponentParser(tokens, options, text).parse();
}

namespace text {

using namespace syntax;

ComponentParser::ComponentParser(const Tokens& tokens, const ReadOptions& options,
                                 std::shared_ptr<const std::string> source)
    : in_(tokens),
      options_(options),
      source_(std::move(source)),
      core_(tokens, options.core_features, options.limits.core, nullptr),
      core_types_(core_) {}

Result<Component> ComponentParser::parse() {
  const bool wrapped = in_.take_open("component");
  const OptionalId id = wrapped ? take_id() : std::nullopt;
  Component component = TRY(component_body(id));
  if (wrapped) TRY(in_.expect_close());
  if (in_.kind() != TokenKind::eof) return in_.unexpected(wrapped ? "the end" : "a definition");
  component.text = source_;
  return component;
}

/// The definitions up to the closing parenthesis, which stays.
Result<Component> ComponentParser::component_body(OptionalId id) {
  Component component;
  Scope scope(ScopeKind::component, scope_, scope_ ? scope_->depth + 1 : 0);
  scope.id = id;
  if (id) scope.names.component = std::string(*id);
  TRY(in_scope(ScopeKind::component, scope, [&] { return fields(); }));
  if (!scope.names.empty()) {
    scope.definitions.push_back(
        {Custom{std::string(name_section), encode_names(scope.names)}, Position{here_}});
  }
  component.definitions = std::move(scope.definitions);
  component.text = source_;
  return component;
}

Result<> ComponentParser::fields() {
  while (in_.kind() == TokenKind::lparen || in_.kind() == TokenKind::annotation) TRY(field());
  if (in_.kind() != TokenKind::rparen && in_.kind() != TokenKind::eof) {
    return in_.unexpected("a definition such as '(type'");
  }
  return {};
}

Result<> ComponentParser::field() {
  struct Field {
    std::string_view word;
    Result<> (ComponentParser::*parse)();
  };
  static constexpr Field all[] = {
      {"core", &ComponentParser::core_field},
      {"component", &ComponentParser::component_field},
      {"instance", &ComponentParser::instance_field},
      {"alias", &ComponentParser::alias_field},
      {"type", &ComponentParser::type_field},
      {"canon", &ComponentParser::canon_field},
      {"func", &ComponentParser::func_field},
      {"start", &ComponentParser::start_field},
      {"import", &ComponentParser::import_field},
      {"export", &ComponentParser::export_field},
      {"value", &ComponentParser::value_field},
  };
  here_ = in_.token().begin;
  if (in_.kind() == TokenKind::annotation) return custom_field();
  for (const Field& field : all) {
    if (!in_.at_open(field.word)) continue;
    const bool is_value = field.word == "value" || field.word == "start";
    if (is_value && !options_.features.has(Feature::values)) break;
    in_.seek(in_.position() + 2);
    TRY((this->*field.parse)());
    return in_.expect_close();
  }
  in_.advance();
  return in_.unexpected("a definition such as 'type'");
}

/// `(@custom "name" "payload"*)`.
Result<> ComponentParser::custom_field() {
  if (!in_.at_annotation("custom")) return in_.unexpected("a definition");
  in_.advance();
  Custom custom{.name = TRY(name()), .payload = {}};
  std::string payload;
  in_.take_strings(payload);
  custom.payload.assign(payload.begin(), payload.end());
  TRY(emit(std::move(custom)));
  return in_.expect_close();
}

// ---- Definitions -----------------------------------------------------------------------------

Result<> ComponentParser::emit(Definition::What what) {
  const Position at{here_};
  if (scope_->kind == ScopeKind::component) {
    if (scope_->definitions.size() >= options_.limits.definitions) {
      return in_.error(
          ErrorKind::limit, in_.token(),
          fmt::format("too many definitions: the limit is {}", options_.limits.definitions));
    }
    scope_->definitions.push_back({std::move(what), at});
    return {};
  }
  if (scope_->declarators.size() >= options_.limits.declarators) {
    return in_.error(
        ErrorKind::limit, in_.token(),
        fmt::format("too many declarators: the limit is {}", options_.limits.declarators));
  }
  const auto declare = [&](auto& item) -> Result<> {
    using Item = std::decay_t<decltype(item)>;
    if constexpr (std::is_same_v<Item, CoreType> || std::is_same_v<Item, Type> ||
                  std::is_same_v<Item, Alias>) {
      scope_->declarators.push_back({std::move(item), at});
      return {};
    } else {
      return error(in_.token(), "unexpected definition inside of a type");
    }
  };
  return std::visit(declare, what);
}

Result<uint32_t> ComponentParser::define(Definition::What what, Sort sort) {
  TRY(emit(std::move(what)));
  return scope_->count_of(sort)++;
}

Result<uint32_t> ComponentParser::define_type(Type type) {
  const uint32_t index = scope_->count_of(Sort::type);
  constexpr size_t value_types = 14;  // those before FuncType
  static_assert(std::is_same_v<std::variant_alternative_t<value_types, Type::What>, FuncType>);
  const bool is_value = type.what.index() < value_types;
  if (is_value) scope_->known_types.emplace(index, type);
  return define(std::move(type), Sort::type);
}

ComponentParser::OptionalId ComponentParser::take_id() {
  const OptionalId id = in_.take_id();
  if (!id || !in_.at_annotation("name")) return id;
  in_.advance();
  // What is wrong with it, whoever reads on says.
  if (Result<std::string> name = in_.expect_name(); name && in_.expect_close())
    given_names_.insert_or_assign(id->data(), *std::move(name));
  return id;
}

Result<> ComponentParser::bind(const OptionalId& id, Sort sort, uint32_t index) {
  if (!id) return {};
  if (!scope_->ids_of(sort).bind(*id, index)) {
    return error(in_.token(), fmt::format("duplicate {} identifier: ${}", to_string(sort), *id));
  }
  if (scope_->kind == ScopeKind::component) {
    const auto given = given_names_.find(id->data());
    scope_->names.of(sort).push_back(
        {index, given != given_names_.end() ? given->second : std::string(*id)});
  }
  return {};
}

/// A run of `(export "name")`, then maybe `(import "name")`.
Result<ComponentParser::Inline> ComponentParser::inline_names() {
  Inline names;
  const auto at_name_only = [this](std::string_view word) {
    const auto& list = in_.tokens().list;
    const uint32_t at = in_.position();
    return in_.at_open(word) && at + 3 < list.size() && list[at + 2].kind == TokenKind::string &&
           list[at + 3].kind == TokenKind::rparen;
  };
  while (at_name_only("export")) {
    in_.seek(in_.position() + 2);
    names.exports.push_back({TRY(name())});
    TRY(in_.expect_close());
  }
  if (at_name_only("import")) {
    in_.seek(in_.position() + 2);
    names.import = ExternName{TRY(name())};
    TRY(in_.expect_close());
  }
  return names;
}

Result<> ComponentParser::export_inline(const Inline& names, Sort sort, uint32_t index) {
  for (const ExternName& export_name : names.exports) {
    TRY(define(Export{.name = export_name, .item = {sort, index}, .desc = {}}, sort));
  }
  return {};
}

}  // namespace text
}  // namespace cairn::component
