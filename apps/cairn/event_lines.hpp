#pragma once
/// Server-Sent Events (WHATWG HTML, 9.2.6), taken out of a stream.

#include <functional>
#include <string>
#include <string_view>

namespace cairn::cli {

struct ServerEvent {
  std::string name = "message";
  std::string id;
  std::string data;  ///< lines with line feeds between
};

class EventLines {
 public:
  /// Of an event, and of each of its lines.
  static constexpr size_t event_bytes_max = size_t{16} << 20;

  explicit EventLines(size_t bytes_max = event_bytes_max) : bytes_max_(bytes_max) {}

  /// Events that are whole now; false: `seen` has enough, or an event is too large.
  bool put(std::string_view part, const std::function<bool(const ServerEvent&)>& seen);
  /// Then there is nothing more to be had.
  bool is_too_large() const { return is_too_large_; }

 private:
  /// A line that has ended. False: that is enough.
  bool take(std::string_view line, const std::function<bool(const ServerEvent&)>& seen);
  void take_field(std::string_view line);

  size_t bytes_max_;
  bool is_too_large_ = false;
  std::string left_;  ///< the beginning of a line
  ServerEvent event_;
  bool has_data_ = false;
};

}  // namespace cairn::cli
