// Core types and core module types (Explainer.md, "Type Definitions"). The core types of a
// component lie in a pool: one synthetic module, whose types the core registry makes canonical.

#include <fmt/format.h>

#include "checker/checker.hpp"
#include "validate/definitions.hpp"

namespace cairn::component {

namespace {

/// How much work canonicalising types may be, beyond plain function types, which cost nothing.
constexpr uint64_t pool_work_max = 10'000'000;

}  // namespace

Result<wasm::TypeId> Checker::core_type_id(uint32_t index,
                                           const std::vector<CoreTypeEntry>& space) const {
  if (index >= space.size()) return out_of_bounds("type", index, space.size());
  const auto* id = std::get_if<wasm::TypeId>(&space[index].type);
  if (!id) return wrong(fmt::format("core type index {} is a module type", index));
  return *id;
}

Result<wasm::ValType> Checker::canonical(wasm::ValType type,
                                         const std::vector<CoreTypeEntry>& space) const {
  if (!type.is_ref() || !type.heap().is_index()) return type;
  const wasm::TypeId id = TRY(core_type_id(type.heap().index(), space));
  return wasm::ValType::ref(wasm::HeapType::index(id), type.nullable());
}

namespace {

/// Rewrites the type indices of one group from those of a scope to those of the pool.
class PoolIndices {
 public:
  PoolIndices(const std::vector<CoreTypeEntry>& space, uint32_t group_size, uint32_t pool_size)
      : space_(space), group_size_(group_size), pool_size_(pool_size) {}

  /// False when an index is out of bounds or a module type.
  bool rewrite(wasm::SubType& type) const {
    for (uint32_t& super : type.supertypes) {
      if (!rewrite(super)) return false;
    }
    if (auto* func = std::get_if<wasm::FuncType>(&type.composite)) {
      return rewrite(func->params) && rewrite(func->results);
    }
    if (auto* structure = std::get_if<wasm::StructType>(&type.composite)) {
      return std::ranges::all_of(structure->fields,
                                 [&](wasm::FieldType& field) { return rewrite(field.storage); });
    }
    return rewrite(std::get<wasm::ArrayType>(type.composite).element.storage);
  }

 private:
  bool rewrite(uint32_t& index) const {
    if (index < space_.size()) {
      if (std::holds_alternative<CoreModuleTypeId>(space_[index].type)) return false;
      index = space_[index].pool_index;
      return true;
    }
    if (index - space_.size() >= group_size_) return false;
    index = static_cast<uint32_t>(index - space_.size()) + pool_size_;
    return true;
  }
  bool rewrite(wasm::ValType& type) const {
    if (!type.is_ref() || !type.heap().is_index()) return true;
    uint32_t index = type.heap().index();
    if (!rewrite(index)) return false;
    type = wasm::ValType::ref(wasm::HeapType::index(index), type.nullable());
    return true;
  }
  bool rewrite(std::vector<wasm::ValType>& types) const {
    return std::ranges::all_of(types, [&](wasm::ValType& type) { return rewrite(type); });
  }

  const std::vector<CoreTypeEntry>& space_;
  uint32_t group_size_;
  uint32_t pool_size_;
};

/// Whether the group is one function type that neither has a supertype nor mentions itself.
bool is_plain_function(const syntax::CoreRecGroup& group, size_t own_index) {
  const wasm::SubType& type = group.types.front();
  if (group.types.size() != 1 || !type.is_final || !type.supertypes.empty()) return false;
  const wasm::FuncType* func = type.func();
  const auto mentions_itself = [&](wasm::ValType of) {
    return of.is_ref() && of.heap().is_index() && of.heap().index() >= own_index;
  };
  return func && std::ranges::none_of(func->params, mentions_itself) &&
         std::ranges::none_of(func->results, mentions_itself);
}

}  // namespace

Result<> Checker::core_rec_group(const syntax::CoreRecGroup& group,
                                 std::vector<CoreTypeEntry>& space) {
  const auto pool_size = static_cast<uint32_t>(core_pool_.types.size());
  const auto count = static_cast<uint32_t>(group.types.size());
  if (count == 0) {
    core_pool_.rec_groups.push_back({.first = pool_size, .count = 0, .explicit_rec = true});
    return {};
  }
  const PoolIndices indices(space, count, pool_size);
  std::vector<wasm::SubType> types = group.types;
  for (wasm::SubType& type : types) {
    if (!indices.rewrite(type)) return wrong("unknown type: core type index out of bounds");
  }
  const bool plain = is_plain_function(group, space.size());
  if (plain) {
    wasm::FuncType func = *group.types[0].func();
    for (wasm::ValType& type : func.params) type = TRY(canonical(type, space));
    for (wasm::ValType& type : func.results) type = TRY(canonical(type, space));
    space.push_back({core_func_id(func), pool_size});
  }
  core_pool_.rec_groups.push_back(
      {.first = pool_size, .count = count, .explicit_rec = group.explicit_rec});
  for (wasm::SubType& type : types) core_pool_.types.push_back(std::move(type));
  if (plain) return {};

  core_pool_work_ += core_pool_.types.size();
  if (core_pool_work_ > pool_work_max) {
    return wrong(ErrorKind::limit, "too many core types that are more than functions");
  }
  auto handle = TRY(placed(types_.core().add(core_pool_)));
  for (uint32_t i = 0; i < count; ++i) {
    space.push_back({(*handle)[pool_size + i], pool_size + i});
  }
  types_.keep(std::move(handle));
  return {};
}

Result<> Checker::core_type(const syntax::CoreType& type, std::vector<CoreTypeEntry>& space) {
  if (const auto* group = std::get_if<syntax::CoreRecGroup>(&type.what)) {
    return core_rec_group(*group, space);
  }
  const CoreModuleTypeId id = TRY(core_module_type(std::get<syntax::CoreModuleType>(type.what)));
  space.push_back({id, 0});
  return {};
}

// ---- Module types ------------------------------------------------------------------------------

Result<CoreModuleTypeId> Checker::core_module_type(const syntax::CoreModuleType& type) {
  CoreModuleType result;
  std::vector<CoreTypeEntry> space;
  std::unordered_set<std::string> imports, exports;
  for (const syntax::CoreModuleDecl& decl : type.declarators) {
    at_ = decl.at;
    if (const auto* nested = std::get_if<syntax::CoreType>(&decl.what)) {
      const auto* group = std::get_if<syntax::CoreRecGroup>(&nested->what);
      if (!group) {
        return wrong(
            "invalid leading byte for a core type: a core module type cannot contain "
            "another");
      }
      TRY(placed(core_rec_group(*group, space)));
    } else if (const auto* outer = std::get_if<syntax::CoreOuterAlias>(&decl.what)) {
      space.push_back(TRY(outer_core_type(outer->count, outer->index)));
    } else if (const auto* import = std::get_if<syntax::CoreImportDecl>(&decl.what)) {
      // The two names become one, with a colon between them.
      if (!imports.insert(fmt::format("{}:{}", import->module, import->name)).second) {
        return wrong(fmt::format("duplicate import name `{}:{}`", import->module, import->name));
      }
      result.imports.push_back(
          {import->module, import->name, TRY(core_extern(import->desc, space))});
    } else {
      const auto& item = std::get<syntax::CoreExportDecl>(decl.what);
      if (!exports.insert(item.name).second) {
        return wrong(fmt::format("export name `{}` already defined", item.name));
      }
      result.exports.push_back({item.name, TRY(core_extern(item.desc, space))});
    }
  }
  return types_.add(std::move(result));
}

/// An alias inside of a module type: scope 1 is the one around it.
Result<CoreTypeEntry> Checker::outer_core_type(uint32_t count, uint32_t index) const {
  if (count == 0) return wrong("a core module type cannot alias its own types");
  const CheckScope* from = scope_;
  for (uint32_t i = 1; i < count && from; ++i) from = from->parent;
  if (!from) return wrong(fmt::format("invalid outer alias count of {}", count));
  if (index >= from->core_types.size()) {
    return out_of_bounds("type", index, from->core_types.size());
  }
  if (std::holds_alternative<CoreModuleTypeId>(from->core_types[index].type)) {
    return wrong("a core module type cannot alias another core module type");
  }
  return from->core_types[index];
}

Result<CoreExternType> Checker::core_extern(const syntax::CoreExternDesc& desc,
                                            const std::vector<CoreTypeEntry>& space) const {
  const auto func_id = [&](uint32_t index) -> Result<wasm::TypeId> {
    const wasm::TypeId id = TRY(core_type_id(index, space));
    if (!types_.core().get(id).type.func()) {
      return wrong(fmt::format("core type index {} is not a function type", index));
    }
    return id;
  };
  if (const auto* index = std::get_if<uint32_t>(&desc.type)) {
    return CoreExternType{CoreExternType::Func{TRY(func_id(*index))}};
  }
  if (const auto* memory = std::get_if<wasm::MemoryType>(&desc.type)) {
    TRY(placed(wasm::check_memory_type(*memory)));
    return CoreExternType{*memory};
  }
  if (const auto* tag = std::get_if<wasm::TagType>(&desc.type)) {
    return CoreExternType{wasm::TagType{TRY(func_id(tag->type_index))}};
  }
  if (const auto* global = std::get_if<wasm::GlobalType>(&desc.type)) {
    wasm::GlobalType type = *global;
    type.type = TRY(canonical(type.type, space));
    return CoreExternType{type};
  }
  wasm::TableType table = std::get<wasm::TableType>(desc.type);
  if (table.limits.max && *table.limits.max < table.limits.min) {
    return wrong("size minimum must not be greater than maximum");
  }
  if (table.address == wasm::AddrType::i32 &&
      std::max(table.limits.min, table.limits.max.value_or(0)) > UINT32_MAX) {
    return wrong("table size must be at most 2^32 - 1 elements");
  }
  table.element = TRY(canonical(table.element, space));
  return CoreExternType{table};
}

wasm::TypeId Checker::core_func_id(const wasm::FuncType& type) {
  auto handle = types_.core().add_func(type);
  const wasm::TypeId id = (*handle)[0];
  types_.keep(std::move(handle));
  return id;
}

}  // namespace cairn::component
