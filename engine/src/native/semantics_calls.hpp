#pragma once
/// The functions that `RuntimeCalls` names for the semantics (calls.def), as `rt_<name>`.

#include "native/abi.hpp"

namespace cairn::engine {

#define CAIRN_RUNTIME_CALL(result, name, parameters) result rt_##name parameters;
#include "native/calls.def"

/// Puts them into the table.
inline void set_semantics_calls(RuntimeCalls& calls) {
#define CAIRN_RUNTIME_CALL(result, name, parameters) calls.name = &rt_##name;
#include "native/calls.def"
}

}  // namespace cairn::engine
