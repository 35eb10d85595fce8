#include "native/cpu.hpp"

#include <algorithm>
#include <cairn/engine/compiler.hpp>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace cairn::engine {

#if defined(__x86_64__)
namespace {

enum class State : uint8_t { none, ymm, zmm };

/// The extended states that the operating system saves (Intel SDM volume 1, 13.3).
uint32_t saved_states() {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr uint32_t osxsave = 1u << 27;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & osxsave) == 0) return 0;
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

bool is_saved(State state, uint32_t saved) {
  constexpr uint32_t ymm = 0x06, zmm = 0xe6;
  switch (state) {
    case State::none: return true;
    case State::ymm: return (saved & ymm) == ymm;
    case State::zmm: return (saved & zmm) == zmm;
  }
  return false;
}

/// The answer to the last question: the rows of a leaf follow one another, and each CPUID leaves a
/// virtual machine (1 to 2 us).
class Cpuid {
 public:
  struct Registers {
    uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  };
  const Registers& ask(uint32_t leaf, uint32_t subleaf) {
    if (leaf == leaf_ && subleaf == subleaf_) return answer_;
    leaf_ = leaf;
    subleaf_ = subleaf;
    Registers r;
    const bool is_known = __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) != 0;
    return answer_ = is_known ? r : Registers();
  }

 private:
  uint32_t leaf_ = 0, subleaf_ = 0;
  Registers answer_;
};

CpuFeatures detect() {
  const uint32_t saved = saved_states();
  CpuFeatures found;
  unsigned bit = 0;
  Cpuid cpuid;
  const auto look = [&](uint32_t word, unsigned at, State needs) {
    if ((word >> at & 1) != 0 && is_saved(needs, saved)) found.bits |= uint64_t{1} << bit;
    ++bit;
  };
#define CPU_FEATURE(name, leaf, subleaf, register, at, needs) \
  look(cpuid.ask(leaf, subleaf).register, at, State::needs);
#include "native/cpu_features.def"
  return found;
}

}  // namespace

CpuFeatures host_cpu() {
  static const CpuFeatures features = detect();
  return features;
}
#else
CpuFeatures host_cpu() { return {}; }
#endif

std::span<const std::string_view> cpu_feature_names() {
  // Nothing to destroy: code is made in the background until the process is gone.
  static constexpr std::string_view names[] = {
#define CPU_FEATURE(name, leaf, subleaf, register, at, needs) name,
#include "native/cpu_features.def"
  };
  return names;
}

CpuFeatures features_of(CodeCpu cpu) {
  if (cpu == CodeCpu::native) return host_cpu();
  // System V ABI for AMD64, table 3.1; each level has all of those before it.
  static constexpr std::string_view levels[][12] = {
      {"cx16", "sahf", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"},
      {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"},
      {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}};
  CpuFeatures features;
  const std::span<const std::string_view> names = cpu_feature_names();
  const auto level_count = static_cast<size_t>(cpu);
  for (size_t level = 0; level < level_count; ++level)
    for (size_t bit = 0; bit < names.size(); ++bit)
      if (std::ranges::find(levels[level], names[bit]) != std::end(levels[level]))
        features.bits |= uint64_t{1} << bit;
  return features;
}

CpuFeatures known_cpu_features() {
  return {.bits = (uint64_t{1} << cpu_feature_names().size()) - 1};
}

std::string llvm_features(CpuFeatures features) {
  std::string text;
  for (size_t bit = 0; bit < cpu_feature_names().size(); ++bit) {
    if (!text.empty()) text += ',';
    text += (features.bits >> bit & 1) != 0 ? '+' : '-';
    text += cpu_feature_names()[bit];
  }
  return text;
}

std::string to_string(CpuFeatures features) {
  std::string text;
  for (size_t bit = 0; bit < cpu_feature_names().size(); ++bit) {
    if ((features.bits >> bit & 1) == 0) continue;
    if (!text.empty()) text += ',';
    text += cpu_feature_names()[bit];
  }
  return text;
}

}  // namespace cairn::engine
