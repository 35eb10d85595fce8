#pragma once
/// The types of WebAssembly 3.0 (spec: Structure > Types). `ValType` is one 32-bit word, so types
/// compare in one instruction. Type indices mean the module's own index space in a `wasm::Module`,
/// and canonical ids once a `TypeRegistry` has canonicalised them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cairn::wasm {

/// The binary codes of abstract heap types.
enum class AbsHeapType : uint8_t {
  noexn = 0x74,
  nofunc = 0x73,
  noextern = 0x72,
  none = 0x71,
  func = 0x70,
  extern_ = 0x6F,
  any = 0x6E,
  eq = 0x6D,
  i31 = 0x6C,
  struct_ = 0x6B,
  array = 0x6A,
  exn = 0x69,
  bot = 0x00,  ///< below every heap type; only the validator makes it
};

/// An abstract heap type, or a type index (module-local or canonical, see above).
class HeapType {
 public:
  constexpr HeapType(AbsHeapType type) : bits_(static_cast<uint32_t>(type)) {}
  static constexpr HeapType index(uint32_t type_index) {
    HeapType heap(AbsHeapType::bot);
    heap.bits_ = concrete_bit | type_index;
    return heap;
  }
  constexpr bool is_index() const { return (bits_ & concrete_bit) != 0; }
  constexpr uint32_t index() const { return bits_ & index_mask; }
  constexpr AbsHeapType abstract() const { return static_cast<AbsHeapType>(bits_); }
  constexpr uint32_t bits() const { return bits_; }
  static constexpr HeapType from_bits(uint32_t bits) {
    HeapType heap(AbsHeapType::bot);
    heap.bits_ = bits;
    return heap;
  }
  constexpr bool operator==(const HeapType&) const = default;

  static constexpr uint32_t concrete_bit = 1u << 29;
  static constexpr uint32_t index_mask = concrete_bit - 1;

 private:
  uint32_t bits_;
};

/// A value type, or a packed storage type (`i8`, `i16`), or `bot` (the validator's unknown).
class ValType {
 public:
  enum class Kind : uint8_t {
    bot = 0,
    i16 = 0x77,
    i8 = 0x78,
    v128 = 0x7B,
    f64 = 0x7C,
    f32 = 0x7D,
    i64 = 0x7E,
    i32 = 0x7F,
    ref = 0xFF,
  };
  constexpr ValType() : bits_(0) {}
  constexpr ValType(Kind kind) : bits_(static_cast<uint32_t>(kind)) {}
  static constexpr ValType ref(HeapType heap, bool nullable) {
    ValType type;
    type.bits_ = ref_bit | (nullable ? nullable_bit : 0) | heap.bits();
    return type;
  }
  constexpr bool is_ref() const { return (bits_ & ref_bit) != 0; }
  constexpr bool is_bot() const { return bits_ == 0; }
  constexpr bool is_num() const { return bits_ >= 0x7C && bits_ <= 0x7F; }
  constexpr bool is_vec() const { return bits_ == 0x7B; }
  constexpr bool is_packed() const { return bits_ == 0x77 || bits_ == 0x78; }
  constexpr bool nullable() const { return (bits_ & nullable_bit) != 0; }
  constexpr HeapType heap() const { return HeapType::from_bits(bits_ & heap_mask); }
  constexpr Kind kind() const { return is_ref() ? Kind::ref : static_cast<Kind>(bits_); }
  /// The type of a value read from a field of this storage type: `i8` and `i16` become `i32`.
  constexpr ValType unpacked() const { return is_packed() ? ValType(Kind::i32) : *this; }
  /// Has a default value: everything except non-nullable references.
  constexpr bool defaultable() const { return !is_ref() || nullable(); }
  constexpr ValType as_nullable(bool nullable) const { return ref(heap(), nullable); }
  constexpr uint32_t bits() const { return bits_; }
  constexpr bool operator==(const ValType&) const = default;

  static constexpr uint32_t ref_bit = 1u << 31, nullable_bit = 1u << 30;
  static constexpr uint32_t heap_mask = nullable_bit - 1;

 private:
  uint32_t bits_;
};

inline constexpr ValType i32 = ValType::Kind::i32;
inline constexpr ValType i64 = ValType::Kind::i64;
inline constexpr ValType f32 = ValType::Kind::f32;
inline constexpr ValType f64 = ValType::Kind::f64;
inline constexpr ValType v128 = ValType::Kind::v128;
inline constexpr ValType i8_storage = ValType::Kind::i8;
inline constexpr ValType i16_storage = ValType::Kind::i16;
inline constexpr ValType funcref = ValType::ref(AbsHeapType::func, true);
inline constexpr ValType externref = ValType::ref(AbsHeapType::extern_, true);
inline constexpr ValType anyref = ValType::ref(AbsHeapType::any, true);
inline constexpr ValType exnref = ValType::ref(AbsHeapType::exn, true);

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType&) const = default;
};
struct FieldType {
  ValType storage;
  bool is_mutable = false;
  bool operator==(const FieldType&) const = default;
};
struct StructType {
  std::vector<FieldType> fields;
  bool operator==(const StructType&) const = default;
};
struct ArrayType {
  FieldType element;
  bool operator==(const ArrayType&) const = default;
};
using CompositeType = std::variant<FuncType, StructType, ArrayType>;

struct SubType {
  bool is_final = true;
  std::vector<uint32_t> supertypes;  ///< as decoded; validation allows at most one
  CompositeType composite;
  bool operator==(const SubType&) const = default;

  const FuncType* func() const { return std::get_if<FuncType>(&composite); }
  const StructType* structure() const { return std::get_if<StructType>(&composite); }
  const ArrayType* array() const { return std::get_if<ArrayType>(&composite); }
};

/// The type of addresses of a memory or table: i32, or i64 (memory64 / table64).
enum class AddrType : uint8_t { i32, i64 };
constexpr ValType val_type(AddrType type) { return type == AddrType::i32 ? i32 : i64; }

struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool operator==(const Limits&) const = default;
};
struct TableType {
  ValType element = funcref;
  AddrType address = AddrType::i32;
  Limits limits;  ///< in elements
  bool operator==(const TableType&) const = default;
};
struct MemoryType {
  AddrType address = AddrType::i32;
  Limits limits;  ///< in pages
  bool shared = false;
  uint8_t page_size_log2 = 16;  ///< 16, or 0 with custom page sizes
  bool operator==(const MemoryType&) const = default;
};
struct GlobalType {
  ValType type = i32;
  bool is_mutable = false;
  bool operator==(const GlobalType&) const = default;
};
struct TagType {
  uint32_t type_index = 0;
  bool operator==(const TagType&) const = default;
};

enum class ExternKind : uint8_t { func = 0, table = 1, memory = 2, global = 3, tag = 4 };
/// The word of the text format: "func", "table", "memory", "global", "tag".
std::string_view to_string(ExternKind kind);

/// The text form of a value type with numeric indices: "i32", "(ref null 3)", "funcref".
std::string to_string(ValType type);
std::string to_string(HeapType type);

}  // namespace cairn::wasm
