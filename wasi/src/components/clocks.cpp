// `wasi:clocks` 0.2 and 0.3 (proposals/clocks/wit of WebAssembly/WASI). The time zone is UTC.

#include "components/clocks.hpp"

#include "components/interfaces.hpp"
#include "components/pollables.hpp"

namespace cairn::wasi {

namespace {

/// Deadlines beyond the clock's range never come.
uint64_t after(Guest& guest, uint64_t duration_ns) {
  const uint64_t now = guest.clock().monotonic_ns();
  return duration_ns > UINT64_MAX - now ? UINT64_MAX : now + duration_ns;
}

HostOwn<Pollable> deadline(Guest& guest, uint64_t when_ns) {
  return HostOwn<Pollable>(std::make_shared<DeadlinePollable>(guest.loop(), when_ns));
}

void add_monotonic_02(ComponentLinker& linker) {
  linker.interface("wasi:clocks/monotonic-clock@0.2.12")
      .resource<Pollable>("pollable")
      .func("now", [](HostCall& call) { return Guest::of(call).clock().monotonic_ns(); })
      .func("resolution",
            [](HostCall& call) { return Guest::of(call).clock().monotonic_resolution_ns(); })
      .func("subscribe-instant",
            [](HostCall& call, uint64_t when) { return deadline(Guest::of(call), when); })
      .func("subscribe-duration", [](HostCall& call, uint64_t duration) {
        Guest& guest = Guest::of(call);
        return deadline(guest, after(guest, duration));
      });
}

Later<void> wait_until(HostCall& call, uint64_t when_ns) {
  EventLoop& loop = Guest::of(call).loop();
  if (loop.clock().monotonic_ns() >= when_ns) return Later<void>();
  Later<void> later(call);
  later.done().keep(loop.at(when_ns, [done = later.done()] { done(); }));
  return later;
}

void add_monotonic_03(ComponentLinker& linker) {
  linker.interface("wasi:clocks/monotonic-clock@0.3.0")
      .func("now", [](HostCall& call) { return Guest::of(call).clock().monotonic_ns(); })
      .func("get-resolution",
            [](HostCall& call) { return Guest::of(call).clock().monotonic_resolution_ns(); })
      .func("wait-until", &wait_until)
      .func("wait-for", [](HostCall& call, uint64_t duration) {
        return wait_until(call, after(Guest::of(call), duration));
      });
}

/// `timezone-display` of 0.2.
struct TimezoneDisplay {
  int32_t utc_offset = 0;
  std::string name = "UTC";
  bool in_daylight_saving_time = false;
};

}  // namespace
}  // namespace cairn::wasi

template <>
struct cairn::component::Described<cairn::wasi::TimezoneDisplay> {
  using T = cairn::wasi::TimezoneDisplay;
  static constexpr auto fields =
      std::tuple{Field{"utc-offset", &T::utc_offset}, Field{"name", &T::name},
                 Field{"in-daylight-saving-time", &T::in_daylight_saving_time}};
};

namespace cairn::wasi {

void add_clocks(ComponentLinker& linker) {
  add_monotonic_02(linker);
  add_monotonic_03(linker);
  linker.interface("wasi:clocks/wall-clock@0.2.12")
      .func("now",
            [](HostCall& call) { return Datetime::of_ns(Guest::of(call).clock().realtime_ns()); })
      .func("resolution", [](HostCall& call) {
        return Datetime::of_ns(Guest::of(call).clock().realtime_resolution_ns());
      });
  linker.interface("wasi:clocks/system-clock@0.3.0")
      .func("now",
            [](HostCall& call) { return Instant::of_ns(Guest::of(call).clock().realtime_ns()); })
      .func("get-resolution",
            [](HostCall& call) { return Guest::of(call).clock().realtime_resolution_ns(); });
  linker.interface("wasi:clocks/types@0.3.0");
  linker.interface("wasi:clocks/timezone@0.2.12")
      .func("display", [](HostCall&, Datetime) { return TimezoneDisplay(); })
      .func("utc-offset", [](HostCall&, Datetime) { return int32_t{0}; });
  linker.interface("wasi:clocks/timezone@0.3.0")
      .func("iana-id", [](HostCall&) { return std::optional<std::string>("UTC"); })
      .func("utc-offset", [](HostCall&, Instant) { return std::optional<int64_t>(0); })
      .func("to-debug-string", [](HostCall&) { return std::string("UTC"); });
}

}  // namespace cairn::wasi
