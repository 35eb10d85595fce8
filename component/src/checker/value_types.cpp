// Value, function and resource types (Binary.md, "Type Definitions").

#include <fmt/format.h>

#include "checker/checker.hpp"

namespace cairn::component {

namespace {

constexpr size_t flags_max = 32;

}  // namespace

Result<AnyType> Checker::type_definition(const syntax::Type& type) {
  if (const auto* func = std::get_if<syntax::FuncType>(&type.what)) return TRY(func_type(*func));
  if (const auto* component = std::get_if<syntax::ComponentType>(&type.what)) {
    return component_type(*component);
  }
  if (const auto* instance = std::get_if<syntax::InstanceType>(&type.what)) {
    return instance_type(*instance);
  }
  if (const auto* resource = std::get_if<syntax::ResourceType>(&type.what)) {
    return resource_type(*resource);
  }
  return TRY(value_type(type));
}

/// "record field name `x` conflicts with previous field name `X`".
Result<> Checker::check_label(std::string_view label, std::string_view what,
                              std::string_view short_what,
                              std::unordered_map<std::string, std::string>& taken) const {
  if (label.empty()) return wrong(fmt::format("{} name cannot be empty", what));
  if (!is_label(label)) {
    return wrong(fmt::format("{} name `{}` is not in kebab case", what, label));
  }
  const auto [previous, is_new] = taken.try_emplace(strongly_unique_form(label), label);
  if (!is_new) {
    return wrong(fmt::format("{} name `{}` conflicts with previous {} name `{}`", what, label,
                             short_what, previous->second));
  }
  return {};
}

Result<std::vector<ValPart>> Checker::labeled_parts(const std::vector<syntax::LabeledType>& list,
                                                    std::string_view what,
                                                    std::string_view short_what) {
  std::unordered_map<std::string, std::string> taken;
  std::vector<ValPart> parts;
  for (const syntax::LabeledType& entry : list) {
    TRY(check_label(entry.label, what, short_what, taken));
    parts.push_back({.label = entry.label, .type = TRY(val_type(entry.type))});
  }
  return parts;
}

Result<std::vector<ValPart>> Checker::label_parts(const std::vector<std::string>& labels,
                                                  std::string_view what,
                                                  std::string_view short_what) {
  std::unordered_map<std::string, std::string> taken;
  std::vector<ValPart> parts;
  for (const std::string& label : labels) {
    TRY(check_label(label, what, short_what, taken));
    parts.push_back({.label = label});
  }
  return parts;
}

Result<ValType> Checker::value_type(const syntax::Type& type) {
  ValTypeInfo info;
  if (const auto* prim = std::get_if<syntax::PrimType>(&type.what)) return val_type(*prim);
  if (const auto* record = std::get_if<syntax::Record>(&type.what)) {
    if (record->fields.empty()) return wrong("record type must have at least one field");
    info.kind = ValKind::record;
    info.parts = TRY(labeled_parts(record->fields, "record field", "field"));
  } else if (const auto* variant = std::get_if<syntax::Variant>(&type.what)) {
    if (variant->cases.empty()) return wrong("variant type must have at least one case");
    info.kind = ValKind::variant;
    std::unordered_map<std::string, std::string> taken;
    for (const syntax::Case& entry : variant->cases) {
      TRY(check_label(entry.label, "variant case", "case", taken));
      ValPart part{.label = entry.label};
      if (entry.type) part.type = TRY(val_type(*entry.type));
      info.parts.push_back(std::move(part));
    }
  } else if (const auto* list = std::get_if<syntax::List>(&type.what)) {
    info.kind = ValKind::list;
    info.parts.push_back({.label = {}, .type = TRY(val_type(list->element))});
    info.length = list->length;
    if (list->length == 0u) return wrong("fixed-length lists must have more than zero elements");
  } else if (const auto* tuple = std::get_if<syntax::Tuple>(&type.what)) {
    if (tuple->types.empty()) return wrong("tuple type must have at least one type");
    info.kind = ValKind::tuple;
    for (const syntax::ValType element : tuple->types) {
      info.parts.push_back({.label = {}, .type = TRY(val_type(element))});
    }
  } else if (const auto* flags = std::get_if<syntax::Flags>(&type.what)) {
    if (flags->labels.empty()) return wrong("flags must have at least one entry");
    if (flags->labels.size() > flags_max) {
      return wrong(fmt::format("cannot have more than {} flags", flags_max));
    }
    info.kind = ValKind::flags;
    info.parts = TRY(label_parts(flags->labels, "flag", "flag"));
  } else if (const auto* cases = std::get_if<syntax::Enum>(&type.what)) {
    if (cases->labels.empty()) return wrong("enum type must have at least one variant");
    info.kind = ValKind::enum_;
    info.parts = TRY(label_parts(cases->labels, "enum tag", "tag"));
  } else {
    return handle_type(type);
  }
  return placed(types_.add(std::move(info)));
}

/// Options, results, handles, streams, futures, maps.
Result<ValType> Checker::handle_type(const syntax::Type& type) {
  if (const auto* option = std::get_if<syntax::Option>(&type.what)) {
    return placed(types_.option_of(TRY(val_type(option->type))));
  }
  if (const auto* result = std::get_if<syntax::ResultType>(&type.what)) {
    std::optional<ValType> ok, error;
    if (result->ok) ok = TRY(val_type(*result->ok));
    if (result->error) error = TRY(val_type(*result->error));
    return placed(types_.result_of(ok, error));
  }
  if (const auto* own = std::get_if<syntax::Own>(&type.what)) {
    return placed(types_.own_of(TRY(resource_at(own->resource))));
  }
  if (const auto* borrow = std::get_if<syntax::Borrow>(&type.what)) {
    return placed(types_.borrow_of(TRY(resource_at(borrow->resource))));
  }
  if (const auto* stream = std::get_if<syntax::Stream>(&type.what)) {
    return async_type(ValKind::stream, stream->type);
  }
  if (const auto* future = std::get_if<syntax::Future>(&type.what)) {
    return async_type(ValKind::future, future->type);
  }
  const auto& map = std::get<syntax::Map>(type.what);
  const ValType key = TRY(val_type(map.key));
  const bool is_key = key.is_prim() && key != ValType(ValKind::f32) &&
                      key != ValType(ValKind::f64) && key != ValType(ValKind::error_context);
  if (!is_key) return wrong(fmt::format("{} cannot be the key of a map", types_.describe(key)));
  const ValType value = TRY(val_type(map.value));
  return placed(types_.add(
      {.kind = ValKind::map, .parts = {{.label = {}, .type = key}, {.label = {}, .type = value}}}));
}

Result<ValType> Checker::async_type(ValKind kind, const std::optional<syntax::ValType>& element) {
  ValTypeInfo info{.kind = kind};
  if (element) {
    const ValType type = TRY(val_type(*element));
    if (types_[type].contains_borrow) {
      return wrong(fmt::format("a {} cannot contain a `borrow` type", to_string(kind)));
    }
    if (kind == ValKind::stream && type == ValType(ValKind::char_)) {
      return wrong("`stream<char>` is not valid at this time");
    }
    info.parts.push_back({.label = {}, .type = type});
  }
  return placed(types_.add(std::move(info)));
}

Result<FuncTypeId> Checker::func_type(const syntax::FuncType& type) {
  FuncType func{.is_async = type.is_async, .params = {}, .result = {}};
  for (ValPart& part : TRY(labeled_parts(type.params, "function parameter", "parameter"))) {
    func.params.push_back({.name = std::move(part.label), .type = *part.type});
  }
  if (type.result) {
    func.result = TRY(val_type(*type.result));
    if (types_[*func.result].contains_borrow) {
      return wrong("function result cannot contain a `borrow` type");
    }
  }
  return types_.add(std::move(func));
}

Result<AnyType> Checker::resource_type(const syntax::ResourceType& type) {
  if (scope_->kind != ScopeKind::component) {
    return wrong("resources can only be defined within a concrete component");
  }
  const bool rep_ok = type.rep == wasm::i32 || (type.rep == wasm::i64 && has(Feature::memory64));
  if (!rep_ok) return wrong("resources can only be represented by `i32` or `i64`");
  if (type.dtor) {
    const wasm::FuncType dtor = TRY(core_func_at(*type.dtor));
    if (dtor != wasm::FuncType{.params = {type.rep}, .results = {}}) {
      return wrong(
          fmt::format("core function {} has wrong signature for a destructor", *type.dtor));
    }
  }
  const ResourceId id = types_.fresh_resource();
  scope_->own_resources.push_back(id);
  scope_->checked->resources.push_back({.id = id, .rep = type.rep, .dtor = type.dtor});
  return ResourceRef{id};
}

}  // namespace cairn::component
