#pragma once
/// WAVE, the text encoding of component values (crate `wasm-wave`): `{name: "a", tags: [1, 2]}`.

#include <cairn/base/result.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cairn::component {

/// The value of a type that a text stands for. Kind `malformed`, with the place: it stands for
/// none; handles have no text.
Result<Value> parse_wave(const Types& types, ValType type, std::string_view text);

/// The text of a value of that type, on one line. NaNs lose their payload; what has no text is
/// `<own>` and the like.
std::string print_wave(const Types& types, ValType type, const Value& value);

/// A call, `name(argument, …)`.
struct WaveCall {
  std::string_view name;
  std::string_view args;  ///< from the parenthesis on
};
/// Takes it apart. A text without a parenthesis is a name, for a call without arguments.
WaveCall split_wave_call(std::string_view text);
/// The arguments for a function; options at the end may be left out. Places in errors are those of
/// `call.args`.
Result<std::vector<Value>> parse_wave_args(const Types& types, const FuncType& func,
                                           const WaveCall& call);

}  // namespace cairn::component
