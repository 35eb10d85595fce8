// Calls of preview 1 with random arguments on a random memory: nothing crashes, and nothing outside
// of the granted directory is read or changed.

#include <cairn/wasi/sandbox/host.hpp>

#include "choices.hpp"
#include "playground.hpp"
#include "preview1/functions.hpp"

namespace {

using namespace cairn;
using namespace cairn::wasi;
using namespace std::string_view_literals;

constexpr size_t memory_size = 4096;

/// The input, as choices of arguments.
class Input : public Choices {
 public:
  using Choices::Choices;
  /// Mostly small numbers, which are descriptors, flags and pointers that exist.
  uint64_t number() {
    const uint8_t kind = byte();
    if (kind < 128) return kind % 8;
    if (kind < 224) return (uint64_t{byte()} << 8 | byte()) % (memory_size + 64);
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | byte();
    return kind < 240 ? value >> 32 : value;
  }
};

Preview1Config make_config(const std::string& box, PathResolution resolution) {
  Preview1Config config;
  config.args = {"fuzz"};
  config.env = {"A=b"};
  for (const bool read_only : {false, true}) {
    auto directory = open_host_directory(box, {.read_only = read_only, .resolution = resolution});
    if (directory) config.preopens.push_back({"/", *directory, read_only});
  }
  config.descriptors_max = 64;
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Playground playground;
  Input input(data, size);
  SimulatedClock clock;
  SeededRandom random(1);
  SimulatedWaiter waiter(clock);
  const auto resolution =
      (input.byte() & 1) != 0 ? PathResolution::component_wise : PathResolution::automatic;
  Preview1Config config = make_config(playground.box(), resolution);
  config.clock = &clock;
  config.random = &random;
  config.waiter = &waiter;
  const Preview1 context(std::move(config));
  Bytes memory(memory_size);
  constexpr std::string_view words =
      "f\0d\0in\0out\0../secret\0d/../../secret\0/etc/passwd\0new\0a/b"sv;
  std::copy(words.begin(), words.end(), memory.begin());
  for (size_t calls = 0; !input.done() && calls < 64; ++calls) {
    const uint8_t choice = input.byte();
    if (choice >= 224) {
      // Some bytes of the memory, for records and paths.
      const uint64_t at = input.number();
      for (uint64_t i = at; i < at + (choice & 31) && i < memory.size(); ++i) {
        memory[i] = input.byte();
      }
      continue;
    }
    const Function& function = functions()[choice % functions().size()];
    if (function.invoke == nullptr) continue;
    uint64_t slots[params_max];
    for (uint64_t& slot : slots) slot = input.number();
    Call call{*context.state(), GuestMemory(memory)};
    std::ignore = function.invoke(call, slots);
  }
  playground.check();
  playground.reset();
  return 0;
}
