#include <cairn/base/clock.hpp>
#include <cairn/base/result.hpp>

#include <cerrno>
#include <ctime>

namespace cairn {
namespace {

constexpr uint64_t ns_per_s = 1'000'000'000;

uint64_t to_ns(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * ns_per_s + static_cast<uint64_t>(time.tv_nsec);
}

// The clocks named here exist on every system Cairn builds on, so a failure is a bug of ours.
uint64_t now(clockid_t clock) {
  timespec time{};
  CAIRN_ASSERT(clock_gettime(clock, &time) == 0);
  return to_ns(time);
}

uint64_t resolution(clockid_t clock) {
  timespec time{};
  CAIRN_ASSERT(clock_getres(clock, &time) == 0);
  return to_ns(time) == 0 ? 1 : to_ns(time);
}

}  // namespace

uint64_t RealClock::realtime_ns() { return now(CLOCK_REALTIME); }
uint64_t RealClock::monotonic_ns() { return now(CLOCK_MONOTONIC); }
uint64_t RealClock::process_cpu_ns() { return now(CLOCK_PROCESS_CPUTIME_ID); }
uint64_t RealClock::thread_cpu_ns() { return now(CLOCK_THREAD_CPUTIME_ID); }
uint64_t RealClock::realtime_resolution_ns() { return resolution(CLOCK_REALTIME); }
uint64_t RealClock::monotonic_resolution_ns() { return resolution(CLOCK_MONOTONIC); }

void RealClock::sleep_until(uint64_t deadline_ns) {
  timespec until{};
  until.tv_sec = static_cast<time_t>(deadline_ns / ns_per_s);
  until.tv_nsec = static_cast<long>(deadline_ns % ns_per_s);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace cairn
