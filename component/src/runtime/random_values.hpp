#pragma once
/// Random types in text form, and random values of types: for tests.

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>

#include <string>

namespace cairn::component::testing {

class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}

  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  uint32_t below(uint32_t count) { return static_cast<uint32_t>((next() >> 20) % count); }

  /// The text of a type that needs no name to be exported, at most `depth` deep.
  std::string type(uint32_t depth) {
    constexpr std::string_view prims[] = {"bool", "s8",  "u8",  "s16", "u16",  "s32",   "u32",
                                          "s64",  "u64", "f32", "f64", "char", "string"};
    if (depth == 0 || below(4) == 0) return std::string(prims[below(13)]);
    switch (below(6)) {
      case 0:
      case 1: return "(list " + type(depth - 1) + ")";
      case 2: return fmt::format("(list {} {})", type(depth - 1), 1 + below(4));
      case 3: return "(option " + type(depth - 1) + ")";
      case 4: return fmt::format("(result {} (error {}))", type(depth - 1), type(depth - 1));
      default: {
        std::string text = "(tuple";
        for (uint32_t i = below(5) + 1; i-- > 0;) text += " " + type(depth - 1);
        return text + ")";
      }
    }
  }

  Value value(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    switch (info.kind) {
      case ValKind::bool_: return Value::number(next() & 1);
      case ValKind::s8: return Value::number(int64_t{static_cast<int8_t>(next())});
      case ValKind::u8: return Value::number(uint64_t{static_cast<uint8_t>(next())});
      case ValKind::s16: return Value::number(int64_t{static_cast<int16_t>(next())});
      case ValKind::u16: return Value::number(uint64_t{static_cast<uint16_t>(next())});
      case ValKind::s32: return Value::number(int64_t{static_cast<int32_t>(next())});
      case ValKind::u32: return Value::number(uint64_t{static_cast<uint32_t>(next())});
      case ValKind::f32: return Value::f32(static_cast<float>(static_cast<int32_t>(next())) / 8);
      case ValKind::f64: return Value::f64(static_cast<double>(static_cast<int64_t>(next())) / 8);
      case ValKind::char_: return Value::number(uint64_t{code_point()});
      case ValKind::string: return Value::string(text());
      case ValKind::record:
      case ValKind::tuple: {
        Value::Sequence fields;
        for (const ValPart& part : info.parts) fields.push_back(value(types, *part.type));
        return Value::sequence(std::move(fields));
      }
      case ValKind::variant:
      case ValKind::enum_:
      case ValKind::option:
      case ValKind::result: {
        const uint32_t index = below(info.case_count());
        const ValPart part = info.case_of(index);
        return part.type ? Value::variant(index, value(types, *part.type)) : Value::variant(index);
      }
      case ValKind::list:
      case ValKind::map: {
        Value::Sequence items;
        const uint32_t count = info.length ? *info.length : below(6);
        for (uint32_t i = 0; i < count; ++i) items.push_back(value(types, *info.element));
        return Value::sequence(std::move(items));
      }
      case ValKind::flags: {
        const size_t count = info.parts.size();
        return Value::number(next() & ((uint64_t{1} << count) - 1));
      }
      default: return Value::number(next());
    }
  }

 private:
  char32_t code_point() {
    constexpr char32_t ends[] = {0x80, 0x100, 0x800, 0xd800, 0x10000, 0x110000};
    const char32_t point = below(ends[below(6)]);
    return is_unicode_scalar(point) ? point : U'x';
  }
  /// ASCII, Latin-1, or anything.
  std::string text() {
    constexpr uint32_t ends[] = {0x80, 0x100, 0x110000};
    const uint32_t end = ends[below(3)];
    std::string text;
    for (uint32_t i = below(12); i-- > 0;) {
      const char32_t point = below(4) == 0 ? code_point() : below(end);
      append_utf8(text, point < end && is_unicode_scalar(point) ? point : U'y');
    }
    return text;
  }

  uint64_t state_;
};

}  // namespace cairn::component::testing
