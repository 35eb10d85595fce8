#pragma once
/// The small core modules between a core module and what it imports. A function that is lowered
/// needs the memory of the module that calls it, so it can only exist when that module does; what
/// the module is given instead is a function that calls through a table, which is filled
/// afterwards.

#include <cairn/wasm/module.hpp>

#include <memory>
#include <span>

namespace cairn::component::tools {

using SharedModule = std::shared_ptr<const wasm::Module>;

/// Exports a table "$imports" and functions "0", "1", … of these types, which call its entries.
SharedModule make_shim(std::span<const wasm::FuncType> types);

/// Imports, all from "", the table and the functions that its entries become, and `_initialize`
/// where the module has one, which it calls then.
SharedModule make_fixup(std::span<const wasm::FuncType> types, bool initialize);

/// Exports "trap", a function of this type that does.
SharedModule make_trap(const wasm::FuncType& type);

/// A memory of `pages` pages for an adapter, with ways to the memory "main" "memory" (see
/// wasi/adapter/bridge.h), and a `realloc` that takes from the adapter's memory upwards.
SharedModule make_bridge(uint64_t pages);

}  // namespace cairn::component::tools
