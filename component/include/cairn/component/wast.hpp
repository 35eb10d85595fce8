#pragma once
/// Scripts over components (.wast): the directives of core scripts with components in place of
/// modules, and component values.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/syntax.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::component {

/// A component value of a script, as written: which type it has is said by the function that takes
/// or gives it.
struct ScriptValue {
  enum class Kind : uint8_t {
    bool_,
    s8,
    u8,
    s16,
    u16,
    s32,
    u32,
    s64,
    u64,
    f32,
    f64,
    char_,
    string,
    list,
    record,   ///< `parts` with labels
    tuple,    ///< `parts`
    variant,  ///< `text` is the case, `parts` its payload
    enum_,    ///< `text`
    option,   ///< `parts`: none, or the value
    result,   ///< `text` is "ok" or "error", `parts` its payload
    flags,    ///< the labels are those of `parts`
    map,      ///< each part is a tuple of key and value
  };
  /// A pattern for the result of a float: any canonical, or any arithmetic NaN.
  enum class Nan : uint8_t { none, canonical, arithmetic };

  struct Part;
  Kind kind = Kind::bool_;
  uint64_t bits = 0;  ///< numbers in two's complement or as floats; bool; code point of char
  std::string text;
  std::vector<Part> parts;
  Nan nan = Nan::none;
};
struct ScriptValue::Part {
  std::string label;
  ScriptValue value;
};

/// A component of a script.
struct ScriptComponent {
  enum class Form : uint8_t { text, binary, quote } form = Form::text;
  std::optional<std::string> name;  ///< without "$"
  /// `(component definition …)`: it is not instantiated.
  bool is_definition = false;
  /// `(component instance $name $definition)`.
  bool is_instance = false;
  std::optional<std::string> definition;
  /// Text form: a slice of the script, from "(component" to its ")", or the definitions in it.
  std::string_view source;
  Bytes bytes;         ///< binary form
  std::string quoted;  ///< quote form
  SourceLocation at;
};

/// Reads the component: parses or decodes it. Line and column of errors in text form count in the
/// script.
Result<syntax::Component> read_component(const ScriptComponent& component,
                                         const ReadOptions& options = {});

struct ScriptInvoke {
  std::optional<std::string> instance;  ///< the last one, if not given
  std::string name;
  std::vector<ScriptValue> args;
};

struct ScriptCommand {
  enum class Kind : uint8_t {
    component,
    register_,
    invoke,
    assert_return,
    assert_trap,  ///< of `invoke`, or of instantiating `component`
    assert_exhaustion,
    assert_malformed,
    assert_invalid,
    assert_unlinkable,
  } kind = Kind::component;
  SourceLocation at;
  std::optional<ScriptComponent> component;
  std::optional<ScriptInvoke> invoke;
  std::vector<ScriptValue> expected;  ///< assert_return: no value, or one
  std::string text;                   ///< the expected message; register: the name
  std::optional<std::string> name;    ///< register: the component
};

struct Script {
  std::shared_ptr<const std::string> source;
  std::vector<ScriptCommand> commands;
};
/// Parses a script. Components in text form are only delimited here (`ScriptComponent::source`), so
/// that a malformed one inside of an assertion does not stop the script.
Result<Script> parse_script(std::string source);

}  // namespace cairn::component
