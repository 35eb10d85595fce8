#include "interp/frames.hpp"

#include <algorithm>

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

void FrameCursor::settle() {
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
    if (regs_.frame == ex_.stacks.frames) return;  // the host's call
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

void take_backtrace(const ExecutionData& ex, TrapInfo& trap) {
  FrameCursor cursor(ex);
  for (; cursor.valid() && trap.backtrace.size() < backtrace_frames_max; cursor.next()) {
    const FuncCode& code = cursor.code();
    const ModuleState& module = *code.module;
    const auto& offsets = code.body->offsets;
    const auto after = std::ranges::upper_bound(offsets, cursor.pc_index(), {}, &CodeOffset::pc);
    const uint64_t offset = after == offsets.begin() ? 0 : after[-1].offset;
    const uint32_t index = module.ast.imported_functions + code.defined_index;
    trap.backtrace.push_back({.func_index = index,
                              .offset = module.ast.code[code.defined_index].body.offset + offset,
                              .function = std::string(function_name(module, index)),
                              .module = std::string(names_of(module).module_name)});
  }
  trap.more_frames = cursor.valid();
}

void visit_roots(ExecutionData& ex, RootVisitor& visitor) {
  visitor.visit(ex.exception);
  const auto visit_values = [&](const std::vector<wasm::ValType>& types, const uint64_t* slots) {
    for (const wasm::ValType type : types) {
      if (is_heap_ref(ex.store->engine->types, type)) visitor.visit(*slots);
      slots += slots_of(type);
    }
  };
  using enum Execution::State;
  if (ex.state == trapped) return;
  if (ex.state == returned) return visit_values(ex.func->type->results, ex.stacks.slots);
  if (!ex.started) return visit_values(ex.func->type->params, ex.stacks.slots);
  if (ex.host != nullptr) visit_values(ex.host->type->params, ex.host_slots);
  if (ex.completion) {
    const std::scoped_lock lock(ex.completion->mutex);
    for (const Value& value : ex.completion->results)
      if (is_heap_ref(ex.store->engine->types, value.type())) visitor.visit(value.ref().bits);
  }
  for (FrameCursor cursor(ex); cursor.valid(); cursor.next()) {
    const FuncCode::Body& body = *cursor.code().body;
    const uint64_t* const fp = cursor.regs().fp;
    const bool params_only = cursor.at_entry();
    for (const uint32_t slot : body.ref_locals)
      if (!params_only || slot < body.param_slots) visitor.visit(fp[slot]);
    const uint32_t pc = cursor.pc_index();
    const auto map = std::ranges::lower_bound(body.stack_maps, pc, {}, &StackMap::pc);
    if (map == body.stack_maps.end() || map->pc != pc) continue;
    uint32_t at = map->first;
    for (uint32_t i = 0; i < map->count; ++i) {
      visitor.visit(fp[body.ref_slots[at].slot]);
      at = body.ref_slots[at].next;
    }
  }
}

}  // namespace cairn::engine
