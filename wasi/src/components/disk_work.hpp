#pragma once
/// Work of host functions that waits for a disk.

#include <cairn/wasi/guest.hpp>

#include "components/io.hpp"

namespace cairn::wasi {

/// What `then` makes of what `work` gives. `work` runs on another thread, unless `disk` says that
/// it may keep this one waiting; all else, and the end of what both have captured, is on this one.
template <class R, class W>
Later<R> work_on_disk(HostCall& call, DiskWork disk, std::function<W()> work,
                      std::function<R(W)> then) {
  if (disk == DiskWork::at_once) return Later<R>(then(work()));
  Later<R> later(call);
  const auto result = std::make_shared<std::optional<W>>();
  EventLoop::Ticket ticket = Guest::of(call).loop().work(
      [result, work = std::move(work)] { result->emplace(work()); },
      [result, then = std::move(then), done = later.done()] { done(then(*std::move(*result))); });
  later.done().keep(std::shared_ptr<EventLoop::Wait>(std::move(ticket)));
  return later;
}

}  // namespace cairn::wasi
