// Tasks that wait in several ways, under a random schedule, for a host that answers in a random
// order: whatever happens when, all that were started end, and nothing else does.

#include <cairn/component/linker.hpp>

#include "runtime/waiting_tasks.hpp"

namespace {

using namespace cairn;
using component::HostCall;
using component::HostCompletion;
using component::HostFunction;
using component::Value;

std::vector<std::shared_ptr<HostCompletion>> waiting;

struct World {
  engine::Engine engine;
  component::ComponentPre prepared = [this] {
    component::ComponentLinker linker(engine);
    linker.root().func("later", HostFunction([](HostCall& call) -> Result<std::optional<Value>> {
                         waiting.push_back(call.suspend());
                         return std::nullopt;
                       }));
    return linker.prepare(*component::Component::load_text(engine, component::waiting_tasks))
        .value();
  }();
};

void complete(size_t index) {
  const auto call = waiting[index];
  waiting.erase(waiting.begin() + static_cast<ptrdiff_t>(index));
  call->complete(std::optional(Value::number(uint64_t{1})));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  if (size < 8 || size > 512) return 0;
  waiting.clear();
  component::Store store(world.engine, {}, {}, load_le<uint64_t>(data));
  const component::Instance instance = *world.prepared.instantiate(store);
  const auto spawn = *component::TypedFunc<void(uint32_t, uint32_t)>::of(instance.func("spawn"));
  const auto done = *component::TypedFunc<uint32_t()>::of(instance.func("done"));
  uint32_t spawned = 0;
  for (const uint8_t action : ByteSpan(data + 8, size - 8)) {
    const uint32_t count = action >> 2;
    if ((action & 3) == 3) {
      for (uint32_t i = 0; i < count; ++i) CAIRN_ASSERT(store.tick());
    } else if ((action & 0x80) != 0 && !waiting.empty()) {
      complete(count % waiting.size());
    } else {
      CAIRN_ASSERT(spawn(store, action & 3, count & 7));
      spawned += count & 7;
    }
    CAIRN_ASSERT(*done(store) <= spawned);
  }
  for (;;) {
    while (*store.tick()) {
    }
    if (waiting.empty()) break;
    complete(0);
  }
  CAIRN_ASSERT(*done(store) == spawned);
  return 0;
}
