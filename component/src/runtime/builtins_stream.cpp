// Streams and futures.

#include <fmt/format.h>

#include "runtime/builtin.hpp"

namespace cairn::component::rt::builtins {

namespace {

constexpr uint64_t blocked = 0xffff'ffff;

bool is_future(const BuiltinFunc& self) { return self.plan->op == Op::future; }

Object::Kind reader_kind(const BuiltinFunc& self) {
  return is_future(self) ? Object::Kind::future_reader : Object::Kind::stream_reader;
}
Object::Kind writer_kind(const BuiltinFunc& self) {
  return is_future(self) ? Object::Kind::future_writer : Object::Kind::stream_writer;
}

Result<std::shared_ptr<CopyEnd>> find_end(const BuiltinFunc& self, uint32_t index,
                                          Object::Kind kind) {
  auto end = TRY(find_object<CopyEnd>(*self.instance, index, kind));
  if (end->shared->plan != self.plan)
    return trap("handle index " + std::to_string(index) + " used with the wrong type");
  return end;
}

/// The same for what may block: who must not is told so first.
Result<std::shared_ptr<CopyEnd>> find_end(const BuiltinFunc& self, const Call& call,
                                          Object::Kind kind, bool is_async) {
  auto end = find_end(self, call.u32(0), kind);
  if (!end && !is_async && !call.may_block()) return std::unexpected(Call::blocked_error());
  return end;
}

std::string_view done_message(Object::Kind kind) {
  switch (kind) {
    case Object::Kind::stream_reader:
      return "cannot read from stream after being notified that the writable end dropped";
    case Object::Kind::stream_writer:
      return "cannot write to stream after being notified that the readable end dropped";
    case Object::Kind::future_reader:
      return "cannot read from future after previous read succeeded";
    default: return "cannot write to future after previous write succeeded or readable end dropped";
  }
}

Result<Buffer> make_buffer(const BuiltinFunc& self, uint64_t ptr, uint64_t length) {
  if (length > content_bytes_max) return trap("stream or future buffer too long");
  Buffer buffer;
  buffer.options = &self.options;
  buffer.element = self.plan->element;
  buffer.ptr = ptr;
  buffer.length = static_cast<uint32_t>(length);
  if (buffer.element && length > 0) {
    const Side side(self.options);
    const size_t p = self.options.p();
    if (ptr % buffer.element->alignment[p] != 0) return trap("unaligned pointer");
    if (!side.holds(ptr, length * buffer.element->size[p]))
      return trap("stream or future buffer out of bounds of memory");
  }
  return buffer;
}

/// What a copy has come to, or how it blocks.
Result<uint64_t> finish(const BuiltinFunc& self, Call& call, const std::shared_ptr<CopyEnd>& end,
                        bool is_async) {
  (void)self;
  if (end->pending) return end->take_event().payload;
  if (is_async) return blocked;
  end->sync_waiter = true;
  return call.wait([end] { return end->pending; }, false,
                   [end](bool) -> Result<uint64_t> {
                     end->sync_waiter = false;
                     return end->take_event().payload;
                   },
                   {.signal = &end->changed});
}

Result<uint64_t> copy(const BuiltinFunc& self, Call& call, Object::Kind kind) {
  TRY(check_may_leave(self));
  const auto end = TRY(find_end(self, call, kind, self.options.is_async));
  if (end->state == CopyEnd::State::done) return trap(std::string(done_message(kind)));
  if (end->state != CopyEnd::State::idle)
    return trap("cannot have concurrent operations active on a future/stream");
  if (end->set && !self.options.is_async)
    return trap("waitable cannot be used synchronously while added to a waitable set");
  const bool wide = self.options.ptr == PtrSize::bits64;
  const uint64_t ptr = wide ? call.u64(1) : call.u32(1);
  const uint64_t length = is_future(self) ? 1 : wide ? call.u64(2) : call.u32(2);
  end->buffer = TRY(make_buffer(self, ptr, length));
  end->state = CopyEnd::State::copying;
  TRY(start_copy(*end, call.store()));
  // The host may be ready to do its part at once.
  if (!call.store().host_events.empty()) TRY(call.store().handle_host_events());
  return finish(self, call, end, self.options.is_async);
}

}  // namespace

Result<uint64_t> shared_new(const BuiltinFunc& self, Call&) {
  TRY(check_may_leave(self));
  const auto kind = is_future(self) ? Object::Kind::future : Object::Kind::stream;
  const auto shared = std::make_shared<Shared>(kind, self.plan);
  uint64_t indices[2];
  const Object::Kind kinds[] = {reader_kind(self), writer_kind(self)};
  for (size_t i = 0; i < 2; ++i) {
    const auto end = std::make_shared<CopyEnd>(kinds[i], shared);
    end->instance = self.instance;
    end->index = TRY(add_object(*self.instance, end));
    indices[i] = end->index;
  }
  return indices[0] | (indices[1] << 32);
}

Result<uint64_t> copy_read(const BuiltinFunc& self, Call& call) {
  return copy(self, call, reader_kind(self));
}

Result<uint64_t> copy_write(const BuiltinFunc& self, Call& call) {
  return copy(self, call, writer_kind(self));
}

Result<uint64_t> copy_cancel(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const bool reads =
      self.kind == CanonKind::stream_cancel_read || self.kind == CanonKind::future_cancel_read;
  const auto end =
      TRY(find_end(self, call, reads ? reader_kind(self) : writer_kind(self), self.flag));
  if (end->state != CopyEnd::State::copying || end->sync_waiter)
    return trap("no operation to cancel: the stream or future is not being copied");
  if (end->set && !self.flag)
    return trap("waitable cannot be used synchronously while added to a waitable set");
  end->state = CopyEnd::State::cancelling;
  // Also after a part was copied: the rest is cancelled, and the event says so.
  if (!end->pending || end->reclaim) rt::cancel_copy(*end);
  return finish(self, call, end, self.flag);
}

Result<uint64_t> copy_drop(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const bool reads =
      self.kind == CanonKind::stream_drop_readable || self.kind == CanonKind::future_drop_readable;
  const uint32_t index = call.u32(0);
  const auto end = TRY(find_end(self, index, reads ? reader_kind(self) : writer_kind(self)));
  if (end->copying())
    return trap(fmt::format("cannot {} busy {}", reads ? "remove" : "drop",
                            is_future(self) ? "future" : "stream"));
  if (is_future(self) && !reads && end->state != CopyEnd::State::done)
    return trap("cannot drop future write end without first writing a value");
  drop_end(*end);
  self.instance->handles.remove(index);
  // What the host held for it is let go of now: a guest may want the same port again.
  if (!call.store().host_events.empty()) TRY(call.store().handle_host_events());
  return 0;
}

}  // namespace cairn::component::rt::builtins
