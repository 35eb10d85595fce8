// Imports, exports and start definitions (Explainer.md, "Import and Export Definitions").

#include <fmt/format.h>

#include "wat/component_parser.hpp"

namespace cairn::component::text {

using namespace syntax;

Result<std::string> ComponentParser::name() {
  std::string text = TRY(in_.expect_name());
  if (text.size() > options_.limits.name_bytes) {
    return in_.error(
        ErrorKind::limit, in_.token(),
        fmt::format("a name is too long: the limit is {} bytes", options_.limits.name_bytes));
  }
  return text;
}

Result<ExternName> ComponentParser::extern_name() {
  ExternName result{TRY(name())};
  TRY(attributes(result));
  return result;
}

Result<> ComponentParser::attributes(ExternName& result) {
  struct Word {
    std::string_view word;
    Attribute::Kind kind;
    Feature feature;
  };
  constexpr Word words[] = {
      {"versionsuffix", Attribute::Kind::version_suffix, Feature::canonical_names},
      {"implements", Attribute::Kind::implements, Feature::attributes},
      {"external-id", Attribute::Kind::external_id, Feature::attributes},
  };
  for (bool more = true; more;) {
    more = false;
    for (const Word& entry : words) {
      const bool repeated = result.attribute(entry.kind) != nullptr;
      if (repeated || !options_.features.has(entry.feature)) continue;
      if (!in_.take_open(entry.word)) continue;
      result.attributes.push_back({entry.kind, TRY(name())});
      TRY(in_.expect_close());
      more = true;
    }
  }
  for (const Word& entry : words) {
    if (in_.at_open(entry.word)) {
      return error(in_.token(), fmt::format("unexpected token '{}': it is there already, or its "
                                            "feature is off",
                                            entry.word));
    }
  }
  return {};
}

Result<> ComponentParser::import_field() {
  ExternName import_name = TRY(extern_name());
  OptionalId id;
  ExternDesc desc = TRY(extern_desc(&id));
  const Sort sort = desc.sort();
  const uint32_t index = TRY(define(Import{.name = std::move(import_name), .desc = desc}, sort));
  return bind(id, sort, index);
}

Result<> ComponentParser::export_field() {
  const OptionalId id = take_id();
  Export item{.name = TRY(extern_name()), .item = {}, .desc = {}};
  item.item = TRY(sort_index());
  if (in_.kind() == TokenKind::lparen) item.desc = TRY(extern_desc(nullptr));
  const Sort sort = item.item.sort;
  const uint32_t index = TRY(define(std::move(item), sort));
  return bind(id, sort, index);
}

/// `(sort id? (import "name") …)`: the import has been read, its type follows.
Result<> ComponentParser::import_in_place(Sort sort, const OptionalId& id, const Inline& names) {
  ExternDesc desc = TRY(extern_desc_of(sort));
  const uint32_t index = TRY(define(Import{.name = *names.import, .desc = desc}, sort));
  TRY(bind(id, sort, index));
  return export_inline(names, sort, index);
}

Result<ExternDesc> ComponentParser::extern_desc(OptionalId* id) {
  if (in_.kind() != TokenKind::lparen) return in_.unexpected("a type such as '(func'");
  in_.advance();
  const Token& token = in_.token();
  const Sort sort = TRY(sort_words());
  if (is_core(sort) && sort != Sort::core_module) {
    return error(token, "unexpected token: only core modules can be imported and exported");
  }
  if (id) *id = take_id();
  ExternDesc desc = TRY(extern_desc_of(sort));
  TRY(in_.expect_close());
  return desc;
}

Result<ExternDesc> ComponentParser::extern_desc_of(Sort sort) {
  switch (sort) {
    case Sort::core_module: return ExternDesc{ExternDesc::CoreModule{TRY(core_module_type_use())}};
    case Sort::func: return ExternDesc{ExternDesc::Func{TRY(func_type_use())}};
    case Sort::component:
    case Sort::instance: {
      const bool component = sort == Sort::component;
      uint32_t index = 0;
      if (at_type_use()) {
        index = TRY(index_ref(Sort::type));
      } else if (component) {
        index = TRY(define_type(Type{ComponentType{TRY(declarators(ScopeKind::component_type))}}));
      } else {
        index = TRY(define_type(Type{InstanceType{TRY(declarators(ScopeKind::instance_type))}}));
      }
      if (component) return ExternDesc{ExternDesc::Component{index}};
      return ExternDesc{ExternDesc::Instance{index}};
    }
    case Sort::value:
      if (in_.take_open("eq")) {
        const uint32_t index = TRY(this->index(Sort::value));
        TRY(in_.expect_close());
        return ExternDesc{ExternDesc::ValueEq{index}};
      }
      return ExternDesc{ExternDesc::Value{TRY(val_type())}};
    case Sort::type: {
      ExternDesc desc;
      if (in_.take_open("eq")) {
        desc.what = ExternDesc::TypeEq{TRY(index_ref(Sort::type))};
      } else {
        TRY(in_.expect_open("sub"));
        TRY(in_.expect_keyword("resource"));
        desc.what = ExternDesc::SubResource{};
      }
      TRY(in_.expect_close());
      return desc;
    }
    default: return in_.unexpected("a sort that can be imported");
  }
}

/// `(start func (value v)* (result (value id?))*)`.
Result<> ComponentParser::start_field() {
  Start start{.func = TRY(index_ref(Sort::func)), .args = {}};
  while (in_.take_open("value")) {
    start.args.push_back(TRY(projected_index(Sort::value)));
    TRY(in_.expect_close());
  }
  std::vector<OptionalId> ids;
  while (in_.take_open("result")) {
    TRY(in_.expect_open("value"));
    ids.push_back(take_id());
    TRY(in_.expect_close());
    TRY(in_.expect_close());
  }
  start.results = static_cast<uint32_t>(ids.size());
  TRY(emit(std::move(start)));
  for (const OptionalId& id : ids) TRY(bind(id, Sort::value, scope_->count_of(Sort::value)++));
  return {};
}

}  // namespace cairn::component::text
