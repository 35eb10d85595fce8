// WAVE to values, led by their types.

#include <fmt/format.h>
#include <cairn/component/wave.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "wave/scanner.hpp"

namespace cairn::component {

namespace wave {
namespace {

class Parser {
 public:
  Parser(const Types& types, std::string_view text) : types_(types), in_(text) {}

  Result<Value> whole(ValType type) {
    Value value = TRY(read(type));
    TRY(in_.demand_end());
    return value;
  }

  Result<std::vector<Value>> arguments(const FuncType& func) {
    std::vector<Value> args;
    if (in_.peek() != 0) {
      TRY(in_.demand('('));
      while (!in_.take(')')) {
        if (args.size() == func.params.size())
          return in_.expected(fmt::format("`)` behind {} arguments", args.size()));
        args.push_back(TRY(read(func.params[args.size()].type)));
        if (in_.peek() != ')') TRY(in_.demand(','));
      }
      TRY(in_.demand_end());
    }
    for (size_t i = args.size(); i < func.params.size(); ++i) {
      if (types_[func.params[i].type].kind != ValKind::option)
        return in_.wrong(fmt::format("the argument `{}` is missing: there are {} parameters",
                                     func.params[i].name, func.params.size()));
      args.push_back(Value::variant(0));
    }
    return args;
  }

 private:
  Result<Value> read(ValType type) {
    const ValTypeInfo& info = types_[type];
    switch (info.kind) {
      case ValKind::bool_: {
        const Scanner::Word word = in_.peek_word();
        if (!word.is("true") && !word.is("false")) return in_.expected("`true` or `false`");
        return Value::number(uint64_t{in_.word().is("true")});
      }
      case ValKind::s8: return integer<int8_t>("s8");
      case ValKind::u8: return integer<uint8_t>("u8");
      case ValKind::s16: return integer<int16_t>("s16");
      case ValKind::u16: return integer<uint16_t>("u16");
      case ValKind::s32: return integer<int32_t>("s32");
      case ValKind::u32: return integer<uint32_t>("u32");
      case ValKind::s64: return integer<int64_t>("s64");
      case ValKind::u64: return integer<uint64_t>("u64");
      case ValKind::f32: return Value::f32(TRY(real<float>("f32")));
      case ValKind::f64: return Value::f64(TRY(real<double>("f64")));
      case ValKind::char_: return Value::number(uint64_t{TRY(in_.character())});
      case ValKind::string: return Value::string(TRY(in_.string()));
      case ValKind::list: return list(info);
      case ValKind::map: return map(info);
      case ValKind::tuple: return tuple(info);
      case ValKind::record: return record(info);
      case ValKind::flags: return flags(info);
      case ValKind::variant:
      case ValKind::enum_: return one_of(info);
      case ValKind::option: return option(type);
      case ValKind::result: return result(type);
      default:
        return in_.wrong(
            fmt::format("a value of type {} cannot be written", types_.describe(type)));
    }
  }

  template <class T>
  Result<Value> integer(std::string_view type) {
    const Scanner before = in_;
    const std::string_view digits = in_.number();
    T value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool has_zeros = digits.size() > 1 && digits[digits.starts_with('-')] == '0';
    if (error != std::errc() || end != digits.data() + digits.size() ||
        (has_zeros && digits != "-0"))
      return before.expected(fmt::format("a number of type {}", type));
    if constexpr (std::is_signed_v<T>)
      return Value::number(int64_t{value});
    else
      return Value::number(uint64_t{value});
  }

  template <class T>
  Result<T> real(std::string_view type) {
    const Scanner before = in_;
    const std::string_view text = in_.number();
    if (text == "nan") return std::numeric_limits<T>::quiet_NaN();
    if (text == "inf") return std::numeric_limits<T>::infinity();
    if (text == "-inf") return -std::numeric_limits<T>::infinity();
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    const bool is_plain =
        !digits.empty() && digits[0] >= '0' && digits[0] <= '9' &&
        !(digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') &&
        !digits.ends_with('.') && digits.find(".e") == std::string_view::npos &&
        digits.find(".E") == std::string_view::npos;
    if (error != std::errc() || end != text.data() + text.size() || !is_plain)
      return before.expected(fmt::format("a number of type {}", type));
    return value;
  }

  /// What stands between brackets, with commas between; one more is allowed at the end.
  template <class F>
  Result<> each(char open, char close, F item) {
    TRY(in_.demand(open));
    while (!in_.take(close)) {
      TRY(item());
      if (in_.peek() != close) TRY(in_.demand(','));
    }
    return {};
  }

  Result<Value> list(const ValTypeInfo& info) {
    Value::Sequence items;
    TRY(each('[', ']', [&]() -> Result<> {
      if (info.length && items.size() == *info.length)
        return in_.expected(fmt::format("`]` behind {} elements", *info.length));
      items.push_back(TRY(read(*info.element)));
      return {};
    }));
    if (info.length && items.size() != *info.length)
      return in_.wrong(fmt::format("expected {} elements", *info.length));
    return Value::sequence(std::move(items));
  }

  Result<Value> map(const ValTypeInfo& info) {
    Value::Sequence items;
    TRY(in_.demand('{'));
    if (in_.take(':')) {
      TRY(in_.demand('}'));
      return Value::sequence({});
    }
    while (!in_.take('}')) {
      Value::Sequence pair;
      pair.push_back(TRY(read(*info.parts[0].type)));
      TRY(in_.demand(':'));
      pair.push_back(TRY(read(*info.parts[1].type)));
      items.push_back(Value::sequence(std::move(pair)));
      if (in_.peek() != '}') TRY(in_.demand(','));
    }
    return Value::sequence(std::move(items));
  }

  Result<Value> tuple(const ValTypeInfo& info) {
    Value::Sequence items;
    TRY(each('(', ')', [&]() -> Result<> {
      if (items.size() == info.parts.size())
        return in_.expected(fmt::format("`)` behind {} elements", items.size()));
      items.push_back(TRY(read(*info.parts[items.size()].type)));
      return {};
    }));
    if (items.size() != info.parts.size())
      return in_.wrong(fmt::format("expected {} elements", info.parts.size()));
    return Value::sequence(std::move(items));
  }

  /// The index of a label of the type.
  Result<size_t> label(const ValTypeInfo& info, std::string_view what) {
    const Scanner before = in_;
    const Scanner::Word word = in_.word();
    if (word.text.empty()) return before.expected(what);
    const auto found = std::ranges::find(info.parts, word.text, &ValPart::label);
    if (found == info.parts.end())
      return before.wrong(
          fmt::format("there is no {} `{}`", what.substr(what.find(' ') + 1), word.text));
    return static_cast<size_t>(found - info.parts.begin());
  }

  Result<Value> record(const ValTypeInfo& info) {
    std::vector<std::optional<Value>> given(info.parts.size());
    TRY(in_.demand('{'));
    if (in_.take(':')) {
      TRY(in_.demand('}'));
    } else {
      do {
        const Scanner before = in_;
        const size_t i = TRY(label(info, "a field"));
        if (given[i])
          return before.wrong(fmt::format("the field `{}` is given twice", info.parts[i].label));
        TRY(in_.demand(':'));
        given[i] = TRY(read(*info.parts[i].type));
        if (in_.peek() != '}') TRY(in_.demand(','));
      } while (!in_.take('}'));
    }
    Value::Sequence fields;
    for (size_t i = 0; i < given.size(); ++i) {
      if (!given[i] && types_[*info.parts[i].type].kind != ValKind::option)
        return in_.wrong(fmt::format("the field `{}` is missing", info.parts[i].label));
      fields.push_back(given[i] ? *std::move(given[i]) : Value::variant(0));
    }
    return Value::sequence(std::move(fields));
  }

  Result<Value> flags(const ValTypeInfo& info) {
    uint64_t bits = 0;
    TRY(each('{', '}', [&]() -> Result<> {
      const Scanner before = in_;
      const size_t i = TRY(label(info, "a flag"));
      if ((bits >> i & 1) != 0)
        return before.wrong(fmt::format("the flag `{}` is given twice", info.parts[i].label));
      bits |= uint64_t{1} << i;
      return {};
    }));
    return Value::number(bits);
  }

  Result<Value> one_of(const ValTypeInfo& info) {
    const Scanner::Word word = in_.peek_word();
    if (!word.is_escaped && is_keyword(word.text))
      return in_.wrong(
          fmt::format("`{}` is a keyword: a case of that name is `%{}`", word.text, word.text));
    const size_t i = TRY(label(info, "a case"));
    return with_payload(static_cast<uint32_t>(i), info.parts[i].type);
  }

  Result<Value> with_payload(uint32_t index, const std::optional<ValType>& type) {
    if (!type) return Value::variant(index);
    TRY(in_.demand('('));
    Value payload = TRY(read(*type));
    TRY(in_.demand(')'));
    return Value::variant(index, std::move(payload));
  }

  /// A payload may stand for its case, unless it is an option or result itself.
  bool can_be_flat(const std::optional<ValType>& type) const {
    if (!type) return false;
    const ValKind kind = types_[*type].kind;
    return kind != ValKind::option && kind != ValKind::result;
  }

  Result<Value> option(ValType type) {
    const ValType element = *types_[type].element;
    const Scanner::Word word = in_.peek_word();
    if (word.is("none") || word.is("some")) {
      in_.word();
      if (word.is("none")) return Value::variant(0);
      return with_payload(1, element);
    }
    if (!can_be_flat(element)) return in_.expected("`some(…)` or `none`");
    return Value::variant(1, TRY(read(element)));
  }

  Result<Value> result(ValType type) {
    const std::optional<ValType> ok = types_[type].parts[0].type,
                                 error = types_[type].parts[1].type;
    const Scanner::Word word = in_.peek_word();
    if (word.is("ok") || word.is("err")) {
      in_.word();
      return word.is("ok") ? with_payload(0, ok) : with_payload(1, error);
    }
    if (!can_be_flat(ok)) return in_.expected("`ok` or `err`");
    return Value::variant(0, TRY(read(*ok)));
  }

  const Types& types_;
  Scanner in_;
};

}  // namespace
}  // namespace wave

Result<Value> parse_wave(const Types& types, ValType type, std::string_view text) {
  return wave::Parser(types, text).whole(type);
}

WaveCall split_wave_call(std::string_view text) {
  const size_t open = std::min(text.find('('), text.size());
  std::string_view name = text.substr(0, open);
  while (name.starts_with(' ')) name.remove_prefix(1);
  while (name.ends_with(' ')) name.remove_suffix(1);
  return {name, text.substr(open)};
}

Result<std::vector<Value>> parse_wave_args(const Types& types, const FuncType& func,
                                           const WaveCall& call) {
  return wave::Parser(types, call.args).arguments(func);
}

}  // namespace cairn::component
