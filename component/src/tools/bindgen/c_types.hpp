#pragma once
/// WIT types as C types. Their layout on wasm32 is that of the canonical ABI, so values in memory
/// need no conversion: lists and results are passed as they are.

#include <map>
#include <set>

#include "tools/bindgen/c_names.hpp"
#include "tools/bindgen/code_writer.hpp"
#include "tools/wit_types.hpp"

namespace cairn::component::tools {

/// One side of a world: an interface that is both imported and exported has types of each.
enum class Side : uint8_t { import, export_ };

class CTypes {
 public:
  CTypes(const wit::Resolve& resolve, const wit::World& world, WitTypes& abi)
      : resolve_(resolve), world_(world), abi_(abi), world_name_(name_part(world.name)) {}

  /// Types mean those of this side and of this import or export from now on; null: of the world.
  void enter(Side side, const wit::WorldItem* item);
  /// What names of the place at hand begin with.
  const std::string& prefix() const { return prefix_; }

  /// The C type; it is defined first if need be. Errors: those of `WitTypes`.
  Result<std::string> name(const wit::Type& type);
  /// Declares the types of an interface, also those that nothing uses.
  Result<> declare(wit::InterfaceId id);
  /// Whether values own memory or handles, so that there is a function `…_free`.
  Result<bool> needs_free(const wit::Type& type);
  /// The call that frees `*pointer`.
  Result<std::string> free_call(const wit::Type& type, const std::string& pointer);

  /// The C type of a stream or a future.
  Result<std::string> copy_end_name(bool is_stream, const std::optional<wit::Type>& type) {
    return TRY(copy_end(is_stream, type)).name;
  }
  /// Whether any type so far is an error context, or has some.
  bool has_error_contexts() const { return has_error_contexts_; }
  /// Whether this is the first time that somebody asks with that name.
  bool bind_once(const std::string& name) { return bound_.insert(name).second; }

  /// Whether a resource type is implemented by this component, in the place at hand.
  bool is_own_resource(wit::TypeId id) const;
  std::string resource_prefix(wit::TypeId id) const;
  /// The side and the import or export that a type belongs to.
  std::pair<Side, const wit::WorldItem*> place_of(wit::TypeId id) const {
    const Key key = key_of(id);
    return {std::get<0>(key), std::get<1>(key)};
  }

  CodeWriter& declarations() { return declarations_; }  ///< for the header
  CodeWriter& definitions() { return definitions_; }    ///< of `…_free`
  const CodeWriter& declarations() const { return declarations_; }
  const CodeWriter& definitions() const { return definitions_; }

 private:
  struct Named {
    std::string name;
    bool needs_free = false;
  };
  using Key = std::tuple<Side, const wit::WorldItem*, wit::TypeId>;

  Result<Named> of(const wit::Type& type);
  Result<Named> define(wit::TypeId id);
  Result<Named> define_named(wit::TypeId id, const std::string& name);
  Result<Named> in_place(wit::TypeId id);
  Result<Named> handle_type(wit::TypeId resource, bool own);
  void declare_resource(wit::TypeId id);
  void begin_definition(wit::TypeId id);
  Result<Named> record(wit::TypeId id, const wit::Record& record, const std::string& name);
  Result<Named> variant(wit::TypeId id, const wit::Variant& variant, const std::string& name);
  Named flags(wit::TypeId id, const wit::Flags& flags, const std::string& name);
  Result<Named> enumeration(wit::TypeId id, const wit::Enum& cases, const std::string& name);
  Result<Named> tuple(const wit::Tuple& tuple);
  Result<Named> option(const wit::Option& option);
  Result<Named> result(const wit::ResultType& result);
  Result<Named> list(const wit::List& list);
  Result<Named> map(const wit::Map& map);
  Result<Named> copy_end(bool is_stream, const std::optional<wit::Type>& type);
  Named error_context();
  Named string_type();
  Result<> check_size(wit::TypeId id, const std::string& name);
  Named freed(const std::string& name, const CodeWriter& body);
  Key key_of(wit::TypeId id) const;
  std::string word(const Named& named) const;

  const wit::Resolve& resolve_;
  const wit::World& world_;
  WitTypes& abi_;
  const std::string world_name_;
  Side side_ = Side::import;
  const wit::WorldItem* item_ = nullptr;
  std::string prefix_;
  std::map<Key, Named> known_;
  std::map<std::string, Named> in_place_;
  std::map<std::string, bool> resources_;  ///< declared, by prefix
  bool has_error_contexts_ = false;
  std::set<std::string> bound_;
  CodeWriter declarations_, definitions_;
};

}  // namespace cairn::component::tools
