#pragma once
/// The switchable features of the component model (Explainer.md, "Gated Features"). What is marked
/// there as shipped, and what the official suite uses, is on by default.

#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::component {

// X(id, "name", on_by_default, "what it is")
#define CAIRN_COMPONENT_FEATURES(X)                                                               \
  X(async, "async", true, "async functions, streams, futures and their built-ins")                \
  X(map, "map", true, "the map type")                                                             \
  X(attributes, "attributes", true, "implements and external-id of imports and exports")          \
  X(values, "values", true, "value definitions, imports, exports and start functions")            \
  X(more_async_builtins, "more-async-builtins", true, "more options of asynchronous built-ins")   \
  X(stackful, "stackful", true, "asynchronous lifts without a callback")                          \
  X(threading, "threading", true, "the thread built-ins")                                         \
  X(shared_threads, "shared-threads", false, "thread built-ins of shared-everything-threads")     \
  X(fixed_length_lists, "fixed-length-lists", true, "lists of a length that is part of the type") \
  X(error_context, "error-context", true, "the error-context type and its built-ins")             \
  X(nested_names, "nested-names", false, "nested namespaces and packages in names")               \
  X(canonical_names, "canonical-names", true, "canonical interface names and versionsuffix")      \
  X(memory64, "memory64", true, "64-bit memories in canonical options")

enum class Feature : uint8_t {
#define X(id, name, on, what) id,
  CAIRN_COMPONENT_FEATURES(X)
#undef X
};

/// A set of features.
class Features {
 public:
  constexpr Features() = default;  ///< the default set
  static constexpr Features none() { return Features(0); }
  static constexpr Features all() { return Features(~uint32_t{0}); }
  constexpr bool has(Feature feature) const { return (bits_ & bit(feature)) != 0; }
  constexpr Features with(Feature feature, bool on = true) const {
    return Features(on ? bits_ | bit(feature) : bits_ & ~bit(feature));
  }
  constexpr uint32_t bits() const { return bits_; }
  constexpr bool operator==(const Features&) const = default;

 private:
  explicit constexpr Features(uint32_t bits) : bits_(bits) {}
  static constexpr uint32_t bit(Feature feature) {
    return uint32_t{1} << static_cast<int>(feature);
  }
  uint32_t bits_ = 0
#define X(id, name, on, what) | ((on) ? bit(Feature::id) : 0)
      CAIRN_COMPONENT_FEATURES(X)
#undef X
      ;
};

std::string_view to_string(Feature feature);
std::string_view description(Feature feature);
/// The feature of that name, or nothing.
std::optional<Feature> feature_named(std::string_view name);

}  // namespace cairn::component
