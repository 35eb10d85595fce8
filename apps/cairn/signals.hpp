#pragma once
/// Signals that a command waits for.

#include <pthread.h>

#include <csignal>
#include <initializer_list>

namespace cairn::cli {

/// They wait for `sigtimedwait`: neither this thread nor those that it starts from now on take
/// them.
inline sigset_t hold_signals(std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace cairn::cli
