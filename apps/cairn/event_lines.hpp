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
  /// Events that are whole now; false: `seen` has enough.
  bool put(std::string_view part, const std::function<bool(const ServerEvent&)>& seen);

 private:
  void take_line(std::string_view line);

  std::string left_;  ///< the beginning of a line
  ServerEvent event_;
  bool has_data_ = false;
};

}  // namespace cairn::cli
