#include "interp/fusion.hpp"

#include <array>

namespace cairn::engine {

namespace {

/// All fusions by hash, open addressing. Made when the first function is translated.
class Index {
 public:
  Index() {
    for (const auto& table : {fusions_a(), fusions_b(), fusions_c(), fusions_d()})
      for (const Fusion& fusion : table) add(fusion);
  }
  const Fusion* find(const Handler& first, const Handler& second, const Handler& third) const {
    for (size_t at = hash(first, second, third);; ++at) {
      const Fusion* const fusion = slots_[at % slot_count];
      if (fusion == nullptr) return nullptr;
      if (fusion->parts[0].tail == first.tail && fusion->parts[1].tail == second.tail &&
          fusion->parts[2].tail == third.tail)
        return fusion;
    }
  }

 private:
  static constexpr size_t slot_count = 16384;  // at most half full, see `add`
  static size_t hash(const Handler& first, const Handler& second, const Handler& third) {
    const auto word = [](const Handler& part) { return reinterpret_cast<size_t>(part.tail); };
    const size_t mixed =
        (word(first) * 3 + word(second) * 5 + word(third) * 7) * 0x9E3779B97F4A7C15u;
    return mixed >> 40;
  }
  void add(const Fusion& fusion) {
    CAIRN_ASSERT(++count_ <= slot_count / 2);
    size_t at = hash(fusion.parts[0], fusion.parts[1], fusion.parts[2]);
    while (slots_[at % slot_count] != nullptr) ++at;
    slots_[at % slot_count] = &fusion;
  }
  size_t count_ = 0;
  std::array<const Fusion*, slot_count> slots_ = {};
};

}  // namespace

const Handler* find_fusion(const Handler& first, const Handler& second, const Handler& third) {
  static const Index index;
  const Fusion* const fusion = index.find(first, second, third);
  return fusion == nullptr ? nullptr : &fusion->fused;
}

}  // namespace cairn::engine
