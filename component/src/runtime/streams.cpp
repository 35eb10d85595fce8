// Streams and futures: what the two ends do to each other.

#include "runtime/waitable.hpp"

namespace cairn::component::rt {

CopyEnd::~CopyEnd() {
  // A store that is taken apart: nobody is told.
  if (shared->waiting == this) shared->waiting = nullptr;
}

EventCode CopyEnd::code() const {
  switch (kind) {
    case Kind::stream_reader: return EventCode::stream_read;
    case Kind::stream_writer: return EventCode::stream_write;
    case Kind::future_reader: return EventCode::future_read;
    default: return EventCode::future_write;
  }
}

void CopyEnd::set_event(CopyResult with, bool reclaim_buffer) {
  result = with;
  reclaim = reclaim_buffer;
  set_pending(true);
  if (notify) notify();
}

Event CopyEnd::take_event() {
  set_pending(false);
  if (reclaim && shared->waiting == this) shared->waiting = nullptr;
  const bool ends =
      result == CopyResult::dropped || (shared->is_future() && result == CopyResult::completed);
  state = ends ? State::done : State::idle;
  const auto packed = static_cast<uint32_t>(result);
  return {code(), index, shared->is_future() ? packed : packed | (buffer.progress << 4)};
}

namespace {

/// Bytes, of which the host has its own as they are.
void copy_raw(Buffer& from, Buffer& to, uint32_t count) {
  const auto source = [&]() -> ByteSpan {
    if (from.options) return Side(*from.options).memory.subspan(from.ptr, count);
    return ByteSpan(*from.raw).subspan(from.progress, count);
  };
  if (to.options) {
    const ByteSpan bytes = source();
    std::ranges::copy(bytes, Side(*to.options).memory.begin() + static_cast<ptrdiff_t>(to.ptr));
  } else if (!to.raw) {
    for (const uint8_t byte : source()) to.values->push_back(Value::number(uint64_t{byte}));
  } else if (from.options || from.raw) {
    const ByteSpan bytes = source();
    to.raw->insert(to.raw->end(), bytes.begin(), bytes.end());
  } else {
    for (uint32_t i = 0; i < count; ++i)
      to.raw->push_back(static_cast<uint8_t>((*from.values)[from.progress + i].number()));
  }
  if (from.options) from.ptr += count;
  if (to.options) to.ptr += count;
  from.progress += count;
  to.progress += count;
}

}  // namespace

bool copy_elements(Transfer& t, Buffer& from, Buffer& to, uint32_t count) {
  if (from.raw || to.raw) {
    copy_raw(from, to, count);
    return true;
  }
  if (from.element) {
    const Plan& element = *from.element;
    if (from.options && to.options) {
      Side source(*from.options), target(*to.options);
      if (!elements_to_guest(t, element, source, from.ptr, target, to.ptr, count)) return false;
    } else if (from.options) {
      Side source(*from.options);
      if (!elements_to_values(t, element, source, from.ptr, count, *to.values)) return false;
    } else if (to.options) {
      Side target(*to.options);
      const std::span<const Value> values(from.values->data() + from.progress, count);
      if (!elements_from_values(t, element, values, target, to.ptr)) return false;
    } else {
      for (uint32_t i = 0; i < count; ++i)
        to.values->push_back(std::move((*from.values)[from.progress + i]));
    }
    if (from.options) from.ptr += uint64_t{count} * element.size[from.options->p()];
    if (to.options) to.ptr += uint64_t{count} * element.size[to.options->p()];
  }
  from.progress += count;
  to.progress += count;
  return true;
}

namespace {

/// The end that waits is told, and waits no longer.
void release(Shared& shared, CopyResult result) {
  CopyEnd* const end = std::exchange(shared.waiting, nullptr);
  end->set_event(result, false);
}

Result<> copy_now(CopyEnd& end, CopyEnd& other, const StoreState& store) {
  if (end.instance && end.instance == other.instance && !end.shared->plan->none_or_number) {
    return trap(end.shared->is_future() ? "cannot read from and write to intra-component future"
                                        : "cannot read from and write to intra-component stream");
  }
  Buffer& from = end.is_reader() ? other.buffer : end.buffer;
  Buffer& to = end.is_reader() ? end.buffer : other.buffer;
  Transfer t(store.deterministic);
  t.host_bytes_left = store.limits.host_value_bytes_max;
  return t.result(copy_elements(t, from, to, std::min(from.remain(), to.remain())));
}

Result<> start_stream(CopyEnd& end, CopyEnd& other, const StoreState& store) {
  Shared& shared = *end.shared;
  if (end.instance && end.instance == other.instance && !shared.plan->none_or_number)
    return trap("cannot read from and write to intra-component stream");
  if (other.buffer.remain() > 0) {
    if (end.buffer.remain() > 0) {
      TRY(copy_now(end, other, store));
      other.set_event(CopyResult::completed, true);
    }
    end.set_event(CopyResult::completed, false);
  } else if (!end.is_reader() && end.buffer.length == 0 && other.buffer.length == 0) {
    end.set_event(CopyResult::completed, false);
  } else {
    release(shared, CopyResult::completed);
    shared.waiting = &end;
  }
  return {};
}

}  // namespace

Result<> start_copy(CopyEnd& end, const StoreState& store) {
  Shared& shared = *end.shared;
  if (shared.dropped) {
    end.set_event(CopyResult::dropped, false);
  } else if (!shared.waiting) {
    shared.waiting = &end;
  } else if (!shared.is_future()) {
    return start_stream(end, *shared.waiting, store);
  } else {
    TRY(copy_now(end, *shared.waiting, store));
    release(shared, CopyResult::completed);
    end.set_event(CopyResult::completed, false);
  }
  return {};
}

void cancel_copy(CopyEnd& end) {
  if (end.shared->waiting == &end) release(*end.shared, CopyResult::cancelled);
}

void drop_end(CopyEnd& end) {
  Shared& shared = *end.shared;
  if (!shared.dropped) {
    shared.dropped = true;
    CopyEnd* const host = end.is_reader() ? shared.host_writer : shared.host_reader;
    if (shared.waiting)
      release(shared, CopyResult::dropped);
    else if (host && !host->pending)
      host->set_event(CopyResult::dropped, false);
  }
  end.join(nullptr);
}

}  // namespace cairn::component::rt
