#include "screen.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "terminal.hpp"

namespace cairn::cli {
namespace {

// What a VT100 and xterm understand: another screen without a cursor, and back.
constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view leave = "\x1b[?25h\x1b[?1049l";

// A handler of signals can reach nothing else.
std::atomic<bool> was_interrupted = false;
void interrupted(int) { was_interrupted = true; }

}  // namespace

Screen::Screen() {
  was_interrupted = false;
  struct sigaction action = {};
  action.sa_handler = interrupted;
  sigaction(SIGINT, &action, &interrupt_);
  sigaction(SIGTERM, &action, &terminate_);
  is_terminal_ = isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &before_) == 0;
  if (is_terminal_) {
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  write(stdout, enter);
}

Screen::~Screen() {
  write(stdout, leave);
  std::fflush(stdout);
  if (is_terminal_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
}

Screen::Size Screen::size() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

void Screen::show(std::string_view text) {
  // Each line clears what is right of it, the last what is below: nothing flickers.
  std::string out = "\x1b[H";
  for (const char c : text) {
    if (c == '\n') out += "\x1b[K";
    out += c;
  }
  write(stdout, out += "\x1b[J");
  std::fflush(stdout);
}

std::optional<char> Screen::key(uint64_t wait_ms) {
  pollfd input = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  const int ready = poll(&input, is_terminal_ ? 1 : 0, static_cast<int>(wait_ms));
  if (was_interrupted) return 'q';
  char key = 0;
  if (ready <= 0) return std::nullopt;
  return ::read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';
}

}  // namespace cairn::cli
