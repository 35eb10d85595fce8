// A random module, run in two ways that differ in the shell, in what is metered, checked, stopped
// or collected: results, traps, exceptions, memories, globals and fuel are the same.

#include <cstdio>
#include <cstdlib>

#include "fuzzing/oracle.hpp"

using namespace cairn;
using namespace cairn::fuzzing;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Oracle oracles[] = {Oracle(options_for(Profile::deterministic)),
                             Oracle(options_for(Profile::portable))};
  if (size < 2) return 0;
  const auto profile = static_cast<Profile>(data[0] & 1);
  // The switch shell always, and one way more.
  const Selection ways{.interpreted = 1u | 1u << (data[1] % 8)};
  Choices choices(ByteSpan(data, size).subspan(2));
  const GeneratedModule generated = generate(choices, options_for(profile));
  if (const auto report = oracles[data[0] & 1].compare(generated, ways)) {
    std::fputs(report->c_str(), stderr);
    std::abort();
  }
  return 0;
}
