// Reads what another component counts.
#include "stream_user.hpp"

namespace numbers = test::streams::numbers;

namespace exports::stream_user {

std::tuple<uint64_t, uint64_t> run(uint32_t count, uint32_t unread) {
  auto [stream, future] = numbers::count_up(count);
  uint64_t sum = 0;
  {
    const Stream<uint32_t> in = std::move(stream);
    for (uint32_t left = count - unread; left > 0;) {
      const std::vector<uint32_t> some = in.read(left < 64 ? left : 64);
      if (some.empty()) break;
      for (const uint32_t each : some) sum += each;
      left -= static_cast<uint32_t>(some.size());
    }
  }
  return {sum, future.read().value_or(0)};
}

}  // namespace exports::stream_user
