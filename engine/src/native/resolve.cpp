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

/// The entry from now on, if nobody has found one in the meantime.
const void* set_entry(const void*& place, void (*unknown)(), const void* entry) {
  const void* expected = reinterpret_cast<const void*>(unknown);
  std::atomic_ref(place).compare_exchange_strong(expected, entry);
  return entry;
}
const void* set_entry(NativeTarget& target, const void* entry) {
  return set_entry(target.entry, &cairn_native_resolve, entry);
}

struct Target {
  explicit Target(NativeTarget& target)
      : func(target.kind == NativeTarget::Kind::func ? reinterpret_cast<FuncInst*>(&target)
                                                     : nullptr),
        code(func != nullptr ? func->code : reinterpret_cast<FuncCode*>(&target)) {}
  bool is_compiled() const {
    return code != nullptr && code->native_entry.load(std::memory_order_acquire) != nullptr;
  }
  std::string signature() const {
    return signature_of(code != nullptr ? type_of(*code) : *func->type);
  }
  FuncInst* func;
  FuncCode* code;
};

/// A target lives as long as the module that it belongs to, or else as long as its store. So that
/// its entry does too, stubs come from code of that module, or the store keeps their code.
const void* find(NativeTarget& of, StoreData& store) {
  const Target target(of);
  if (target.is_compiled()) return set_entry(of, std::atomic_ref(target.code->target.entry).load());
  const std::string signature = target.signature();
  const ModuleState* const owner = target.func != nullptr ? target.func->home : target.code->module;
  if (owner != nullptr)
    if (const void* stub = owner->native.stub(ImageRange::Kind::leave, signature))
      return set_entry(of, stub);
  LeaveStubs::Found found = store.engine->leave_stubs.find(signature);
  CAIRN_ASSERT(found.stub != nullptr);  // the image that calls has one
  pin(store, std::move(found.image));
  return owner != nullptr ? found.stub : set_entry(of, found.stub);
}

/// Of functions of the instance that calls: their module's code has the stub.
const void* find_tail(NativeTarget& of) {
  const Target target(of);
  const auto set = [&](const void* entry) {
    return set_entry(of.tail_entry, &cairn_native_resolve_tail, entry);
  };
  if (target.is_compiled()) return set(std::atomic_ref(target.code->target.tail_entry).load());
  const void* const stub =
      target.code->module->native.stub(ImageRange::Kind::leave_tail, target.signature());
  CAIRN_ASSERT(stub != nullptr);  // the image that calls has one
  return set(stub);
}

}  // namespace

}  // namespace cairn::engine

/// Called by `cairn_native_resolve` with the instance that is called.
extern "C" const void* cairn_native_find(cairn::engine::NativeTarget* target,
                                         cairn::engine::InstanceData* instance) {
  return cairn::engine::find(*target, *instance->store);
}
/// Called by `cairn_native_resolve_tail`.
extern "C" const void* cairn_native_find_tail(cairn::engine::NativeTarget* target,
                                              cairn::engine::InstanceData*) {
  return cairn::engine::find_tail(*target);
}
