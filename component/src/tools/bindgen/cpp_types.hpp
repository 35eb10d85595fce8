#pragma once
/// WIT types as C++ types, and the functions that turn these into C types and back.

#include <set>

#include "tools/bindgen/c_bindings.hpp"

namespace cairn::component::tools {

class CppTypes {
 public:
  CppTypes(const wit::Resolve& resolve, const wit::World& world, CTypes& c, WitTypes& abi)
      : resolve_(resolve), world_(world), c_(c), abi_(abi) {}

  /// Types mean those of this side and place from now on, here and in the C types.
  void enter(Side side, const wit::WorldItem* item);

  /// The C++ type. As a parameter, borrowed handles are references.
  std::string name(const wit::Type& type) const;
  /// How a function takes it: what is large and owns no handle as a reference, if `by_reference`.
  std::string param(const wit::Type& type, bool by_reference) const;
  bool owns_handles(const wit::Type& type) const;
  bool is_borrow(const wit::Type& type) const;

  /// An expression of the C type, made of a C++ value; what owns handles is moved from.
  Result<std::string> lower(const wit::Type& type, const std::string& value);
  /// An expression of the C++ type; what the C value owns is the C++ value's, or freed.
  Result<std::string> lift(const wit::Type& type, const std::string& value);

  /// "exports::test::echo::values" for the place at hand.
  std::string space() const { return space_of(side_, item_); }
  std::string space_of(Side side, const wit::WorldItem* item) const;
  /// "::test::echo::counters::Counter".
  std::string named(wit::TypeId id) const;
  /// The definition of a type with a name, for the header; empty for resources.
  std::string definition(wit::TypeId id) const;
  std::string forward_declaration(wit::TypeId id) const;

  /// The members of the streams' and futures' classes that know a type: declared, and defined.
  std::string take_copy_ends() { return copy_ends_.take(); }
  std::string take_copy_end_declarations() { return declared_copy_ends_.take(); }
  std::string take_conversions() { return conversions_.take(); }
  std::string take_conversion_declarations() { return declared_.take(); }

 private:
  struct Place {
    Side side;
    const wit::WorldItem* item;
  };
  Place place_of(wit::TypeId id) const;
  Result<std::string> convert(const wit::Type& type, bool lowering);
  Result<> write_lower(const wit::Type& type, CodeWriter& code);
  Result<> write_lift(const wit::Type& type, CodeWriter& code);
  Result<> write_map(const wit::Map& map, const wit::Type& type, bool lowering, CodeWriter& code);
  Result<> bind_copy_end(const wit::Type& type);
  Result<> write_sum(const wit::Type& type, bool lowering, CodeWriter& code);
  std::string moved(const wit::Type& type, const std::string& value) const;

  const wit::Resolve& resolve_;
  const wit::World& world_;
  CTypes& c_;
  WitTypes& abi_;
  Side side_ = Side::import;
  const wit::WorldItem* item_ = nullptr;
  std::set<std::string> converted_, bound_;
  CodeWriter conversions_, declared_, copy_ends_, declared_copy_ends_;
};

/// "list-all" → "ListAll".
std::string camel_case(std::string_view name);

}  // namespace cairn::component::tools
