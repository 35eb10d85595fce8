#pragma once
/// The binary format of components (Binary.md), both ways.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/component/features.hpp>
#include <cairn/component/limits.hpp>
#include <cairn/component/syntax.hpp>
#include <cairn/wasm/features.hpp>

namespace cairn::component {

/// Features and limits of components and of the core modules in them.
struct ReadOptions {
  Features features = {};
  wasm::Features core_features = {};
  Limits limits = {};
};

/// Whether the bytes begin as a component does (and not as a core module).
bool is_component(ByteSpan bytes);

/// Decodes a component with all modules and components in it. The bodies of core functions are not
/// looked into. Errors are `malformed` (or `limit`, `unsupported`) with the byte offset, what was
/// expected and what was found.
Result<syntax::Component> decode(ByteSpan bytes, const ReadOptions& options = {});

/// The binary form; `decode(encode(c))` equals `c`. Definitions of the same section that stand next
/// to each other share one.
Bytes encode(const syntax::Component& component);

}  // namespace cairn::component
