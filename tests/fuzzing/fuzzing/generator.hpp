#pragma once
/// Random valid modules, made from decisions (`Choices`) and the instruction table. A module has a
/// global "steps" that every function and loop counts down; when it reaches zero they trap, so
/// every call ends. What a module exports is listed in export order by `GeneratedModule::calls`.

#include <cairn/base/bytes.hpp>
#include <cairn/engine/value.hpp>
#include <cairn/wasm/features.hpp>
#include <string>
#include <vector>

#include "fuzzing/choices.hpp"

namespace cairn::fuzzing {

struct GeneratorOptions {
  wasm::Features features;
  /// Only what every engine computes alike: NaNs are made canonical by the code itself, relaxed
  /// vectors are left out, and exported functions have types that JavaScript can call.
  bool portable = false;
};

/// A call to an exported function; arguments are numbers, vectors or null references.
struct Call {
  std::string function;
  std::vector<engine::Value> arguments;
};

struct GeneratedModule {
  Bytes bytes;
  std::vector<Call> calls;
};

/// The name of the global that bounds the work of a call, and its value before each call.
inline constexpr const char* steps_global = "steps";
inline constexpr uint32_t steps_per_call = 400;

/// The host function that modules import: ("host", "log"), of type (i32, i64) → i32.
inline constexpr const char* host_module = "host";
inline constexpr const char* host_function = "log";
/// What it returns.
constexpr uint32_t host_result(uint32_t a, uint64_t b) {
  return (a ^ static_cast<uint32_t>(b) ^ static_cast<uint32_t>(b >> 32)) * 0x9E3779B1u;
}

GeneratedModule generate(Choices& choices, const GeneratorOptions& options);

}  // namespace cairn::fuzzing
