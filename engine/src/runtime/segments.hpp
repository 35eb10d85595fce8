#pragma once
/// Element and data segments of an instance.

#include <cairn/base/bytes.hpp>

#include "runtime/runtime.hpp"

namespace cairn::engine {

/// The bytes of a data segment; none once it is dropped.
ByteSpan data_bytes(const InstanceData& instance, uint32_t data);

/// How many references an element segment has; none once it is dropped.
uint64_t elem_size(const InstanceData& instance, uint32_t elem);
/// One of them; the index is in bounds.
uint64_t elem_ref(InstanceData& instance, uint32_t elem, uint64_t index);

}  // namespace cairn::engine
