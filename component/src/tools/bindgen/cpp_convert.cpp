// Functions between C++ values and C values, one pair for each C type that is in use.

#include "tools/bindgen/cpp_types.hpp"

namespace cairn::component::tools {
namespace {

using wit::TypeId;

bool is_plain(const wit::Resolve& resolve, const wit::Type& type) {
  const auto* primitive = std::get_if<wit::Primitive>(&type);
  if (primitive != nullptr)
    return *primitive != wit::Primitive::string && *primitive != wit::Primitive::error_context;
  const wit::TypeKind& kind = resolve[std::get<TypeId>(type)].kind;
  return std::holds_alternative<wit::Enum>(kind) || std::holds_alternative<wit::Flags>(kind);
}

/// The alternatives of a variant, an option or a result, as both languages reach them.
struct Alternative {
  std::optional<wit::Type> type;
  std::string c_member;
};
std::vector<Alternative> alternatives_of(const wit::TypeKind& kind) {
  std::vector<Alternative> found;
  if (const auto* variant = std::get_if<wit::Variant>(&kind)) {
    for (const wit::Case& each : variant->cases) {
      found.push_back({each.type, "val." + identifier(each.name)});
    }
  } else if (const auto* option = std::get_if<wit::Option>(&kind)) {
    found = {{std::nullopt, ""}, {option->type, "val"}};
  } else if (const auto* result = std::get_if<wit::ResultType>(&kind)) {
    found = {{result->ok, "val.ok"}, {result->error, "val.err"}};
  }
  return found;
}

std::unexpected<Error> nested_borrow() {
  return fail(ErrorKind::unsupported,
              "bindings for C++ have borrowed handles as parameters only, not inside of values");
}

}  // namespace

std::string CppTypes::moved(const wit::Type& type, const std::string& value) const {
  return owns_handles(type) ? fmt::format("std::move({})", value) : value;
}

Result<std::string> CppTypes::lower(const wit::Type& type, const std::string& value) {
  const wit::Type plain = resolve_.dealias(type);
  if (is_plain(resolve_, plain)) return fmt::format("({})({})", TRY(c_.name(type)), value);
  return fmt::format("{}({})", TRY(convert(plain, true)), moved(type, value));
}

Result<std::string> CppTypes::lift(const wit::Type& type, const std::string& value) {
  const wit::Type plain = resolve_.dealias(type);
  if (is_plain(resolve_, plain)) return fmt::format("({})({})", name(type), value);
  return fmt::format("{}({})", TRY(convert(plain, false)), value);
}

/// The name of the function, which is written when it is first asked for.
Result<std::string> CppTypes::convert(const wit::Type& type, bool lowering) {
  const std::string c_type = TRY(c_.name(type));
  std::string function =
      fmt::format("{}_{}", lowering ? "lower" : "lift", c_type.substr(0, c_type.size() - 2));
  if (!converted_.insert(function).second) return function;
  TRY(bind_copy_end(type));
  CodeWriter code;
  const std::string own = name(type);
  const std::string taken = owns_handles(type) ? own + "&&" : fmt::format("const {}&", own);
  const std::string head =
      lowering ? fmt::format("[[maybe_unused]] {} {}({} value)", c_type, function, taken)
               : fmt::format("[[maybe_unused]] {} {}({} value)", own, function, c_type);
  code.open(head + " {");
  TRY(lowering ? write_lower(type, code) : write_lift(type, code));
  code.close();
  declared_.line(head + ";");
  conversions_.append(code);
  conversions_.line("");
  return function;
}

Result<> CppTypes::write_map(const wit::Map& map, const wit::Type& type, bool lowering,
                             CodeWriter& code) {
  const std::string c_type = TRY(c_.name(type));
  if (lowering) {
    const std::string entry = c_type.substr(0, c_type.size() - 2) + "_entry_t";
    code.line(fmt::format("{} out = {{nullptr, value.size()}};", c_type));
    code.line(
        fmt::format("if (out.len != 0) out.ptr = ({0}*)allocate(out.len * sizeof({0}));", entry));
    code.line("size_t at = 0;");
    // Keys of a map cannot be moved from; none of them owns a handle.
    code.line(fmt::format("for (auto& [key, mapped] : value) out.ptr[at++] = {{{}, {}}};",
                          TRY(lower(map.key, "key")), TRY(lower(map.value, "mapped"))));
  } else {
    code.line(fmt::format("{} out;", name(type)));
    code.line(fmt::format("for (size_t i = 0; i < value.len; ++i) out.insert_or_assign({}, {});",
                          TRY(lift(map.key, "value.ptr[i].key")),
                          TRY(lift(map.value, "value.ptr[i].value"))));
    code.line("if (value.len != 0) free(value.ptr);");
  }
  code.line("return out;");
  return {};
}

Result<> CppTypes::write_lower(const wit::Type& type, CodeWriter& code) {
  const std::string c_type = TRY(c_.name(type));
  if (type == wit::Type(wit::Primitive::error_context)) {
    code.line("return {value.release()};");
    return {};
  }
  if (std::holds_alternative<wit::Primitive>(type)) {
    code.line(fmt::format("{} out = {{nullptr, value.size()}};", c_type));
    code.line(
        "if (out.len != 0) out.ptr = (char*)memcpy(allocate(out.len), value.data(), out.len);");
    code.line("return out;");
    return {};
  }
  const wit::TypeKind& kind = resolve_[std::get<TypeId>(type)].kind;
  if (const auto* record = std::get_if<wit::Record>(&kind)) {
    code.line(fmt::format("{} out;", c_type));
    for (const wit::Field& field : record->fields) {
      const std::string label = identifier(field.name);
      code.line(fmt::format("out.{} = {};", label, TRY(lower(field.type, "value." + label))));
    }
    code.line("return out;");
  } else if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    code.line(fmt::format("{} out;", c_type));
    for (size_t i = 0; i < tuple->types.size(); ++i) {
      const std::string part = fmt::format("std::get<{}>(value)", i);
      code.line(fmt::format("out.f{} = {};", i, TRY(lower(tuple->types[i], part))));
    }
    code.line("return out;");
  } else if (const auto* list = std::get_if<wit::List>(&kind)) {
    const std::string element = TRY(c_.name(list->element));
    const std::string target = list->length ? "out.v[i]" : "out.ptr[i]";
    if (list->length) {
      code.line(fmt::format("{} out;", c_type));
    } else {
      code.line(fmt::format("{} out = {{nullptr, value.size()}};", c_type));
      code.line(fmt::format("if (out.len != 0) out.ptr = ({0}*)allocate(out.len * sizeof({0}));",
                            element));
    }
    code.line(fmt::format("for (size_t i = 0; i < value.size(); ++i) {} = {};", target,
                          TRY(lower(list->element, "value[i]"))));
    code.line("return out;");
  } else if (const auto* map = std::get_if<wit::Map>(&kind)) {
    return write_map(*map, type, true, code);
  } else if (const auto* borrow = std::get_if<wit::Borrow>(&kind)) {
    if (c_.is_own_resource(borrow->resource)) return nested_borrow();
    code.line("return {value.get().handle()};");
  } else if (!alternatives_of(kind).empty()) {
    return write_sum(type, true, code);
  } else {
    code.line("return {value.release()};");
  }
  return {};
}

Result<> CppTypes::write_lift(const wit::Type& type, CodeWriter& code) {
  if (type == wit::Type(wit::Primitive::error_context)) {
    code.line("return ErrorContext(Handle{value.handle});");
    return {};
  }
  if (std::holds_alternative<wit::Primitive>(type)) {
    code.line("std::string out(value.ptr, value.len);");
    code.line("if (value.len != 0) free(value.ptr);");
    code.line("return out;");
    return {};
  }
  const wit::TypeKind& kind = resolve_[std::get<TypeId>(type)].kind;
  const std::string own = name(type);
  if (const auto* record = std::get_if<wit::Record>(&kind)) {
    std::string parts;
    for (const wit::Field& field : record->fields) {
      parts += fmt::format("{}{}", parts.empty() ? "" : ", ",
                           TRY(lift(field.type, "value." + identifier(field.name))));
    }
    code.line(fmt::format("return {}{{{}}};", own, parts));
  } else if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    std::string parts;
    for (size_t i = 0; i < tuple->types.size(); ++i) {
      parts += fmt::format("{}{}", parts.empty() ? "" : ", ",
                           TRY(lift(tuple->types[i], fmt::format("value.f{}", i))));
    }
    code.line(fmt::format("return {}{{{}}};", own, parts));
  } else if (const auto* list = std::get_if<wit::List>(&kind)) {
    code.line(fmt::format("{} out;", own));
    if (list->length) {
      code.line(fmt::format("for (size_t i = 0; i < {}; ++i) out[i] = {};", *list->length,
                            TRY(lift(list->element, "value.v[i]"))));
    } else {
      code.line("out.reserve(value.len);");
      code.line(fmt::format("for (size_t i = 0; i < value.len; ++i) out.push_back({});",
                            TRY(lift(list->element, "value.ptr[i]"))));
      code.line("if (value.len != 0) free(value.ptr);");
    }
    code.line("return out;");
  } else if (const auto* map = std::get_if<wit::Map>(&kind)) {
    return write_map(*map, type, false, code);
  } else if (std::holds_alternative<wit::Borrow>(kind)) {
    return nested_borrow();
  } else if (!alternatives_of(kind).empty()) {
    return write_sum(type, false, code);
  } else {
    code.line(fmt::format("return {}(Handle{{value.handle}});", own));
  }
  return {};
}

/// Options and results are read and made by other names than variants.
Result<> CppTypes::write_sum(const wit::Type& type, bool lowering, CodeWriter& code) {
  const wit::TypeKind& kind = resolve_[std::get<TypeId>(type)].kind;
  const std::vector<Alternative> alternatives = alternatives_of(kind);
  const bool option = std::holds_alternative<wit::Option>(kind);
  const bool result = std::holds_alternative<wit::ResultType>(kind);
  const std::string own = name(type);
  const std::string tag = option ? "is_some" : result ? "is_err" : "tag";
  if (lowering) {
    code.line(fmt::format("{} out;", TRY(c_.name(type))));
    const std::string index = option   ? "value.has_value()"
                              : result ? "!value.has_value()"
                                       : "value.index()";
    code.line(fmt::format("out.{} = {};", tag, index));
  }
  const std::string subject = lowering ? "out." + tag : "value." + tag;
  code.open(fmt::format("switch (int({})) {{", subject));
  for (size_t i = 0; i < alternatives.size(); ++i) {
    const Alternative& each = alternatives[i];
    std::string statement;
    if (lowering && each.type) {
      const std::string from = option             ? "*value"
                               : result && i == 0 ? "*value"
                               : result           ? "value.error()"
                                                  : fmt::format("std::get<{}>(value)", i);
      statement = fmt::format("out.{} = {}; ", each.c_member, TRY(lower(*each.type, from)));
    } else if (!lowering) {
      const std::string part =
          each.type ? TRY(lift(*each.type, "value." + each.c_member)) : std::string();
      if (option) {
        statement = i == 0 ? "return std::nullopt; " : fmt::format("return {}({}); ", own, part);
      } else if (result && i == 1) {
        statement =
            fmt::format("return std::unexpected({}); ", part.empty() ? "std::monostate{}" : part);
      } else if (result) {
        statement =
            fmt::format("return {}({}); ", own, part.empty() ? "" : "std::in_place, " + part);
      } else {
        statement = fmt::format("return {}(std::in_place_index<{}>{}); ", own, i,
                                part.empty() ? "" : ", " + part);
      }
    }
    if (lowering) statement += "break;";
    code.line(fmt::format("case {}: {}", i, statement));
  }
  code.close();
  code.line(lowering ? "return out;" : "abort();");
  return {};
}

}  // namespace cairn::component::tools
