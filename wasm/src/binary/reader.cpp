#include "binary/reader.hpp"

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

namespace cairn::wasm {

namespace {

// Flags of a table's or memory's limits (spec: Limits; threads and custom-page-sizes proposals).
constexpr uint8_t has_max = 0x01, is_shared = 0x02, is_64_bit = 0x04, has_page_size = 0x08;

}  // namespace

std::unexpected<Error> over_limit(uint64_t offset, std::string_view what, uint64_t found,
                                  uint64_t limit) {
  return fail_at(ErrorKind::limit, offset,
                 fmt::format("too many {}: {}, the limit is {}", what, found, limit));
}

std::unexpected<Error> Reader::fault(std::string_view expected) const {
  return std::unexpected(error_of(in_.fault, in_.p, in_.end, offset(), expected));
}

std::unexpected<Error> Reader::unexpected_byte(Fault fault, std::string_view expected) const {
  return std::unexpected(error_of(fault, in_.p - 1, in_.end, offset() - 1, expected));
}

Result<uint8_t> Reader::byte(std::string_view what) {
  uint8_t value = 0;
  if (!in_.byte(value)) return fault(what);
  return value;
}

Result<uint32_t> Reader::u32(std::string_view what) {
  uint32_t value = 0;
  if (!in_.u32(value)) return fault(what);
  return value;
}

Result<uint64_t> Reader::u64(std::string_view what) {
  uint64_t value = 0;
  if (!in_.u64(value)) return fault(what);
  return value;
}

Result<uint32_t> Reader::count(std::string_view what, uint64_t limit) {
  const uint64_t at = offset();
  uint32_t value = 0;
  if (!in_.u32(value)) return fault(fmt::format("the number of {}", what));
  if (value > left()) {
    return fail_at(
        ErrorKind::malformed, at,
        fmt::format("length out of bounds: expected at most {} {}, found {}", left(), what, value));
  }
  if (value > limit) return over_limit(at, what, value, limit);
  return value;
}

Result<ByteSpan> Reader::bytes(uint64_t size, std::string_view what) {
  if (size > left()) {
    return malformed(
        fmt::format("length out of bounds: expected {} bytes of {}, found {}", size, what, left()));
  }
  const ByteSpan span(in_.p, static_cast<size_t>(size));
  in_.p += size;
  return span;
}

Result<ByteSpan> Reader::byte_list(std::string_view what) {
  uint32_t size = 0;
  if (!in_.u32(size)) return fault(fmt::format("the length of {}", what));
  return bytes(size, what);
}

Result<std::string> Reader::name(std::string_view what) {
  const uint64_t at = offset();
  const ByteSpan span = TRY(byte_list(what));
  const size_t valid = utf8_valid_prefix(span);
  if (valid != span.size()) {
    return fail_at(
        ErrorKind::malformed, offset() - (span.size() - valid),
        fmt::format("malformed UTF-8 encoding: expected {}, found 0x{:02x}", what, span[valid]));
  }
  if (span.size() > limits_.name_bytes) {
    return over_limit(at, "bytes in a name", span.size(), limits_.name_bytes);
  }
  return std::string(as_text(span));
}

Result<ValType> Reader::val_type() {
  ValType type;
  if (!in_.val_type(features_, type)) return fault();
  return type;
}

Result<ValType> Reader::ref_type() {
  ValType type;
  if (!in_.ref_type(features_, type)) return fault();
  return type;
}

Result<FieldType> Reader::field_type() {
  FieldType field;
  if (!in_.storage_type(features_, field.storage) || !in_.mutability(field.is_mutable)) {
    return fault();
  }
  return field;
}

Result<GlobalType> Reader::global_type() {
  GlobalType global;
  if (!in_.val_type(features_, global.type) || !in_.mutability(global.is_mutable)) return fault();
  return global;
}

Result<Limits> Reader::limits_of(uint8_t flags, AddrType address) {
  Limits limits;
  const bool wide = address == AddrType::i64 || has(Feature::memory64);
  limits.min = wide ? TRY(u64("a minimum")) : TRY(u32("a minimum"));
  if (flags & has_max) limits.max = wide ? TRY(u64("a maximum")) : TRY(u32("a maximum"));
  return limits;
}

Result<TableType> Reader::table_type() {
  TableType type;
  type.element = TRY(ref_type());
  const uint8_t flags = TRY(byte("limits flags"));
  const uint8_t known = has_max | (has(Feature::memory64) ? is_64_bit : 0);
  if (flags & ~known) return malformed(fmt::format("malformed limits flags: 0x{:02x}", flags));
  type.address = (flags & is_64_bit) ? AddrType::i64 : AddrType::i32;
  type.limits = TRY(limits_of(flags, type.address));
  return type;
}

Result<MemoryType> Reader::memory_type() {
  MemoryType type;
  const uint8_t flags = TRY(byte("limits flags"));
  const uint8_t known = static_cast<uint8_t>(has_max | (has(Feature::threads) ? is_shared : 0) |
                                             (has(Feature::memory64) ? is_64_bit : 0) |
                                             (has(Feature::custom_page_sizes) ? has_page_size : 0));
  if (flags & ~known) return malformed(fmt::format("malformed limits flags: 0x{:02x}", flags));
  type.address = (flags & is_64_bit) ? AddrType::i64 : AddrType::i32;
  type.shared = (flags & is_shared) != 0;
  type.limits = TRY(limits_of(flags, type.address));
  if (flags & has_page_size) {
    const uint32_t log2 = TRY(u32("the logarithm of a page size"));
    if (log2 >= 64) return malformed(fmt::format("invalid custom page size: 2^{}", log2));
    type.page_size_log2 = static_cast<uint8_t>(log2);
  }
  return type;
}

Result<TagType> Reader::tag_type() {
  if (TRY(byte("a tag attribute")) != 0) return unexpected_byte(Fault::zero_byte);
  return TagType{TRY(u32("a type index"))};
}

Result<Expr> Reader::expr() {
  const Expr start = {{in_.p, in_.left()}, offset()};
  InstrDecoder decoder(start, features_);
  for (uint32_t depth = 1; depth != 0;) {
    if (!decoder.step(scratch_)) return std::unexpected(decoder.error());
    switch (scratch_.op) {
      case Op::block:
      case Op::loop:
      case Op::if_:
      case Op::try_:
      case Op::try_table: ++depth; break;
      case Op::end:
      case Op::delegate: --depth; break;
      default: break;
    }
  }
  in_.p += decoder.consumed();
  return Expr{start.code.first(decoder.consumed()), start.offset};
}

Expr Reader::rest_as_expr() {
  const Expr rest = {{in_.p, in_.left()}, offset()};
  in_.p = in_.end;
  return rest;
}

}  // namespace cairn::wasm
