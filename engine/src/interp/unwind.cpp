// Exceptions: making them, and finding who catches them.

#include <algorithm>
#include <cstring>

#include "interp/calls.hpp"
#include "interp/frames.hpp"

namespace cairn::engine {

uint64_t new_exception(InstanceData& instance, uint32_t tag_index, const uint64_t* payload,
                       uint32_t slots) {
  GcObject* const exception =
      gc_new_exception(*instance.store, instance.tags[tag_index], slots + 1);
  if (exception == nullptr) return 0;
  std::memcpy(exception->slots() + 1, payload, slots * sizeof(uint64_t));
  return reinterpret_cast<uint64_t>(exception);
}

bool make_exception(ExecutionData& ex, uint32_t tag_index, const uint64_t* payload,
                    uint32_t slots) {
  const uint64_t exception = new_exception(*ex.regs.inst, tag_index, payload, slots);
  if (exception == 0) return false;
  ex.exception = exception;
  return true;
}

namespace {

/// The clause of this activation that catches the exception, or null. Inner constructs come first;
/// what a throw costs depends on how deep it is, not on how many constructs the function has.
const CatchHandler* find_handler(const FrameCursor& cursor, const TagInst* tag) {
  const uint32_t pc = cursor.pc_index();
  uint32_t depth_max = UINT32_MAX;
  const std::vector<CatchHandler>& all = cursor.code().body->catches;
  const auto first = std::ranges::upper_bound(all, pc, {}, &CatchHandler::end);
  for (size_t i = first - all.begin(); i < all.size(); i = all[i].outer) {
    const CatchHandler& handler = all[i];
    if (pc < handler.begin || handler.depth > depth_max) continue;
    if (handler.delegates)
      depth_max = handler.delegate_depth;
    else if (handler.any_tag || cursor.regs().inst->tags[handler.tag] == tag)
      return &handler;
  }
  return nullptr;
}

/// Puts the payload (and the exception itself where asked for) into the handler's slots.
void deliver(const CatchHandler& handler, uint64_t* fp, uint64_t exception) {
  auto* const object = reinterpret_cast<GcObject*>(exception);
  uint64_t* to = fp + handler.slot;
  if (!handler.any_tag) {
    const uint32_t slots = object->length - 1;
    std::memcpy(to, object->slots() + 1, slots * sizeof(uint64_t));
    to += slots;
  }
  if (handler.with_ref) *to = exception;
  if (handler.exception_slot != UINT32_MAX) fp[handler.exception_slot] = exception;
}

}  // namespace

bool unwind(ExecutionData& ex) {
  const TagInst* const tag = exception_tag(reinterpret_cast<GcObject*>(ex.exception));
  for (FrameCursor cursor(ex); cursor.valid(); cursor.next()) {
    const CatchHandler* const handler = find_handler(cursor, tag);
    if (handler == nullptr) continue;
    const uint64_t exception = std::exchange(ex.exception, 0);
    deliver(*handler, cursor.regs().fp, exception);
    ex.regs = cursor.regs();
    ex.regs.pc = cursor.code().body->words.data() + handler->target;
    ex.host = nullptr;
    return true;
  }
  return false;
}

bool func_type_matches(const ExecutionData& ex, wasm::TypeId actual, wasm::TypeId expected) {
  return ex.store->engine->types.is_subtype(actual, expected);
}

}  // namespace cairn::engine
