#include <cstddef>

#include "interp/code.hpp"
#include "native/abi.hpp"
#include "runtime/store_data.hpp"

// These structures have no standard layout; Clang lays them out in one way all the same.
#pragma clang diagnostic ignored "-Winvalid-offsetof"

namespace cairn::engine {

uint64_t runtime_layout_digest() {
  constexpr uint64_t places[] = {offsetof(InstanceData, memory0_base),
                                 offsetof(InstanceData, globals),
                                 offsetof(InstanceData, memories),
                                 offsetof(InstanceData, tables),
                                 offsetof(InstanceData, tags),
                                 offsetof(InstanceData, imported_funcs),
                                 offsetof(InstanceData, store),
                                 offsetof(InstanceData, module),
                                 offsetof(InstanceData, codes),
                                 offsetof(InstanceData, type_ids),
                                 offsetof(InstanceData, call_cache),
                                 sizeof(CallCache),
                                 sizeof(InstanceData),
                                 offsetof(NativeTarget, entry),
                                 offsetof(NativeTarget, tail_entry),
                                 sizeof(FuncCode),
                                 offsetof(FuncInst, type_id),
                                 offsetof(FuncInst, code),
                                 offsetof(FuncInst, instance),
                                 sizeof(FuncInst),
                                 offsetof(MemoryInst, base),
                                 offsetof(MemoryInst, size),
                                 offsetof(MemoryInst, type),
                                 offsetof(TableInst, elements),
                                 offsetof(TableInst, size),
                                 sizeof(TableInst),
                                 sizeof(GlobalInst),
                                 offsetof(ModuleState, runtime_types),
                                 sizeof(RuntimeType),
                                 offsetof(StoreData, native),
                                 offsetof(StoreData, interrupt),
                                 offsetof(StoreData, engine),
                                 sizeof(NativeContext),
                                 sizeof(RuntimeCalls),
                                 sizeof(GcObject)};
  uint64_t digest = 0xcbf29ce484222325;  // FNV-1a
  for (const uint64_t place : places) digest = (digest ^ place) * 0x100000001b3;
  return digest;
}

}  // namespace cairn::engine
