// A planted bug: in one shell, i32.or is i32.xor. `./dev fuzz
// smoke` fails if random modules do not show it, so that a clean run of `execute` means something.

#include <cstdio>
#include <cstdlib>

#include "fuzzing/oracle.hpp"

using namespace cairn;
using namespace cairn::fuzzing;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Oracle oracle(options_for(Profile::deterministic));
  Choices choices(ByteSpan(data, size));
  const GeneratedModule generated = generate(choices, options_for(Profile::deterministic));
  const GeneratedModule wrong = plant_bug(generated, wasm::Op::i32_or, wasm::Op::i32_xor);
  if (const auto report = oracle.compare(generated, wrong, {.interpreted = 1})) {
    std::fputs(report->c_str(), stderr);
    std::abort();
  }
  return 0;
}
