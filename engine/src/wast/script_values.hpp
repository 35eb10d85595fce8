#pragma once
/// The constants and result patterns of scripts against the engine's values.

#include <cairn/engine/store.hpp>
#include <cairn/wasm/text.hpp>
#include <string>
#include <unordered_map>

namespace cairn::engine {

/// The host references of one script: the same number is always the same object.
class HostRefs {
 public:
  explicit HostRefs(Store& store) : store_(store) {}
  Ref get(uint64_t number);
  /// The number behind a reference, or nothing when it is not one of ours.
  std::optional<uint64_t> number(Ref ref) const;

 private:
  Store& store_;
  std::unordered_map<uint64_t, Root> roots_;
};

/// An argument of the given parameter type. A constant of another type: `usage`.
Result<Value> make_argument(const wasm::ScriptValue& value, wasm::ValType type, HostRefs& refs);

/// Does a result fit its pattern, bit for bit?
bool matches(const Store& store, const HostRefs& refs, const Value& actual,
             const wasm::ScriptValue& expected);

// For messages: "i32:7 (0x7)", "f32:nan:canonical".
std::string describe(const Value& value);
std::string describe(const wasm::ScriptValue& value);

}  // namespace cairn::engine
