// How fast modules are loaded: decoding, validation, and plain decoding of instructions, in bytes
// per second. The module is made here; CAIRN_BENCH_MODULE names a file to measure in its place.

#include <benchmark/benchmark.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/instruction.hpp>
#include <cairn/wasm/validate.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "binary/module_testing.hpp"

namespace cairn::wasm {
namespace {

using namespace testing;

/// The body of a function (i32, i32) -> i32 as compilers write them: locals, loads and stores with
/// offsets, arithmetic, a loop, branches and calls. `seed` varies immediates.
Bytes body(uint32_t seed) {
  Bytes code = {0x01, 0x08, 0x7F};  // eight i32 locals
  const auto local = [&](uint32_t i) { return static_cast<uint8_t>((seed + i) % 10); };
  append(code, Bytes{0x03, 0x40});  // loop
  for (uint32_t i = 0; i < 24; ++i) {
    const auto offset = static_cast<uint32_t>((seed * 37 + i * 8) % 4096);
    append(code, concat({{0x20, local(i)}, {0x20, local(i + 3)}, {0x28, 0x02}, leb(offset)}));
    append(code, Bytes{0x41, static_cast<uint8_t>(i), 0x6A, 0x22, local(i + 5)});
    append(code, concat({{0x36, 0x02}, leb(offset + 4), {0x20, local(i), 0x20, local(i + 1)}}));
    append(code,
           Bytes{0x48, 0x04, 0x40, 0x20, local(i), 0x41, 0x01, 0x74, 0x21, local(i + 2), 0x0B});
    append(code, Bytes{0x20, local(i), 0x20, local(i + 7), 0x10, 0x00, 0x21, local(i + 4)});
  }
  append(code, Bytes{0x20, 0x00, 0x0D, 0x00, 0x0B, 0x20, 0x01, 0x0B});
  return code;
}

Bytes made_module() {
  constexpr uint32_t functions = 1200;  // about one MiB
  Bytes code = leb(functions);
  for (uint32_t i = 0; i < functions; ++i) append(code, sized(body(i)));
  return module_of({section(SectionId::type, {0x01, 0x60, 0x02, 0x7F, 0x7F, 0x01, 0x7F}),
                    section(SectionId::function, list_of(functions, {0x00})),
                    section(SectionId::memory, {0x01, 0x00, 0x01}),
                    section(SectionId::code, code)});
}

const Bytes& subject() {
  static const Bytes bytes = [] {
    const char* path = std::getenv("CAIRN_BENCH_MODULE");
    if (path == nullptr) return made_module();
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }();
  return bytes;
}

void count_bytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
}

void decode_and_validate(benchmark::State& state) {
  for (auto _ : state) {
    TypeRegistry registry;
    const Result<Module> module = decode(subject());
    if (!module || !validate(*module, registry)) return state.SkipWithError("no valid module");
  }
  count_bytes(state, subject().size());
}
BENCHMARK(decode_and_validate)->Unit(benchmark::kMillisecond);

void decode_only(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(decode(subject()));
  count_bytes(state, subject().size());
}
BENCHMARK(decode_only)->Unit(benchmark::kMillisecond);

void instructions(benchmark::State& state) {
  const Result<Module> module = decode(subject());
  if (!module) return state.SkipWithError("no module");
  size_t count = 0;
  Instruction instruction;
  for (auto _ : state) {
    for (const Code& code : module->code) {
      InstrDecoder decoder(code.body, {});
      for (; !decoder.at_end(); ++count) {
        if (!decoder.step(instruction)) return state.SkipWithError("malformed body");
      }
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(count));
}
BENCHMARK(instructions)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn::wasm
