#pragma once
/// The identifiers of a printed module, made from its name section.

#include <cairn/wasm/module.hpp>
#include <cairn/wasm/names.hpp>

#include <array>
#include <string>
#include <unordered_set>
#include <vector>

#include "text/scope.hpp"

namespace cairn::wasm::text {

/// What is printed for one name: "$x" or "$\"x y\"" (nothing for names that are empty or very
/// long), and the annotation `(@name "…")` where the identifier is not the name.
struct PrintedName {
  std::string id;
  std::string annotation;
};

/// Names of one index space: each index has a name or an empty one.
class PrintedNames {
 public:
  /// Takes the names of indices below `count`; identifiers are made unique.
  PrintedNames(const NameMap* names, uint32_t count);
  PrintedNames() = default;
  const PrintedName& at(uint32_t index) const {
    return index < names_.size() ? names_[index] : nothing_;
  }
  bool has_any() const { return !names_.empty(); }
  /// Those of the names that are printed.
  const NameMap& kept() const { return kept_; }

 private:
  static const PrintedName nothing_;
  std::vector<PrintedName> names_;
  NameMap kept_;
};

/// "$x", or quoted where the name has other characters.
std::string identifier_of(std::string_view name);
/// A label's name: labels may share identifiers, so it needs no annotation if it can be one.
PrintedName label_name_of(const std::string& name);

/// The names of a whole module but for those of locals and labels, which are made function by
/// function.
class ModulePrintNames {
 public:
  /// Without names when `use_names` is false.
  ModulePrintNames(const Module& module, bool use_names);

  const PrintedNames& of(Space space) const { return spaces_[static_cast<size_t>(space)]; }
  const PrintedName& module_name() const { return module_name_; }
  const PrintedNames& fields_of(uint32_t type) const;
  /// The names of a function's `count` locals; noted as printed.
  PrintedNames locals_of(uint32_t function, uint32_t count);
  const NameMap* labels_of(uint32_t function) const { return find_names(names_.labels, function); }
  void note_labels(uint32_t function, NameMap labels);
  /// What the text parser will make of the names that were printed.
  const ModuleNames& printed() const { return printed_; }

 private:
  ModuleNames names_;
  ModuleNames printed_;
  PrintedName module_name_;
  std::array<PrintedNames, space_count> spaces_;
  std::vector<PrintedNames> fields_;
};

}  // namespace cairn::wasm::text
