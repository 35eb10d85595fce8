#include "interp/fusion.hpp"

#include <array>

namespace cairn::engine {

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker makes these names
extern "C" const Fusion __start_cairn_fusions[], __stop_cairn_fusions[];

namespace {

/// All fusions by hash, open addressing. Made when the first function is translated, at every start
/// of the command: so it is small, not a page more than it needs.
class Index {
 public:
  Index() {
    for (const auto place : {place_fusions_a, place_fusions_b, place_fusions_c, place_fusions_d})
      place();
    slots_.fill(empty);
    CAIRN_ASSERT(rows_.size() <= slot_count / 2);
    for (size_t row = 0; row < rows_.size(); ++row) add(row);
  }
  Handler find(const Handler& first, const Handler& second, const Handler& third) const {
    for (size_t at = hash(first.tail, second.tail, third.tail);; ++at) {
      const uint16_t slot = slots_[at % slot_count];
      if (slot == empty) return {};
      const Fusion& fusion = rows_[slot];
      if (fusion.parts[0].get() == first.tail && fusion.parts[1].get() == second.tail &&
          fusion.parts[2].get() == third.tail)
        return {fusion.tail.get(), fusion.loop.get()};
    }
  }

 private:
  static constexpr size_t slot_count = 8192;  // at most half full
  static constexpr uint16_t empty = 0xffff;

  static size_t hash(TailHandler first, TailHandler second, TailHandler third) {
    const auto word = [](TailHandler part) { return reinterpret_cast<size_t>(part); };
    const size_t mixed =
        (word(first) * 3 + word(second) * 5 + word(third) * 7) * 0x9E3779B97F4A7C15u;
    return mixed >> 40;
  }
  void add(size_t row) {
    const auto& parts = rows_[row].parts;
    size_t at = hash(parts[0].get(), parts[1].get(), parts[2].get());
    while (slots_[at % slot_count] != empty) ++at;
    slots_[at % slot_count] = static_cast<uint16_t>(row);
  }

  std::span<const Fusion> rows_{__start_cairn_fusions, __stop_cairn_fusions};
  std::array<uint16_t, slot_count> slots_;
};

}  // namespace

Handler find_fusion(const Handler& first, const Handler& second, const Handler& third) {
  static const Index index;
  return index.find(first, second, third);
}

}  // namespace cairn::engine
