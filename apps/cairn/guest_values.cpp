#include "guest_values.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace cairn::cli {
namespace {

using engine::Value;

std::unexpected<Error> not_of_type(std::string_view text, wasm::ValType type) {
  return fail(ErrorKind::usage,
              fmt::format("'{}' is not a value of type {}", text, wasm::to_string(type)));
}

/// A decimal or hexadecimal integer of `bits` bits, signed or unsigned, as its bits.
std::optional<uint64_t> parse_integer(std::string_view text, int bits) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, magnitude, hex ? 16 : 10);
  if (status != std::errc{} || stop != end) return std::nullopt;
  const uint64_t unsigned_max = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  const uint64_t negative_max = uint64_t{1} << (bits - 1);
  if (magnitude > (negative ? negative_max : unsigned_max)) return std::nullopt;
  return (negative ? uint64_t{0} - magnitude : magnitude) & unsigned_max;
}

template <class Float>
std::optional<Float> parse_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  if (text.starts_with('-') || text.starts_with('+')) return std::nullopt;
  Float value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(
      text.data(), end, value, hex ? std::chars_format::hex : std::chars_format::general);
  if (status != std::errc{} || stop != end) return std::nullopt;
  return negative ? -value : value;
}

std::optional<engine::V128> parse_vector(std::string_view text) {
  if (!text.starts_with("0x") || text.size() > 34 || text.size() < 3) return std::nullopt;
  text.remove_prefix(2);
  const size_t low_digits = std::min<size_t>(16, text.size());
  const std::string_view low_text = text.substr(text.size() - low_digits);
  const std::string_view high_text = text.substr(0, text.size() - low_digits);
  std::array<uint64_t, 2> halves{};
  const auto parse_half = [](std::string_view digits, uint64_t& out) {
    if (digits.empty()) return true;
    const char* end = digits.data() + digits.size();
    const auto [stop, status] = std::from_chars(digits.data(), end, out, 16);
    return status == std::errc{} && stop == end;
  };
  if (!parse_half(low_text, halves[0]) || !parse_half(high_text, halves[1])) return std::nullopt;
  return std::bit_cast<engine::V128>(halves);
}

template <class T>
Result<Value> as_value(const std::optional<T>& parsed, std::string_view text, wasm::ValType type) {
  if (!parsed) return not_of_type(text, type);
  return Value(*parsed);
}

}  // namespace

Result<Value> parse_value(std::string_view text, wasm::ValType type) {
  if (type == wasm::i32) {
    const std::optional<uint64_t> bits = parse_integer(text, 32);
    if (!bits) return not_of_type(text, type);
    return Value(static_cast<uint32_t>(*bits));
  }
  if (type == wasm::i64) return as_value(parse_integer(text, 64), text, type);
  if (type == wasm::f32) return as_value(parse_float<float>(text), text, type);
  if (type == wasm::f64) return as_value(parse_float<double>(text), text, type);
  if (type == wasm::v128) return as_value(parse_vector(text), text, type);
  if (type.is_ref() && type.nullable() && text == "null") return Value(engine::Ref{}, type);
  return not_of_type(text, type);
}

std::string format_value(const Value& value) {
  const wasm::ValType type = value.type();
  if (type == wasm::i32) return fmt::format("{}", static_cast<int32_t>(value.i32()));
  if (type == wasm::i64) return fmt::format("{}", static_cast<int64_t>(value.i64()));
  if (type == wasm::f32) return fmt::format("{}", value.f32());
  if (type == wasm::f64) return fmt::format("{}", value.f64());
  if (type.is_vec()) {
    const auto halves = std::bit_cast<std::array<uint64_t, 2>>(value.v128());
    return fmt::format("0x{:016x}{:016x}", halves[1], halves[0]);
  }
  if (value.ref().is_null()) return "null";
  if (value.ref().is_i31()) {
    return fmt::format("{}", static_cast<int32_t>(static_cast<uint32_t>(value.ref().bits)) >> 1);
  }
  // Canonical type ids mean nothing to people: only abstract types are named.
  return type.heap().is_index() ? "<ref>" : fmt::format("<{}>", wasm::to_string(type));
}

}  // namespace cairn::cli
