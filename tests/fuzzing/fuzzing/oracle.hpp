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
  plain,          ///< as deterministic, without the features that baseline code leaves out
};
GeneratorOptions options_for(Profile profile);

/// What the first way (tail-call shell, fuel on, guarded memories) is compared with.
struct Selection {
  /// Other ways of interpreting: bit N stands for the N-th.
  uint32_t interpreted = ~uint32_t{0};
  /// Decides what is compiled, with which settings, and how it runs then. Nothing: no compiler.
  std::optional<uint64_t> compiled = std::nullopt;
};

/// What was done so far.
struct Counts {
  uint64_t modules = 0, calls = 0, traps = 0, exceptions = 0;
  uint64_t runs = 0;           ///< of a module in one way
  uint64_t compiled_runs = 0;  ///< among them
  uint64_t images = 0;         ///< made by a compiler

  Counts& operator+=(const Counts& other);
};

/// Engines that differ in how they run code, and not in what it means. Those that interpret are
/// kept from module to module.
class Oracle {
 public:
  using Compilers = std::vector<std::shared_ptr<engine::CodeGenerator>>;
  /// `compilers`: of code for different processors; none: nothing is compiled. `baselines`: they
  /// compile first, or everything; none: nothing has baseline code.
  explicit Oracle(const GeneratorOptions& options, Compilers compilers = {},
                  Compilers baselines = {});
  ~Oracle();

  /// Nothing when they agree; else a report: the ways, the lines that differ, the module's text.
  std::optional<std::string> compare(const GeneratedModule& generated,
                                     const Selection& selection = {});
  /// The same when every way but the first runs `other`: to try the oracle on a planted bug.
  std::optional<std::string> compare(const GeneratedModule& generated, const GeneratedModule& other,
                                     const Selection& selection);
  /// A module in the first way, in the form that other engines give, too.
  Transcript portable_transcript(const GeneratedModule& generated);

  const Counts& counts() const { return counts_; }

 private:
  struct Way;
  Transcript run(Way& way, const GeneratedModule& generated);
  /// Empty when the way agrees with what is expected from all.
  std::string check(const Way& reference, const Transcript& expected, Way& way,
                    const GeneratedModule& generated);
  std::string check_compiled(const GeneratedModule& generated, const GeneratedModule& other,
                             uint64_t decisions);

  const engine::Settings common_;
  const Compilers compilers_, baselines_;
  std::vector<std::unique_ptr<Way>> ways_;
  std::unique_ptr<Way> deep_;  ///< the first way, with stacks as deep as compiled code's
  Counts counts_;
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
