#include "interp/frames.hpp"

#include <algorithm>

#include "native/walk.hpp"

namespace cairn::engine {

namespace {
constexpr size_t backtrace_frames_max = 64;
}

FrameCursor::FrameCursor(const ExecutionData& ex) : ex_(ex), regs_(ex.regs) {
  // A host function was called last: the saved pc is its return address.
  const bool in_host = ex.host != nullptr;
  if (in_host && regs_.pc == ex.return_code) {
    next();  // tail-called: our frame is gone
  } else if (regs_.pc != nullptr) {
    if (in_host) --regs_.pc;
    settle();
  }
}

FrameCursor::FrameCursor(const ExecutionData& ex, const Regs& regs) : ex_(ex), regs_(regs) {
  settle();
}

void FrameCursor::settle() {
  if (regs_.pc != nullptr && is_bottom(ex_, regs_.pc + 1)) return;  // the bottom frame is gone
  code_ = regs_.inst == nullptr ? nullptr : regs_.inst->module->code_ranges.find(regs_.pc);
  if (code_ == nullptr && regs_.frame > ex_.stacks.frames) next();
}

void FrameCursor::next() {
  code_ = nullptr;
  while (regs_.frame > ex_.stacks.frames) {
    const Frame& frame = *--regs_.frame;
    if (frame.return_pc == ex_.restore_code) {
      regs_.inst = reinterpret_cast<InstanceData*>(frame.fp);
      regs_.mem = regs_.inst->memory0_base;
      continue;
    }
    if (is_bottom(ex_, frame.return_pc)) return;  // the host's call, or compiled code's
    regs_.pc = frame.return_pc - 1;
    regs_.fp = frame.fp;
    regs_.pin = frame.pin;
    regs_.fpin = FloatReg{frame.fpin, 0};
    code_ = regs_.pc->code;
    return;
  }
}

uint32_t FrameCursor::pc_index() const {
  return static_cast<uint32_t>(regs_.pc - code_->body->words.data());
}

namespace {

/// Fills a backtrace with frames, up to the maximum.
class Backtrace {
 public:
  explicit Backtrace(TrapInfo& trap) : trap_(trap) {}
  /// False: there are enough.
  bool add(const ModuleState& module, uint32_t defined_index, uint64_t offset_in_body) {
    trap_.more_frames = trap_.backtrace.size() == backtrace_frames_max;
    if (trap_.more_frames) return false;
    const uint32_t index = module.ast.imported_functions + defined_index;
    const uint64_t offset = module.ast.code[defined_index].body.offset + offset_in_body;
    trap_.backtrace.push_back({.func_index = index,
                               .offset = offset,
                               .function = std::string(function_name(module, index)),
                               .module = std::string(names_of(module).module_name),
                               .source = debug_lines_of(module).find(offset)});
    return true;
  }
  bool add(const FuncCode& code, uint32_t pc_index) {
    const auto& offsets = code.body->offsets;
    const auto after = std::ranges::upper_bound(offsets, pc_index, {}, &CodeOffset::pc);
    const uint64_t offset = after == offsets.begin() ? 0 : after[-1].offset;
    return add(*code.module, code.defined_index, offset);
  }

 private:
  TrapInfo& trap_;
};

void visit_values(const ExecutionData& ex, const std::vector<wasm::ValType>& types,
                  const uint64_t* slots, RootVisitor& visitor) {
  for (const wasm::ValType type : types) {
    if (is_heap_ref(ex.store->engine->types, type)) visitor.visit(*slots);
    slots += slots_of(type);
  }
}

void visit_frame(const FrameCursor& cursor, RootVisitor& visitor) {
  const FuncCode::Body& body = *cursor.code().body;
  const uint64_t* const fp = cursor.regs().fp;
  const bool params_only = cursor.at_entry();
  for (const uint32_t slot : body.ref_locals)
    if (!params_only || slot < body.param_slots) visitor.visit(fp[slot]);
  const uint32_t pc = cursor.pc_index();
  const auto map = std::ranges::lower_bound(body.stack_maps, pc, {}, &StackMap::pc);
  if (map == body.stack_maps.end() || map->pc != pc) return;
  uint32_t at = map->first;
  for (uint32_t i = 0; i < map->count; ++i) {
    visitor.visit(fp[body.ref_slots[at].slot]);
    at = body.ref_slots[at].next;
  }
}

}  // namespace

void take_backtrace(const ExecutionData& ex, TrapInfo& trap) {
  Backtrace trace(trap);
  const auto add = [&](const FuncCode& code, uint32_t pc) { return trace.add(code, pc); };
  const auto add_native = [&](const ModuleState& module, const ImageFrame& frame) {
    return trace.add(module, frame.function, frame.offset);
  };
  if (ex.native && ex.exit == Exit::threw)
    return walk_throw(ex.native->throw_trace, add, add_native);
  walk_stack(
      ex, [&](const FrameCursor& frame) { return add(frame.code(), frame.pc_index()); },
      add_native);
}

void visit_roots(ExecutionData& ex, RootVisitor& visitor) {
  if (ex.func == nullptr) return;
  visitor.visit(ex.exception);
  using enum Execution::State;
  if (ex.state == trapped) return;
  if (ex.state == returned)
    return visit_values(ex, ex.func->type->results, ex.stacks.slots, visitor);
  if (!ex.started) return visit_values(ex, ex.func->type->params, ex.stacks.slots, visitor);
  if (ex.host != nullptr) visit_values(ex, ex.host->type->params, ex.host_slots, visitor);
  if (ex.completion) {
    const std::scoped_lock lock(ex.completion->mutex);
    for (const Value& value : ex.completion->results)
      if (is_heap_ref(ex.store->engine->types, value.type())) visitor.visit(value.ref().bits);
  }
  const auto on_frame = [&](const FrameCursor& frame) { return visit_frame(frame, visitor), true; };
  walk_stack(ex, on_frame, {});
  visit_native_roots(ex, visitor);
}

}  // namespace cairn::engine
