// Subtyping of what core modules import and export (core spec: Matching, extended to modules).

#include <fmt/format.h>
#include <cairn/component/types.hpp>

#include <map>

#include "typing/core_words.hpp"
#include "typing/name_index.hpp"

namespace cairn::component {

namespace {

std::unexpected<Error> mismatch(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

bool limits_match(const wasm::Limits& actual, const wasm::Limits& expected) {
  if (actual.min < expected.min) return false;
  return !expected.max || (actual.max && *actual.max <= *expected.max);
}

class CoreCheck {
 public:
  explicit CoreCheck(const wasm::TypeRegistry& core) : core_(core) {}

  Result<> check(CoreExternType::Func actual, CoreExternType::Func expected) const {
    if (core_.is_subtype(actual.id, expected.id)) return {};
    return mismatch(fmt::format("expected: {}, found: {}", describe_core_func(core_, expected.id),
                                describe_core_func(core_, actual.id)));
  }

  Result<> check(const wasm::TableType& actual, const wasm::TableType& expected) const {
    if (actual.element != expected.element) {
      return mismatch(fmt::format("expected table element type {}, found {}",
                                  wasm::to_string(expected.element),
                                  wasm::to_string(actual.element)));
    }
    if (actual.address != expected.address) return mismatch("mismatch in index type of tables");
    if (!limits_match(actual.limits, expected.limits)) return mismatch("mismatch in table limits");
    return {};
  }

  Result<> check(const wasm::MemoryType& actual, const wasm::MemoryType& expected) const {
    if (actual.shared != expected.shared) {
      return mismatch("mismatch in the shared flag for memories");
    }
    if (actual.address != expected.address) return mismatch("mismatch in index type of memories");
    if (actual.page_size_log2 != expected.page_size_log2) {
      return mismatch("mismatch in page size of memories");
    }
    if (!limits_match(actual.limits, expected.limits)) return mismatch("mismatch in memory limits");
    return {};
  }

  Result<> check(const wasm::GlobalType& actual, const wasm::GlobalType& expected) const {
    if (actual.is_mutable != expected.is_mutable) {
      return mismatch("global types differ in mutability");
    }
    const bool fits = actual.is_mutable ? actual.type == expected.type
                                        : core_.matches(actual.type, expected.type);
    if (fits) return {};
    return mismatch(fmt::format("expected global type {}, found {}", wasm::to_string(expected.type),
                                wasm::to_string(actual.type)));
  }

  Result<> check(const wasm::TagType& actual, const wasm::TagType& expected) const {
    if (actual.type_index == expected.type_index) return {};
    return mismatch(fmt::format("expected tag type {}, found {}",
                                describe_core_func(core_, expected.type_index),
                                describe_core_func(core_, actual.type_index)));
  }

 private:
  const wasm::TypeRegistry& core_;
};

}  // namespace

std::string describe_core_func(const wasm::TypeRegistry& core, wasm::TypeId id) {
  const wasm::FuncType* func = core.get(id).type.func();
  if (!func) return "(no function)";
  std::string text = "(func";
  const auto list = [&](std::string_view word, const std::vector<wasm::ValType>& types) {
    if (types.empty()) return;
    text += fmt::format(" ({}", word);
    for (const wasm::ValType type : types) text += fmt::format(" {}", wasm::to_string(type));
    text += ')';
  };
  list("param", func->params);
  list("result", func->results);
  return text + ")";
}

Result<> check_core_subtype(const wasm::TypeRegistry& core, const CoreExternType& actual,
                            const CoreExternType& expected) {
  if (actual.kind() != expected.kind()) {
    return mismatch(fmt::format("expected {}, found {}", wasm::to_string(expected.kind()),
                                wasm::to_string(actual.kind())));
  }
  return std::visit(
      [&](const auto& wanted) {
        return CoreCheck(core).check(std::get<std::decay_t<decltype(wanted)>>(actual.type), wanted);
      },
      expected.type);
}

Result<> check_core_subtype(const Types& types, const CoreModuleType& actual,
                            const CoreModuleType& expected) {
  const auto inside = [](Result<> result, std::string_view what) {
    if (!result) {
      result.error().message = fmt::format("type mismatch in {}: {}", what, result.error().message);
    }
    return result;
  };
  std::map<std::pair<std::string_view, std::string_view>, const CoreImportType*> offers;
  for (const CoreImportType& offer : expected.imports) {
    offers.try_emplace({offer.module, offer.name}, &offer);
  }
  for (const CoreImportType& import : actual.imports) {
    const auto offered = offers.find({import.module, import.name});
    const std::string name = fmt::format("{}::{}", import.module, import.name);
    if (offered == offers.end()) {
      return mismatch(fmt::format("missing expected import `{}`", name));
    }
    TRY(inside(check_core_subtype(types.core(), offered->second->type, import.type),
               fmt::format("import `{}`", name)));
  }
  const NameIndex exports(actual.exports);
  for (const CoreNamedExtern& wanted : expected.exports) {
    const CoreNamedExtern* found = exports.find(wanted.name);
    if (!found) return mismatch(fmt::format("missing expected export `{}`", wanted.name));
    TRY(inside(check_core_subtype(types.core(), found->type, wanted.type),
               fmt::format("export `{}`", wanted.name)));
  }
  return {};
}

}  // namespace cairn::component
