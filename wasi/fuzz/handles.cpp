// Images of handles, as they stand in the states of actors: what is read is written again as it
// was, and a guest that goes on from one has these handles, or none.

#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/component/component.hpp>

#include <cairn/wasi/object_keeper.hpp>

namespace {

using namespace cairn;
using namespace cairn::wasi;

constexpr std::string_view text = R"((component
  (import "wasi:io/error@0.2.0" (instance (export "error" (type (sub resource)))))
  (import "wasi:io/poll@0.2.0" (instance (export "pollable" (type (sub resource)))))
  (import "wasi:io/streams@0.2.0" (instance
    (export "input-stream" (type (sub resource))) (export "output-stream" (type (sub resource)))))
  (type (resource (rep i32)))))";

/// What is the same for all guests.
struct Host {
  Host() {
    component::ComponentLinker linker(engine);
    add_wasi(linker);
    pre = linker.prepare(component::Component::load_text(engine, text).value()).value();
  }
  engine::Engine engine;
  std::optional<component::ComponentPre> pre;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Host host;
  const auto handles = component::decode_handles({data, size});
  if (!handles) return 0;
  CAIRN_ASSERT(component::encode_handles(*handles) == Bytes(data, data + size));
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  GuestConfig config;
  config.loop = &loop;
  const auto guest = std::make_shared<Guest>(std::move(config));
  component::Store store(host.engine, {}, {.handles_max = 1000, .host_resources_max = 500});
  Guest::enter(store, guest);
  CAIRN_ASSERT(host.pre->instantiate(store));
  GuestObjectKeeper keeper(*guest);
  if (!component::load_handles(store, *handles, &keeper)) return 0;
  const auto saved = component::save_handles(store, &keeper);
  CAIRN_ASSERT(saved && *saved == *handles);
  return 0;
}
