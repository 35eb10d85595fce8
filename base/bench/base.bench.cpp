// What the decoder of WebAssembly's binary format does most: read LEB128 numbers and check names.

#include <cairn/base/leb128.hpp>
#include <cairn/base/random.hpp>
#include <cairn/base/utf8.hpp>

#include <benchmark/benchmark.h>

namespace cairn {
namespace {

/// `count` numbers of at most `bits` bits, as LEB128.
Bytes numbers(size_t count, int bits) {
  SeededRandom random(1);
  Bytes bytes;
  for (size_t i = 0; i < count; ++i) append_unsigned_leb(bytes, random.next_u64() >> (64 - bits));
  return bytes;
}

void read_u32_numbers(benchmark::State& state) {
  constexpr size_t count = 4096;
  const Bytes bytes = numbers(count, static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const uint8_t* cursor = bytes.data();
    uint32_t sum = 0;
    uint32_t value = 0;
    while (read_u32(cursor, bytes.data() + bytes.size(), value) == LebStatus::ok) sum += value;
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
}
BENCHMARK(read_u32_numbers)->Arg(7)->Arg(14)->Arg(32);

void check_utf8(benchmark::State& state) {
  Bytes text;
  while (text.size() < 64 * 1024) append(text, as_bytes(state.range(0) ? "größer " : "memory "));
  for (auto _ : state) {
    bool valid = is_utf8(text);
    benchmark::DoNotOptimize(valid);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(check_utf8)->Arg(0)->Arg(1);

}  // namespace
}  // namespace cairn
