#pragma once
/// Writes numbers, names and types in the shortest encodings of the binary format.

#include <cairn/base/leb128.hpp>
#include <cairn/wasm/module.hpp>

#include "binary/cursor.hpp"

namespace cairn::wasm {

/// Appends to a run of bytes.
class TypeWriter {
 public:
  void byte(uint8_t value) { out_.push_back(value); }
  void number(uint64_t value) { append_unsigned_leb(out_, value); }
  void bytes(ByteSpan value) { append(out_, value); }
  void byte_list(ByteSpan value) {
    number(value.size());
    bytes(value);
  }
  void name(std::string_view text) { byte_list(as_bytes(text)); }
  void type(ValType value) { append_val_type(out_, value); }
  void types(const std::vector<ValType>& list) {
    number(list.size());
    for (ValType value : list) type(value);
  }
  const Bytes& content() const { return out_; }

  void field(const FieldType& value) {
    type(value.storage);
    byte(value.is_mutable ? 1 : 0);
  }
  void composite(const CompositeType& value) {
    if (const auto* func = std::get_if<FuncType>(&value)) {
      byte(0x60);
      types(func->params);
      types(func->results);
    } else if (const auto* structure = std::get_if<StructType>(&value)) {
      byte(0x5F);
      number(structure->fields.size());
      for (const FieldType& member : structure->fields) field(member);
    } else {
      byte(0x5E);
      field(std::get<ArrayType>(value).element);
    }
  }
  void sub_type(const SubType& value) {
    if (!value.is_final || !value.supertypes.empty()) {
      byte(value.is_final ? 0x4F : 0x50);
      number(value.supertypes.size());
      for (uint32_t super : value.supertypes) number(super);
    }
    composite(value.composite);
  }

  void limits(const Limits& value, uint8_t flags) {
    byte(static_cast<uint8_t>(flags | (value.max ? 0x01 : 0)));
    number(value.min);
    if (value.max) number(*value.max);
  }
  void table_type(const TableType& value) {
    type(value.element);
    limits(value.limits, value.address == AddrType::i64 ? 0x04 : 0);
  }
  void memory_type(const MemoryType& value) {
    const bool custom_page = value.page_size_log2 != 16;
    limits(value.limits,
           static_cast<uint8_t>((value.address == AddrType::i64 ? 0x04 : 0) |
                                (value.shared ? 0x02 : 0) | (custom_page ? 0x08 : 0)));
    if (custom_page) number(value.page_size_log2);
  }
  void global_type(const GlobalType& value) {
    type(value.type);
    byte(value.is_mutable ? 1 : 0);
  }
  void tag_type(const TagType& value) {
    byte(0);
    number(value.type_index);
  }

 private:
  Bytes out_;
};

}  // namespace cairn::wasm
