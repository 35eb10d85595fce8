#include "script/script_values.hpp"

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <algorithm>

namespace cairn::component {

namespace {

using Kind = ScriptValue::Kind;

std::unexpected<Error> misfit(const Types& types, ValType type) {
  return fail(ErrorKind::usage, fmt::format("a value that is no {}", types.describe(type)));
}

/// The number with the sign or the zeros of its type above it.
uint64_t extended(ValKind kind, uint64_t bits) {
  switch (kind) {
    case ValKind::s8: return static_cast<uint64_t>(int64_t{static_cast<int8_t>(bits)});
    case ValKind::s16: return static_cast<uint64_t>(int64_t{static_cast<int16_t>(bits)});
    case ValKind::s32: return static_cast<uint64_t>(int64_t{static_cast<int32_t>(bits)});
    case ValKind::u8: return static_cast<uint8_t>(bits);
    case ValKind::u16: return static_cast<uint16_t>(bits);
    case ValKind::u32:
    case ValKind::char_: return static_cast<uint32_t>(bits);
    default: return bits;
  }
}

std::optional<uint32_t> case_named(const ValTypeInfo& info, std::string_view label) {
  for (uint32_t i = 0; i < info.case_count(); ++i)
    if (info.case_of(i).label == label) return i;
  return std::nullopt;
}

Result<Value> to_case(const Types& types, ValType type, std::string_view label,
                      const std::vector<ScriptValue::Part>& payload) {
  const ValTypeInfo& info = types[type];
  const auto index = case_named(info, label);
  if (!index) return misfit(types, type);
  const ValPart part = info.case_of(*index);
  if (part.type.has_value() != !payload.empty()) return misfit(types, type);
  if (!part.type) return Value::variant(*index);
  return Value::variant(*index, TRY(to_value(types, *part.type, payload.front().value)));
}

Result<Value> to_fields(const Types& types, ValType type, const ScriptValue& value) {
  const ValTypeInfo& info = types[type];
  if (value.parts.size() != info.parts.size()) return misfit(types, type);
  Value::Sequence fields;
  for (size_t i = 0; i < info.parts.size(); ++i) {
    if (info.kind == ValKind::record && value.parts[i].label != info.parts[i].label)
      return misfit(types, type);
    fields.push_back(TRY(to_value(types, *info.parts[i].type, value.parts[i].value)));
  }
  return Value::sequence(std::move(fields));
}

/// Which kind of constant stands for a type.
bool fits(Kind kind, const ValTypeInfo& info) {
  switch (info.kind) {
    case ValKind::bool_: return kind == Kind::bool_;
    case ValKind::s8: return kind == Kind::s8;
    case ValKind::u8: return kind == Kind::u8;
    case ValKind::s16: return kind == Kind::s16;
    case ValKind::u16: return kind == Kind::u16;
    case ValKind::s32: return kind == Kind::s32;
    case ValKind::u32: return kind == Kind::u32;
    case ValKind::s64: return kind == Kind::s64;
    case ValKind::u64: return kind == Kind::u64;
    case ValKind::f32: return kind == Kind::f32;
    case ValKind::f64: return kind == Kind::f64;
    case ValKind::char_: return kind == Kind::char_;
    case ValKind::string: return kind == Kind::string;
    case ValKind::record: return kind == Kind::record;
    case ValKind::variant: return kind == Kind::variant;
    case ValKind::list: return kind == Kind::list;
    case ValKind::tuple: return kind == Kind::tuple;
    case ValKind::flags: return kind == Kind::flags;
    case ValKind::enum_: return kind == Kind::enum_;
    case ValKind::option: return kind == Kind::option;
    case ValKind::result: return kind == Kind::result;
    case ValKind::map: return kind == Kind::map || kind == Kind::list;
    default: return false;
  }
}

bool is_nan(uint64_t bits, bool wide, ScriptValue::Nan kind) {
  const uint64_t infinity = wide ? 0x7ff0'0000'0000'0000 : 0x7f80'0000;
  const uint64_t quiet = wide ? 0x0008'0000'0000'0000 : 0x0040'0000;
  const uint64_t magnitude = bits & (wide ? INT64_MAX : INT32_MAX);
  if (kind == ScriptValue::Nan::canonical) return magnitude == (infinity | quiet);
  return magnitude > infinity && (magnitude & quiet) != 0;
}

}  // namespace

Result<Value> to_value(const Types& types, ValType type, const ScriptValue& value) {
  const ValTypeInfo& info = types[type];
  if (!fits(value.kind, info)) return misfit(types, type);
  switch (info.kind) {
    case ValKind::f32: return Value::f32(std::bit_cast<float>(static_cast<uint32_t>(value.bits)));
    case ValKind::f64: return Value::f64(std::bit_cast<double>(value.bits));
    case ValKind::string: return Value::string(value.text);
    case ValKind::record:
    case ValKind::tuple: return to_fields(types, type, value);
    case ValKind::variant:
    case ValKind::enum_:
    case ValKind::result: return to_case(types, type, value.text, value.parts);
    case ValKind::option:
      return to_case(types, type, value.parts.empty() ? "none" : "some", value.parts);
    case ValKind::list:
    case ValKind::map: {
      Value::Sequence items;
      for (const ScriptValue::Part& part : value.parts)
        items.push_back(TRY(to_value(types, *info.element, part.value)));
      return Value::sequence(std::move(items));
    }
    case ValKind::flags: {
      uint64_t bits = 0;
      for (const ScriptValue::Part& part : value.parts) {
        const auto found = std::ranges::find(info.parts, part.label, &ValPart::label);
        if (found == info.parts.end()) return misfit(types, type);
        bits |= uint64_t{1} << (found - info.parts.begin());
      }
      return Value::number(bits);
    }
    default: return Value::number(extended(info.kind, value.bits));
  }
}

bool matches(const Types& types, ValType type, const ScriptValue& expected, const Value& actual) {
  const ValTypeInfo& info = types[type];
  if (expected.nan != ScriptValue::Nan::none) {
    if (info.kind == ValKind::f32 && actual.is_f32())
      return is_nan(std::bit_cast<uint32_t>(actual.f32()), false, expected.nan);
    return info.kind == ValKind::f64 && actual.is_f64() &&
           is_nan(std::bit_cast<uint64_t>(actual.f64()), true, expected.nan);
  }
  if (!fits(expected.kind, info)) return false;
  if (info.is_product() || info.kind == ValKind::list || info.kind == ValKind::map) {
    if (!actual.is_sequence() || actual.items().size() != expected.parts.size()) return false;
    for (size_t i = 0; i < expected.parts.size(); ++i) {
      const ValType part = info.is_product() ? *info.parts[i].type : *info.element;
      if (info.kind == ValKind::record && expected.parts[i].label != info.parts[i].label)
        return false;
      if (!matches(types, part, expected.parts[i].value, actual.items()[i])) return false;
    }
    return true;
  }
  if (info.is_sum()) {
    const std::string_view label = info.kind != ValKind::option ? std::string_view(expected.text)
                                   : expected.parts.empty()     ? "none"
                                                                : "some";
    const auto index = case_named(info, label);
    if (!index || !actual.is_variant() || actual.variant().index != *index) return false;
    if (actual.variant().payload.size() != expected.parts.size()) return false;
    return expected.parts.empty() ||
           matches(types, *info.case_of(*index).type, expected.parts.front().value,
                   actual.variant().payload.front());
  }
  const Result<Value> value = to_value(types, type, expected);
  return value && *value == actual;
}

std::string describe(const Types& types, ValType type, const Value& value) {
  const ValTypeInfo& info = types[type];
  if (value.is_string()) return fmt::format("\"{}\"", value.string());
  if (value.is_f32()) return fmt::format("{}", value.f32());
  if (value.is_f64()) return fmt::format("{}", value.f64());
  if (value.is_handle()) return "a handle";
  if (value.is_sequence()) {
    std::string text = "(";
    for (size_t i = 0; i < value.items().size() && i < 20; ++i) {
      const ValType part = info.is_product() ? *info.parts[i].type : *info.element;
      text += (i == 0 ? "" : ", ") + describe(types, part, value.items()[i]);
    }
    return text + ")";
  }
  if (value.is_variant()) {
    const ValPart part = info.case_of(value.variant().index);
    if (!part.type) return part.label;
    return fmt::format("{}({})", part.label,
                       describe(types, *part.type, value.variant().payload.front()));
  }
  if (info.kind >= ValKind::s8 && info.kind <= ValKind::s64 &&
      (static_cast<uint8_t>(info.kind) - static_cast<uint8_t>(ValKind::s8)) % 2 == 0)
    return fmt::format("{}", static_cast<int64_t>(value.number()));
  return fmt::format("{}", value.number());
}

}  // namespace cairn::component
