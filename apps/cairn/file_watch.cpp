#include "file_watch.hpp"

namespace cairn::cli {

FileWatch::Mark FileWatch::mark(const std::string& path) const {
  const Result<Files::Info> info = files_.info(path);
  return info ? Mark(std::pair(info->size, info->used)) : std::nullopt;
}

void FileWatch::begin() { next_.clear(); }

void FileWatch::add(const std::string& path) {
  if (!next_.contains(path)) next_.emplace(path, mark(path));
}

void FileWatch::end(bool is_complete) {
  if (!is_complete) next_.insert(known_.begin(), known_.end());
  known_ = last_ = std::exchange(next_, {});
}

bool FileWatch::look() {
  auto now = known_;
  for (auto& [path, seen] : now) seen = mark(path);
  return std::exchange(last_, now) == now && now != known_;
}

}  // namespace cairn::cli
