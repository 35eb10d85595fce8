#pragma once
/// WIT, the language of component interfaces (component-model, design/mvp/WIT.md): the resolved
/// form. Packages, interfaces, worlds and types lie in one arena and name each other by index; a
/// type comes after the types it is made of, an interface after those it uses.
/// wit_text.hpp makes it from texts and prints it, wit_binary.hpp from components.

#include <cairn/base/result.hpp>
#include <cairn/component/names.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cairn::component::wit {

using Version = SemVer;

/// A place in one of the texts (see `Sources`).
struct Span {
  static constexpr uint32_t nowhere = UINT32_MAX;
  uint32_t file = nowhere;
  uint32_t offset = 0;  ///< in bytes
};

template <class Of>
struct Id {
  uint32_t index = 0;
  auto operator<=>(const Id&) const = default;
};
using PackageId = Id<struct Package>;
using InterfaceId = Id<struct Interface>;
using WorldId = Id<struct World>;
using TypeId = Id<struct TypeDef>;

/// Since when an item is there, and how long: `@since`, `@unstable`, `@deprecated`.
struct Stability {
  std::optional<Version> since = {};
  std::string feature = {};  ///< of `@unstable`; empty: none
  std::optional<Version> deprecated = {};
  bool operator==(const Stability&) const = default;
  bool unknown() const { return !since && feature.empty() && !deprecated; }
};

/// What every item has besides its meaning.
struct Meta {
  std::string docs = {};  ///< lines, no comment signs, no newline at the end; empty: none
  Stability stability = {};
  std::optional<std::string> external_id = {};
  Span span = {};
};

// ---- Types -----------------------------------------------------------------------------------

enum class Primitive : uint8_t {
  bool_,
  s8,
  u8,
  s16,
  u16,
  s32,
  u32,
  s64,
  u64,
  f32,
  f64,
  char_,
  string,
  error_context,
};
/// As WIT writes it ("u8", "error-context").
std::string_view to_string(Primitive type);

using Type = std::variant<Primitive, TypeId>;

struct Field {
  std::string name;
  Type type;
  std::string docs = {};
  Span span = {};
};
struct Record {
  std::vector<Field> fields;
};
struct Label {
  std::string name;
  std::string docs = {};
  Span span = {};
};
struct Flags {
  std::vector<Label> labels;
};
struct Enum {
  std::vector<Label> labels;
};
struct Case {
  std::string name;
  std::optional<Type> type;
  std::string docs = {};
  Span span = {};
};
struct Variant {
  std::vector<Case> cases;
};
struct Tuple {
  std::vector<Type> types;
};
struct Option {
  Type type;
};
struct ResultType {
  std::optional<Type> ok, error;
};
struct List {
  Type element;
  std::optional<uint32_t> length = {};  ///< of a list that always has so many elements
};
struct Map {
  Type key, value;
};
struct Stream {
  std::optional<Type> element;
};
struct Future {
  std::optional<Type> value;
};
struct Own {
  TypeId resource;
};
struct Borrow {
  TypeId resource;
};
struct Resource {};
/// `type a = b`, or a name that came by `use` (then `type` belongs to another interface).
struct Alias {
  Type type;
};

using TypeKind = std::variant<Alias, Record, Flags, Variant, Enum, Resource, Own, Borrow, Tuple,
                              Option, ResultType, List, Map, Stream, Future>;

/// Where a type was declared; types without a name have no owner.
using Owner = std::variant<std::monostate, InterfaceId, WorldId>;

struct TypeDef {
  std::string name;  ///< empty: written in place (`list<u8>`)
  Owner owner;
  TypeKind kind;
  Meta meta = {};
  bool has_borrow = false;  ///< a value may hold a borrowed handle
  uint32_t depth = 1;       ///< of types without a name inside each other
};

// ---- Functions, interfaces, worlds, packages --------------------------------------------------

struct Param {
  std::string name;
  Type type;
  Span span = {};
};

struct Function {
  enum class Kind : uint8_t { freestanding, method, static_, constructor };
  /// As components name it: "log", "[method]file.read", "[constructor]file".
  std::string name;
  Kind kind = Kind::freestanding;
  std::optional<TypeId> resource = {};  ///< of methods, static functions and constructors
  bool is_async = false;
  std::vector<Param> params = {};  ///< a method's first one is `self`
  std::optional<Type> result = {};
  Meta meta = {};

  /// The part of the name that WIT writes: "read" of "[method]file.read".
  std::string_view label() const;
};

/// Types come first the used, then the others, each after those it is made of; functions first
/// those of resources, in the order of the resources.
struct Interface {
  std::string name;  ///< empty: written in place in a world
  PackageId package;
  std::vector<TypeId> types = {};
  std::vector<Function> functions = {};
  Meta meta = {};
};

/// One import or export of a world. Under its own name (`a: func()`, `a: interface {…}`, `a: b`,
/// a type) or under that of an interface.
struct WorldItem {
  std::variant<std::string, InterfaceId> key;
  std::variant<InterfaceId, Function, TypeId> item;
  Meta meta = {};  ///< of interfaces; functions and types have their own

  const std::string* name() const { return std::get_if<std::string>(&key); }
};

/// Complete: what is needed by anything in it is imported, too. Imports are in the order
/// interfaces, types, functions, functions of resources; exports are functions, then interfaces.
struct World {
  std::string name;
  PackageId package;
  std::vector<WorldItem> imports = {}, exports = {};
  Meta meta = {};
};

/// "wasi:http@0.2.0". With nested namespaces or packages, these are parts with ':' or '/' between.
struct PackageName {
  std::string space, name;
  std::optional<Version> version = {};
  bool operator==(const PackageName&) const = default;
  /// By name, then by version; without one comes first.
  std::strong_ordering operator<=>(const PackageName& other) const;

  std::string to_string() const;
  /// The name of an interface or world of it: "wasi:http/types@0.2.0".
  std::string item(std::string_view item_name) const;
};

struct Package {
  PackageName name;
  std::vector<InterfaceId> interfaces = {};
  std::vector<WorldId> worlds = {};
  std::string docs = {};
  Span span = {};
};

/// Which gated items are there.
struct Gates {
  std::set<std::string, std::less<>> features = {};
  bool all_features = false;
};

/// How much a set of packages may hold. Ours.
struct Limits {
  uint64_t file_bytes = uint64_t{64} << 20;
  uint32_t files = 10'000;
  uint32_t types = 1'000'000;
  uint32_t type_depth = 100;         ///< types written inside each other
  uint32_t world_items = 1'000'000;  ///< imports and exports of all worlds
  uint32_t comment_depth = 1'000;    ///< comments inside comments
  uint32_t nesting = 150;            ///< components and their types inside each other
  /// Definitions of a component; those of an instantiated one count again each time.
  uint32_t definitions = 5'000'000;
};

/// The arena.
class Resolve {
 public:
  std::vector<Package> packages;  ///< each after those it refers to
  std::vector<Interface> interfaces;
  std::vector<World> worlds;
  std::vector<TypeDef> types;

  Package& operator[](PackageId id) { return packages[id.index]; }
  const Package& operator[](PackageId id) const { return packages[id.index]; }
  Interface& operator[](InterfaceId id) { return interfaces[id.index]; }
  const Interface& operator[](InterfaceId id) const { return interfaces[id.index]; }
  World& operator[](WorldId id) { return worlds[id.index]; }
  const World& operator[](WorldId id) const { return worlds[id.index]; }
  TypeDef& operator[](TypeId id) { return types[id.index]; }
  const TypeDef& operator[](TypeId id) const { return types[id.index]; }

  PackageId add(Package package);
  InterfaceId add(Interface interface);
  WorldId add(World world);
  /// Finds out `has_borrow` and `depth`; an error when there are too many types or too deep ones.
  Result<TypeId> add(TypeDef type, const Limits& limits);

  std::optional<PackageId> find_package(const PackageName& name) const;
  std::optional<InterfaceId> find_interface(PackageId package, std::string_view name) const;
  std::optional<WorldId> find_world(PackageId package, std::string_view name) const;
  std::optional<TypeId> find_type(InterfaceId interface, std::string_view name) const;

  /// "wasi:http/types@0.2.0"; the interface must have a name.
  std::string name_of(InterfaceId interface) const;
  std::string name_of(WorldId world) const;
  /// The name under which a component imports or exports it.
  std::string name_of(const WorldItem& item) const;

  /// The type behind aliases.
  Type dealias(Type type) const;
  bool has_borrow(const Type& type) const;
  bool is_resource(TypeId id) const;
  /// For a type that came by `use`: the interface that it came from.
  std::optional<InterfaceId> used_from(TypeId id) const;
  /// The interfaces that an interface uses, without itself, each once.
  std::vector<InterfaceId> dependencies(InterfaceId interface) const;
};

/// The world that "", "name" or "ns:package/name@version" means; without a name the package must
/// have a single world. Errors are `not_found` or `usage` and list what there is.
Result<WorldId> select_world(const Resolve& resolve, PackageId root, std::string_view name);

}  // namespace cairn::component::wit
