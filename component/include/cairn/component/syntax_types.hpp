#pragma once
/// The syntax of sorts, names, aliases and types of components (Explainer.md, "Index Spaces",
/// "Alias Definitions", "Type Definitions", "Import and Export Definitions"). All indices are those
/// of the index spaces at the place where they stand.

#include <cairn/wasm/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cairn::component::syntax {

/// A place in what was read: a byte offset in the outermost component's binary or in its text (see
/// `Component::text`). Places make no difference to equality.
struct Position {
  uint64_t offset = 0;
  constexpr bool operator==(const Position&) const { return true; }
};

/// The 13 index spaces.
enum class Sort : uint8_t {
  core_func,
  core_table,
  core_memory,
  core_global,
  core_tag,
  core_type,
  core_module,
  core_instance,
  func,
  value,
  type,
  component,
  instance,
};
inline constexpr size_t sort_count = 13;
constexpr bool is_core(Sort sort) { return sort <= Sort::core_instance; }
/// The words of the text format: "core func", "instance".
std::string_view to_string(Sort sort);

struct SortIndex {
  Sort sort = Sort::func;
  uint32_t index = 0;
  bool operator==(const SortIndex&) const = default;
};

// ---- Names -----------------------------------------------------------------------------------

struct Attribute {
  enum class Kind : uint8_t { implements = 0, version_suffix = 1, external_id = 2 };
  Kind kind = Kind::implements;
  std::string value;
  bool operator==(const Attribute&) const = default;
};

/// The name of an import or export, as written, with its attributes.
struct ExternName {
  std::string name;
  std::vector<Attribute> attributes = {};
  bool operator==(const ExternName&) const = default;

  /// The value of the first attribute of that kind, or null.
  const std::string* attribute(Attribute::Kind kind) const {
    for (const Attribute& attribute : attributes) {
      if (attribute.kind == kind) return &attribute.value;
    }
    return nullptr;
  }
};

// ---- Value types -----------------------------------------------------------------------------

/// The binary codes of primitive value types.
enum class PrimType : uint8_t {
  bool_ = 0x7F,
  s8 = 0x7E,
  u8 = 0x7D,
  s16 = 0x7C,
  u16 = 0x7B,
  s32 = 0x7A,
  u32 = 0x79,
  s64 = 0x78,
  u64 = 0x77,
  f32 = 0x76,
  f64 = 0x75,
  char_ = 0x74,
  string = 0x73,
  error_context = 0x64,
};
/// The word of the text format: "bool", "error-context".
std::string_view to_string(PrimType type);
/// The type of that word, or nothing.
std::optional<PrimType> prim_type_named(std::string_view word);
/// Whether `code` is the binary code of a primitive type.
bool is_prim_type(uint8_t code);

/// A primitive type, or the index of a type.
class ValType {
 public:
  constexpr ValType(PrimType type) : bits_(static_cast<uint32_t>(type)), is_index_(false) {}
  static constexpr ValType index(uint32_t type_index) {
    ValType type(PrimType::bool_);
    type.bits_ = type_index;
    type.is_index_ = true;
    return type;
  }
  constexpr bool is_index() const { return is_index_; }
  constexpr uint32_t index() const { return bits_; }
  constexpr PrimType prim() const { return static_cast<PrimType>(bits_); }
  constexpr bool operator==(const ValType&) const = default;

 private:
  uint32_t bits_;
  bool is_index_;
};

struct LabeledType {
  std::string label;
  ValType type;
  bool operator==(const LabeledType&) const = default;
};
struct Case {
  std::string label;
  std::optional<ValType> type;
  bool operator==(const Case&) const = default;
};
struct Record {
  std::vector<LabeledType> fields;
  bool operator==(const Record&) const = default;
};
struct Variant {
  std::vector<Case> cases;
  bool operator==(const Variant&) const = default;
};
struct List {
  ValType element;
  std::optional<uint32_t> length = {};  ///< of a list of fixed length
  bool operator==(const List&) const = default;
};
struct Tuple {
  std::vector<ValType> types;
  bool operator==(const Tuple&) const = default;
};
struct Flags {
  std::vector<std::string> labels;
  bool operator==(const Flags&) const = default;
};
struct Enum {
  std::vector<std::string> labels;
  bool operator==(const Enum&) const = default;
};
struct Option {
  ValType type;
  bool operator==(const Option&) const = default;
};
/// Named after the word of the language; not the `Result` of base/.
struct ResultType {
  std::optional<ValType> ok, error;
  bool operator==(const ResultType&) const = default;
};
struct Own {
  uint32_t resource = 0;  ///< a type index
  bool operator==(const Own&) const = default;
};
struct Borrow {
  uint32_t resource = 0;
  bool operator==(const Borrow&) const = default;
};
struct Stream {
  std::optional<ValType> type;
  bool operator==(const Stream&) const = default;
};
struct Future {
  std::optional<ValType> type;
  bool operator==(const Future&) const = default;
};
struct Map {
  ValType key, value;
  bool operator==(const Map&) const = default;
};

// ---- Other types -----------------------------------------------------------------------------

struct FuncType {
  bool is_async = false;
  std::vector<LabeledType> params;
  std::optional<ValType> result = {};
  bool operator==(const FuncType&) const = default;
};

struct ResourceType {
  wasm::ValType rep = wasm::i32;
  std::optional<uint32_t> dtor = {};  ///< a core function
  bool operator==(const ResourceType&) const = default;
};

struct Declarator;
struct ComponentType {
  std::vector<Declarator> declarators;
  bool operator==(const ComponentType&) const;
};
struct InstanceType {
  std::vector<Declarator> declarators;  ///< without imports
  bool operator==(const InstanceType&) const;
};

/// A type definition.
struct Type {
  using What = std::variant<PrimType, Record, Variant, List, Tuple, Flags, Enum, Option, ResultType,
                            Own, Borrow, Stream, Future, Map, FuncType, ComponentType, InstanceType,
                            ResourceType>;
  What what;
  bool operator==(const Type&) const = default;
};

// ---- Core types ------------------------------------------------------------------------------

/// A recursion group; the type indices in it are core type indices.
struct CoreRecGroup {
  std::vector<wasm::SubType> types;
  bool explicit_rec = false;  ///< written as `rec`
  bool operator==(const CoreRecGroup&) const = default;
};

/// The type of a core import or export: func (its core type index), table, memory, global, tag.
struct CoreExternDesc {
  std::variant<uint32_t, wasm::TableType, wasm::MemoryType, wasm::GlobalType, wasm::TagType> type;
  wasm::ExternKind kind() const { return static_cast<wasm::ExternKind>(type.index()); }
  bool operator==(const CoreExternDesc&) const = default;
};
struct CoreImportDecl {
  std::string module, name;
  CoreExternDesc desc;
  bool operator==(const CoreImportDecl&) const = default;
};
struct CoreExportDecl {
  std::string name;
  CoreExternDesc desc;
  bool operator==(const CoreExportDecl&) const = default;
};
/// `(alias outer count index (type))` inside of a core module type.
struct CoreOuterAlias {
  uint32_t count = 0, index = 0;
  bool operator==(const CoreOuterAlias&) const = default;
};

struct CoreModuleDecl;
struct CoreModuleType {
  std::vector<CoreModuleDecl> declarators;
  bool operator==(const CoreModuleType&) const;
};
struct CoreType {
  std::variant<CoreRecGroup, CoreModuleType> what;
  bool operator==(const CoreType&) const = default;
};
struct CoreModuleDecl {
  std::variant<CoreImportDecl, CoreType, CoreOuterAlias, CoreExportDecl> what;
  Position at = {};
  bool operator==(const CoreModuleDecl&) const = default;
};

// ---- Aliases and what imports and exports are --------------------------------------------------

/// `(alias export instance name (sort))`.
struct AliasExport {
  uint32_t instance = 0;
  std::string name;
  bool operator==(const AliasExport&) const = default;
};
/// `(alias core export instance name (core sort))`.
struct AliasCoreExport {
  uint32_t instance = 0;
  std::string name;
  bool operator==(const AliasCoreExport&) const = default;
};
/// `(alias outer count index (sort))`.
struct AliasOuter {
  uint32_t count = 0;  ///< how many scopes further out
  uint32_t index = 0;
  bool operator==(const AliasOuter&) const = default;
};
struct Alias {
  using Export = AliasExport;
  using CoreExport = AliasCoreExport;
  using Outer = AliasOuter;
  Sort sort = Sort::type;
  std::variant<Export, CoreExport, Outer> target;
  bool operator==(const Alias&) const = default;
};

/// What an ExternDesc can be: a type index each, unless it says more.
struct CoreModuleDesc {
  uint32_t type = 0;  ///< a core type index
  bool operator==(const CoreModuleDesc&) const = default;
};
struct FuncDesc {
  uint32_t type = 0;
  bool operator==(const FuncDesc&) const = default;
};
struct ComponentDesc {
  uint32_t type = 0;
  bool operator==(const ComponentDesc&) const = default;
};
struct InstanceDesc {
  uint32_t type = 0;
  bool operator==(const InstanceDesc&) const = default;
};
struct ValueEqDesc {
  uint32_t value = 0;
  bool operator==(const ValueEqDesc&) const = default;
};
struct ValueDesc {
  ValType type = PrimType::bool_;
  bool operator==(const ValueDesc&) const = default;
};
struct TypeEqDesc {
  uint32_t type = 0;
  bool operator==(const TypeEqDesc&) const = default;
};
struct SubResourceDesc {
  bool operator==(const SubResourceDesc&) const = default;
};
/// The type of an import, or the one that an export is given.
struct ExternDesc {
  using CoreModule = CoreModuleDesc;
  using Func = FuncDesc;
  using Component = ComponentDesc;
  using Instance = InstanceDesc;
  using ValueEq = ValueEqDesc;
  using Value = ValueDesc;
  using TypeEq = TypeEqDesc;
  using SubResource = SubResourceDesc;
  std::variant<CoreModule, Func, Component, Instance, ValueEq, Value, TypeEq, SubResource> what;
  bool operator==(const ExternDesc&) const = default;

  Sort sort() const;
};

struct ImportDecl {
  ExternName name;
  ExternDesc desc;
  bool operator==(const ImportDecl&) const = default;
};
struct ExportDecl {
  ExternName name;
  ExternDesc desc;
  bool operator==(const ExportDecl&) const = default;
};

/// What a component type or an instance type consists of.
struct Declarator {
  std::variant<CoreType, Type, Alias, ImportDecl, ExportDecl> what;
  Position at = {};
  bool operator==(const Declarator&) const = default;
};

}  // namespace cairn::component::syntax
