#pragma once
/// The machine code of a module.

#include <memory>
#include <mutex>
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
  /// The entry of a loop (see `CodeRequest::Loop`) in the newest image that has it, or null.
  const void* loop(uint32_t defined_index, uint32_t loop_offset) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const CodeImage>> images_;
  std::shared_ptr<CodeObserver> observer_;
};

}  // namespace cairn::engine
