#pragma once
/// The ways in which the suites run: both shells of the interpreter and what compiles.

#include <cairn/base/files.hpp>
#include <cairn/base/process.hpp>
#include <cairn/engine/engine.hpp>

#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

namespace cairn {

enum class Mode : uint8_t {
  tail_calls,
  switch_loop,
  compiled,
  automatic,
  cached,
  baseline,  ///< all functions that the baseline compiler knows
  tiered,    ///< from there to better code
};
std::string_view name_of(Mode mode);
/// For listings of tests.
void PrintTo(Mode mode, std::ostream* out);

/// A folder of scripts.
struct Folder {
  const char* name;    ///< in names of tests
  const char* folder;  ///< below the suite's
  size_t scripts;      ///< how many it has at the pinned revision
};
void PrintTo(const Folder& folder, std::ostream* out);

/// Sets engines up for a mode. Outlives them.
class Tiers {
 public:
  /// False: Cairn is built without a compiler.
  bool use(Mode mode, engine::Settings& settings);

 private:
  RealFiles files_;
  RealProcesses processes_;
  SimulatedFiles cache_;
};

/// What a list under tests/spec says to expect of a folder: "FOLDER/FILE.wast:LINE", and the reason
/// that may follow. Lines that do not begin with a folder are comments.
std::map<std::string, std::string> expected_failures(const std::string& list,
                                                     const std::string& folder);

}  // namespace cairn
