#pragma once
/// The machine code of a module.

#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "native/image.hpp"

namespace cairn::engine {

class CodeImage;
class CodeObserver;

/// The images that are installed for a module, for as long as it lives. Thread-safe.
class ModuleCode {
 public:
  ModuleCode() = default;
  ~ModuleCode();
  ModuleCode(const ModuleCode&) = delete;
  ModuleCode& operator=(const ModuleCode&) = delete;

  /// `observer` (or null) is told when the image goes.
  void add(std::shared_ptr<const CodeImage> image, std::shared_ptr<CodeObserver> observer);
  /// A stub in one of the images, or null.
  const void* stub(ImageRange::Kind kind, std::string_view signature) const;
  /// The entry of a loop (see `CodeRequest::Loop`) in the best image that has it, if that is of
  /// this level at least, or null.
  const void* loop(uint32_t defined_index, uint32_t loop_offset,
                   CodeLevel at_least = CodeLevel::baseline) const;
  /// Notes that better code is wanted for a loop; false when it has been noted before.
  bool want_loop(uint32_t defined_index, uint32_t loop_offset);

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const CodeImage>> images_;
  std::shared_ptr<CodeObserver> observer_;
  std::set<std::pair<uint32_t, uint32_t>> wanted_loops_;
};

}  // namespace cairn::engine
