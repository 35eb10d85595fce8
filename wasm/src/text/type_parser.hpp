#pragma once
/// Types and type uses of the text format (spec: Text Format > Types, Modules > Type Uses).

#include <cairn/wasm/instruction.hpp>

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/context.hpp"

namespace cairn::wasm::text {

/// One parameter that has an identifier or a name.
struct ParamName {
  uint32_t index = 0;
  std::optional<std::string_view> id = {};
  const Token* token = nullptr;  ///< of the identifier
  std::optional<std::string> name = {};
};

/// A type use as written: `(type x)`, a function type, or both.
struct TypeUse {
  std::optional<uint32_t> index;
  FuncType inline_type;
  const Token* token = nullptr;  ///< where it begins
  bool is_plain() const {
    return !index && inline_type.params.empty() && inline_type.results.size() <= 1;
  }
};

/// Takes the keyword of an abstract heap type ("func", "noextern"), if there is one.
std::optional<AbsHeapType> take_abstract_heap_type(TokenReader& in);

class TypeParser {
 public:
  explicit TypeParser(Context& context) : context_(context), in_(context.in) {}

  /// Whether a value type can begin at the current token.
  bool at_value_type() const;
  Result<ValType> value_type();
  Result<ValType> reference_type();
  Result<HeapType> heap_type();
  Result<GlobalType> global_type();
  Result<TableType> table_type();
  Result<AddrType> address_type();
  Result<Limits> limits();
  Result<uint8_t> page_size();
  Result<MemoryType> memory_type();

  /// `(param …)* (result …)*`. Parameters may have names only where `names` is given.
  Result<> function_type(FuncType& type, std::vector<ParamName>* names);
  /// A run of `(result t*)`, appended.
  Result<> results(std::vector<ValType>& types);

  Result<TypeUse> type_use(std::vector<ParamName>* names);
  /// The type index that a type use means. A function type alone means the first type equal to it,
  /// or a new one at the end of the module's types.
  Result<uint32_t> resolve(const TypeUse& use);
  Result<BlockType> block_type();

  /// What a type field defines as the type `index`: `(func …)`, `(sub …)` and so on.
  Result<SubType> sub_type(uint32_t index);
  /// One field `(type …)` or `(rec …)` of the module.
  Result<> type_field();
  /// Called when all type fields are read: only then can implicit types be told from explicit ones.
  void index_function_types();

 private:
  struct Hash {
    size_t operator()(const FuncType& type) const;
  };

  Result<> definition();
  Result<CompositeType> composite_type(uint32_t index);
  Result<StructType> struct_type(uint32_t index);
  Result<FieldType> field_type();
  Result<ValType> storage_type();
  Result<> params(FuncType& type, std::vector<ParamName>* names);

  Context& context_;
  TokenReader& in_;
  /// The smallest index of each function type that is final, without supertype and a group of its
  /// own.
  std::unordered_map<FuncType, uint32_t, Hash> function_types_;
};

}  // namespace cairn::wasm::text
