#pragma once
/// What this machine's processor can do beyond its architecture's baseline, as far as compiled code
/// makes use of it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::engine {

enum class CodeCpu : uint8_t;

/// A set of rows of cpu_features.def.
struct CpuFeatures {
  uint64_t bits = 0;
  bool contains(CpuFeatures other) const { return (other.bits & ~bits) == 0; }
  bool operator==(const CpuFeatures&) const = default;
};

/// What this machine has; empty on architectures without a compiled tier.
CpuFeatures host_cpu();
/// What all processors of a kind have.
CpuFeatures features_of(CodeCpu cpu);
/// All rows of cpu_features.def.
CpuFeatures known_cpu_features();

/// LLVM's names, by bit.
std::span<const std::string_view> cpu_feature_names();
/// "+sse3,-avx,…": all known features, as LLVM wants them.
std::string llvm_features(CpuFeatures features);
/// The names of a set, separated by commas.
std::string to_string(CpuFeatures features);

}  // namespace cairn::engine
