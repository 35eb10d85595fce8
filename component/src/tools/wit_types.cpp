#include "tools/wit_types.hpp"

namespace cairn::component::tools {
namespace {

/// `Primitive` and the first kinds of values are in the same order.
ValKind prim_kind(wit::Primitive type) { return static_cast<ValKind>(type); }
static_assert(static_cast<ValKind>(wit::Primitive::error_context) == ValKind::error_context &&
              static_cast<ValKind>(wit::Primitive::string) == ValKind::string &&
              static_cast<ValKind>(wit::Primitive::f32) == ValKind::f32);

std::vector<ValPart> labels_of(const std::vector<wit::Label>& labels) {
  std::vector<ValPart> parts;
  for (const wit::Label& label : labels) parts.push_back({label.name});
  return parts;
}

}  // namespace

Result<ValType> WitTypes::type(const wit::Type& type) {
  if (const auto* primitive = std::get_if<wit::Primitive>(&type)) return prim_kind(*primitive);
  const auto id = std::get<wit::TypeId>(type);
  const auto known = known_.find(id);
  if (known != known_.end()) return known->second;
  const ValType defined = TRY(define(id));
  known_.emplace(id, defined);
  return defined;
}

Result<std::optional<ValType>> WitTypes::type(const std::optional<wit::Type>& type) {
  if (!type) return std::nullopt;
  return std::optional(TRY(this->type(*type)));
}

Result<const ValTypeInfo*> WitTypes::info(const wit::Type& type) {
  return &types_[TRY(this->type(type))];
}

ResourceRef WitTypes::resource(wit::TypeId id) {
  const auto root = std::get<wit::TypeId>(resolve_.dealias(id));
  const auto [found, added] = resources_.emplace(root, ResourceRef{});
  if (added) found->second.resource = types_.fresh_resource();
  return found->second;
}

/// Every part comes before what it is a part of, and types without a name are of bounded depth, so
/// the recursion is as deep as a type is, written out.
Result<ValType> WitTypes::define(wit::TypeId id) {
  const wit::TypeKind& kind = resolve_[id].kind;
  ValTypeInfo info;
  if (const auto* alias = std::get_if<wit::Alias>(&kind)) return type(alias->type);
  if (const auto* record = std::get_if<wit::Record>(&kind)) {
    info.kind = ValKind::record;
    for (const wit::Field& field : record->fields) {
      info.parts.push_back({field.name, TRY(type(field.type))});
    }
  } else if (const auto* variant = std::get_if<wit::Variant>(&kind)) {
    info.kind = ValKind::variant;
    for (const wit::Case& each : variant->cases) {
      info.parts.push_back({each.name, TRY(type(each.type))});
    }
  } else if (const auto* flags = std::get_if<wit::Flags>(&kind)) {
    info = {.kind = ValKind::flags, .parts = labels_of(flags->labels)};
  } else if (const auto* cases = std::get_if<wit::Enum>(&kind)) {
    info = {.kind = ValKind::enum_, .parts = labels_of(cases->labels)};
  } else if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    info.kind = ValKind::tuple;
    for (const wit::Type& part : tuple->types) info.parts.push_back({"", TRY(type(part))});
  } else if (const auto* option = std::get_if<wit::Option>(&kind)) {
    return types_.option_of(TRY(type(option->type)));
  } else if (const auto* result = std::get_if<wit::ResultType>(&kind)) {
    const std::optional<ValType> ok = TRY(type(result->ok));
    return types_.result_of(ok, TRY(type(result->error)));
  } else if (const auto* list = std::get_if<wit::List>(&kind)) {
    info = {.kind = ValKind::list, .parts = {{"", TRY(type(list->element))}}};
    info.length = list->length;
  } else if (const auto* map = std::get_if<wit::Map>(&kind)) {
    const ValType key = TRY(type(map->key));
    info = {.kind = ValKind::map, .parts = {{"", key}, {"", TRY(type(map->value))}}};
  } else if (const auto* stream = std::get_if<wit::Stream>(&kind)) {
    info.kind = ValKind::stream;
    if (stream->element) info.parts.push_back({"", TRY(type(stream->element))});
  } else if (const auto* future = std::get_if<wit::Future>(&kind)) {
    info.kind = ValKind::future;
    if (future->value) info.parts.push_back({"", TRY(type(future->value))});
  } else if (const auto* own = std::get_if<wit::Own>(&kind)) {
    return types_.own_of(resource(own->resource));
  } else if (const auto* borrow = std::get_if<wit::Borrow>(&kind)) {
    return types_.borrow_of(resource(borrow->resource));
  } else {
    return types_.own_of(resource(id));
  }
  return types_.add(std::move(info));
}

Result<FuncType> WitTypes::function(const wit::Function& function) {
  FuncType out{.is_async = function.is_async, .params = {}, .result = {}};
  for (const wit::Param& param : function.params) {
    out.params.push_back({param.name, TRY(type(param.type))});
  }
  out.result = TRY(type(function.result));
  return out;
}

Result<wasm::FuncType> WitTypes::core_type(const wit::Function& function, CanonDirection direction,
                                           const FlattenOptions& options) {
  return flatten(types_, TRY(this->function(function)), direction, options);
}

bool has_pointer(const Types& types, const FuncType& type, bool params, bool result) {
  if (result && type.result && types[*type.result].contains_pointer) return true;
  if (!params) return false;
  for (const FuncParam& param : type.params) {
    if (types[param.type].contains_pointer) return true;
  }
  return false;
}

}  // namespace cairn::component::tools
