#pragma once
/// A barrier of memory on all threads of the process at once, for the rare side of a protocol whose
/// other side then needs none.

namespace cairn::engine {

/// Whether the system has it; asked once, at the first call.
bool has_process_barrier();
/// Every thread of the process has passed a full barrier between the call and the return.
void process_barrier();

}  // namespace cairn::engine
