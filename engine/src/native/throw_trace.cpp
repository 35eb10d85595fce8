#include "native/throw_trace.hpp"

#include "interp/frames.hpp"
#include "native/machine.hpp"

namespace cairn::engine {

void ThrowTrace::add(FrameCursor run) {
  for (; run.valid() && count_ < frames_max; run.next())
    frames_[count_++] = {.code = &run.code(), .pc = run.regs().pc};
}

void ThrowTrace::add(const NativePosition& position, const Crossing& entry) {
  void** const last = static_cast<void**>(frame_of_stub(entry.boundary));
  const void* pc = position.pc;
  // The last frame is the stub's, which is of no function.
  for (void** frame = position.frame; frame < last && count_ < frames_max;
       frame = static_cast<void**>(frame[0])) {
    frames_[count_++] = {.pc = pc};
    pc = frame[1];
  }
}

}  // namespace cairn::engine
