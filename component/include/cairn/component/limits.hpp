#pragma once
/// How large a component may be. A limit that is exceeded is an Error of kind `limit` that names
/// it. Core modules inside of a component are held to `wasm::ImplementationLimits`.

#include <cairn/wasm/limits.hpp>

#include <cstdint>

namespace cairn::component {

/// All limits of a component. A value is the largest that is still accepted.
struct Limits {
  wasm::ImplementationLimits core = {};

  uint64_t component_bytes = uint64_t{1} << 30;
  uint32_t nesting = 100;            ///< of components, and of component and instance types
  uint32_t definitions = 1'000'000;  ///< of all sorts, of one component
  uint32_t declarators = 1'000'000;  ///< of one component, instance or core module type
  uint32_t modules = 10'000;         ///< core modules of one component
  uint32_t components = 10'000;      ///< components of one component
  uint32_t instances = 10'000;       ///< of one component, core and other
  uint32_t arguments = 100'000;      ///< of one instantiation, and inline exports of one instance
  uint32_t canon_options = 20;       ///< of one canonical definition
  uint32_t name_bytes = 100'000;
  uint32_t value_bytes = 1'000'000;  ///< of one value definition

  // Of a type.
  uint32_t params = 1'000;         ///< of a function
  uint32_t labels = 10'000;        ///< fields, cases, flags, elements of a tuple
  uint32_t type_depth = 100;       ///< how deep value types nest
  uint32_t type_size = 1'000'000;  ///< nodes of a type when it is written out
};

}  // namespace cairn::component
