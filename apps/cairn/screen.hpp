#pragma once
/// The whole of a terminal, as long as it is there: what was on it comes back at the end.

#include <termios.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::cli {

class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  struct Size {
    size_t columns = 80, lines = 24;
  };
  static Size size();
  /// Shows `text` from the top; what was there goes away.
  static void show(std::string_view text);
  /// A key that was pressed, within that time. None: no key; SIGINT and SIGTERM are 'q'.
  std::optional<char> key(uint64_t wait_ms);

 private:
  termios before_ = {};
  bool is_terminal_ = false;
  struct sigaction interrupt_ = {}, terminate_ = {};
};

}  // namespace cairn::cli
