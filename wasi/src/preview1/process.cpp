// Arguments, environment, clocks, randomness and the process itself.

#include <thread>

#include "preview1/call.hpp"

namespace cairn::wasi {
namespace {

/// Writes pointers to NUL-terminated texts, and the texts one behind the other.
Outcome<> put_texts(const Call& call, const std::vector<std::string>& texts, uint32_t pointers,
                    uint32_t buffer) {
  for (const std::string& text : texts) {
    const MutableByteSpan bytes = TRY(call.memory.slice(buffer, text.size() + 1));
    std::memcpy(bytes.data(), text.c_str(), bytes.size());
    TRY(call.memory.store<uint32_t>(pointers, buffer));
    buffer += static_cast<uint32_t>(bytes.size());
    pointers += 4;
  }
  return {};
}

Outcome<> put_sizes(const Call& call, const std::vector<std::string>& texts, uint32_t count,
                    uint32_t buffer_size) {
  uint64_t size = 0;
  for (const std::string& text : texts) size += text.size() + 1;
  if (size > UINT32_MAX) return fail(Errno::overflow);
  TRY(call.memory.store(count, static_cast<uint32_t>(texts.size())));
  return call.memory.store(buffer_size, static_cast<uint32_t>(size));
}

enum ClockId : uint32_t { realtime = 0, monotonic = 1, process_cputime = 2, thread_cputime = 3 };

}  // namespace

Outcome<> args_get(Call& call, uint32_t argv, uint32_t argv_buf) {
  return put_texts(call, call.state.config.args, argv, argv_buf);
}

Outcome<> args_sizes_get(Call& call, uint32_t argc, uint32_t argv_buf_size) {
  return put_sizes(call, call.state.config.args, argc, argv_buf_size);
}

Outcome<> environ_get(Call& call, uint32_t environ, uint32_t environ_buf) {
  return put_texts(call, call.state.config.env, environ, environ_buf);
}

Outcome<> environ_sizes_get(Call& call, uint32_t environc, uint32_t environ_buf_size) {
  return put_sizes(call, call.state.config.env, environc, environ_buf_size);
}

Outcome<> clock_res_get(Call& call, uint32_t id, uint32_t resolution) {
  if (id > thread_cputime) return fail(Errno::inval);
  Clock& clock = *call.state.config.clock;
  return call.memory.store<uint64_t>(resolution, id == realtime ? clock.realtime_resolution_ns()
                                                                : clock.monotonic_resolution_ns());
}

Outcome<> clock_time_get(Call& call, uint32_t id, uint64_t, uint32_t time) {
  Clock& clock = *call.state.config.clock;
  switch (id) {
    case realtime: return call.memory.store<uint64_t>(time, clock.realtime_ns());
    case monotonic: return call.memory.store<uint64_t>(time, clock.monotonic_ns());
    case process_cputime: return call.memory.store<uint64_t>(time, clock.process_cpu_ns());
    case thread_cputime: return call.memory.store<uint64_t>(time, clock.thread_cpu_ns());
    default: return fail(Errno::inval);
  }
}

/// A guest has no signals: none can be sent.
Outcome<> proc_raise(Call&, uint32_t) { return fail(Errno::notsup); }

Outcome<> sched_yield(Call&) {
  std::this_thread::yield();
  return {};
}

Outcome<> random_get(Call& call, uint32_t buf, uint32_t buf_len) {
  // Gigabytes take seconds: between pieces the host may interrupt.
  constexpr size_t piece_max = 1 << 20;
  MutableByteSpan left = TRY(call.memory.slice(buf, buf_len));
  while (left.size() > piece_max) {
    call.state.config.random->fill(left.first(piece_max));
    left = left.subspan(piece_max);
    if (call.state.config.waiter->is_interruptible()) TRY(call.wait({}, 0));
  }
  call.state.config.random->fill(left);
  return {};
}

}  // namespace cairn::wasi
