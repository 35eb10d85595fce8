#include "native/tiering.hpp"

#include "interp/execution_data.hpp"
#include "interp/interp.hpp"
#include "native/semantics_calls.hpp"
#include "native/tiering_worker.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

Tiering::Tiering(const Settings& settings) : worker_(std::make_shared<TieringWorker>(settings)) {}
Tiering::~Tiering() { worker_->stop(); }

void Tiering::want(FuncCode& function) {
  worker_->add({.module = function.module->weak_from_this(), .function = &function});
}
void Tiering::want(LoopHeat& loop) {
  worker_->add({.module = loop.code->module->weak_from_this(),
                .function = loop.code,
                .loop = loop.offset,
                .heat = &loop});
}
void Tiering::want_better(FuncCode& function) {
  worker_->add_better({.module = function.module->weak_from_this(), .function = &function});
}
void Tiering::want_better(FuncCode& function, uint32_t loop_offset) {
  worker_->add_better(
      {.module = function.module->weak_from_this(), .function = &function, .loop = loop_offset});
}
void Tiering::improve(const ModuleState& module, CodeRequest request) {
  worker_->improve({.module = module.weak_from_this(), .request = std::move(request), .loops = {}});
}

// ---- The interpreter's counters ----------------------------------------------------------------

void want_code(FuncCode& function) {
  function.heat.set(UINT32_MAX);
  function.module->engine->tiering->want(function);
}

const void* loop_code(LoopHeat& loop) {
  constexpr uint32_t rounds_between_looks = 64;
  if (!loop.is_wanted.exchange(true, std::memory_order_relaxed))
    loop.code->module->engine->tiering->want(loop);
  const void* const entry = loop.entry.load(std::memory_order_acquire);
  loop.heat.set(entry != nullptr ? 1 : rounds_between_looks);
  return entry;
}

// ---- Those of baseline code --------------------------------------------------------------------

void rt_hot_function(InstanceData* instance, uint32_t function) {
  FuncCode& code = instance->codes[function];
  // Until there is better code, which sets it to 0.
  code.baseline_left.store(INT32_MAX, std::memory_order_relaxed);
  instance->module->engine->tiering->want_better(code);
}

const uint64_t* rt_hot_loop(InstanceData* instance, uint32_t function, uint32_t offset,
                            const uint64_t* top, uint32_t count) {
  // Where calls have better code to go to, they may not be kept from looking for long.
  constexpr int32_t rounds_between_looks = 2'000, with_better_code = 50;
  FuncCode& code = instance->codes[function];
  const ModuleState& module = *instance->module;
  const auto level = std::atomic_ref(code.native_level).load(std::memory_order_relaxed);
  code.baseline_left.store(
      level > static_cast<uint8_t>(CodeLevel::baseline) ? with_better_code : rounds_between_looks,
      std::memory_order_relaxed);
  if (module.native.want_loop(function, offset)) {
    // The loop comes first: it is what runs. Later calls shall not have to wait for its head.
    module.engine->tiering->want_better(code, offset);
    module.engine->tiering->want_better(code);
  }
  const void* const entry = module.native.loop(function, offset, CodeLevel::quick);
  if (entry == nullptr) return nullptr;
  StoreData& store = *instance->store;
  uint64_t* const slots = store.native.slots;
  if (count > static_cast<uint64_t>(store.running->slots_end - slots)) return nullptr;
  for (uint32_t i = 0; i < count; ++i) slots[i] = *(top - i);
  reinterpret_cast<void (*)(InstanceData*, uint64_t*)>(const_cast<void*>(entry))(instance, slots);
  // The first result is read from the slots, the others where calls have them.
  const wasm::FuncType& type = type_of(code);
  const uint64_t* from = slots;
  for (size_t i = 0; i < type.results.size(); ++i) {
    const uint32_t size = slots_of(type.results[i]);
    if (i > 0) std::copy_n(from, size, store.native.results + 2 * (i - 1));
    from += size;
  }
  return slots;
}

}  // namespace cairn::engine
