#pragma once
/// Short forms for the tests of the runtime.

#include <gtest/gtest.h>
#include <cairn/engine/engine.hpp>
#include <cairn/engine/linker.hpp>
#include <cairn/engine/store.hpp>

#include "runtime/store_data.hpp"

namespace cairn::engine::testing {

/// Unwraps a result; an error fails the test with its message.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().to_string();
    std::abort();
  }
  return *std::move(result);
}

inline Module load(Engine& engine, std::string_view text) { return must(engine.load_text(text)); }

inline Instance instantiate(Store& store, std::string_view text,
                            std::span<const Extern> imports = {}) {
  return must(store.instantiate(load(store.engine(), text), imports));
}

/// The error of something that must fail.
template <class T>
Error error_of(const Result<T>& result) {
  if (result) {
    ADD_FAILURE() << "an error was expected";
    return {};
  }
  return result.error();
}

inline Value null_of(wasm::AbsHeapType heap) {
  return Value(Ref{}, wasm::ValType::ref(heap, true));
}

}  // namespace cairn::engine::testing
