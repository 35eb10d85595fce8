#pragma once
/// The types that validation finds (Explainer.md, "Type Checking"), in an arena. Value types are
/// interned: two are equal exactly when their shapes have the same id. Resource types are
/// identities: every definition, every abstract import and every instantiation makes its own.
///
/// A type that an import or export gives a name to is, beyond its shape, also that name
/// (Explainer.md, "External Visibility of Types"). Only validation looks at it; who runs
/// components, generates code or prints compares shapes.
///
/// An arena is filled by one thread at a time; what it holds never moves and is then free to read
/// from any thread.

#include <cairn/base/result.hpp>
#include <cairn/component/limits.hpp>
#include <cairn/wasm/type_registry.hpp>
#include <cairn/wasm/types.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace cairn::component {

template <class Tag>
struct Id {
  uint32_t value = 0;
  constexpr auto operator<=>(const Id&) const = default;
};
using FuncTypeId = Id<struct FuncTypeTag>;
using InstanceTypeId = Id<struct InstanceTypeTag>;
using ComponentTypeId = Id<struct ComponentTypeTag>;
using CoreModuleTypeId = Id<struct CoreModuleTypeTag>;
using ResourceId = Id<struct ResourceTag>;
/// What an import or export names a type by; 0: it has no such name.
using NameId = Id<struct NameTag>;

// ---- Value types -----------------------------------------------------------------------------

enum class ValKind : uint8_t {
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
  record,
  variant,
  list,
  tuple,
  flags,
  enum_,
  option,
  result,
  own,
  borrow,
  stream,
  future,
  map,
};
inline constexpr uint32_t prim_kind_count = 14;
/// "record", "error-context".
std::string_view to_string(ValKind kind);

/// The id of a value type in its arena. Those of primitive types are their kinds.
class ValType {
 public:
  constexpr ValType(ValKind prim) : id_(static_cast<uint32_t>(prim)) {}
  static constexpr ValType from_id(uint32_t id) {
    ValType type(ValKind::bool_);
    type.id_ = id;
    return type;
  }
  constexpr uint32_t id() const { return id_; }
  constexpr bool is_prim() const { return id_ < prim_kind_count; }
  constexpr auto operator<=>(const ValType&) const = default;

 private:
  uint32_t id_;
};

/// A resource type, and the name by which it is referred to.
struct ResourceRef {
  ResourceId resource;
  NameId name = {};
  constexpr auto operator<=>(const ResourceRef&) const = default;
};

/// A field, a case, a flag, an element; what it is depends on the kind of the type.
struct ValPart {
  std::string label;  ///< empty for elements of tuples, lists, maps …
  std::optional<ValType> type = {};
  bool operator==(const ValPart&) const = default;
};

/// How wide addresses are in the memory that a canonical definition uses.
enum class PtrSize : uint8_t { bits32, bits64 };

/// How many core values parameters and results may become (CanonicalABI.md, "Flattening").
inline constexpr uint32_t max_flat_params = 16, max_flat_async_params = 4, max_flat_results = 1;

/// How values lie in a linear memory and in core values (CanonicalABI.md, "Alignment", "Element
/// Size", "Flattening").
struct ValLayout {
  uint32_t size = 0;
  uint32_t alignment = 1;
  /// The core types; no more than `max_flat_params` + 1 of them: beyond that no one needs them.
  std::vector<wasm::ValType> flat;
};

/// One value type. `parts`, by kind: record: fields; variant, enum: cases; flags: labels; tuple:
/// elements; list, option: the element; result: "ok" and "error"; stream, future: the element, if
/// any; map: key and value.
struct ValTypeInfo {
  ValKind kind = ValKind::bool_;
  std::vector<ValPart> parts = {};
  std::optional<uint32_t> length = {};  ///< of a list of fixed length
  ResourceRef resource = {};            ///< own, borrow
  NameId name = {};                     ///< that an import or export gave to this type

  // Found when the type is entered.
  ValType shape = ValKind::bool_;  ///< the same without any names
  uint32_t depth = 1;
  uint32_t node_count = 1;  ///< when written out; saturates
  bool contains_borrow = false;
  bool contains_resource = false;
  /// Contains a string, a list without fixed length or a map: lifting and lowering needs memory.
  bool contains_pointer = false;
  uint32_t discriminant_size = 0;         ///< bytes; variant, enum, option, result
  std::array<ValLayout, 2> layouts = {};  ///< by PtrSize
  /// list: the element; map: the tuple of key and value; option, stream, future: the element.
  std::optional<ValType> element = {};

  const ValLayout& layout(PtrSize size) const { return layouts[static_cast<size_t>(size)]; }
  /// record, tuple: fields one after another.
  bool is_product() const { return kind == ValKind::record || kind == ValKind::tuple; }
  /// variant, enum, option, result: one of `parts` (option: "none" and "some", see `case_of`).
  bool is_sum() const { return discriminant_size != 0; }
  /// How many cases a sum has.
  uint32_t case_count() const {
    return kind == ValKind::option ? 2 : static_cast<uint32_t>(parts.size());
  }
  /// The label and type of a case of a sum, despecialised: `option` has "none" and "some".
  ValPart case_of(uint32_t index) const;
};

// ---- Other types -----------------------------------------------------------------------------

struct FuncParam {
  std::string name;
  ValType type = ValKind::bool_;
  bool operator==(const FuncParam&) const = default;
};
struct FuncType {
  bool is_async = false;
  std::vector<FuncParam> params;
  std::optional<ValType> result;
  uint32_t node_count = 0;  ///< when written out; set when the type is entered
  bool operator==(const FuncType&) const = default;
};

/// What a type index stands for.
using AnyType = std::variant<ValType, FuncTypeId, ResourceRef, InstanceTypeId, ComponentTypeId>;

/// The type of what is imported or exported. Wrapped where a type would do for two of them.
struct ValueExtern {
  ValType type;
  bool operator==(const ValueExtern&) const = default;
};
struct TypeExtern {
  AnyType type;
  bool operator==(const TypeExtern&) const = default;
};
using ExternType = std::variant<CoreModuleTypeId, FuncTypeId, ValueExtern, TypeExtern,
                                ComponentTypeId, InstanceTypeId>;
/// "func", "core module", "type": for messages.
std::string_view sort_word(const ExternType& type);

struct NamedExtern {
  std::string name;
  ExternType type;
  bool operator==(const NamedExtern&) const = default;
};
/// The entry of that name, or null.
const NamedExtern* find_extern(std::span<const NamedExtern> externs, std::string_view name);

/// The type of an instance. `bound` are the resource types that each instance of this type has its
/// own of; the type of an instance that exists binds none.
struct InstanceType {
  std::vector<NamedExtern> exports;
  std::vector<ResourceId> bound = {};
  // Set when the type is entered.
  uint32_t node_count = 0;  ///< when written out; saturates
  uint32_t depth = 0;       ///< how deep types of instances and components nest
};

/// The type of a component: for all imported resource types, there are exported resource types,
/// such that.
struct ComponentType {
  std::vector<NamedExtern> imports, exports;
  std::vector<ResourceId> imported_resources;  ///< abstract in the imports
  std::vector<ResourceId> exported_resources;  ///< new with every instance
  uint32_t node_count = 0, depth = 0;          ///< as of InstanceType
};

/// The type of a core import or export; all type indices are ids of the core registry.
struct CoreExternType {
  struct Func {
    wasm::TypeId id;
    bool operator==(const Func&) const = default;
  };
  std::variant<Func, wasm::TableType, wasm::MemoryType, wasm::GlobalType, wasm::TagType> type;
  wasm::ExternKind kind() const { return static_cast<wasm::ExternKind>(type.index()); }
};
struct CoreNamedExtern {
  std::string name;
  CoreExternType type;
};
struct CoreImportType {
  std::string module, name;
  CoreExternType type;
};
struct CoreModuleType {
  std::vector<CoreImportType> imports;
  std::vector<CoreNamedExtern> exports;
};
using CoreInstanceType = std::vector<CoreNamedExtern>;

// ---- The arena -------------------------------------------------------------------------------

class Types {
 public:
  /// Core types are canonical in `core`, which outlives the arena.
  explicit Types(wasm::TypeRegistry& core, const Limits& limits = {});
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;

  const ValTypeInfo& operator[](ValType type) const { return values_[type.id()]; }
  const FuncType& operator[](FuncTypeId id) const { return funcs_[id.value]; }
  const InstanceType& operator[](InstanceTypeId id) const { return instances_[id.value]; }
  const ComponentType& operator[](ComponentTypeId id) const { return components_[id.value]; }
  const CoreModuleType& operator[](CoreModuleTypeId id) const { return modules_[id.value]; }
  wasm::TypeRegistry& core() const { return core_; }
  const Limits& limits() const { return limits_; }

  ValType shape(ValType type) const { return values_[type.id()].shape; }
  bool same(ValType a, ValType b) const { return shape(a) == shape(b); }

  /// Enters a value type: `kind`, `parts`, `length`, `resource` and `name` of `info` are read. The
  /// error is `limit` (too deep, too large) or `invalid` (a size of 2^28 bytes or more).
  Result<ValType> add(ValTypeInfo info);
  Result<ValType> list_of(ValType element);
  Result<ValType> option_of(ValType element);
  Result<ValType> result_of(std::optional<ValType> ok, std::optional<ValType> error);
  Result<ValType> tuple_of(std::span<const ValType> elements);
  Result<ValType> own_of(ResourceRef resource);
  Result<ValType> borrow_of(ResourceRef resource);
  /// The type with a name of its own; primitive types are left as they are.
  ValType named(ValType type, NameId name);

  FuncTypeId add(FuncType type);
  InstanceTypeId add(InstanceType type);
  ComponentTypeId add(ComponentType type);
  CoreModuleTypeId add(CoreModuleType type);
  ResourceId fresh_resource() { return {next_resource_++}; }
  NameId fresh_name() { return {next_name_++}; }

  /// How large a type is when it is written out; saturates above `Limits::type_size`.
  uint32_t node_count(const AnyType& type) const;
  uint32_t node_count(const ExternType& type) const;
  /// How deep types of instances and components nest; 0 for all other types.
  uint32_t depth(const AnyType& type) const;
  uint32_t depth(const ExternType& type) const;

  /// Keeps the core types of a module alive as long as the arena.
  void keep(std::shared_ptr<const wasm::TypeRegistry::Handle> handle);

  /// "list<u8>", "own<resource 3>", "record { x: u32 }"; long ones are cut.
  std::string describe(ValType type) const;
  std::string describe(const AnyType& type) const;
  /// "func(a: u32) -> string".
  std::string describe(const FuncType& type) const;

 private:
  struct Hash {
    size_t operator()(const ValTypeInfo* info) const;
  };
  struct Same {
    bool operator()(const ValTypeInfo* a, const ValTypeInfo* b) const;
  };
  struct FuncHash {
    size_t operator()(const FuncType* type) const;
  };
  struct FuncSame {
    bool operator()(const FuncType* a, const FuncType* b) const { return *a == *b; }
  };

  uint32_t node_count(std::span<const NamedExtern> externs) const;
  uint32_t depth(std::span<const NamedExtern> externs) const;
  Result<> measure(ValTypeInfo& info) const;
  Result<ValType> shape_of(const ValTypeInfo& info);
  Result<ValType> insert(ValTypeInfo info);

  wasm::TypeRegistry& core_;
  Limits limits_;
  std::deque<ValTypeInfo> values_;
  std::deque<FuncType> funcs_;
  std::deque<InstanceType> instances_;
  std::deque<ComponentType> components_;
  std::deque<CoreModuleType> modules_;
  std::unordered_map<const ValTypeInfo*, ValType, Hash, Same> value_ids_;
  std::unordered_map<const FuncType*, FuncTypeId, FuncHash, FuncSame> func_ids_;
  std::vector<std::shared_ptr<const wasm::TypeRegistry::Handle>> kept_;
  uint32_t next_resource_ = 1;
  uint32_t next_name_ = 1;
};

// ---- Flattening --------------------------------------------------------------------------------

enum class CanonDirection : uint8_t { lift, lower };
struct FlattenOptions {
  PtrSize ptr = PtrSize::bits32;
  bool is_async = false;  ///< the option `async`
  bool callback = false;
};
/// What a component function looks like as a core function (CanonicalABI.md, `flatten_functype`).
wasm::FuncType flatten(const Types& types, const FuncType& type, CanonDirection direction,
                       const FlattenOptions& options = {});
/// The core values of a list of values; no more than `max_flat_params` + 1.
std::vector<wasm::ValType> flatten(const Types& types, std::span<const ValType> values,
                                   PtrSize ptr = PtrSize::bits32);
/// How a tuple of these lies in memory: as parameters do that are passed there.
ValLayout tuple_layout(const Types& types, std::span<const ValType> values, PtrSize ptr);

// ---- Subtyping and substitution ----------------------------------------------------------------

/// What resource types and named types are replaced by, as they become known.
struct Substitution {
  std::unordered_map<uint32_t, ResourceRef> resources;  ///< by ResourceId
  std::unordered_map<uint32_t, AnyType> names;          ///< by NameId
  uint64_t work = 0;  ///< how many nodes `check_subtype` has compared to find it
};

/// Replaces resource types and names in types.
ValType substitute(Types& types, ValType type, const Substitution& with);
FuncTypeId substitute(Types& types, FuncTypeId type, const Substitution& with);
AnyType substitute(Types& types, const AnyType& type, const Substitution& with);
ExternType substitute(Types& types, const ExternType& type, const Substitution& with);

/// An instance of this type, with resource types of its own in place of the bound ones, which are
/// appended to `fresh`.
InstanceTypeId open_instance(Types& types, InstanceTypeId type, std::vector<ResourceId>& fresh);

/// Resource types that a type leaves open.
class OpenResources {
 public:
  OpenResources() = default;
  explicit OpenResources(std::span<const ResourceId> resources) {
    for (const ResourceId resource : resources) ids_.insert(resource.value);
  }
  bool contains(ResourceId resource) const { return ids_.contains(resource.value); }

 private:
  std::unordered_set<uint32_t> ids_;
};

/// Checks that `actual` may be used where `expected` is demanded. Resource types that `expected`
/// leaves open are bound in `bound` to what `actual` has in their places. Errors are `invalid`:
/// "type mismatch in instance export `a`: expected func, found component".
Result<> check_subtype(Types& types, const ExternType& actual, const ExternType& expected,
                       const OpenResources& open, Substitution& bound);
/// The same where nothing is left open.
Result<> check_subtype(Types& types, const ExternType& actual, const ExternType& expected);
/// Core subtyping of what modules import and export.
Result<> check_core_subtype(const wasm::TypeRegistry& core, const CoreExternType& actual,
                            const CoreExternType& expected);
Result<> check_core_subtype(const Types& types, const CoreModuleType& actual,
                            const CoreModuleType& expected);

}  // namespace cairn::component
