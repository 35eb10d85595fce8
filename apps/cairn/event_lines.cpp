#include "event_lines.hpp"

#include <utility>

namespace cairn::cli {

bool EventLines::put(std::string_view part, const std::function<bool(const ServerEvent&)>& seen) {
  left_ += part;
  size_t begin = 0;
  for (size_t end; (end = left_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string_view line = std::string_view(left_).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) {
      take_line(line);
      continue;
    }
    // An empty line ends an event; one without data is none.
    const ServerEvent event = std::exchange(event_, {});
    if (!std::exchange(has_data_, false)) continue;
    if (seen(event)) continue;
    left_.clear();
    return false;
  }
  left_.erase(0, begin);
  return true;
}

void EventLines::take_line(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == 0) return;  // a comment
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_.name = value;
  if (field == "id") event_.id = value;
  if (field == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  }
}

}  // namespace cairn::cli
