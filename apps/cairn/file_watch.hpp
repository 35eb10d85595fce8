#pragma once
/// Notices that files were changed.

#include <cairn/base/files.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace cairn::cli {

class FileWatch {
 public:
  explicit FileWatch(Files& files) : files_(files) {}

  // Around each reading of the files: what is changed while they are read is a change, too.

  void begin();
  /// As it is now; before it is read.
  void add(const std::string& path);
  /// These from now on. Not `is_complete`: some were not come to, and those of before stay.
  void end(bool is_complete);

  /// To be called now and then: whether one of them is another than it was, and as it was when
  /// this was called before. Who is still writing is waited for.
  bool look();

 private:
  using Mark = std::optional<std::pair<uint64_t, uint64_t>>;
  Mark mark(const std::string& path) const;

  Files& files_;
  std::map<std::string, Mark> known_, last_, next_;
};

}  // namespace cairn::cli
