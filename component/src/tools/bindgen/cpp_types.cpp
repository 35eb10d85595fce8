#include "tools/bindgen/cpp_types.hpp"

namespace cairn::component::tools {
namespace {

using wit::InterfaceId;
using wit::TypeId;
using wit::WorldItem;

constexpr std::string_view primitive_types[] = {
    "bool",    "int8_t",   "uint8_t", "int16_t", "uint16_t", "int32_t",     "uint32_t",
    "int64_t", "uint64_t", "float",   "double",  "char32_t", "std::string", "ErrorContext"};

std::string or_void(const std::optional<std::string>& type, std::string_view instead) {
  return type ? *type : std::string(instead);
}

}  // namespace

std::string camel_case(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name_part(name)) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

void CppTypes::enter(Side side, const WorldItem* item) {
  side_ = side;
  item_ = item;
  c_.enter(side, item);
}

// ---- Names -------------------------------------------------------------------------------------

CppTypes::Place CppTypes::place_of(TypeId id) const {
  const auto [side, item] = c_.place_of(id);
  return {side, item};
}

std::string CppTypes::space_of(Side side, const WorldItem* item) const {
  std::string space = side == Side::export_ ? "exports::" : "";
  if (item == nullptr) return space + identifier(world_.name);
  if (item->name() != nullptr) return space + identifier(*item->name());
  const auto id = std::get<InterfaceId>(item->key);
  const wit::PackageName& package = resolve_[resolve_[id].package].name;
  return space + fmt::format("{}::{}::{}", identifier(package.space), identifier(package.name),
                             identifier(resolve_[id].name));
}

std::string CppTypes::named(TypeId id) const {
  const Place place = place_of(id);
  return fmt::format("::{}::{}", space_of(place.side, place.item), camel_case(resolve_[id].name));
}

std::string CppTypes::name(const wit::Type& type) const {
  const wit::Type plain = resolve_.dealias(type);
  if (const auto* primitive = std::get_if<wit::Primitive>(&plain)) {
    return std::string(primitive_types[static_cast<size_t>(*primitive)]);
  }
  const auto id = std::get<TypeId>(plain);
  const wit::TypeKind& kind = resolve_[id].kind;
  const auto optional_name = [this](const std::optional<wit::Type>& part) {
    return part ? std::optional(name(*part)) : std::nullopt;
  };
  const auto handle = [this](TypeId resource) {
    const auto root = std::get<TypeId>(resolve_.dealias(resource));
    const std::string own = named(root);
    return c_.is_own_resource(root) ? fmt::format("Own<{}>", own) : own;
  };
  if (const auto* own = std::get_if<wit::Own>(&kind)) return handle(own->resource);
  if (std::holds_alternative<wit::Resource>(kind)) return handle(id);
  if (const auto* borrow = std::get_if<wit::Borrow>(&kind)) {
    const auto root = std::get<TypeId>(resolve_.dealias(borrow->resource));
    return fmt::format("std::reference_wrapper<{}{}>", c_.is_own_resource(root) ? "" : "const ",
                       named(root));
  }
  if (!resolve_[id].name.empty() &&
      (std::holds_alternative<wit::Record>(kind) || std::holds_alternative<wit::Variant>(kind) ||
       std::holds_alternative<wit::Flags>(kind) || std::holds_alternative<wit::Enum>(kind))) {
    return named(id);
  }
  if (const auto* list = std::get_if<wit::List>(&kind)) {
    return list->length ? fmt::format("std::array<{}, {}>", name(list->element), *list->length)
                        : fmt::format("std::vector<{}>", name(list->element));
  }
  if (const auto* option = std::get_if<wit::Option>(&kind)) {
    return fmt::format("std::optional<{}>", name(option->type));
  }
  if (const auto* result = std::get_if<wit::ResultType>(&kind)) {
    return fmt::format("std::expected<{}, {}>", or_void(optional_name(result->ok), "void"),
                       or_void(optional_name(result->error), "std::monostate"));
  }
  if (const auto* map = std::get_if<wit::Map>(&kind)) {
    return fmt::format("std::map<{}, {}>", name(map->key), name(map->value));
  }
  if (const auto* stream = std::get_if<wit::Stream>(&kind)) {
    return fmt::format("Stream<{}>", or_void(optional_name(stream->element), "std::monostate"));
  }
  if (const auto* future = std::get_if<wit::Future>(&kind)) {
    return fmt::format("Future<{}>", or_void(optional_name(future->value), "std::monostate"));
  }
  std::string parts;
  if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    for (const wit::Type& part : tuple->types) {
      parts += (parts.empty() ? "" : ", ") + name(part);
    }
  }
  return fmt::format("std::tuple<{}>", parts);
}

bool CppTypes::is_borrow(const wit::Type& type) const {
  const wit::Type plain = resolve_.dealias(type);
  const auto* id = std::get_if<TypeId>(&plain);
  return id != nullptr && std::holds_alternative<wit::Borrow>(resolve_[*id].kind);
}

bool CppTypes::owns_handles(const wit::Type& type) const {
  const wit::Type plain = resolve_.dealias(type);
  if (plain == wit::Type(wit::Primitive::error_context)) return true;
  const auto* id = std::get_if<TypeId>(&plain);
  if (id == nullptr) return false;
  const wit::TypeKind& kind = resolve_[*id].kind;
  const auto any = [this](const std::optional<wit::Type>& part) {
    return part && owns_handles(*part);
  };
  if (const auto* record = std::get_if<wit::Record>(&kind)) {
    return std::ranges::any_of(record->fields, any, &wit::Field::type);
  }
  if (const auto* variant = std::get_if<wit::Variant>(&kind)) {
    return std::ranges::any_of(variant->cases, any, &wit::Case::type);
  }
  if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    return std::ranges::any_of(tuple->types, any);
  }
  if (const auto* option = std::get_if<wit::Option>(&kind)) return any(option->type);
  if (const auto* result = std::get_if<wit::ResultType>(&kind)) {
    return any(result->ok) || any(result->error);
  }
  if (const auto* list = std::get_if<wit::List>(&kind)) return any(list->element);
  if (const auto* map = std::get_if<wit::Map>(&kind)) return any(map->value);
  if (std::holds_alternative<wit::Stream>(kind) || std::holds_alternative<wit::Future>(kind)) {
    return true;
  }
  return std::holds_alternative<wit::Own>(kind) || std::holds_alternative<wit::Resource>(kind);
}

std::string CppTypes::param(const wit::Type& type, bool by_reference) const {
  const wit::Type plain = resolve_.dealias(type);
  if (is_borrow(plain)) {
    const auto& borrow = std::get<wit::Borrow>(resolve_[std::get<TypeId>(plain)].kind);
    const auto root = std::get<TypeId>(resolve_.dealias(borrow.resource));
    return fmt::format("{}{}&", c_.is_own_resource(root) ? "" : "const ", named(root));
  }
  const auto* primitive = std::get_if<wit::Primitive>(&plain);
  const bool small = primitive != nullptr && *primitive != wit::Primitive::string;
  if (small || !by_reference || owns_handles(type)) return name(type);
  return fmt::format("const {}&", name(type));
}

// ---- Definitions -------------------------------------------------------------------------------

std::string CppTypes::forward_declaration(TypeId id) const {
  const wit::TypeKind& kind = resolve_[id].kind;
  const std::string own = camel_case(resolve_[id].name);
  if (std::holds_alternative<wit::Resource>(kind)) return fmt::format("class {};\n", own);
  const bool is_struct =
      std::holds_alternative<wit::Record>(kind) || std::holds_alternative<wit::Variant>(kind);
  if (is_struct) return fmt::format("struct {};\n", own);
  const bool is_enum =
      std::holds_alternative<wit::Enum>(kind) || std::holds_alternative<wit::Flags>(kind);
  return is_enum ? definition(id) : "";
}

std::string CppTypes::definition(TypeId id) const {
  const wit::TypeDef& type = resolve_[id];
  const std::string own = camel_case(type.name);
  CodeWriter code;
  code.comment(type.meta.docs);
  if (const auto* record = std::get_if<wit::Record>(&type.kind)) {
    code.open(fmt::format("struct {} {{", own));
    for (const wit::Field& field : record->fields) {
      code.comment(field.docs);
      code.line(fmt::format("{} {}{};", name(field.type), identifier(field.name),
                            owns_handles(field.type) ? "" : "{}"));
    }
    code.close("};");
  } else if (const auto* variant = std::get_if<wit::Variant>(&type.kind)) {
    std::string types, cases;
    for (const wit::Case& each : variant->cases) {
      types += (types.empty() ? "" : ", ") + (each.type ? name(*each.type) : "std::monostate");
      cases += (cases.empty() ? "" : ", ") + identifier(each.name);
    }
    code.open(fmt::format("struct {} : std::variant<{}> {{", own, types));
    code.line("/// What `index` says, and what `std::get` and `std::in_place_index` take.");
    code.line(fmt::format("enum Case : size_t {{ {} }};", cases));
    code.line("using variant::variant;");
    code.close("};");
  } else if (const auto* cases = std::get_if<wit::Enum>(&type.kind)) {
    const size_t count = cases->labels.size();
    code.open(fmt::format("enum class {} : uint{}_t {{", own,
                          count <= 0x100     ? 8
                          : count <= 0x10000 ? 16
                                             : 32));
    for (const wit::Label& label : cases->labels) {
      code.comment(label.docs);
      code.line(identifier(label.name) + ",");
    }
    code.close("};");
  } else if (const auto* flags = std::get_if<wit::Flags>(&type.kind)) {
    const size_t count = flags->labels.size();
    code.open(fmt::format("enum class {} : uint{}_t {{", own,
                          count <= 8    ? 8
                          : count <= 16 ? 16
                                        : 32));
    for (size_t i = 0; i < count; ++i) {
      code.comment(flags->labels[i].docs);
      code.line(fmt::format("{} = 1u << {},", identifier(flags->labels[i].name), i));
    }
    code.close("};");
    code.line(
        fmt::format("constexpr {0} operator|({0} a, {0} b) {{ return {0}(unsigned(a) | "
                    "unsigned(b)); }}",
                    own));
    code.line(
        fmt::format("constexpr {0} operator&({0} a, {0} b) {{ return {0}(unsigned(a) & "
                    "unsigned(b)); }}",
                    own));
  } else if (!std::holds_alternative<wit::Resource>(type.kind)) {
    code.line(fmt::format("using {} = {};", own, name(TypeId(id))));
  }
  return code.take();
}

}  // namespace cairn::component::tools
