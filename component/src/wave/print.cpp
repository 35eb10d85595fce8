#include <fmt/format.h>
#include <cairn/base/utf8.hpp>
#include <cairn/component/wave.hpp>

#include <cmath>

#include "wave/scanner.hpp"

namespace cairn::component {

namespace {

class Printer {
 public:
  explicit Printer(const Types& types) : types_(types) {}

  void print(ValType type, const Value& value) {
    const ValTypeInfo& info = types_[type];
    switch (info.kind) {
      case ValKind::bool_: put(value.number() != 0 ? "true" : "false"); return;
      case ValKind::s8:
      case ValKind::s16:
      case ValKind::s32:
      case ValKind::s64: put(fmt::format("{}", static_cast<int64_t>(value.number()))); return;
      case ValKind::u8:
      case ValKind::u16:
      case ValKind::u32:
      case ValKind::u64: put(fmt::format("{}", value.number())); return;
      case ValKind::f32: real(value.f32()); return;
      case ValKind::f64: real(value.f64()); return;
      case ValKind::char_:
        put("'");
        character(static_cast<char32_t>(value.number()));
        put("'");
        return;
      case ValKind::string: string(value.string()); return;
      case ValKind::list: list(info, value); return;
      case ValKind::map: map(info, value); return;
      case ValKind::tuple: tuple(info, value); return;
      case ValKind::record: record(info, value); return;
      case ValKind::flags: flags(info, value.number()); return;
      case ValKind::variant:
      case ValKind::enum_:
        label(info.parts[value.variant().index].label);
        payload(info, value.variant());
        return;
      case ValKind::option:
        put(value.variant().index == 0 ? "none" : "some");
        payload(info, value.variant());
        return;
      case ValKind::result:
        put(value.variant().index == 0 ? "ok" : "err");
        payload(info, value.variant());
        return;
      default: put(fmt::format("<{}>", to_string(info.kind)));
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void put(std::string_view text) { out_ += text; }

  template <class T>
  void real(T value) {
    put(std::isnan(value) ? "nan" : fmt::format("{}", value));
  }

  void character(char32_t point) {
    switch (point) {
      case U'\t': put("\\t"); return;
      case U'\n': put("\\n"); return;
      case U'\r': put("\\r"); return;
      case U'\'':
      case U'"':
      case U'\\': put("\\"); break;
      default: break;
    }
    if (point < 0x20 || (point >= 0x7f && point < 0xa0))
      put(fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(point)));
    else
      append_utf8(out_, point);
  }

  void string(std::string_view text) {
    put("\"");
    while (!text.empty()) {
      const auto point = decode_utf8(as_bytes(text));
      if (!point) break;  // guests' strings are always valid
      character(point->value);
      text.remove_prefix(point->length);
    }
    put("\"");
  }

  void separate(size_t i) {
    if (i != 0) put(", ");
  }

  void list(const ValTypeInfo& info, const Value& value) {
    put("[");
    for (size_t i = 0; i < value.items().size(); ++i) {
      separate(i);
      print(*info.element, value.items()[i]);
    }
    put("]");
  }

  void map(const ValTypeInfo& info, const Value& value) {
    put("{");
    for (size_t i = 0; i < value.items().size(); ++i) {
      separate(i);
      const Value::Sequence& pair = value.items()[i].items();
      print(*info.parts[0].type, pair[0]);
      put(": ");
      print(*info.parts[1].type, pair[1]);
    }
    put("}");
  }

  void tuple(const ValTypeInfo& info, const Value& value) {
    put("(");
    for (size_t i = 0; i < info.parts.size(); ++i) {
      separate(i);
      print(*info.parts[i].type, value.items()[i]);
    }
    put(")");
  }

  /// Options without a value are left out.
  void record(const ValTypeInfo& info, const Value& value) {
    put("{");
    size_t printed = 0;
    for (size_t i = 0; i < info.parts.size(); ++i) {
      const Value& field = value.items()[i];
      if (types_[*info.parts[i].type].kind == ValKind::option && field.variant().index == 0)
        continue;
      separate(printed++);
      put(info.parts[i].label);
      put(": ");
      print(*info.parts[i].type, field);
    }
    put(printed == 0 ? ":}" : "}");
  }

  void flags(const ValTypeInfo& info, uint64_t bits) {
    put("{");
    size_t printed = 0;
    for (size_t i = 0; i < info.parts.size(); ++i) {
      if ((bits >> i & 1) == 0) continue;
      separate(printed++);
      put(info.parts[i].label);
    }
    put("}");
  }

  void label(std::string_view text) {
    if (wave::is_keyword(text)) put("%");
    put(text);
  }

  void payload(const ValTypeInfo& info, const Value::Case& which) {
    const ValPart part = info.case_of(which.index);
    if (!part.type) return;
    put("(");
    print(*part.type, which.payload.front());
    put(")");
  }

  const Types& types_;
  std::string out_;
};

}  // namespace

std::string print_wave(const Types& types, ValType type, const Value& value) {
  Printer printer(types);
  printer.print(type, value);
  return printer.take();
}

}  // namespace cairn::component
