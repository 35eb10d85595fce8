#include "text/print/print_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/characters.hpp"
#include "text/string_literal.hpp"

namespace cairn::wasm::text {

const PrintedName PrintedNames::nothing_;

std::string identifier_of(std::string_view name) {
  std::string id = "$";
  const bool plain = std::ranges::all_of(name, [](char c) { return is_class(c, class_idchar); });
  if (plain) {
    id += name;
  } else {
    append_quoted(name, true, id);
  }
  return id;
}

namespace {

/// Longer names are annotations of what they name and no identifiers: every use would repeat them.
constexpr size_t identifier_bytes_max = 1'000;

bool may_be_identifier(std::string_view name) {
  return !name.empty() && name.size() <= identifier_bytes_max;
}

std::string annotation_of(std::string_view name) {
  std::string text = "(@name ";
  append_quoted(name, true, text);
  return text + ")";
}

}  // namespace

PrintedName label_name_of(const std::string& name) {
  if (!may_be_identifier(name)) return {.id = {}, .annotation = annotation_of(name)};
  return {.id = identifier_of(name), .annotation = {}};
}

PrintedNames::PrintedNames(const NameMap* names, uint32_t count) {
  if (!names || names->empty() || names->front().index >= count) return;
  names_.resize(count);
  std::unordered_set<std::string> taken;
  for (const NameAssoc& assoc : *names) {
    if (assoc.index >= count) break;
    kept_.push_back(assoc);
    PrintedName& printed = names_[assoc.index];
    if (!may_be_identifier(assoc.name)) {
      printed.annotation = annotation_of(assoc.name);
      continue;
    }
    std::string unique = assoc.name;
    if (!taken.insert(unique).second) {
      unique = fmt::format("{}#{}", assoc.name, assoc.index);
      while (!taken.insert(unique).second) unique += '#';
      printed.annotation = annotation_of(assoc.name);
    }
    printed.id = identifier_of(unique);
  }
}

ModulePrintNames::ModulePrintNames(const Module& module, bool use_names) {
  if (!use_names) return;
  names_ = names_of(module);
  printed_.module = names_.module;
  if (names_.module) module_name_ = label_name_of(*names_.module);
  const auto keep = [&](Space space, NameMap ModuleNames::* map, size_t count) {
    PrintedNames& names = spaces_[static_cast<size_t>(space)];
    names = PrintedNames(&(names_.*map), static_cast<uint32_t>(count));
    printed_.*map = names.kept();
  };
  keep(Space::type, &ModuleNames::types, module.types.size());
  keep(Space::func, &ModuleNames::functions, module.function_count());
  keep(Space::table, &ModuleNames::tables, module.table_count());
  keep(Space::memory, &ModuleNames::memories, module.memory_count());
  keep(Space::global, &ModuleNames::globals, module.global_count());
  keep(Space::tag, &ModuleNames::tags, module.tag_count());
  keep(Space::elem, &ModuleNames::elems, module.elems.size());
  keep(Space::data, &ModuleNames::datas, module.datas.size());
  for (const IndirectNameAssoc& assoc : names_.fields) {
    const StructType* type =
        assoc.index < module.types.size() ? module.types[assoc.index].structure() : nullptr;
    if (!type) continue;
    PrintedNames fields(&assoc.names, static_cast<uint32_t>(type->fields.size()));
    if (!fields.has_any()) continue;
    printed_.fields.push_back({assoc.index, fields.kept()});
    fields_.resize(assoc.index + 1);
    fields_.back() = std::move(fields);
  }
}

const PrintedNames& ModulePrintNames::fields_of(uint32_t type) const {
  static const PrintedNames none;
  return type < fields_.size() ? fields_[type] : none;
}

PrintedNames ModulePrintNames::locals_of(uint32_t function, uint32_t count) {
  PrintedNames locals(find_names(names_.locals, function), count);
  if (locals.has_any()) printed_.locals.push_back({function, locals.kept()});
  return locals;
}

void ModulePrintNames::note_labels(uint32_t function, NameMap labels) {
  if (!labels.empty()) printed_.labels.push_back({function, std::move(labels)});
}

}  // namespace cairn::wasm::text
