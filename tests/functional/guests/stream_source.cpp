// Gives and takes streams and futures, and maps.
#include "stream_source.hpp"

namespace exports::test::streams::numbers {

void count_up(uint32_t count,
              const std::function<void(std::tuple<Stream<uint32_t>, Future<uint64_t>>)>& give) {
  auto [numbers, writer] = Stream<uint32_t>::make();
  auto [future, total_writer] = Future<uint64_t>::make();
  give({std::move(numbers), std::move(future)});
  uint64_t total = 0;
  {
    const StreamWriter<uint32_t> out = std::move(writer);
    for (uint32_t next = 0; next < count;) {
      std::vector<uint32_t> some;
      while (some.size() < 100 && next < count) some.push_back(next++);
      const size_t size = some.size();
      const size_t taken = out.write(std::move(some));
      total += taken;
      if (taken < size) break;
    }
  }
  total_writer.write(total);
}

std::tuple<uint64_t, std::optional<std::string>> measure(Stream<std::string> words) {
  std::tuple<uint64_t, std::optional<std::string>> measured;
  auto& [length, first] = measured;
  for (;;) {
    const std::vector<std::string> some = words.read(3);
    if (some.empty()) return measured;
    for (const std::string& word : some) {
      length += word.size();
      if (!first) first = word;
    }
  }
}

uint32_t successor(Future<uint32_t> number) {
  const std::optional<uint32_t> value = number.read();
  return value ? *value + 1 : 0;
}

std::map<std::string, uint32_t> invert(std::map<uint32_t, std::string> names) {
  std::map<std::string, uint32_t> inverted;
  for (const auto& [number, name] : names) inverted[name] = number;
  return inverted;
}

}  // namespace exports::test::streams::numbers
