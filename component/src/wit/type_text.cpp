#include "wit/type_text.hpp"

#include <fmt/format.h>

namespace cairn::component::wit {

std::string TypeText::named(TypeId id) const { return name_(resolve_[id].name); }

std::string TypeText::type(const Type& type) const {
  if (const auto* primitive = std::get_if<Primitive>(&type)) {
    return std::string(to_string(*primitive));
  }
  const TypeDef& def = resolve_[std::get<TypeId>(type)];
  return def.name.empty() ? kind(def.kind) : name_(def.name);
}

std::string TypeText::with_part(std::string_view word, const std::optional<Type>& part) const {
  return part ? fmt::format("{}<{}>", word, type(*part)) : std::string(word);
}

std::string TypeText::kind(const TypeKind& kind) const {
  if (const auto* alias = std::get_if<Alias>(&kind)) return type(alias->type);
  if (const auto* own = std::get_if<Own>(&kind)) return named(own->resource);
  if (const auto* borrow = std::get_if<Borrow>(&kind)) {
    return fmt::format("borrow<{}>", named(borrow->resource));
  }
  if (const auto* tuple = std::get_if<Tuple>(&kind)) {
    std::string parts;
    for (const Type& part : tuple->types) {
      parts += fmt::format("{}{}", parts.empty() ? "" : ", ", type(part));
    }
    return fmt::format("tuple<{}>", parts);
  }
  if (const auto* option = std::get_if<Option>(&kind)) return with_part("option", option->type);
  if (const auto* result = std::get_if<ResultType>(&kind)) {
    if (!result->error) return with_part("result", result->ok);
    return fmt::format("result<{}, {}>", result->ok ? type(*result->ok) : "_",
                       type(*result->error));
  }
  if (const auto* list = std::get_if<List>(&kind)) {
    return list->length ? fmt::format("list<{}, {}>", type(list->element), *list->length)
                        : with_part("list", list->element);
  }
  if (const auto* map = std::get_if<Map>(&kind)) {
    return fmt::format("map<{}, {}>", type(map->key), type(map->value));
  }
  if (const auto* stream = std::get_if<Stream>(&kind)) return with_part("stream", stream->element);
  if (const auto* future = std::get_if<Future>(&kind)) return with_part("future", future->value);
  return "";
}

}  // namespace cairn::component::wit
