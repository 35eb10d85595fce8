#pragma once
/// Puts a world together: items, included worlds, and what all these need.

#include <unordered_map>

#include "wit/environment.hpp"

namespace cairn::component::wit {

class WorldBuilder {
 public:
  WorldBuilder(Environment& environment, WorldId world)
      : environment_(environment), world_(world) {}

  /// Adds an import or export, whose name must be new.
  Result<> add(bool is_import, WorldItem item);
  /// Adds all that another, complete world has. An interface that is there already is no clash;
  /// other names are, unless `names` gives them new ones.
  Result<> include(WorldId included, const std::vector<ast::Rename>& names, Span span,
                   uint32_t file);
  /// Adds what the items need (WIT.md, "Transitive imports and worlds"), brings all into order and
  /// puts it into the world.
  Result<> finish();

 private:
  struct Side {
    std::vector<WorldItem> items;
    std::unordered_map<std::string, size_t> by_name;  ///< names in lower case
  };
  Side& side(bool is_import) { return is_import ? imports_ : exports_; }
  Span span_of(const WorldItem& item) const;
  std::unexpected<Error> clash(bool is_import, const WorldItem& item, const WorldItem& before,
                               Span span) const;

  Environment& environment_;
  WorldId world_;
  Side imports_, exports_;
};

/// Copies of the types that belong to a world, made for another world that includes it.
class WorldCloner {
 public:
  WorldCloner(Environment& environment, WorldId from, WorldId to, bool drop_since);

  /// `new_name` of functions and types.
  Result<> clone(WorldItem& item, const std::string& new_name);

 private:
  Result<TypeId> clone_type(TypeId id, const std::string* new_name);
  Result<> map_function(Function& function);
  Result<InterfaceId> clone_interface(InterfaceId id);
  void adapt(Stability& stability) const;

  Environment& environment_;
  Owner from_, to_;
  bool drop_since_;
  std::map<TypeId, TypeId> types_;
};

/// The classes of imports, in the order in which they stand.
enum class ImportClass : uint8_t { interface, used_type, type, function, resource_function };
ImportClass import_class(const Resolve& resolve, const WorldItem& item);
/// Into the order of their classes; those of one class stay in their order.
void sort_imports(const Resolve& resolve, std::vector<WorldItem>& items);

/// The order that `Interface` promises.
void sort_items(const Resolve& resolve, Interface& interface);

/// Imports and exports with all that they need, in order.
class Elaborator {
 public:
  explicit Elaborator(Environment& environment) : environment_(environment) {}

  Result<> imports(std::vector<WorldItem> items);
  Result<> exports(const std::vector<WorldItem>& items, const std::string& world);

  std::vector<WorldItem> take_imports();
  std::vector<WorldItem> take_exports() { return std::move(exports_); }

 private:
  /// An interface on the way from an item to what it needs.
  struct Frame {
    InterfaceId id;
    bool is_export;
    const std::vector<InterfaceId>* dependencies;
    size_t next = 0;
  };
  Result<> add_import(WorldItem item, InterfaceId id);
  Result<> add_implied_imports(InterfaceId id, const Stability& stability);
  Result<> add_export(const WorldItem& item, InterfaceId id, const std::string& world);
  Result<> leave(const Frame& frame, const Stability& stability, const std::string& world);
  std::unexpected<Error> both_ways(const std::vector<Frame>& path, InterfaceId id,
                                   const std::string& world) const;
  Result<> insert_import(WorldItem item);

  Environment& environment_;
  std::vector<WorldItem> imports_, exports_;
  std::set<InterfaceId> imported_, exported_, needed_as_import_, to_be_exported_;
  std::map<InterfaceId, const WorldItem*> export_items_;
};

}  // namespace cairn::component::wit
