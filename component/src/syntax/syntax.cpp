#include <cairn/component/syntax.hpp>
#include <cairn/wasm/binary.hpp>

#include <array>

namespace cairn::component::syntax {

namespace {

constexpr std::array<std::string_view, sort_count> sort_words = {
    "core func", "core table",  "core memory",   "core global", "core tag",
    "core type", "core module", "core instance", "func",        "value",
    "type",      "component",   "instance"};

struct PrimWord {
  PrimType type;
  std::string_view word;
};
constexpr std::array prim_words = {
    PrimWord{PrimType::bool_, "bool"},    PrimWord{PrimType::s8, "s8"},
    PrimWord{PrimType::u8, "u8"},         PrimWord{PrimType::s16, "s16"},
    PrimWord{PrimType::u16, "u16"},       PrimWord{PrimType::s32, "s32"},
    PrimWord{PrimType::u32, "u32"},       PrimWord{PrimType::s64, "s64"},
    PrimWord{PrimType::u64, "u64"},       PrimWord{PrimType::f32, "f32"},
    PrimWord{PrimType::f64, "f64"},       PrimWord{PrimType::char_, "char"},
    PrimWord{PrimType::string, "string"}, PrimWord{PrimType::error_context, "error-context"},
};

}  // namespace

std::string_view to_string(Sort sort) { return sort_words[static_cast<size_t>(sort)]; }

std::string_view to_string(PrimType type) {
  for (const PrimWord& row : prim_words) {
    if (row.type == type) return row.word;
  }
  return "bool";
}

std::optional<PrimType> prim_type_named(std::string_view word) {
  for (const PrimWord& row : prim_words) {
    if (row.word == word) return row.type;
  }
  return std::nullopt;
}

bool is_prim_type(uint8_t code) {
  return (code >= static_cast<uint8_t>(PrimType::string) &&
          code <= static_cast<uint8_t>(PrimType::bool_)) ||
         code == static_cast<uint8_t>(PrimType::error_context);
}

Sort ExternDesc::sort() const {
  constexpr std::array<Sort, 8> sorts = {Sort::core_module, Sort::func,  Sort::component,
                                         Sort::instance,    Sort::value, Sort::value,
                                         Sort::type,        Sort::type};
  static_assert(sorts.size() == std::variant_size_v<decltype(what)>);
  return sorts[what.index()];
}

// Out of line, where the declarators are complete types.
bool ComponentType::operator==(const ComponentType&) const = default;
bool InstanceType::operator==(const InstanceType&) const = default;
bool CoreModuleType::operator==(const CoreModuleType&) const = default;

Definition::Definition(What what, Position at) : what(std::move(what)), at(at) {}
Definition::Definition(const Definition&) = default;
Definition::Definition(Definition&&) noexcept = default;
Definition& Definition::operator=(const Definition&) = default;
Definition& Definition::operator=(Definition&&) noexcept = default;
Definition::~Definition() = default;
bool Definition::operator==(const Definition&) const = default;

bool CoreModule::operator==(const CoreModule& other) const {
  return module == other.module || (module && other.module && wasm::equal(*module, *other.module));
}

bool NestedComponent::operator==(const NestedComponent& other) const {
  return component == other.component ||
         (component && other.component && *component == *other.component);
}

bool Component::operator==(const Component& other) const {
  return definitions == other.definitions;
}

}  // namespace cairn::component::syntax
