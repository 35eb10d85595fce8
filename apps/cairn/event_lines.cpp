#include "event_lines.hpp"

#include <utility>

namespace cairn::cli {

bool EventLines::put(std::string_view part, const std::function<bool(const ServerEvent&)>& seen) {
  while (!part.empty() && !is_too_large_) {
    const size_t end = part.find('\n');
    const std::string_view piece = part.substr(0, end);
    is_too_large_ = left_.size() + piece.size() > bytes_max_;
    if (is_too_large_) break;
    left_ += piece;
    if (end == std::string_view::npos) return true;
    part.remove_prefix(end + 1);
    const std::string line = std::exchange(left_, {});
    if (!take(line, seen)) return false;
  }
  return !is_too_large_;
}

bool EventLines::take(std::string_view line, const std::function<bool(const ServerEvent&)>& seen) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.empty()) {
    // With the line feed that stands between two lines of data.
    is_too_large_ = event_.data.size() + line.size() >= bytes_max_;
    if (!is_too_large_) take_field(line);
    return !is_too_large_;
  }
  // An empty line ends an event; one without data is none.
  const ServerEvent event = std::exchange(event_, {});
  return !std::exchange(has_data_, false) || seen(event);
}

void EventLines::take_field(std::string_view line) {
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
