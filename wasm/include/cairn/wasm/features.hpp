#pragma once
/// The switchable features of the language. The default is WebAssembly 3.0 plus the finished
/// proposals that change nothing for programs that do not use them.

#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::wasm {

// X(id, "name", on_by_default, "what it is")
#define CAIRN_FEATURES(X)                                                               \
  X(mvp, "mvp", true, "WebAssembly 1.0")                                                \
  X(mutable_global, "mutable-global", true, "mutable globals in imports and exports")   \
  X(sign_extension, "sign-extension", true, "sign extension instructions")              \
  X(sat_float_to_int, "saturating-float-to-int", true, "non-trapping conversions")      \
  X(multi_value, "multi-value", true, "several results and block parameters")           \
  X(bulk_memory, "bulk-memory", true, "memory.copy, memory.fill, passive segments")     \
  X(reference_types, "reference-types", true, "funcref, externref, table instructions") \
  X(simd, "simd", true, "128-bit vectors")                                              \
  X(relaxed_simd, "relaxed-simd", true, "vectors with hardware-dependent results")      \
  X(tail_call, "tail-call", true, "return_call and its kin")                            \
  X(extended_const, "extended-const", true, "arithmetic in constant expressions")       \
  X(function_references, "function-references", true, "typed function references")      \
  X(gc, "gc", true, "structs, arrays, i31 and casts")                                   \
  X(exceptions, "exceptions", true, "tags, throw, try_table, exnref")                   \
  X(multi_memory, "multi-memory", true, "more than one memory")                         \
  X(memory64, "memory64", true, "64-bit memories and tables")                           \
  X(custom_annotations, "annotations", true, "custom annotations in the text format")   \
  X(threads, "threads", true, "shared memories and atomics")                            \
  X(custom_page_sizes, "custom-page-sizes", true, "memories with one-byte pages")       \
  X(wide_arithmetic, "wide-arithmetic", true, "128-bit addition and multiplication")    \
  X(branch_hints, "branch-hints", true, "metadata.code.branch_hint sections")           \
  X(legacy_exceptions, "legacy-exceptions", false, "try, catch, rethrow, delegate")

enum class Feature : uint8_t {
#define X(id, name, on, what) id,
  CAIRN_FEATURES(X)
#undef X
};

/// A set of features.
class Features {
 public:
  constexpr Features() = default;  ///< the default set
  static constexpr Features none() { return Features(0); }
  static constexpr Features all() { return Features(~uint64_t{0}); }
  constexpr bool has(Feature feature) const { return (bits_ & bit(feature)) != 0; }
  constexpr Features with(Feature feature, bool on = true) const {
    return Features(on ? bits_ | bit(feature) : bits_ & ~bit(feature));
  }
  constexpr uint64_t bits() const { return bits_; }
  constexpr bool operator==(const Features&) const = default;

 private:
  explicit constexpr Features(uint64_t bits) : bits_(bits) {}
  static constexpr uint64_t bit(Feature feature) {
    return uint64_t{1} << static_cast<int>(feature);
  }
  uint64_t bits_ = 0
#define X(id, name, on, what) | ((on) ? bit(Feature::id) : 0)
      CAIRN_FEATURES(X)
#undef X
      ;
};

std::string_view to_string(Feature feature);
std::string_view description(Feature feature);
/// The feature of that name, or nothing.
std::optional<Feature> feature_named(std::string_view name);

}  // namespace cairn::wasm
