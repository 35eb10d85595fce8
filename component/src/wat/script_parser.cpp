// Scripts over components.

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/wast.hpp>

#include <algorithm>

#include "text/number.hpp"
#include "text/token_reader.hpp"

namespace cairn::component {

namespace {

using wasm::text::Token;
using wasm::text::TokenKind;
using wasm::text::TokenReader;
using Kind = ScriptCommand::Kind;
using ValueKind = ScriptValue::Kind;

struct CommandWord {
  std::string_view word;
  Kind kind;
};
constexpr CommandWord command_words[] = {
    {"component", Kind::component},
    {"register", Kind::register_},
    {"invoke", Kind::invoke},
    {"assert_return", Kind::assert_return},
    {"assert_trap", Kind::assert_trap},
    {"assert_exhaustion", Kind::assert_exhaustion},
    {"assert_malformed", Kind::assert_malformed},
    {"assert_invalid", Kind::assert_invalid},
    {"assert_unlinkable", Kind::assert_unlinkable},
};

struct ValueWord {
  std::string_view word;
  ValueKind kind;
  uint8_t bits = 0;  ///< of numbers
};
constexpr ValueWord value_words[] = {
    {"bool.const", ValueKind::bool_},      {"s8.const", ValueKind::s8, 8},
    {"u8.const", ValueKind::u8, 8},        {"s16.const", ValueKind::s16, 16},
    {"u16.const", ValueKind::u16, 16},     {"s32.const", ValueKind::s32, 32},
    {"u32.const", ValueKind::u32, 32},     {"s64.const", ValueKind::s64, 64},
    {"u64.const", ValueKind::u64, 64},     {"f32.const", ValueKind::f32, 32},
    {"f64.const", ValueKind::f64, 64},     {"char.const", ValueKind::char_},
    {"str.const", ValueKind::string},      {"list.const", ValueKind::list},
    {"record.const", ValueKind::record},   {"tuple.const", ValueKind::tuple},
    {"variant.const", ValueKind::variant}, {"enum.const", ValueKind::enum_},
    {"option.some", ValueKind::option},    {"option.none", ValueKind::option},
    {"result.ok", ValueKind::result},      {"result.err", ValueKind::result},
    {"flags.const", ValueKind::flags},     {"map.const", ValueKind::map},
};

constexpr uint32_t value_nesting = 100;

class ScriptParser {
 public:
  explicit ScriptParser(const wasm::text::Tokens& tokens) : in_(tokens) {}

  Result<std::vector<ScriptCommand>> parse() {
    std::vector<ScriptCommand> commands;
    while (in_.kind() != TokenKind::eof) commands.push_back(TRY(command()));
    return commands;
  }

 private:
  SourceLocation here() const { return wasm::text::locate(in_.tokens().source, in_.token().begin); }

  std::optional<std::string> take_name() {
    const auto id = in_.take_id();
    return id ? std::optional(std::string(*id)) : std::nullopt;
  }

  Result<ScriptCommand> command() {
    ScriptCommand command;
    command.at = here();
    const auto* word = std::ranges::find_if(
        command_words, [&](const CommandWord& entry) { return in_.at_open(entry.word); });
    if (word == std::end(command_words)) {
      if (in_.kind() == TokenKind::lparen) in_.advance();
      return in_.unexpected("a command such as '(component' or '(assert_return'");
    }
    command.kind = word->kind;
    if (word->kind == Kind::component) {
      command.component = TRY(component());
      return command;
    }
    if (word->kind == Kind::invoke) {
      command.invoke = TRY(invoke());
      return command;
    }
    in_.seek(in_.position() + 2);
    if (word->kind == Kind::register_) {
      command.text = TRY(in_.expect_name());
      command.name = take_name();
    } else {
      TRY(assertion(command));
    }
    TRY(in_.expect_close());
    return command;
  }

  Result<> assertion(ScriptCommand& command) {
    if (command.kind == Kind::assert_return) {
      command.invoke = TRY(invoke());
      while (in_.kind() == TokenKind::lparen) command.expected.push_back(TRY(value(0)));
      return {};
    }
    const bool runs = command.kind == Kind::assert_trap || command.kind == Kind::assert_exhaustion;
    if (runs && !in_.at_open("component")) {
      command.invoke = TRY(invoke());
    } else {
      command.component = TRY(component());
    }
    command.text = TRY(in_.expect_string());
    return {};
  }

  Result<ScriptComponent> component() {
    ScriptComponent component;
    component.at = here();
    const Token& begin = in_.token();
    TRY(in_.expect_open("component"));
    const uint32_t close = begin.match;
    const Token& close_token = in_.tokens().list[close];
    if (in_.take_keyword("instance")) {
      component.is_instance = true;
      component.name = take_name();
      component.definition = take_name();
      if (!component.definition) std::swap(component.name, component.definition);
      TRY(in_.expect_close());
      return component;
    }
    component.is_definition = in_.take_keyword("definition");
    component.name = take_name();
    const bool is_binary = in_.take_keyword("binary");
    if (is_binary || in_.take_keyword("quote")) {
      std::string text;
      in_.take_strings(text);
      component.form = is_binary ? ScriptComponent::Form::binary : ScriptComponent::Form::quote;
      if (is_binary) {
        component.bytes.assign(text.begin(), text.end());
      } else {
        component.quoted = std::move(text);
      }
      TRY(in_.expect_close());
      return component;
    }
    if (close_token.kind == TokenKind::eof) return in_.error(begin, "unclosed '(component'");
    component.source = in_.tokens().source.substr(begin.begin, close_token.end - begin.begin);
    in_.seek(close + 1);
    return component;
  }

  Result<ScriptInvoke> invoke() {
    ScriptInvoke invoke;
    TRY(in_.expect_open("invoke"));
    invoke.instance = take_name();
    invoke.name = TRY(in_.expect_name());
    while (in_.kind() == TokenKind::lparen) invoke.args.push_back(TRY(value(0)));
    TRY(in_.expect_close());
    return invoke;
  }

  // ---- Values ----------------------------------------------------------------------------------

  /// `(kind.const …)`.
  Result<ScriptValue> value(uint32_t depth) {
    if (in_.kind() != TokenKind::lparen) return in_.unexpected("a value such as '(u32.const'");
    in_.advance();
    ScriptValue result = TRY(bare_value(depth));
    TRY(in_.expect_close());
    return result;
  }

  /// The same without its parentheses, as it stands in a field.
  Result<ScriptValue> bare_value(uint32_t depth) {
    if (depth > value_nesting) return in_.unexpected("a value that nests less deeply");
    const auto* word = std::ranges::find_if(
        value_words, [&](const ValueWord& entry) { return in_.at_keyword(entry.word); });
    if (word == std::end(value_words)) return in_.unexpected("a value such as 'u32.const'");
    in_.advance();
    ScriptValue result{.kind = word->kind, .text = {}, .parts = {}};
    switch (word->kind) {
      case ValueKind::f32:
      case ValueKind::f64: TRY(floating(result, word->bits)); break;
      case ValueKind::bool_:
        result.bits = in_.at_keyword("true") ? 1 : 0;
        if (!in_.take_keyword("true")) TRY(in_.expect_keyword("false"));
        break;
      case ValueKind::char_: TRY(character(result)); break;
      case ValueKind::string: result.text = TRY(in_.expect_name()); break;
      case ValueKind::list:
      case ValueKind::tuple:
      case ValueKind::map: TRY(values(result, depth)); break;
      case ValueKind::record: TRY(fields(result, depth)); break;
      case ValueKind::variant:
        result.text = TRY(in_.expect_name());
        TRY(values(result, depth));
        break;
      case ValueKind::enum_: result.text = TRY(in_.expect_name()); break;
      case ValueKind::option: TRY(values(result, depth)); break;
      case ValueKind::result:
        result.text = word->word.ends_with(".ok") ? "ok" : "error";
        TRY(values(result, depth));
        break;
      case ValueKind::flags:
        while (in_.kind() == TokenKind::string) {
          result.parts.push_back({.label = TRY(in_.expect_name()), .value = {}});
        }
        break;
      default: TRY(integer(result, word->bits));
    }
    return result;
  }

  Result<> values(ScriptValue& result, uint32_t depth) {
    while (in_.kind() == TokenKind::lparen) {
      result.parts.push_back({.label = {}, .value = TRY(value(depth + 1))});
    }
    return {};
  }

  /// `(field "name" u32.const 1)`, or with parentheses around the value.
  Result<> fields(ScriptValue& result, uint32_t depth) {
    while (in_.take_open("field")) {
      std::string label = TRY(in_.expect_name());
      const bool wrapped = in_.kind() == TokenKind::lparen;
      ScriptValue field = wrapped ? TRY(value(depth + 1)) : TRY(bare_value(depth + 1));
      result.parts.push_back({.label = std::move(label), .value = std::move(field)});
      TRY(in_.expect_close());
    }
    return {};
  }

  Result<> integer(ScriptValue& result, uint8_t bits) {
    if (in_.kind() != TokenKind::number) return in_.unexpected("an integer");
    const wasm::text::NumberStatus status = wasm::text::parse_int(in_.text(), bits, result.bits);
    if (status != wasm::text::NumberStatus::ok) {
      return in_.number_error(in_.token(), status, "integer");
    }
    in_.advance();
    return {};
  }

  Result<> floating(ScriptValue& result, uint8_t bits) {
    if (in_.take_keyword("nan:canonical")) {
      result.nan = ScriptValue::Nan::canonical;
      return {};
    }
    if (in_.take_keyword("nan:arithmetic")) {
      result.nan = ScriptValue::Nan::arithmetic;
      return {};
    }
    uint32_t narrow = 0;
    const wasm::text::NumberStatus status = bits == 64
                                                ? wasm::text::parse_f64(in_.text(), result.bits)
                                                : wasm::text::parse_f32(in_.text(), narrow);
    if (status != wasm::text::NumberStatus::ok) {
      return in_.number_error(in_.token(), status, "floating-point");
    }
    if (bits == 32) result.bits = narrow;
    in_.advance();
    return {};
  }

  Result<> character(ScriptValue& result) {
    const Token& token = in_.token();
    const std::string text = TRY(in_.expect_name());
    const auto point = decode_utf8(as_bytes(text));
    if (!point || point->length != text.size()) return in_.error(token, "not one character");
    result.bits = point->value;
    return {};
  }

  TokenReader in_;
};

}  // namespace

Result<Script> parse_script(std::string source) {
  Script script;
  script.source = std::make_shared<const std::string>(std::move(source));
  const wasm::text::Tokens tokens = TRY(wasm::text::tokenize(*script.source, {}));
  script.commands = TRY(ScriptParser(tokens).parse());
  return script;
}

Result<syntax::Component> read_component(const ScriptComponent& component,
                                         const ReadOptions& options) {
  if (component.form == ScriptComponent::Form::binary) return decode(component.bytes, options);
  if (component.form == ScriptComponent::Form::quote) return parse_text(component.quoted, options);
  std::string text(component.source);
  if (component.is_definition) {
    constexpr std::string_view word = "definition";
    text.replace(text.find(word), word.size(), word.size(), ' ');
  }
  Result<syntax::Component> parsed = parse_text(text, options);
  if (parsed || !parsed.error().at) return parsed;
  Error error = std::move(parsed).error();
  if (error.at->line == 1) error.at->column += component.at.column - 1;
  error.at->line += component.at.line - 1;
  return std::unexpected(std::move(error));
}

}  // namespace cairn::component
