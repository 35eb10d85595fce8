#pragma once
/// The binary format (spec: Binary Format), both ways.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>

namespace cairn::wasm {

/// Decodes a module and takes ownership of its bytes. Function bodies are not looked into beyond
/// their locals: the validator decodes them. Errors are `malformed` (or `limit`, `unsupported`)
/// with the byte offset, what was expected and what was found.
Result<Module> decode(Bytes bytes, Features features = {}, const ImplementationLimits& limits = {});

/// The binary form of a module; `decode(encode(m))` equals `m`. Custom sections keep their places.
Bytes encode(const Module& module);

/// Equality of the abstract syntax, custom sections included: bodies instruction by instruction,
/// without regard to where the bytes lie and to the encodings that the format lets one choose from
/// (padded integers, groups of locals, explicit index 0, the data count section).
bool equal(const Module& a, const Module& b);

}  // namespace cairn::wasm
