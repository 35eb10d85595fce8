#include "text/script_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text/string_literal.hpp"
#include "text/type_parser.hpp"

namespace cairn::wasm {

Result<Script> parse_script(std::string source, Features features) {
  Script script;
  script.source = std::make_shared<const std::string>(std::move(source));
  const text::Tokens tokens = TRY(text::tokenize(*script.source, features));
  script.commands = TRY(text::ScriptParser(tokens).parse());
  return script;
}

namespace text {

namespace {

using Kind = Command::Kind;

struct CommandWord {
  std::string_view word;
  Kind kind;
};
constexpr CommandWord command_words[] = {
    {"module", Kind::module},
    {"register", Kind::register_},
    {"invoke", Kind::action},
    {"get", Kind::action},
    {"assert_return", Kind::assert_return},
    {"assert_trap", Kind::assert_trap},
    {"assert_exhaustion", Kind::assert_exhaustion},
    {"assert_exception", Kind::assert_exception},
    {"assert_malformed", Kind::assert_malformed},
    {"assert_invalid", Kind::assert_invalid},
    {"assert_unlinkable", Kind::assert_unlinkable},
    {"assert_malformed_custom", Kind::assert_malformed_custom},
    {"assert_invalid_custom", Kind::assert_invalid_custom},
    {"thread", Kind::thread},
    {"wait", Kind::wait},
};

struct ReferenceWord {
  std::string_view word;
  ScriptValue::Kind kind;
};
constexpr ReferenceWord reference_words[] = {
    {"ref.host", ScriptValue::Kind::ref_host},     {"ref.extern", ScriptValue::Kind::ref_extern},
    {"ref.func", ScriptValue::Kind::ref_func},     {"ref.any", ScriptValue::Kind::ref_any},
    {"ref.eq", ScriptValue::Kind::ref_eq},         {"ref.i31", ScriptValue::Kind::ref_i31},
    {"ref.struct", ScriptValue::Kind::ref_struct}, {"ref.array", ScriptValue::Kind::ref_array},
    {"ref.exn", ScriptValue::Kind::ref_exn},       {"ref.noexn", ScriptValue::Kind::ref_noexn},
};

}  // namespace

SourceLocation ScriptParser::here() const {
  const std::string_view source = in_.tokens().source;
  const size_t target = in_.token().begin;
  if (target < located_) return locate(source, target);
  for (; located_ < target; ++located_) {
    if (source[located_] == '\n') {
      ++location_.line;
      location_.column = 1;
    } else {
      ++location_.column;
    }
  }
  return location_;
}

std::optional<std::string> ScriptParser::take_name() {
  const std::optional<std::string_view> id = in_.take_id();
  return id ? std::optional(std::string(*id)) : std::nullopt;
}

/// A script may be the fields of one module and nothing else.
bool ScriptParser::at_inline_module() const {
  if (in_.kind() == TokenKind::annotation) return true;
  constexpr std::array<std::string_view, 12> fields = {"type",   "rec",    "import", "func",
                                                       "table",  "memory", "global", "tag",
                                                       "export", "start",  "elem",   "data"};
  return std::ranges::any_of(fields, [&](std::string_view word) { return in_.at_open(word); });
}

Result<std::vector<Command>> ScriptParser::parse() {
  std::vector<Command> commands;
  if (at_inline_module()) {
    Command command;
    command.at = here();
    command.module.emplace().source = in_.tokens().source;
    command.module->at = command.at;
    commands.push_back(std::move(command));
    return commands;
  }
  while (in_.kind() != TokenKind::eof) commands.push_back(TRY(command(false)));
  return commands;
}

Result<Command> ScriptParser::command(bool in_thread) {
  Command command;
  command.at = here();
  const auto* word = std::ranges::find_if(
      command_words, [&](const CommandWord& entry) { return in_.at_open(entry.word); });
  if (word == std::end(command_words)) {
    if (in_.kind() == TokenKind::lparen) in_.advance();
    return in_.unexpected("a command such as '(module' or '(assert_return'");
  }
  command.kind = word->kind;
  switch (word->kind) {
    case Kind::module: command.module = TRY(module()); return command;
    case Kind::action: command.action = TRY(action()); return command;
    case Kind::thread:
      if (in_thread) return in_.error(in_.token(), "a thread inside of a thread");
      TRY(thread(command));
      return command;
    case Kind::register_:
      in_.seek(in_.position() + 2);
      command.text = TRY(in_.expect_name());
      command.name = take_name();
      break;
    case Kind::wait:
      in_.seek(in_.position() + 2);
      command.name = take_name();
      if (!command.name) return in_.unexpected("the name of a thread");
      break;
    default: TRY(assertion(command));
  }
  TRY(in_.expect_close());
  return command;
}

Result<> ScriptParser::assertion(Command& command) {
  in_.seek(in_.position() + 2);
  switch (command.kind) {
    case Kind::assert_return:
      command.action = TRY(action());
      while (in_.kind() == TokenKind::lparen) command.expected.push_back(TRY(value(false)));
      return {};
    case Kind::assert_exception: command.action = TRY(action()); return {};
    case Kind::assert_exhaustion: command.action = TRY(action()); break;
    case Kind::assert_trap: TRY(action_or_module(command)); break;
    default: command.module = TRY(module());
  }
  command.text = TRY(in_.expect_string());
  return {};
}

Result<> ScriptParser::action_or_module(Command& command) {
  if (in_.at_open("module")) {
    command.module = TRY(module());
  } else {
    command.action = TRY(action());
  }
  return {};
}

Result<> ScriptParser::thread(Command& command) {
  in_.seek(in_.position() + 2);
  command.name = take_name();
  if (!command.name) return in_.unexpected("the name of the thread");
  if (in_.take_open("shared")) {
    TRY(in_.expect_open("module"));
    command.shared_module = take_name();
    TRY(in_.expect_close());
    TRY(in_.expect_close());
  }
  while (in_.kind() == TokenKind::lparen) command.body.push_back(TRY(this->command(true)));
  return in_.expect_close();
}

// ---- Modules and actions ---------------------------------------------------------------------

Result<ScriptModule> ScriptParser::module() {
  ScriptModule module;
  module.at = here();
  const Token& begin = in_.token();
  TRY(in_.expect_open("module"));
  const uint32_t close = begin.match;
  const Token& close_token = in_.tokens().list[close];
  if (in_.take_keyword("instance")) {
    module.is_instance = true;
    module.name = take_name();
    module.definition = take_name();
    if (!module.definition) std::swap(module.name, module.definition);  // (module instance $def)
    TRY(in_.expect_close());
    return module;
  }
  module.is_definition = in_.take_keyword("definition");
  module.name = take_name();
  const bool is_binary = in_.take_keyword("binary");
  if (is_binary || in_.take_keyword("quote")) {
    std::string text;
    in_.take_strings(text);
    module.form = is_binary ? ScriptModule::Form::binary : ScriptModule::Form::quote;
    if (is_binary) {
      module.bytes.assign(text.begin(), text.end());
    } else {
      module.quoted = std::move(text);
    }
    TRY(in_.expect_close());
    return module;
  }
  if (close_token.kind == TokenKind::eof) return in_.error(begin, "unclosed '(module'");
  const size_t from = module.is_definition ? in_.token().begin : begin.begin;
  const size_t to = module.is_definition ? close_token.begin : close_token.end;
  module.source = in_.tokens().source.substr(from, to - from);
  in_.seek(close + 1);
  return module;
}

Result<Action> ScriptParser::action() {
  Action action;
  if (in_.take_open("get")) {
    action.kind = Action::Kind::get;
  } else {
    TRY(in_.expect_open("invoke"));
  }
  action.module = take_name();
  action.field = TRY(in_.expect_name());
  while (action.kind == Action::Kind::invoke && in_.kind() == TokenKind::lparen) {
    action.args.push_back(TRY(value(false)));
  }
  TRY(in_.expect_close());
  return action;
}

// ---- Values ----------------------------------------------------------------------------------

Result<ScriptValue> ScriptParser::number_or_nan(ScriptValue::Kind kind, uint8_t bits) {
  ScriptValue value{.kind = kind, .bits = bits};
  const bool is_float = kind == ScriptValue::Kind::f32 || kind == ScriptValue::Kind::f64;
  if (is_float && in_.take_keyword("nan:canonical")) {
    value.kind = ScriptValue::Kind::nan_canonical;
  } else if (is_float && in_.take_keyword("nan:arithmetic")) {
    value.kind = ScriptValue::Kind::nan_arithmetic;
  } else if (is_float) {
    value.value = TRY(expect_float(in_, bits));
  } else {
    value.value = TRY(expect_integer(in_, bits));
  }
  return value;
}

Result<ScriptValue> ScriptParser::vector() {
  const VectorShape shape = TRY(expect_shape(in_));
  ScriptValue value{.kind = ScriptValue::Kind::v128, .bits = 128};
  value.lanes = shape.lanes;
  value.float_lanes = shape.is_float;
  const bool wide = shape.bits == 64;
  const ScriptValue::Kind lane_kind =
      shape.is_float ? (wide ? ScriptValue::Kind::f64 : ScriptValue::Kind::f32)
                     : (wide ? ScriptValue::Kind::i64 : ScriptValue::Kind::i32);
  for (uint32_t lane = 0; lane < shape.lanes; ++lane) {
    value.lane_values.push_back(TRY(number_or_nan(lane_kind, shape.bits)));
  }
  return value;
}

/// The optional number of a host reference, or the optional heap type of a null.
Result<ScriptValue> ScriptParser::reference(ScriptValue::Kind kind) {
  ScriptValue value{.kind = kind, .has_value = false};
  if (kind != ScriptValue::Kind::ref_null) {
    if (in_.kind() == TokenKind::number) {
      value.value = TRY(in_.expect_u32());
      value.has_value = true;
    }
    return value;
  }
  if (const auto heap = take_abstract_heap_type(in_)) value.heap = *heap;
  return value;
}

Result<ScriptValue> ScriptParser::value(bool nested) {
  using ValueKind = ScriptValue::Kind;
  ScriptValue value;
  if (in_.take_open("i32.const")) {
    value = TRY(number_or_nan(ValueKind::i32, 32));
  } else if (in_.take_open("i64.const")) {
    value = TRY(number_or_nan(ValueKind::i64, 64));
  } else if (in_.take_open("f32.const")) {
    value = TRY(number_or_nan(ValueKind::f32, 32));
  } else if (in_.take_open("f64.const")) {
    value = TRY(number_or_nan(ValueKind::f64, 64));
  } else if (in_.take_open("v128.const")) {
    value = TRY(vector());
  } else if (in_.take_open("ref.null")) {
    value = TRY(reference(ValueKind::ref_null));
  } else if (!nested && in_.take_open("either")) {
    value.kind = ValueKind::either;
    while (in_.kind() == TokenKind::lparen) value.options.push_back(TRY(this->value(true)));
  } else {
    const auto* word = std::ranges::find_if(
        reference_words, [&](const ReferenceWord& entry) { return in_.take_open(entry.word); });
    if (word == std::end(reference_words)) {
      if (in_.kind() == TokenKind::lparen) in_.advance();
      return in_.unexpected("a constant such as '(i32.const'");
    }
    value = TRY(reference(word->kind));
  }
  TRY(in_.expect_close());
  return value;
}

}  // namespace text
}  // namespace cairn::wasm
