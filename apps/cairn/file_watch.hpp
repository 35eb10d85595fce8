#pragma once
/// Notices that files were changed.

#include <cairn/base/files.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::cli {

class FileWatch {
 public:
  explicit FileWatch(Files& files) : files_(files) {}

  /// These from now on, as they are now.
  void set(const std::vector<std::string>& paths);
  /// To be called now and then: whether one of them is another than it was, and as it was when
  /// this was called before. Who is still writing is waited for.
  bool look();

 private:
  using Marks = std::map<std::string, std::optional<std::pair<uint64_t, uint64_t>>>;
  Marks marks() const;

  Files& files_;
  std::vector<std::string> paths_;
  Marks known_, last_;
};

}  // namespace cairn::cli
