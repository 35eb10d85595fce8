#pragma once
/// The types, imports and lifted functions' types of a component that is being made from a core
/// module: the type index space of the component.

#include <map>
#include <set>
#include <string>

#include "tools/component_writer.hpp"
#include "wit/encode.hpp"

namespace cairn::component::tools {

/// What imported interfaces are reduced to: by interface, the functions that are in use.
using UsedFunctions = std::map<wit::InterfaceId, std::set<std::string>>;

/// Types mean those that are imported, unless an export is being made (`begin_export`): then an
/// interface's types are its own, and those of interfaces that are exported, too, are theirs.
class OuterTypes : public wit::ComponentTypeEncoder {
 public:
  OuterTypes(const wit::Resolve& resolve, const wit::World& world, ComponentWriter& writer,
             const UsedFunctions* used = nullptr)
      : ComponentTypeEncoder(resolve), world_(world), writer_(writer), used_(used) {}

  /// Adds an import. Whatever it uses is imported already.
  void import_item(const wit::WorldItem& item);
  /// The function (by its name in WIT) of an imported interface, or one that the world imports.
  uint32_t imported_function(const wit::WorldItem* item, const wit::Function& function);
  uint32_t imported_type(const wit::WorldItem* item, wit::TypeId type);
  /// The instance that an imported interface is.
  uint32_t imported_instance(const wit::WorldItem& item) const {
    return instances_by_item_.at(&item);
  }

  void begin_export(const wit::WorldItem& item) { exporting_ = &item; }
  void end_export() { exporting_ = nullptr; }
  /// Defines the resource types of the exported interface; `dtor` are core functions.
  void define_resource(wit::TypeId type, std::optional<uint32_t> dtor);
  /// The interface is exported now, under this instance: others refer to that one's types.
  void exported(const wit::WorldItem& item, uint32_t instance);

  uint32_t plain_type(syntax::Type type);
  uint32_t type_of(const wit::Type& type);
  syntax::ValType val_type_of(const wit::Type& type);
  uint32_t function_type(const wit::Function& function);

 protected:
  uint32_t type_index(wit::TypeId id) override;
  bool keeps(wit::InterfaceId id, const wit::Function& function) const override;

 private:
  using Types = std::map<wit::TypeId, uint32_t>;
  uint32_t exported_type(const wit::WorldItem& item, wit::TypeId id);
  const wit::WorldItem* export_of(wit::InterfaceId id) const;
  void flush();

  const wit::World& world_;
  ComponentWriter& writer_;
  const UsedFunctions* used_;
  const wit::WorldItem* exporting_ = nullptr;
  bool importing_ = false;
  std::map<const wit::WorldItem*, uint32_t> instances_by_item_;
  std::map<std::string, uint32_t> functions_;  ///< that the world imports
  std::map<std::pair<uint32_t, std::string>, uint32_t> function_aliases_;
  std::map<const wit::WorldItem*, Types> exported_types_;
  std::map<wit::InterfaceId, uint32_t> exported_instances_;
};

}  // namespace cairn::component::tools
