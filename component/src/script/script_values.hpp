#pragma once
/// Values of scripts, by the types of the functions that take or give them.

#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>
#include <cairn/component/wast.hpp>

namespace cairn::component {

/// The value for a type. The error says what does not fit.
Result<Value> to_value(const Types& types, ValType type, const ScriptValue& value);
/// Whether a result is what the script expects: NaN patterns match every NaN of their kind.
bool matches(const Types& types, ValType type, const ScriptValue& expected, const Value& actual);
/// For messages.
std::string describe(const Types& types, ValType type, const Value& value);

}  // namespace cairn::component
