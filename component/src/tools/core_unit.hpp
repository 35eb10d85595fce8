#pragma once
/// A core module that becomes part of a component, and what its imports stand for.

#include <cairn/wasm/module.hpp>

#include <memory>
#include <variant>

#include "tools/core_names.hpp"

namespace cairn::component::tools {

/// An import that something else in the component provides: an adapter, or, for an adapter, the
/// served module or the bridge.
struct ProvidedImport {
  enum class By : uint8_t { adapter, main, bridge } by = By::adapter;
  size_t adapter = 0;  ///< which one
};

struct UnitImport {
  std::string module, name;
  std::string unique_name;  ///< under which the module imports it now
  wasm::FuncType type;
  std::variant<CoreImport, ProvidedImport> what;
};

class CoreUnit {
 public:
  /// Decodes the module. `what` names it in errors ("the module", "the adapter `x`").
  static Result<CoreUnit> read(ByteSpan bytes, std::string what);

  const std::string& what() const { return what_; }
  /// Without the sections that describe its world, and with a name of its own for each import:
  /// components refuse modules that import the same name twice.
  const std::shared_ptr<const wasm::Module>& module() const { return module_; }
  /// Puts an import of "env" "memory" in place of the one memory that the module has, if it has
  /// one. (Linkers make modules that import theirs write zeros all over it first.)
  void import_memory();
  /// The type of an exported function, or null.
  const wasm::FuncType* exported_function(std::string_view name) const;
  bool exports(wasm::ExternKind kind, std::string_view name) const;
  /// The first of the names that is a function it exports; empty: none.
  template <class Names>
  std::string first_function(const Names& names) const {
    for (const auto& name : names) {
      if (exported_function(name) != nullptr) return std::string(name);
    }
    return {};
  }
  const wasm::FuncType* type_of(const wasm::Import& import) const;
  /// The name that an import had before it was made unique.
  const std::string& name_of_import(size_t index) const { return import_names_[index]; }

  std::vector<UnitImport> imports;  ///< of functions, filled by whoever knows the world

 private:
  std::string what_;
  std::shared_ptr<const wasm::Module> module_;
  std::vector<std::string> import_names_;
};

/// "(i32, i64) -> (i32)".
std::string to_string(const wasm::FuncType& type);

}  // namespace cairn::component::tools
