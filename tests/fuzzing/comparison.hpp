#pragma once
/// Compares what modules do in all ways of this engine and, if it is asked for, in V8.

#include <memory>
#include <string>
#include <vector>

#include "fuzzing/oracle.hpp"
#include "guarded.hpp"
#include "node.hpp"

namespace cairn::fuzzing {

struct ComparisonOptions {
  uint32_t batch = 200;
  std::string node;      ///< the command; empty: without V8
  bool compiled = true;  ///< with the compilers that the build has
  bool canary = false;   ///< all but the first way run a module with a planted bug
};

/// A module and where it comes from.
struct Case {
  uint64_t seed = 0;
  GeneratedModule module;
};

class Comparison {
 public:
  explicit Comparison(const ComparisonOptions& options);

  /// What takes part, for people.
  std::string description() const;
  /// Batches of seeds alternate between profiles. All cases that are compared at once belong to
  /// one.
  GeneratedModule module(uint64_t seed, ByteSpan bytes) const;
  /// Which ways run, of those that take part.
  struct Only {
    bool v8 = true, interpreted = true, compiled = true;
  };
  Reports compare(const std::vector<Case>& batch, Only only = {true, true, true});

  const Counts& counts() const { return counts_; }
  uint64_t modules_in_v8() const { return modules_in_v8_; }

 private:
  struct Kind {
    GeneratorOptions options;
    std::unique_ptr<Oracle> oracle;
    bool in_v8 = false;
  };
  Kind& kind(uint64_t seed) { return kinds_[seed / options_.batch % kinds_.size()]; }
  Outcome compare_one(Kind& kind, const Case& each, const Transcript* in_v8, Only only);

  const ComparisonOptions options_;
  std::unique_ptr<Node> node_;
  std::vector<Kind> kinds_;
  size_t compilers_ = 0;
  Counts counts_;
  uint64_t modules_in_v8_ = 0;
};

}  // namespace cairn::fuzzing
