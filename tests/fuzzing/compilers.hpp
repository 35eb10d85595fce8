#pragma once
/// The compilers that this build has, in this process.

#include <memory>
#include <vector>

namespace cairn::engine {
class CodeGenerator;
}

namespace cairn::fuzzing {

/// One for the processor that this runs on, and one for the oldest that there is; none in a build
/// without the compiled tier.
std::vector<std::shared_ptr<engine::CodeGenerator>> make_compilers();
/// The same of those that compile in one pass.
std::vector<std::shared_ptr<engine::CodeGenerator>> make_baseline_compilers();

}  // namespace cairn::fuzzing
