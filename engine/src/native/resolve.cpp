// Finding the entries of targets that compiled code calls.

#include <cairn/base/result.hpp>

#include "interp/code.hpp"
#include "interp/interp.hpp"
#include "native/code_image.hpp"
#include "native/install.hpp"

namespace cairn::engine {

namespace {

/// Keeps the code of a stub for as long as the store lives.
void pin(StoreData& store, std::shared_ptr<const CodeImage> image) {
  if (std::ranges::find(store.pinned_code, image) == store.pinned_code.end())
    store.pinned_code.push_back(std::move(image));
}

/// The target's entry from now on, if nobody has found one in the meantime.
const void* set_entry(NativeTarget& target, const void* entry) {
  const void* expected = reinterpret_cast<const void*>(&cairn_native_resolve);
  std::atomic_ref(target.entry).compare_exchange_strong(expected, entry);
  return entry;
}

/// A target lives as long as the module that it belongs to, or else as long as its store. So that
/// its entry does too, stubs come from code of that module, or the store keeps their code.
const void* find(NativeTarget& target, StoreData& store) {
  auto* const func =
      target.kind == NativeTarget::Kind::func ? reinterpret_cast<FuncInst*>(&target) : nullptr;
  FuncCode* const code = func != nullptr ? func->code : reinterpret_cast<FuncCode*>(&target);
  if (code != nullptr)
    if (const void* entry = code->native_entry.load(std::memory_order_acquire))
      return set_entry(target, entry);
  const std::string signature = signature_of(code != nullptr ? type_of(*code) : *func->type);
  const ModuleState* const owner = func != nullptr ? func->home : code->module;
  if (owner != nullptr)
    if (const void* stub = owner->native.leave_stub(signature)) return set_entry(target, stub);
  LeaveStubs::Found found = store.engine->leave_stubs.find(signature);
  CAIRN_ASSERT(found.stub != nullptr);  // the image that calls has one
  pin(store, std::move(found.image));
  return owner != nullptr ? found.stub : set_entry(target, found.stub);
}

}  // namespace

}  // namespace cairn::engine

/// Called by `cairn_native_resolve` with the first argument of the call.
extern "C" const void* cairn_native_find(cairn::engine::NativeTarget* target,
                                         cairn::engine::InstanceData* instance) {
  return cairn::engine::find(*target, *instance->store);
}
