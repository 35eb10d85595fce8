// Value definitions (Explainer.md, "Value Definitions"): a value becomes the bytes that its type
// has for it (Binary.md, `val`).

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <bit>
#include <cmath>

#include "text/number.hpp"
#include "wat/value_writer.hpp"

namespace cairn::component::text {

using namespace syntax;

/// `(value id? (export …)* valtype val)`.
Result<> ComponentParser::value_field() {
  const OptionalId id = take_id();
  const Inline names = TRY(inline_names());
  if (names.import) return import_in_place(Sort::value, id, names);
  if (at_alias()) return alias_in_place(Sort::value, id, names);
  const ValType type = TRY(val_type());
  Value value{.type = type, .bytes = TRY(value_bytes(type))};
  const uint32_t index = TRY(define(std::move(value), Sort::value));
  TRY(bind(id, Sort::value, index));
  return export_inline(names, Sort::value, index);
}

Result<Bytes> ComponentParser::value_bytes(ValType type) {
  if (in_.take_open("binary")) {
    std::string bytes;
    in_.take_strings(bytes);
    TRY(in_.expect_close());
    return Bytes(bytes.begin(), bytes.end());
  }
  ValueWriter writer(in_, *scope_, options_.limits);
  TRY(writer.write(type, 0));
  return std::move(writer).bytes();
}

namespace {

constexpr uint8_t bits_of(PrimType type) {
  switch (type) {
    case PrimType::s8:
    case PrimType::u8: return 8;
    case PrimType::s16:
    case PrimType::u16: return 16;
    case PrimType::s32:
    case PrimType::u32: return 32;
    default: return 64;
  }
}

constexpr bool is_signed(PrimType type) {
  return type == PrimType::s8 || type == PrimType::s16 || type == PrimType::s32 ||
         type == PrimType::s64;
}

}  // namespace

Result<> ValueWriter::integer(PrimType type) {
  const Token& token = in_.token();
  const uint8_t bits = bits_of(type);
  uint64_t value = 0;
  if (in_.kind() != TokenKind::number) return in_.unexpected("an integer");
  wasm::text::NumberStatus status = wasm::text::parse_int(in_.text(), bits, value);
  const bool negative = in_.text().starts_with('-');
  if (status == wasm::text::NumberStatus::ok && !is_signed(type) && negative && value != 0) {
    status = wasm::text::NumberStatus::out_of_range;
  }
  if (status == wasm::text::NumberStatus::ok && is_signed(type) && !negative &&
      (value >> (bits - 1)) != 0) {
    status = wasm::text::NumberStatus::out_of_range;
  }
  if (status != wasm::text::NumberStatus::ok) {
    return in_.number_error(token, status, to_string(type));
  }
  in_.advance();
  if (bits == 8) {
    out_.push_back(static_cast<uint8_t>(value));
  } else if (is_signed(type)) {
    const auto shift = 64 - bits;
    append_signed_leb(out_, static_cast<int64_t>(value << shift) >> shift);
  } else {
    append_unsigned_leb(out_, value);
  }
  return {};
}

Result<> ValueWriter::floating(PrimType type) {
  const Token& token = in_.token();
  const bool wide = type == PrimType::f64;
  if (in_.kind() != TokenKind::number && in_.kind() != TokenKind::keyword) {
    return in_.unexpected("a number");
  }
  const bool has_payload = in_.text().contains("nan:");
  uint32_t narrow_bits = 0;
  uint64_t wide_bits = 0;
  const wasm::text::NumberStatus status = wide ? wasm::text::parse_f64(in_.text(), wide_bits)
                                               : wasm::text::parse_f32(in_.text(), narrow_bits);
  if (status != wasm::text::NumberStatus::ok || has_payload) {
    return in_.number_error(token, status, to_string(type));
  }
  in_.advance();
  constexpr uint32_t nan32 = 0x7FC00000;
  constexpr uint64_t nan64 = 0x7FF8000000000000;
  if (wide) {
    append_le(out_, std::isnan(std::bit_cast<double>(wide_bits)) ? nan64 : wide_bits);
  } else {
    append_le(out_, std::isnan(std::bit_cast<float>(narrow_bits)) ? nan32 : narrow_bits);
  }
  return {};
}

Result<> ValueWriter::prim(PrimType type) {
  switch (type) {
    case PrimType::bool_: {
      const bool value = in_.at_keyword("true");
      if (!value && !in_.at_keyword("false")) return in_.unexpected("'true' or 'false'");
      in_.advance();
      out_.push_back(value ? 1 : 0);
      return {};
    }
    case PrimType::f32:
    case PrimType::f64: return floating(type);
    case PrimType::char_: {
      const Token& token = in_.token();
      std::string text;
      const std::string_view quoted = in_.text();
      if (in_.kind() == TokenKind::string) {
        text = TRY(in_.expect_name());
      } else if (quoted.size() > 2 && quoted.starts_with('\'') && quoted.ends_with('\'')) {
        text = quoted.substr(1, quoted.size() - 2);
        in_.advance();
      } else {
        return in_.unexpected("a character");
      }
      const auto point = decode_utf8(as_bytes(text));
      if (!point || point->length != text.size()) return in_.error(token, "not one character");
      append(out_, as_bytes(text));
      return {};
    }
    case PrimType::string: {
      const std::string text = TRY(in_.expect_name());
      append_unsigned_leb(out_, text.size());
      append(out_, as_bytes(text));
      return {};
    }
    case PrimType::error_context: return in_.unexpected("a type that has constants");
    default: return integer(type);
  }
}

Result<uint32_t> ValueWriter::label_index(const std::vector<std::string>& labels) {
  const Token& token = in_.token();
  const std::string label = TRY(in_.expect_name());
  for (uint32_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == label) return i;
  }
  return in_.error(token, fmt::format("unknown label `{}`", label));
}

Result<> ValueWriter::flags(const Flags& type) {
  std::vector<uint8_t> bits((type.labels.size() + 7) / 8);
  while (in_.kind() == TokenKind::string) {
    const uint32_t index = TRY(label_index(type.labels));
    bits[index / 8] = static_cast<uint8_t>(bits[index / 8] | 1u << index % 8);
  }
  append(out_, bits);
  return {};
}

Result<> ValueWriter::result(const ResultType& type, uint32_t depth) {
  for (const bool ok : {true, false}) {
    const std::string_view word = ok ? "ok" : "error";
    const std::optional<ValType>& payload = ok ? type.ok : type.error;
    if (!payload && in_.take_keyword(word)) {
      out_.push_back(ok ? 0 : 1);
      return {};
    }
    if (payload && in_.take_open(word)) {
      out_.push_back(ok ? 0 : 1);
      TRY(write(*payload, depth));
      return in_.expect_close();
    }
  }
  return in_.unexpected("'ok' or 'error', with a value where the type has one");
}

Result<> ValueWriter::option(const Option& type, uint32_t depth) {
  if (in_.take_keyword("none")) {
    out_.push_back(0);
    return {};
  }
  TRY(in_.expect_open("some"));
  out_.push_back(1);
  TRY(write(type.type, depth));
  return in_.expect_close();
}

Result<> ValueWriter::variant(const Variant& type, uint32_t depth) {
  std::vector<std::string> labels;
  for (const Case& entry : type.cases) labels.push_back(entry.label);
  const uint32_t index = TRY(label_index(labels));
  append_unsigned_leb(out_, index);
  if (type.cases[index].type) TRY(write(*type.cases[index].type, depth));
  return {};
}

Result<> ValueWriter::list(const List& type, uint32_t depth) {
  const size_t begin = out_.size();
  uint64_t count = 0;
  for (; in_.kind() != TokenKind::rparen; ++count) TRY(write(type.element, depth));
  if (type.length) {
    if (count != *type.length) return in_.unexpected(fmt::format("{} elements", *type.length));
    return {};
  }
  Bytes length;
  append_unsigned_leb(length, count);
  out_.insert(out_.begin() + static_cast<ptrdiff_t>(begin), length.begin(), length.end());
  return {};
}

Result<> ValueWriter::write(ValType type, uint32_t depth) {
  if (depth > limits_.type_depth) return in_.unexpected("a value that nests less deeply");
  if (!type.is_index()) return prim(type.prim());
  const auto known = scope_.known_types.find(type.index());
  if (known == scope_.known_types.end()) {
    return in_.unexpected("'(binary': a value whose type is not written in this component");
  }
  const Type& what = known->second;
  ++depth;
  if (const auto* is_prim = std::get_if<PrimType>(&what.what)) return prim(*is_prim);
  if (const auto* of = std::get_if<Option>(&what.what)) return option(*of, depth);
  if (const auto* of = std::get_if<ResultType>(&what.what)) return result(*of, depth);
  if (const auto* of = std::get_if<Record>(&what.what)) {
    TRY(in_.expect_open("record"));
    for (const LabeledType& field : of->fields) TRY(write(field.type, depth));
  } else if (const auto* tuple = std::get_if<Tuple>(&what.what)) {
    TRY(in_.expect_open("tuple"));
    for (const ValType element : tuple->types) TRY(write(element, depth));
  } else if (const auto* is_list = std::get_if<List>(&what.what)) {
    TRY(in_.expect_open("list"));
    TRY(list(*is_list, depth));
  } else if (const auto* is_variant = std::get_if<Variant>(&what.what)) {
    TRY(in_.expect_open("variant"));
    TRY(variant(*is_variant, depth));
  } else if (const auto* is_flags = std::get_if<Flags>(&what.what)) {
    TRY(in_.expect_open("flags"));
    TRY(flags(*is_flags));
  } else if (const auto* is_enum = std::get_if<Enum>(&what.what)) {
    TRY(in_.expect_open("enum"));
    append_unsigned_leb(out_, TRY(label_index(is_enum->labels)));
  } else {
    return in_.unexpected("a type that has constants");
  }
  return in_.expect_close();
}

}  // namespace cairn::component::text
