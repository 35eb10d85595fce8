// Constants of value definitions (Binary.md, "Value Definitions").

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <cmath>

#include "checker/checker.hpp"
#include "codec/component_reader.hpp"

namespace cairn::component {

namespace {

/// Reads one value of each type; all it finds is whether the bytes are such a value.
class ConstantReader {
 public:
  ConstantReader(const Types& types, ByteSpan bytes, const ReadOptions& options)
      : types_(types), in_(bytes, 0, options) {}

  Result<> run(ValType type) {
    TRY(read(type));
    if (!in_.at_end()) return in_.malformed("bytes are left after the value");
    return {};
  }

 private:
  Result<> read(ValType type) {
    const ValTypeInfo& info = types_[type];
    switch (info.kind) {
      case ValKind::bool_: return TRY(in_.byte("a bool")) > 1 ? bad("bool") : Result<>();
      case ValKind::s8:
      case ValKind::u8: return skip(1);
      case ValKind::s16: return signed_number(16);
      case ValKind::s32: return signed_number(32);
      case ValKind::s64: return signed_number(64);
      case ValKind::u16: return TRY(in_.u64("a number")) > 0xFFFF ? bad("u16") : Result<>();
      case ValKind::u32: return TRY(in_.u64("a number")) > 0xFFFFFFFF ? bad("u32") : Result<>();
      case ValKind::u64: TRY(in_.u64("a number")); return {};
      case ValKind::f32: {
        const auto bits = load_le<uint32_t>(TRY(in_.bytes(4, "a number")).data());
        return std::isnan(std::bit_cast<float>(bits)) && bits != 0x7FC00000 ? bad("f32")
                                                                            : Result<>();
      }
      case ValKind::f64: {
        const auto bits = load_le<uint64_t>(TRY(in_.bytes(8, "a number")).data());
        return std::isnan(std::bit_cast<double>(bits)) && bits != 0x7FF8000000000000 ? bad("f64")
                                                                                     : Result<>();
      }
      case ValKind::char_: return character();
      case ValKind::string: TRY(in_.name("a string")); return {};
      case ValKind::record:
      case ValKind::tuple:
        for (const ValPart& part : info.parts) TRY(read(*part.type));
        return {};
      case ValKind::list: return elements(info);
      case ValKind::flags: return skip((info.parts.size() + 7) / 8);
      case ValKind::variant:
      case ValKind::enum_: {
        const uint32_t index = TRY(in_.u32("a case"));
        if (index >= info.parts.size()) return bad(to_string(info.kind));
        return info.parts[index].type ? read(*info.parts[index].type) : Result<>();
      }
      case ValKind::option:
      case ValKind::result: {
        const uint8_t index = TRY(in_.byte("a case"));
        if (index > 1) return bad(to_string(info.kind));
        const ValPart of = info.case_of(index);
        return of.type ? read(*of.type) : Result<>();
      }
      default: return in_.malformed(fmt::format("{} has no constants", to_string(info.kind)));
    }
  }

  Result<> elements(const ValTypeInfo& info) {
    const uint64_t count = info.length ? *info.length : TRY(in_.u32("the length of a list"));
    for (uint64_t i = 0; i < count; ++i) {
      if (in_.at_end()) return in_.malformed("unexpected end of a list");
      TRY(read(*info.element));
    }
    return {};
  }

  Result<> character() {
    const uint8_t first = in_.peek();
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const ByteSpan bytes = TRY(in_.bytes(length, "a character"));
    const auto point = decode_utf8(bytes);
    return point && point->length == length ? Result<>() : bad("char");
  }

  Result<> signed_number(uint32_t bits) {
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
    const bool fits = bits == 64 || (value >= -half && value < half);
    return fits ? Result<>() : bad("signed integer");
  }

  Result<> skip(size_t bytes) {
    TRY(in_.bytes(bytes, "a value"));
    return {};
  }
  Result<> bad(std::string_view what) const {
    return in_.malformed(fmt::format("not a value of type {}", what));
  }

  const Types& types_;
  ComponentReader in_;
};

}  // namespace

Result<> Checker::check_constant(ValType type, ByteSpan bytes) const {
  const Result<> fits = ConstantReader(types_, bytes, options_.read).run(type);
  if (fits) return {};
  return wrong(fmt::format("the value does not match its type {}: {}", types_.describe(type),
                           fits.error().message));
}

}  // namespace cairn::component
