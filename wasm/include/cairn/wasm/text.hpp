#pragma once
/// The text format (spec: Text Format): modules and scripts.

#include <cairn/base/result.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cairn::wasm {

/// Where the instructions and fields of a text module came from: module offset → line and column.
class SourceMap {
 public:
  void add(uint64_t offset, SourceLocation at) { entries_.push_back({offset, at}); }
  /// The location of the last entry at or before `offset`.
  std::optional<SourceLocation> find(uint64_t offset) const;

 private:
  struct Entry {
    uint64_t offset;
    SourceLocation at;
  };
  std::vector<Entry> entries_;
};

/// Parses one module in text form: `(module …)`, or the fields of a module without it. `$names`
/// become a name section, unless a `(@custom "name" …)` is one. Function bodies and constant
/// expressions lie in the module's own storage; `Expr::offset` counts in it, and so does
/// `source_map`. Errors are `malformed` (an annotation at the wrong instruction: `invalid`; a
/// feature that is off: `unsupported`; too much of something: `limit`), with line and column;
/// `render_error` shows them with a caret. Without memory64, limits are 32-bit numbers by grammar.
Result<Module> parse_text(std::string_view source, Features features = {},
                          SourceMap* source_map = nullptr, const ImplementationLimits& limits = {});

/// "path:3:14: error: …", the line and a caret under the column.
std::string render_error(const Error& error, std::string_view source, std::string_view path);

struct PrintOptions {
  bool fold = false;      ///< folded instructions where the nesting allows it
  bool names = true;      ///< $names from the name section
  bool skeleton = false;  ///< leave function bodies and data out
};
/// The text form of a module. `parse_text(print_text(m))` equals `m` in the sense of `equal`,
/// unless a table's initial value is an expression without instructions (never valid). Fails with
/// `malformed` where a body cannot be decoded or its blocks do not nest.
Result<std::string> print_text(const Module& module, const PrintOptions& options = {});

/// Takes the next piece of a text.
using TextSink = std::function<void(std::string_view)>;
/// The same piece by piece: a text can be far longer than its module, where a few bytes stand for
/// many locals. What came before an error has been handed out then.
Result<> print_text(const Module& module, const PrintOptions& options, const TextSink& sink);

// ---- Scripts (.wast) -------------------------------------------------------------------------

/// A constant or a result pattern of a script.
struct ScriptValue {
  enum class Kind : uint8_t {
    i32,
    i64,
    f32,
    f64,
    v128,
    nan_canonical,
    nan_arithmetic,  ///< patterns; `bits` 32 or 64 says of which type
    ref_null,        ///< any null, or of type `heap` when given
    ref_host,
    ref_extern,  ///< (ref.host n), (ref.extern n) or without n
    ref_func,
    ref_any,
    ref_eq,
    ref_i31,
    ref_struct,
    ref_array,
    ref_exn,
    ref_noexn,
    either,  ///< one of `options`
  } kind = Kind::i32;
  uint64_t value = 0;     ///< bits of a number; n of host references
  bool has_value = true;  ///< false: the pattern leaves n open
  uint8_t bits = 0;
  std::optional<HeapType> heap = {};
  uint8_t lanes = 0;  ///< v128: lane count 2, 4, 8 or 16
  bool float_lanes = false;
  std::vector<ScriptValue> lane_values = {};  ///< v128: one for each lane (numbers or NaN patterns)
  std::vector<ScriptValue> options = {};
};

/// A module as a script gives it.
struct ScriptModule {
  enum class Form : uint8_t { text, binary, quote } form = Form::text;
  std::optional<std::string> name;  ///< $name
  bool is_definition = false;       ///< (module definition …): not instantiated
  /// (module instance $name $definition): instantiate that definition instead.
  bool is_instance = false;
  std::optional<std::string> definition;
  /// Text form, a slice of the script: from "(module" to its ")", or the fields of a definition.
  std::string_view source;
  Bytes bytes;         ///< binary form
  std::string quoted;  ///< quote form
  SourceLocation at;
};

struct Action {
  enum class Kind : uint8_t { invoke, get } kind = Kind::invoke;
  std::optional<std::string> module;
  std::string field;
  std::vector<ScriptValue> args;
};

struct Command {
  enum class Kind : uint8_t {
    module,
    register_,
    action,
    assert_return,
    assert_trap,
    assert_exhaustion,
    assert_exception,
    assert_malformed,
    assert_invalid,
    assert_unlinkable,
    assert_malformed_custom,
    assert_invalid_custom,
    thread,
    wait,
  } kind = Kind::module;
  SourceLocation at;
  std::optional<ScriptModule> module;  ///< module and the asserts on modules (assert_trap too)
  std::optional<Action> action;
  std::vector<ScriptValue> expected;
  std::string text;                          ///< expected message; register: the name
  std::optional<std::string> name;           ///< register: $module; thread/wait: $thread
  std::optional<std::string> shared_module;  ///< thread: (shared (module $m))
  std::vector<Command> body;                 ///< thread
};

struct Script {
  std::shared_ptr<const std::string> source;
  std::vector<Command> commands;
};
/// Parses a script. Modules in text form are only delimited here (`ScriptModule::source`), so that
/// a malformed one inside an assertion does not stop the script.
Result<Script> parse_script(std::string source, Features features = {});

}  // namespace cairn::wasm
