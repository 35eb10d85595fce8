#pragma once
/// The oracle: one module, run in several ways that have to agree.

#include <memory>
#include <optional>

#include "fuzzing/transcript.hpp"

namespace cairn::fuzzing {

/// What generated modules may hold, and what keeps their results the same everywhere.
enum class Profile : uint8_t {
  deterministic,  ///< the engine makes NaNs canonical; no threads
  portable,       ///< the generated code does; no relaxed vectors
};
GeneratorOptions options_for(Profile profile);

/// Engines that differ in how they run code, and not in what it means. Kept from module to module.
class Oracle {
 public:
  explicit Oracle(Profile profile);
  ~Oracle();

  /// Which ways the first one (tail-call shell, fuel on, guarded memories) is compared with: bit N
  /// stands for the N-th of the others.
  static constexpr uint32_t all_ways = ~uint32_t{0};
  /// Nothing when they agree; else a report: the ways, the lines that differ, the module's text.
  std::optional<std::string> compare(const GeneratedModule& generated, uint32_t ways = all_ways);
  /// The same when every way but the first runs `other`: to try the oracle on a planted bug.
  std::optional<std::string> compare(const GeneratedModule& generated, const GeneratedModule& other,
                                     uint32_t ways);

 private:
  struct Way;
  std::vector<std::unique_ptr<Way>> ways_;
};

/// The first difference of two transcripts; empty when there is none.
std::string difference(const Transcript& a, std::string_view a_name, const Transcript& b,
                       std::string_view b_name);

/// The text of a module, with its calls as comments.
std::string to_wat(const GeneratedModule& generated);

/// The module with every instruction `from` replaced by `to`, which must have the same type: what a
/// wrong handler for `from` would do.
GeneratedModule plant_bug(const GeneratedModule& generated, wasm::Op from, wasm::Op to);

}  // namespace cairn::fuzzing
