#include "tools/core_unit.hpp"

#include <fmt/format.h>
#include <cairn/wasm/binary.hpp>

#include <algorithm>
#include <set>

namespace cairn::component::tools {

Result<CoreUnit> CoreUnit::read(ByteSpan bytes, std::string what) {
  wasm::Module module = TRY(wasm::decode({bytes.begin(), bytes.end()}));
  std::erase_if(module.customs, [](const wasm::CustomSection& section) {
    return section.name.starts_with(wit::world_section);
  });
  CoreUnit unit;
  std::set<std::pair<std::string, std::string>> taken;
  for (wasm::Import& import : module.imports) {
    unit.import_names_.push_back(import.name);
    for (size_t copy = 2; !taken.emplace(import.module, import.name).second; ++copy) {
      import.name = fmt::format("{} {}", unit.import_names_.back(), copy);
    }
  }
  unit.what_ = std::move(what);
  unit.module_ = std::make_shared<const wasm::Module>(std::move(module));
  return unit;
}

void CoreUnit::import_memory() {
  if (module_->memories.size() != 1 || module_->imported_memories != 0) return;
  auto module = std::make_shared<wasm::Module>(*module_);
  module->imports.push_back({.module = "env",
                             .name = "memory",
                             .kind = wasm::ExternKind::memory,
                             .type = module->memories.front()});
  import_names_.emplace_back("memory");
  module->memories.clear();
  module->imported_memories = 1;
  std::erase_if(module->exports,
                [](const wasm::Export& each) { return each.kind == wasm::ExternKind::memory; });
  module_ = std::move(module);
}

const wasm::FuncType* CoreUnit::exported_function(std::string_view name) const {
  const auto found = std::ranges::find_if(module_->exports, [&](const wasm::Export& each) {
    return each.kind == wasm::ExternKind::func && each.name == name;
  });
  if (found == module_->exports.end() || found->index >= module_->function_count()) return nullptr;
  uint32_t type = 0;
  if (found->index >= module_->imported_functions) {
    type = module_->functions[found->index - module_->imported_functions];
  } else {
    uint32_t index = 0;
    for (const wasm::Import& import : module_->imports) {
      if (import.kind != wasm::ExternKind::func) continue;
      if (index++ == found->index) type = std::get<uint32_t>(import.type);
    }
  }
  return type < module_->types.size() ? module_->types[type].func() : nullptr;
}

bool CoreUnit::exports(wasm::ExternKind kind, std::string_view name) const {
  return std::ranges::any_of(module_->exports, [&](const wasm::Export& each) {
    return each.kind == kind && each.name == name;
  });
}

const wasm::FuncType* CoreUnit::type_of(const wasm::Import& import) const {
  const auto* type = std::get_if<uint32_t>(&import.type);
  if (import.kind != wasm::ExternKind::func || type == nullptr || *type >= module_->types.size()) {
    return nullptr;
  }
  return module_->types[*type].func();
}

std::string to_string(const wasm::FuncType& type) {
  const auto listed = [](const std::vector<wasm::ValType>& types) {
    std::string text;
    for (const wasm::ValType each : types) {
      text += fmt::format("{}{}", text.empty() ? "" : ", ", wasm::to_string(each));
    }
    return text;
  };
  return fmt::format("({}) -> ({})", listed(type.params), listed(type.results));
}

}  // namespace cairn::component::tools
