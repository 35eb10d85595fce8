#pragma once
/// Arguments and results of functions as people write them on a command line.

#include <cairn/base/result.hpp>
#include <cairn/engine/value.hpp>

#include <string>
#include <string_view>

namespace cairn::cli {

/// "-1", "0xff", "1.5", "nan", "nan:0x…", "inf", a v128 as 0x and up to 32 hexadecimal digits,
/// "null" for a nullable reference. An integer may be written signed or unsigned.
Result<engine::Value> parse_value(std::string_view text, wasm::ValType type);

/// Integers signed, floats in the shortest form that reads back to the same bits.
std::string format_value(const engine::Value& value);

}  // namespace cairn::cli
