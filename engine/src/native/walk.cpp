#include "native/walk.hpp"

#include "native/code_image.hpp"
#include "native/code_map.hpp"
#include "native/machine.hpp"

namespace cairn::engine {

namespace {

using OnFrame = std::function<bool(const FrameCursor&)>;
using OnNative = std::function<bool(const ModuleState&, const ImageFrame&)>;

/// Is the instruction a tail call? Where it was inlined with what it calls, it waits like any other
/// call, but its function is no longer there.
bool is_tail_call(const ModuleState& module, const ImageFrame& place) {
  constexpr uint8_t return_call = 0x12, return_call_indirect = 0x13, return_call_ref = 0x15;
  const ByteSpan code = module.ast.code[place.function].body.code;
  if (place.offset >= code.size()) return false;
  const uint8_t op = code[place.offset];
  return op == return_call || op == return_call_indirect || op == return_call_ref;
}

/// The functions, inlined ones too, that the code at an address comes from. `waits`: it is in a
/// call of another function.
bool visit_place(const uint8_t* at, bool skip_innermost, bool waits, const OnNative& visit) {
  const CodeMap::Entry code = CodeMap::find(at);
  const ImageFrame* place = code.image != nullptr ? code.image->frame_at(at) : nullptr;
  for (; place != nullptr; place = code.image->caller(*place), waits = true) {
    if (std::exchange(skip_innermost, false)) continue;
    if (waits && is_tail_call(*code.module, *place)) continue;
    if (!visit(*code.module, *place)) return false;
  }
  return true;
}

/// The functions of one run of compiled code, inlined ones too. It stands at `position` and was
/// entered by `entry`. Frames of the runtime's own may come first: they are in no image.
bool walk_native(const ExecutionData& ex, const NativePosition& position, const Crossing& entry,
                 const OnNative& visit) {
  if (!visit) return true;
  const FiberStack& stack = ex.native->fiber.stack();
  void** const last = static_cast<void**>(frame_of_stub(entry.boundary));
  const auto* pc = static_cast<const uint8_t*>(position.pc);
  bool is_return = position.is_return;
  bool skip = position.at_entry;
  bool waits = position.waits;
  const void* bare_return = position.bare_return;
  for (void** frame = position.frame;; is_return = true, skip = false, waits = true) {
    if (!visit_place(is_return ? pc - 1 : pc, skip, waits, visit)) return false;
    if (const void* const after = std::exchange(bare_return, nullptr); after != nullptr) {
      pc = static_cast<const uint8_t*>(after);
      if (!visit_place(pc - 1, false, true, visit)) return false;
    }
    const auto* const address = reinterpret_cast<const uint8_t*>(frame);
    if (frame == last || address < stack.low() || address > stack.top() - 2 * sizeof(void*))
      return true;
    pc = static_cast<const uint8_t*>(frame[1]);
    auto** const outer = static_cast<void**>(frame[0]);
    if (outer <= frame) return true;
    frame = outer;
  }
}

/// One run of the interpreter.
bool walk_run(FrameCursor cursor, const OnFrame& visit) {
  for (; cursor.valid(); cursor.next())
    if (!visit(cursor)) return false;
  return true;
}

Regs regs_below(const Crossing& departure) {
  Regs regs = *departure.regs;
  regs.inst = departure.inst;
  return regs;
}

}  // namespace

void walk_throw(const ThrowTrace& trace,
                const std::function<bool(const FuncCode&, uint32_t pc_index)>& on_frame,
                const OnNative& on_native) {
  bool waits = false;
  for (const ThrowTrace::Frame& frame : trace) {
    if (frame.code != nullptr) {
      const auto* const pc = static_cast<const Word*>(frame.pc);
      if (!on_frame(*frame.code, static_cast<uint32_t>(pc - frame.code->body->words.data())))
        return;
    } else if (!visit_place(static_cast<const uint8_t*>(frame.pc) - 1, false, waits, on_native)) {
      return;
    }
    waits = true;
  }
}

void walk_stack(const ExecutionData& ex, const OnFrame& on_frame, const OnNative& on_native) {
  const Crossing* at = ex.native ? ex.native->crossings : nullptr;
  if (at == nullptr || at->kind == Crossing::Kind::leave_interpreter) {
    if (!walk_run(FrameCursor(ex), on_frame)) return;
  } else if (at->kind == Crossing::Kind::enter) {
    if (!walk_native(ex, ex.native->position, *at, on_native) ||
        !walk_run(FrameCursor(ex, ex.regs), on_frame))
      return;
    at = at->outer;
  }
  for (; at != nullptr; at = at->outer->outer)
    if (!walk_native(ex, position_of_caller(at->frame), *at->outer, on_native) ||
        !walk_run(FrameCursor(ex, regs_below(*at)), on_frame))
      return;
}

void visit_native_roots(const ExecutionData& ex, RootVisitor& visitor) {
  if (!ex.native) return;
  const NativeContext& context = ex.store->native;
  const bool is_running = ex.store->running == &ex;
  visitor.visit(is_running ? context.exception : ex.native->saved.exception);
  visitor.visit(ex.native->throw_trace.exception());
  const RefFrame* frame = is_running ? context.refs : ex.native->saved.refs;
  for (; frame != nullptr; frame = frame->outer)
    for (uint64_t i = 0; i < frame->count; ++i) visitor.visit(frame->refs[i]);
}

}  // namespace cairn::engine
