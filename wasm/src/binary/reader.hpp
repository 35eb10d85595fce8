#pragma once
/// Reads one section of a module. Every reader says what it expects, for the error message, and
/// every count is held against the bytes that are left before any memory is reserved for it.

#include <cairn/base/result.hpp>
#include <cairn/wasm/instruction.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>

#include <algorithm>
#include <vector>

#include "binary/cursor.hpp"

namespace cairn::wasm {

class Reader {
 public:
  /// Reads `bytes`, which lie at `offset` in the module.
  Reader(ByteSpan bytes, uint64_t offset, Features features, const ImplementationLimits& limits)
      : begin_(bytes.data()),
        in_{begin_, begin_ + bytes.size()},
        base_offset_(offset),
        features_(features),
        limits_(limits) {}

  bool at_end() const { return in_.p == in_.end; }
  size_t left() const { return in_.left(); }
  uint64_t offset() const { return base_offset_ + static_cast<uint64_t>(in_.p - begin_); }
  Features features() const { return features_; }
  bool has(Feature feature) const { return features_.has(feature); }
  const ImplementationLimits& limits() const { return limits_; }

  Result<uint8_t> byte(std::string_view what);
  /// The next byte, which stays; 0 at the end.
  uint8_t peek() const { return at_end() ? 0 : *in_.p; }
  Result<uint32_t> u32(std::string_view what);
  Result<uint64_t> u64(std::string_view what);
  /// The length of a list whose elements take at least one byte each, and at most `limit`.
  Result<uint32_t> count(std::string_view what, uint64_t limit);
  /// Makes room for `count` elements, but for no more than the bytes that are left can hold.
  template <class T>
  void reserve(std::vector<T>& list, uint32_t count, size_t bytes_per_element_min) const {
    list.reserve(std::min<size_t>(count, left() / bytes_per_element_min));
  }
  Result<ByteSpan> bytes(uint64_t size, std::string_view what);
  /// A length and that many bytes.
  Result<ByteSpan> byte_list(std::string_view what);
  Result<std::string> name(std::string_view what);

  Result<ValType> val_type();
  Result<ValType> ref_type();
  Result<FieldType> field_type();
  Result<TableType> table_type();
  Result<MemoryType> memory_type();
  Result<GlobalType> global_type();
  Result<TagType> tag_type();
  /// Instructions up to the `end` that closes them.
  Result<Expr> expr();
  /// All that is left.
  Expr rest_as_expr();

  /// A `malformed` error at the last byte that was read.
  std::unexpected<Error> unexpected_byte(Fault fault, std::string_view expected = {}) const;
  std::unexpected<Error> malformed(std::string message) const {
    return fail_at(ErrorKind::malformed, offset(), std::move(message));
  }

 private:
  std::unexpected<Error> fault(std::string_view expected = {}) const;
  Result<Limits> limits_of(uint8_t flags, AddrType address);

  const uint8_t* begin_;
  Cursor in_;
  uint64_t base_offset_;
  Features features_;
  const ImplementationLimits& limits_;
  Instruction scratch_;
};

/// A `limit` error: "too many functions: 2000000, the limit is 1000000".
std::unexpected<Error> over_limit(uint64_t offset, std::string_view what, uint64_t found,
                                  uint64_t limit);

}  // namespace cairn::wasm
