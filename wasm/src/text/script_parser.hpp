#pragma once
/// Scripts (WebAssembly/spec, interpreter/README.md, "Scripts").

#include <cairn/wasm/text.hpp>

#include "text/token_reader.hpp"
#include "text/vector_literal.hpp"

namespace cairn::wasm::text {

class ScriptParser {
 public:
  explicit ScriptParser(const Tokens& tokens) : in_(tokens) {}
  Result<std::vector<Command>> parse();

 private:
  /// `in_thread`: the commands of a thread may not start threads of their own.
  Result<Command> command(bool in_thread);
  Result<> assertion(Command& command);
  Result<> action_or_module(Command& command);
  Result<> thread(Command& command);
  Result<ScriptModule> module();
  Result<Action> action();
  /// `nested`: inside of `(either …)`, which may not contain another.
  Result<ScriptValue> value(bool nested);
  Result<ScriptValue> vector();
  Result<ScriptValue> number_or_nan(ScriptValue::Kind kind, uint8_t bits);
  Result<ScriptValue> reference(ScriptValue::Kind kind);
  bool at_inline_module() const;
  SourceLocation here() const;
  std::optional<std::string> take_name();

  TokenReader in_;
  // Scripts have hundreds of thousands of places: they are located in one walk.
  mutable size_t located_ = 0;
  mutable SourceLocation location_{1, 1};
};

}  // namespace cairn::wasm::text
