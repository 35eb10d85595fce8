#pragma once
/// Work that may crash or never end, in a process of its own: what a wrong compiler makes does
/// both.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fuzzing/oracle.hpp"

namespace cairn::fuzzing {

using Reports = std::vector<std::optional<std::string>>;

struct Outcome {
  std::optional<std::string> report;
  Counts counts;  ///< what was done since the process began
};

/// Does `work` for 0, 1, … below `count`, and gives what it reports; where it crashes, or takes
/// longer than `seconds_max` of the processor, that is the report. What was done is added to
/// `counts`.
Reports run_guarded(size_t count, uint32_t seconds_max, const std::function<Outcome(size_t)>& work,
                    Counts& counts);

}  // namespace cairn::fuzzing
