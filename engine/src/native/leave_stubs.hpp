#pragma once
/// The stubs through which compiled code of an engine calls functions without code.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cairn::engine {

class CodeImage;

/// By signature. Thread-safe.
class LeaveStubs {
 public:
  struct Found {
    std::shared_ptr<const CodeImage> image;  ///< what the stub lies in
    const void* stub = nullptr;
  };
  void add(const std::shared_ptr<const CodeImage>& image);
  /// A stub in one of the images that are still there.
  Found find(const std::string& signature);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::weak_ptr<const CodeImage>>> images_;
};

}  // namespace cairn::engine
