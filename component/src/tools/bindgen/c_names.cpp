#include "tools/bindgen/c_names.hpp"

#include <algorithm>
#include <array>

namespace cairn::component::tools {
namespace {

/// Words of C17 and C++23, and names that every program has.
constexpr std::array<std::string_view, 106> reserved = {"NULL",
                                                        "alignas",
                                                        "alignof",
                                                        "and",
                                                        "asm",
                                                        "auto",
                                                        "bitand",
                                                        "bitor",
                                                        "bool",
                                                        "break",
                                                        "case",
                                                        "catch",
                                                        "char",
                                                        "char8_t",
                                                        "char16_t",
                                                        "char32_t",
                                                        "class",
                                                        "compl",
                                                        "concept",
                                                        "const",
                                                        "const_cast",
                                                        "consteval",
                                                        "constexpr",
                                                        "constinit",
                                                        "continue",
                                                        "co_await",
                                                        "co_return",
                                                        "co_yield",
                                                        "decltype",
                                                        "default",
                                                        "delete",
                                                        "do",
                                                        "double",
                                                        "dynamic_cast",
                                                        "else",
                                                        "enum",
                                                        "errno",
                                                        "explicit",
                                                        "export",
                                                        "extern",
                                                        "false",
                                                        "float",
                                                        "for",
                                                        "friend",
                                                        "goto",
                                                        "if",
                                                        "inline",
                                                        "int",
                                                        "long",
                                                        "main",
                                                        "mutable",
                                                        "namespace",
                                                        "new",
                                                        "noexcept",
                                                        "not",
                                                        "not_eq",
                                                        "nullptr",
                                                        "operator",
                                                        "or",
                                                        "or_eq",
                                                        "private",
                                                        "protected",
                                                        "public",
                                                        "register",
                                                        "reinterpret_cast",
                                                        "requires",
                                                        "restrict",
                                                        "return",
                                                        "self_",
                                                        "short",
                                                        "signed",
                                                        "sizeof",
                                                        "static",
                                                        "static_assert",
                                                        "static_cast",
                                                        "std",
                                                        "stderr",
                                                        "stdin",
                                                        "stdout",
                                                        "struct",
                                                        "switch",
                                                        "template",
                                                        "this",
                                                        "thread_local",
                                                        "throw",
                                                        "true",
                                                        "try",
                                                        "typedef",
                                                        "typeid",
                                                        "typename",
                                                        "typeof",
                                                        "union",
                                                        "unsigned",
                                                        "using",
                                                        "virtual",
                                                        "void",
                                                        "volatile",
                                                        "wchar_t",
                                                        "while",
                                                        "xor",
                                                        "xor_eq",
                                                        "_Bool",
                                                        "_Static_assert",
                                                        "_Noreturn",
                                                        "_Atomic",
                                                        "_Generic"};

}  // namespace

std::string name_part(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool upper = c >= 'A' && c <= 'Z';
    out += plain ? c : upper ? static_cast<char>(c - 'A' + 'a') : '_';
  }
  return out;
}

std::string identifier(std::string_view name) {
  std::string out = name_part(name);
  if (std::ranges::find(reserved, out) != reserved.end()) out += '_';
  return out;
}

std::string upper_identifier(std::string_view name) {
  std::string out = name_part(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string interface_prefix(const wit::Resolve& resolve, wit::InterfaceId id) {
  const wit::PackageName& package = resolve[resolve[id].package].name;
  return name_part(package.space) + "_" + name_part(package.name) + "_" +
         name_part(resolve[id].name);
}

std::string interface_prefix(const wit::Resolve& resolve, const wit::WorldItem& item) {
  if (item.name() != nullptr) return name_part(*item.name());
  return interface_prefix(resolve, std::get<wit::InterfaceId>(item.key));
}

}  // namespace cairn::component::tools
