#include "checker/free_resources.hpp"

#include <algorithm>
#include <unordered_set>

namespace cairn::component {

namespace {

class Collector {
 public:
  explicit Collector(const Types& types) : types_(types) {}

  void add(std::span<const NamedExtern> externs) {
    for (const NamedExtern& entry : externs) add(entry.type);
  }

  void add(const AnyType& type) {
    if (const auto* resource = std::get_if<ResourceRef>(&type)) {
      add(resource->resource);
    } else if (const auto* value = std::get_if<ValType>(&type)) {
      add(*value);
    } else if (const auto* func = std::get_if<FuncTypeId>(&type)) {
      add(*func);
    } else if (const auto* instance = std::get_if<InstanceTypeId>(&type)) {
      add(*instance);
    } else {
      add(std::get<ComponentTypeId>(type));
    }
  }

  std::vector<ResourceId> finish() && { return std::move(found_); }

 private:
  void add(const ExternType& type) {
    if (const auto* named = std::get_if<TypeExtern>(&type)) {
      add(named->type);
    } else if (const auto* value = std::get_if<ValueExtern>(&type)) {
      add(value->type);
    } else if (const auto* func = std::get_if<FuncTypeId>(&type)) {
      add(*func);
    } else if (const auto* instance = std::get_if<InstanceTypeId>(&type)) {
      add(*instance);
    } else if (const auto* component = std::get_if<ComponentTypeId>(&type)) {
      add(*component);
    }
  }

  void add(ResourceId resource) {
    if (!bound_.contains(resource.value) && seen_.insert(resource.value).second) {
      found_.push_back(resource);
    }
  }

  void add(ValType type) {
    const ValTypeInfo& info = types_[type];
    if (!info.contains_resource || !values_.insert(type.id()).second) return;
    if (info.kind == ValKind::own || info.kind == ValKind::borrow) add(info.resource.resource);
    for (const ValPart& part : info.parts) {
      if (part.type) add(*part.type);
    }
  }

  void add(FuncTypeId type) {
    for (const FuncParam& param : types_[type].params) add(param.type);
    if (types_[type].result) add(*types_[type].result);
  }

  // What a type binds is bound nowhere else, so it can stay in the set.
  void add(InstanceTypeId type) {
    bind(types_[type].bound);
    add(types_[type].exports);
  }
  void add(ComponentTypeId type) {
    bind(types_[type].imported_resources);
    bind(types_[type].exported_resources);
    add(types_[type].imports);
    add(types_[type].exports);
  }
  void bind(const std::vector<ResourceId>& resources) {
    for (const ResourceId resource : resources) bound_.insert(resource.value);
  }

  const Types& types_;
  std::unordered_set<uint32_t> bound_, seen_, values_;
  std::vector<ResourceId> found_;
};

void collect_exported(const Types& types, std::span<const NamedExtern> exports,
                      std::vector<ResourceId>& found) {
  for (const NamedExtern& entry : exports) {
    if (const auto* instance = std::get_if<InstanceTypeId>(&entry.type)) {
      collect_exported(types, types[*instance].exports, found);
    } else if (const auto* named = std::get_if<TypeExtern>(&entry.type)) {
      if (const auto* resource = std::get_if<ResourceRef>(&named->type)) {
        found.push_back(resource->resource);
      }
    }
  }
}

}  // namespace

std::vector<ResourceId> free_resources(const Types& types, std::span<const NamedExtern> externs) {
  Collector collector(types);
  collector.add(externs);
  return std::move(collector).finish();
}

bool mentions_resources(const Types& types, const AnyType& type) {
  Collector collector(types);
  collector.add(type);
  return !std::move(collector).finish().empty();
}

std::vector<ResourceId> exported_resources(const Types& types,
                                           std::span<const NamedExtern> exports) {
  std::vector<ResourceId> found;
  collect_exported(types, exports, found);
  return found;
}

}  // namespace cairn::component
