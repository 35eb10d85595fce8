#include "typing/constant.hpp"

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <cmath>

#include "codec/component_reader.hpp"

namespace cairn::component {

namespace {

/// Reads one value of each type.
class ConstantReader {
 public:
  ConstantReader(const Types& types, ByteSpan bytes, const ReadOptions& options)
      : types_(types), in_(bytes, 0, options) {}

  Result<Value> run(ValType type) {
    Value value = TRY(read(type));
    if (!in_.at_end()) return in_.malformed("bytes are left after the value");
    return value;
  }

 private:
  Result<Value> read(ValType type) {
    const ValTypeInfo& info = types_[type];
    switch (info.kind) {
      case ValKind::bool_: {
        const uint8_t byte = TRY(in_.byte("a bool"));
        if (byte > 1) return bad("bool");
        return Value::number(uint64_t{byte});
      }
      case ValKind::s8:
        return Value::number(int64_t{static_cast<int8_t>(TRY(in_.byte("a number")))});
      case ValKind::u8: return Value::number(uint64_t{TRY(in_.byte("a number"))});
      case ValKind::s16: return signed_number(16);
      case ValKind::s32: return signed_number(32);
      case ValKind::s64: return signed_number(64);
      case ValKind::u16: return unsigned_number("u16", 0xFFFF);
      case ValKind::u32: return unsigned_number("u32", 0xFFFFFFFF);
      case ValKind::u64: return unsigned_number("u64", UINT64_MAX);
      case ValKind::f32: {
        const auto bits = load_le<uint32_t>(TRY(in_.bytes(4, "a number")).data());
        const auto value = std::bit_cast<float>(bits);
        if (std::isnan(value) && bits != 0x7FC00000) return bad("f32");
        return Value::f32(value);
      }
      case ValKind::f64: {
        const auto bits = load_le<uint64_t>(TRY(in_.bytes(8, "a number")).data());
        const auto value = std::bit_cast<double>(bits);
        if (std::isnan(value) && bits != 0x7FF8000000000000) return bad("f64");
        return Value::f64(value);
      }
      case ValKind::char_: return character();
      case ValKind::string: return Value::string(std::string(TRY(in_.name("a string"))));
      case ValKind::record:
      case ValKind::tuple: {
        Value::Sequence fields;
        for (const ValPart& part : info.parts) fields.push_back(TRY(read(*part.type)));
        return Value::sequence(std::move(fields));
      }
      case ValKind::list: return elements(info);
      case ValKind::flags: return flags(info.parts.size());
      case ValKind::variant:
      case ValKind::enum_: return one_of(info, TRY(in_.u32("a case")));
      case ValKind::option:
      case ValKind::result: return one_of(info, TRY(in_.byte("a case")));
      default: return in_.malformed(fmt::format("{} has no constants", to_string(info.kind)));
    }
  }

  Result<Value> elements(const ValTypeInfo& info) {
    const uint64_t count = info.length ? *info.length : TRY(in_.u32("the length of a list"));
    Value::Sequence items;
    for (uint64_t i = 0; i < count; ++i) {
      if (in_.at_end()) return in_.malformed("unexpected end of a list");
      items.push_back(TRY(read(*info.element)));
    }
    return Value::sequence(std::move(items));
  }

  Result<Value> one_of(const ValTypeInfo& info, uint32_t index) {
    if (index >= info.case_count()) return bad(to_string(info.kind));
    const ValPart of = info.case_of(index);
    if (!of.type) return Value::variant(index);
    return Value::variant(index, TRY(read(*of.type)));
  }

  Result<Value> flags(size_t count) {
    uint64_t bits = 0;
    for (size_t i = 0; i < (count + 7) / 8; ++i)
      bits |= uint64_t{TRY(in_.byte("flags"))} << (8 * i);
    return Value::number(bits & ((uint64_t{1} << count) - 1));
  }

  Result<Value> character() {
    const uint8_t first = in_.peek();
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const ByteSpan bytes = TRY(in_.bytes(length, "a character"));
    const auto point = decode_utf8(bytes);
    if (!point || point->length != length) return bad("char");
    return Value::number(uint64_t{point->value});
  }

  Result<Value> unsigned_number(std::string_view type, uint64_t most) {
    const uint64_t value = TRY(in_.u64("a number"));
    if (value > most) return bad(type);
    return Value::number(value);
  }

  Result<Value> signed_number(uint32_t bits) {
    int64_t value = 0;
    uint32_t shift = 0;
    for (uint8_t next = 0x80; next & 0x80; shift += 7) {
      next = TRY(in_.byte("a number"));
      if (shift > 63) return bad("signed integer");
      value |= static_cast<int64_t>(uint64_t{next & 0x7Fu} << shift);
      const bool ends_negative = (next & 0xC0) == 0x40;
      if (ends_negative && shift + 7 < 64)
        value |= static_cast<int64_t>(~uint64_t{0} << (shift + 7));
    }
    const int64_t half = int64_t{1} << (bits - 1);
    if (bits != 64 && (value < -half || value >= half)) return bad("signed integer");
    return Value::number(value);
  }

  std::unexpected<Error> bad(std::string_view what) const {
    return in_.malformed(fmt::format("not a value of type {}", what));
  }

  const Types& types_;
  ComponentReader in_;
};

}  // namespace

Result<Value> read_constant(const Types& types, ValType type, ByteSpan bytes) {
  const ReadOptions options;
  return ConstantReader(types, bytes, options).run(type);
}

}  // namespace cairn::component
