// Types (Explainer.md, "Type Definitions").

#include <fmt/format.h>

#include "wat/in_scope.hpp"

namespace cairn::component::text {

using namespace syntax;

/// `(type id? (export …)* deftype)`.
Result<> ComponentParser::type_field() {
  const OptionalId id = take_id();
  const Inline names = TRY(inline_names());
  if (names.import) return import_in_place(Sort::type, id, names);
  if (at_alias()) return alias_in_place(Sort::type, id, names);
  const uint32_t index = TRY(define_type(TRY(type_definition())));
  TRY(bind(id, Sort::type, index));
  return export_inline(names, Sort::type, index);
}

Result<Type> ComponentParser::type_definition() {
  if (in_.kind() == TokenKind::keyword) {
    const std::optional<PrimType> prim = prim_type_named(in_.text());
    if (!prim) return in_.unexpected("a type");
    in_.advance();
    return Type{*prim};
  }
  if (auto value = TRY(value_type_definition())) return *std::move(value);
  Type type;
  if (in_.take_open("func")) {
    type.what = TRY(func_type());
  } else if (in_.take_open("component")) {
    type.what = ComponentType{TRY(declarators(ScopeKind::component_type))};
  } else if (in_.take_open("instance")) {
    type.what = InstanceType{TRY(declarators(ScopeKind::instance_type))};
  } else if (in_.take_open("resource")) {
    type.what = TRY(resource_type());
  } else {
    return in_.unexpected("a type such as '(record'");
  }
  TRY(in_.expect_close());
  return type;
}

/// A compound value type; nothing where none begins.
Result<std::optional<Type>> ComponentParser::value_type_definition() {
  Type type;
  if (in_.take_open("record")) {
    Record record;
    while (in_.take_open("field")) {
      std::string label = TRY(name());
      record.fields.push_back({std::move(label), TRY(val_type())});
      TRY(in_.expect_close());
    }
    type.what = std::move(record);
  } else if (in_.take_open("variant")) {
    Variant variant;
    while (in_.take_open("case")) {
      Case entry{.label = TRY(name()), .type = {}};
      entry.type = TRY(optional_val_type());
      variant.cases.push_back(std::move(entry));
      TRY(in_.expect_close());
    }
    type.what = std::move(variant);
  } else if (in_.take_open("list")) {
    List list{TRY(val_type())};
    if (in_.kind() == TokenKind::number && options_.features.has(Feature::fixed_length_lists)) {
      list.length = TRY(in_.expect_u32());
    }
    type.what = list;
  } else if (in_.take_open("tuple")) {
    Tuple tuple;
    while (at_val_type()) tuple.types.push_back(TRY(val_type()));
    type.what = std::move(tuple);
  } else if (in_.take_open("flags")) {
    type.what = Flags{TRY(labels())};
  } else if (in_.take_open("enum")) {
    type.what = Enum{TRY(labels())};
  } else if (in_.take_open("option")) {
    type.what = Option{TRY(val_type())};
  } else if (in_.take_open("result")) {
    ResultType result;
    if (!in_.at_open("error")) result.ok = TRY(optional_val_type());
    if (in_.take_open("error")) {
      result.error = TRY(val_type());
      TRY(in_.expect_close());
    }
    type.what = result;
  } else {
    return handle_type_definition();
  }
  TRY(in_.expect_close());
  return std::optional(std::move(type));
}

/// Handles, streams, futures, maps.
Result<std::optional<Type>> ComponentParser::handle_type_definition() {
  const bool async = options_.features.has(Feature::async);
  Type type;
  if (in_.take_open("own")) {
    type.what = Own{TRY(index_ref(Sort::type))};
  } else if (in_.take_open("borrow")) {
    type.what = Borrow{TRY(index_ref(Sort::type))};
  } else if (async && in_.take_open("stream")) {
    type.what = Stream{TRY(optional_val_type())};
  } else if (async && in_.take_open("future")) {
    type.what = Future{TRY(optional_val_type())};
  } else if (options_.features.has(Feature::map) && in_.take_open("map")) {
    const ValType key = TRY(val_type());
    type.what = Map{key, TRY(val_type())};
  } else {
    return std::nullopt;
  }
  TRY(in_.expect_close());
  return std::optional(std::move(type));
}

bool ComponentParser::at_val_type() const {
  return at_index() || in_.kind() == TokenKind::keyword || in_.kind() == TokenKind::lparen;
}

Result<std::optional<ValType>> ComponentParser::optional_val_type() {
  if (!at_val_type()) return std::nullopt;
  return TRY(val_type());
}

Result<ValType> ComponentParser::val_type() {
  if (at_index() || in_.at_open("type")) return ValType::index(TRY(index_ref(Sort::type)));
  if (in_.kind() == TokenKind::keyword) {
    if (const std::optional<PrimType> prim = prim_type_named(in_.text())) {
      const bool known =
          *prim != PrimType::error_context || options_.features.has(Feature::error_context);
      if (known) {
        in_.advance();
        return *prim;
      }
    }
    return in_.unexpected("a value type");
  }
  if (value_depth_ >= options_.limits.type_depth) {
    return in_.error(
        ErrorKind::limit, in_.token(),
        fmt::format("types nest too deeply: the limit is {} levels", options_.limits.type_depth));
  }
  ++value_depth_;
  Result<std::optional<Type>> type = value_type_definition();
  --value_depth_;
  if (!type) return std::unexpected(std::move(type).error());
  if (!*type) return in_.unexpected("a value type");
  return ValType::index(TRY(define_type(**std::move(type))));
}

Result<std::vector<std::string>> ComponentParser::labels() {
  std::vector<std::string> list;
  while (in_.kind() == TokenKind::string) list.push_back(TRY(name()));
  return list;
}

/// `async? (param "x" t)* (result t)?`.
Result<FuncType> ComponentParser::func_type() {
  FuncType type;
  type.is_async = options_.features.has(Feature::async) && in_.take_keyword("async");
  while (in_.take_open("param")) {
    std::string label = TRY(name());
    type.params.push_back({std::move(label), TRY(val_type())});
    TRY(in_.expect_close());
  }
  if (in_.take_open("result")) {
    type.result = TRY(val_type());
    TRY(in_.expect_close());
  }
  return type;
}

bool ComponentParser::at_type_use() const {
  if (!in_.at_open("type")) return false;
  const auto& list = in_.tokens().list;
  // A declarator is `(type id? deftype)`; a use has an index and maybe strings, and nothing
  // follows.
  const uint32_t first = in_.position() + 2;
  const bool is_index = list[first].kind == TokenKind::number || list[first].kind == TokenKind::id;
  const uint32_t after = first + 1;
  return is_index &&
         (list[after].kind == TokenKind::rparen || list[after].kind == TokenKind::string);
}

/// `(type idx)` or a function type, which is then defined.
Result<uint32_t> ComponentParser::func_type_use() {
  if (at_type_use()) return index_ref(Sort::type);
  return define_type(Type{TRY(func_type())});
}

Result<ResourceType> ComponentParser::resource_type() {
  ResourceType resource;
  TRY(in_.expect_open("rep"));
  resource.rep = TRY(with_core_types([this] { return core_types_.value_type(); }));
  TRY(in_.expect_close());
  if (in_.take_open("dtor")) {
    resource.dtor = TRY(index_ref(Sort::core_func));
    TRY(in_.expect_close());
  }
  return resource;
}

// ---- Component and instance types --------------------------------------------------------------

Result<std::vector<Declarator>> ComponentParser::declarators(ScopeKind kind) {
  Scope scope(kind, scope_, scope_->depth + 1);
  TRY(in_scope(kind, scope, [&]() -> Result<> {
    while (in_.kind() == TokenKind::lparen) TRY(declarator(kind));
    return {};
  }));
  return std::move(scope.declarators);
}

Result<> ComponentParser::declarator(ScopeKind kind) {
  here_ = in_.token().begin;
  const auto item = [&](bool is_import) -> Result<> {
    in_.seek(in_.position() + 2);
    ExternName item_name = TRY(extern_name());
    OptionalId id;
    ExternDesc desc = TRY(extern_desc(&id));
    const Sort sort = desc.sort();
    if (is_import) {
      scope_->declarators.push_back({ImportDecl{std::move(item_name), desc}, Position{here_}});
    } else {
      scope_->declarators.push_back({ExportDecl{std::move(item_name), desc}, Position{here_}});
    }
    TRY(bind(id, sort, scope_->count_of(sort)++));
    return in_.expect_close();
  };
  if (in_.at_open("export")) return item(false);
  if (in_.at_open("import") && kind == ScopeKind::component_type) return item(true);
  if (in_.take_open("alias")) {
    TRY(alias_field());
  } else if (in_.take_open("type")) {
    TRY(type_field());
  } else if (in_.take_open("core")) {
    if (in_.take_keyword("rec")) {
      TRY(core_rec_field());
    } else {
      TRY(in_.expect_keyword("type"));
      TRY(core_type_field());
    }
  } else {
    in_.advance();
    return in_.unexpected("a declarator such as 'export'");
  }
  return in_.expect_close();
}

}  // namespace cairn::component::text
