// The types of core modules as components see them.

#include <fmt/format.h>
#include <cairn/component/validate.hpp>

#include <array>
#include <unordered_set>

namespace cairn::component {

namespace {

/// The types of what a module imports and defines, by index, as far as it exports them.
class ModuleTypes {
 public:
  ModuleTypes(const wasm::Module& module, const wasm::TypeRegistry::Handle& handle)
      : module_(module), handle_(handle) {
    for (const wasm::Import& import : module.imports) {
      imports_[static_cast<size_t>(import.kind)].push_back(&import);
    }
  }

  CoreExternType import(const wasm::Import& of) const {
    switch (of.kind) {
      case wasm::ExternKind::func: return func(std::get<uint32_t>(of.type));
      case wasm::ExternKind::table: return table(std::get<wasm::TableType>(of.type));
      case wasm::ExternKind::memory: return {std::get<wasm::MemoryType>(of.type)};
      case wasm::ExternKind::global: return global(std::get<wasm::GlobalType>(of.type));
      case wasm::ExternKind::tag: return tag(std::get<wasm::TagType>(of.type));
    }
    return {};
  }

  CoreExternType exported(const wasm::Export& of) const {
    const auto& imports = imports_[static_cast<size_t>(of.kind)];
    if (of.index < imports.size()) return import(*imports[of.index]);
    const size_t index = of.index - imports.size();
    switch (of.kind) {
      case wasm::ExternKind::func: return func(module_.functions[index]);
      case wasm::ExternKind::table: return table(module_.tables[index].type);
      case wasm::ExternKind::memory: return {module_.memories[index]};
      case wasm::ExternKind::global: return global(module_.globals[index].type);
      case wasm::ExternKind::tag: return tag(module_.tags[index]);
    }
    return {};
  }

 private:
  CoreExternType func(uint32_t type) const { return {CoreExternType::Func{handle_[type]}}; }
  CoreExternType tag(wasm::TagType type) const { return {wasm::TagType{handle_[type.type_index]}}; }
  CoreExternType table(wasm::TableType type) const {
    type.element = handle_.canonical(type.element);
    return {type};
  }
  CoreExternType global(wasm::GlobalType type) const {
    type.type = handle_.canonical(type.type);
    return {type};
  }

  const wasm::Module& module_;
  const wasm::TypeRegistry::Handle& handle_;
  std::array<std::vector<const wasm::Import*>, 5> imports_;  ///< by kind
};

}  // namespace

Result<CoreModuleTypeId> core_module_type(const wasm::Module& module, Types& types) {
  auto handle = TRY(types.core().add(module));
  const ModuleTypes of(module, *handle);
  CoreModuleType result;
  std::unordered_set<std::string> names;
  for (const wasm::Import& import : module.imports) {
    if (!names.insert(fmt::format("{}:{}", import.module, import.name)).second) {
      return fail(ErrorKind::invalid,
                  fmt::format("duplicate import name `{}:{}`", import.module, import.name));
    }
    result.imports.push_back({import.module, import.name, of.import(import)});
  }
  for (const wasm::Export& item : module.exports) {
    result.exports.push_back({item.name, of.exported(item)});
  }
  types.keep(std::move(handle));
  return types.add(std::move(result));
}

}  // namespace cairn::component
