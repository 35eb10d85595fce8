#include "tools/outer_types.hpp"

namespace cairn::component::tools {

using wit::InterfaceId;
using wit::TypeDef;
using wit::TypeId;
using wit::WorldItem;

/// Declarators of the scope at hand become definitions: both count their indices alike.
void OuterTypes::flush() {
  for (syntax::Declarator& declarator : std::exchange(outer_.declarators, {})) {
    if (auto* type = std::get_if<syntax::Type>(&declarator.what)) {
      writer_.add(syntax::Sort::type, std::move(*type));
    } else if (auto* alias = std::get_if<syntax::Alias>(&declarator.what)) {
      writer_.add(alias->sort, std::move(*alias));
    } else if (auto* import = std::get_if<syntax::ImportDecl>(&declarator.what)) {
      const syntax::Sort sort = import->desc.sort();
      const std::string name = import->name.name;
      const uint32_t index =
          writer_.add(sort, syntax::Import{std::move(import->name), import->desc});
      if (sort == syntax::Sort::func) functions_.emplace(name, index);
    }
  }
}

void OuterTypes::import_item(const WorldItem& item) {
  importing_ = true;
  const uint32_t instance = instances_;
  world_item(item, true);
  importing_ = false;
  flush();
  if (const auto* id = std::get_if<InterfaceId>(&item.item)) {
    instances_by_item_.emplace(&item, instance);
    instance_of_.emplace(*id, instance);  // one under its own name has been entered already
  }
}

uint32_t OuterTypes::imported_function(const WorldItem* item, const wit::Function& function) {
  if (item == nullptr) return functions_.at(function.name);
  const uint32_t instance = instances_by_item_.at(item);
  const std::pair key(instance, function.name);
  const auto known = function_aliases_.find(key);
  if (known != function_aliases_.end()) return known->second;
  const uint32_t index = writer_.instance_export(syntax::Sort::func, instance, function.name);
  function_aliases_.emplace(key, index);
  return index;
}

uint32_t OuterTypes::imported_type(const WorldItem* item, TypeId type) {
  if (item == nullptr) return type_of(type);
  const auto id = std::get<InterfaceId>(item->item);
  const uint32_t usual = std::exchange(instance_of_.at(id), instances_by_item_.at(item));
  const uint32_t index = type_of(type);
  instance_of_.at(id) = usual;
  return index;
}

void OuterTypes::define_resource(TypeId type, std::optional<uint32_t> dtor) {
  exported_types_[exporting_].emplace(type, define({syntax::ResourceType{wasm::i32, dtor}}));
  flush();
}

void OuterTypes::exported(const WorldItem& item, uint32_t instance) {
  if (item.name() == nullptr) {
    exported_instances_.emplace(std::get<InterfaceId>(item.item), instance);
  }
}

uint32_t OuterTypes::plain_type(syntax::Type type) {
  const uint32_t index = define_once(std::move(type));
  flush();
  return index;
}

uint32_t OuterTypes::type_of(const wit::Type& type) {
  const syntax::ValType index = val_type(type);
  const uint32_t found = index.is_index() ? index.index() : define({index.prim()});
  flush();
  return found;
}

syntax::ValType OuterTypes::val_type_of(const wit::Type& type) {
  const syntax::ValType out = val_type(type);
  flush();
  return out;
}

uint32_t OuterTypes::function_type(const wit::Function& function) {
  const uint32_t type = func_type(function);
  flush();
  return type;
}

const WorldItem* OuterTypes::export_of(InterfaceId id) const {
  for (const WorldItem& item : world_.exports) {
    const auto* key = std::get_if<InterfaceId>(&item.key);
    if (key != nullptr && *key == id) return &item;
  }
  return nullptr;
}

uint32_t OuterTypes::type_index(TypeId id) {
  if (importing_) return ComponentTypeEncoder::type_index(id);
  const TypeDef& type = resolve_[id];
  if (type.name.empty()) return define_once({kind(type.kind)});
  const auto* owner = std::get_if<InterfaceId>(&type.owner);
  if (owner == nullptr) return ComponentTypeEncoder::type_index(id);
  if (exporting_ == nullptr) return foreign_type(*owner, id);
  const auto* own = std::get_if<InterfaceId>(&exporting_->item);
  if (own != nullptr && *own == *owner) return exported_type(*exporting_, id);
  const auto done = exported_instances_.find(*owner);
  if (done != exported_instances_.end()) {
    const auto [found, added] = aliases_.emplace(std::pair(done->second, id), outer_.types);
    if (added) alias({syntax::Sort::type, syntax::Alias::Export{done->second, type.name}});
    return found->second;
  }
  const WorldItem* other = export_of(*owner);
  return other != nullptr ? exported_type(*other, id) : foreign_type(*owner, id);
}

/// Types of exports are defined without a name; the instance that is exported gives it to them.
uint32_t OuterTypes::exported_type(const WorldItem& item, TypeId id) {
  Types& types = exported_types_[&item];
  const auto known = types.find(id);
  if (known != types.end()) return known->second;
  const wit::TypeKind& kind = resolve_[id].kind;
  uint32_t index = 0;
  if (const auto* alias = std::get_if<wit::Alias>(&kind)) {
    const syntax::ValType target = val_type(alias->type);
    index = target.is_index() ? target.index() : define({target.prim()});
  } else {
    index = define({this->kind(kind)});
  }
  exported_types_[&item].emplace(id, index);
  return index;
}

bool OuterTypes::keeps(InterfaceId id, const wit::Function& function) const {
  if (used_ == nullptr) return true;
  const auto found = used_->find(id);
  return found != used_->end() && found->second.contains(function.name);
}

}  // namespace cairn::component::tools
