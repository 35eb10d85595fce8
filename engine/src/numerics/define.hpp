#pragma once
/// How numeric functions are declared. They are inlined into the body of every instruction handler
/// and usable in constant expressions.

#if defined(__FAST_MATH__)
#error "WebAssembly's floating-point results are exact: build without -ffast-math"
#endif

/// Head of every numeric function.
#define CAIRN_NUMERIC [[gnu::always_inline]] constexpr
