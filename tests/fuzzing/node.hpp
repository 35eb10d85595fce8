#pragma once
/// V8, through the `node` command.

#include "fuzzing/transcript.hpp"

namespace cairn::fuzzing {

class Node {
 public:
  /// Finds out which features that node has.
  explicit Node(std::string command);

  wasm::Features features() const { return features_; }
  /// Its version and the features, for logs.
  std::string description() const;
  /// Runs the modules in one process. Transcripts have the portable form.
  std::vector<Transcript> run(const std::vector<GeneratedModule>& batch) const;

 private:
  std::string command_, version_;
  wasm::Features features_;
};

}  // namespace cairn::fuzzing
