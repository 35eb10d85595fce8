#include "native/code_key.hpp"

#include <fmt/format.h>
#include <cairn/wasm/binary.hpp>

#include "native/abi.hpp"

namespace cairn::engine {

CodeKey code_key_of(const EngineState& engine) {
  return {.abi_version = native_abi_version,
          .layout = runtime_layout_digest(),
          .fuel = engine.settings.fuel,
          .interruption = engine.settings.interruption,
          .deterministic = engine.settings.deterministic,
          .guarded_memories = engine.guarded_memories,
          .index_masks = engine.settings.index_masks};
}

void append_code_key(Bytes& out, const CodeKey& key) {
  append_le(out, key.abi_version);
  append_le(out, key.layout);
  for (const bool setting :
       {key.fuel, key.interruption, key.deterministic, key.guarded_memories, key.index_masks})
    append_le(out, static_cast<uint8_t>(setting));
}

Result<CodeKey> read_code_key(ByteReader& in) {
  CodeKey key;
  key.abi_version = TRY(in.number<uint32_t>("the version"));
  key.layout = TRY(in.number<uint64_t>("the layout"));
  for (bool* const setting :
       {&key.fuel, &key.interruption, &key.deterministic, &key.guarded_memories, &key.index_masks})
    *setting = TRY(in.number<uint8_t>("a setting")) != 0;
  return key;
}

std::optional<std::string> why_unfit(const CodeKey& code, const CodeKey& engine) {
  if (code.abi_version != engine.abi_version || code.layout != engine.layout)
    return "it was made by another version of Cairn";
  const auto differs = [](bool made_with, std::string_view what) {
    return fmt::format("it was made {} {}", made_with ? "with" : "without", what);
  };
  if (code.fuel != engine.fuel) return differs(code.fuel, "fuel");
  if (engine.interruption && !code.interruption) return differs(false, "interruption");
  if (engine.index_masks && !code.index_masks) return differs(false, "index masks");
  if (code.deterministic != engine.deterministic)
    return differs(code.deterministic, "the deterministic profile");
  if (code.guarded_memories != engine.guarded_memories)
    return differs(code.guarded_memories, "guard pages behind memories");
  return std::nullopt;
}

ByteSpan binary_of(const wasm::Module& module, Bytes& made) {
  // Only a module that was decoded lies in its storage as a whole.
  if (!module.sections.empty()) return *module.storage;
  made = wasm::encode(module);
  return made;
}

}  // namespace cairn::engine
