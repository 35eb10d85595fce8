#include "file_watch.hpp"

#include <utility>

namespace cairn::cli {

FileWatch::Marks FileWatch::marks() const {
  Marks marks;
  for (const std::string& path : paths_) {
    const Result<Files::Info> info = files_.info(path);
    marks[path] = info ? std::optional(std::pair(info->size, info->used)) : std::nullopt;
  }
  return marks;
}

void FileWatch::set(const std::vector<std::string>& paths) {
  paths_ = paths;
  known_ = last_ = marks();
}

bool FileWatch::look() {
  const Marks now = marks();
  return std::exchange(last_, now) == now && now != known_;
}

}  // namespace cairn::cli
