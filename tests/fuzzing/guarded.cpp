#include "guarded.hpp"

#include <cairn/base/result.hpp>

#include <fmt/format.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace cairn::fuzzing {

namespace {

/// In front of each report in the pipe.
struct Header {
  uint64_t index = 0;
  uint64_t size = 0;
  bool reported = false;
  Counts counts;
};

void write_all(int fd, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size != 0) {
    const ssize_t written = write(fd, at, size);
    if (written <= 0) _exit(1);
    at += written;
    size -= static_cast<size_t>(written);
  }
}

/// False at the end of the pipe, also within what was to be read.
bool read_all(int fd, void* data, size_t size) {
  char* at = static_cast<char*>(data);
  while (size != 0) {
    const ssize_t got = read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

/// Ends the process after so much time of the processor, and after ten times as much of the clock:
/// a busy machine is no finding, who waits for ever is one.
void limit_time(uint32_t seconds_max) {
  const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = seconds_max, .tv_usec = 0}};
  CAIRN_ASSERT(setitimer(ITIMER_PROF, &timer, nullptr) == 0);
  alarm(10 * seconds_max);
}

[[noreturn]] void work_in_child(int fd, size_t from, size_t count, uint32_t seconds_max,
                                const std::function<Outcome(size_t)>& work) {
  // An interruption of the whole ends it behind this batch.
  for (const int each : {SIGINT, SIGTERM}) std::signal(each, SIG_IGN);
  for (size_t i = from; i < count; ++i) {
    limit_time(seconds_max);
    const Outcome outcome = work(i);
    Header header;
    header.index = i;
    header.reported = outcome.report.has_value();
    header.size = outcome.report ? outcome.report->size() : 0;
    header.counts = outcome.counts;
    write_all(fd, &header, sizeof header);
    if (outcome.report) write_all(fd, outcome.report->data(), header.size);
  }
  std::fflush(nullptr);
  _exit(0);
}

/// How a process ended that did not finish.
std::string describe(int status, uint32_t seconds_max) {
  if (!WIFSIGNALED(status)) return fmt::format("exit code {}\n", WEXITSTATUS(status));
  if (WTERMSIG(status) == SIGPROF) return fmt::format("no end within {} s\n", seconds_max);
  if (WTERMSIG(status) == SIGALRM) return fmt::format("it waits for {} s\n", 10 * seconds_max);
  return fmt::format("signal {} ({})\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

}  // namespace

Reports run_guarded(size_t count, uint32_t seconds_max, const std::function<Outcome(size_t)>& work,
                    Counts& counts) {
  Reports reports(count);
  size_t from = 0;
  while (from < count) {
    int ends[2];
    std::fflush(nullptr);
    CAIRN_ASSERT(pipe(ends) == 0);
    const pid_t child = fork();
    CAIRN_ASSERT(child >= 0);
    if (child == 0) {
      close(ends[0]);
      work_in_child(ends[1], from, count, seconds_max, work);
    }
    close(ends[1]);
    Header header;
    while (read_all(ends[0], &header, sizeof header)) {
      std::string text(header.size, '\0');
      if (!read_all(ends[0], text.data(), text.size())) break;
      if (header.reported) reports[header.index] = std::move(text);
      from = header.index + 1;
    }
    counts += header.counts;
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) != child) CAIRN_ASSERT(errno == EINTR);
    if (from < count) reports[from++] = describe(status, seconds_max);
  }
  return reports;
}

}  // namespace cairn::fuzzing
