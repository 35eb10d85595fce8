// `wasi:io` 0.2: error, poll, streams (proposals/io/wit of WebAssembly/WASI).

#include "components/io.hpp"

#include <fmt/format.h>

#include "components/interfaces.hpp"
#include "components/pollables.hpp"

namespace cairn::wasi {
namespace {

/// `blocking-write-and-flush` and `blocking-write-zeroes-and-flush` take at most this.
constexpr size_t blocking_write_max = 4096;

// ---- poll -------------------------------------------------------------------------------------

using Ready = std::vector<uint32_t>;

std::optional<Ready> find_ready(const std::vector<std::shared_ptr<Pollable>>& in) {
  Ready ready;
  for (uint32_t i = 0; i < in.size(); ++i)
    if (in[i]->ready()) ready.push_back(i);
  if (ready.empty()) return std::nullopt;
  return ready;
}

/// Waits for several pollables; lets go of all when one of them ends it.
struct PollWait {
  PollWait(std::vector<std::shared_ptr<Pollable>> what, Completer<Ready> then)
      : in(std::move(what)), tickets(in.size()), done(std::move(then)) {}
  void wait(size_t i) {
    tickets[i] = in[i]->when_ready([this, i] {
      if (std::optional<Ready> ready = find_ready(in))
        done(*std::move(ready));  // and this object is no more
      else
        wait(i);
    });
  }
  std::vector<std::shared_ptr<Pollable>> in;
  std::vector<EventLoop::Ticket> tickets;
  Completer<Ready> done;
};

Result<Later<Ready>> poll(HostCall& call, const std::vector<HostRef<Pollable>>& in) {
  if (in.empty()) return guest_error("`poll` of an empty list");
  if (const size_t most = Guest::of(call).config().limits.pollables_max; in.size() > most)
    return guest_error(fmt::format("`poll` of more than {} pollables", most));
  std::vector<std::shared_ptr<Pollable>> pollables;
  for (const HostRef<Pollable>& each : in) pollables.push_back(each.share());
  if (std::optional<Ready> ready = find_ready(pollables)) return Later<Ready>(*std::move(ready));
  Later<Ready> later(call);
  const auto wait = std::make_shared<PollWait>(std::move(pollables), later.done());
  for (size_t i = 0; i < wait->in.size(); ++i) wait->wait(i);
  later.done().keep(wait);
  return later;
}

Later<void> block(HostCall& call, const HostRef<Pollable>& self) {
  if (self->ready()) return Later<void>();
  struct Block {
    std::shared_ptr<Pollable> pollable;
    Completer<void> done;
    EventLoop::Ticket ticket;
    void wait() {
      ticket = pollable->when_ready([this] { pollable->ready() ? done() : wait(); });
    }
  };
  Later<void> later(call);
  const auto waiting = std::make_shared<Block>(Block{self.share(), later.done(), nullptr});
  waiting->wait();
  later.done().keep(waiting);
  return later;
}

void add_poll(ComponentLinker& linker) {
  linker.interface("wasi:io/poll@0.2.12")
      .resource<Pollable>("pollable")
      .func("[method]pollable.ready",
            [](HostCall&, const HostRef<Pollable>& self) { return self->ready(); })
      .func("[method]pollable.block", &block)
      .func("poll", &poll);
}

// ---- streams ----------------------------------------------------------------------------------

/// What a blocking read waits for.
FunctionPollable::When when(const HostRef<InputStream>& stream) {
  return [stream = stream.share()](EventLoop::Callback run) {
    return stream->when_ready(std::move(run));
  };
}
FunctionPollable::When when(const HostRef<OutputStream>& stream) {
  return [stream = stream.share()](EventLoop::Callback run) {
    return stream->when_ready(std::move(run));
  };
}

/// A read that has nothing to give, but may have later, is no result.
std::optional<Streamed<Bytes>> read_some(InputStream& stream, uint64_t length) {
  Streamed<Bytes> read = stream.read(length);
  if (read && read->empty() && length > 0) return std::nullopt;
  return read;
}

Streamed<uint64_t> count(Streamed<Bytes> read) {
  if (!read) return std::unexpected(std::move(read).error());
  return read->size();
}

Later<Streamed<Bytes>> blocking_read(HostCall& call, const HostRef<InputStream>& self,
                                     uint64_t length) {
  return retry<Streamed<Bytes>>(
      call, [stream = self.share(), length] { return read_some(*stream, length); }, when(self));
}

Later<Streamed<uint64_t>> blocking_skip(HostCall& call, const HostRef<InputStream>& self,
                                        uint64_t length) {
  return retry<Streamed<uint64_t>>(
      call,
      [stream = self.share(), length]() -> std::optional<Streamed<uint64_t>> {
        std::optional<Streamed<Bytes>> read = read_some(*stream, length);
        if (!read) return std::nullopt;
        return count(*std::move(read));
      },
      when(self));
}

void add_input_stream(HostInterface& streams) {
  streams.resource<InputStream>("input-stream")
      .func("[method]input-stream.read", [](HostCall&, const HostRef<InputStream>& self,
                                            uint64_t length) { return self->read(length); })
      .func("[method]input-stream.blocking-read", &blocking_read)
      .func("[method]input-stream.skip", [](HostCall&, const HostRef<InputStream>& self,
                                            uint64_t length) { return count(self->read(length)); })
      .func("[method]input-stream.blocking-skip", &blocking_skip)
      .func("[method]input-stream.subscribe", [](HostCall&, const HostRef<InputStream>& self) {
        return HostOwn<Pollable>(std::make_shared<StreamPollable<InputStream>>(self.share()));
      });
}

/// Waits until all is written.
Later<Streamed<void>> flush(HostCall& call, const HostRef<OutputStream>& self) {
  return retry<Streamed<void>>(
      call,
      [stream = self.share()]() -> std::optional<Streamed<void>> {
        Streamed<bool> done = stream->flushed();
        if (!done) return std::unexpected(std::move(done).error());
        if (!*done) return std::nullopt;
        return Streamed<void>();
      },
      when(self));
}

Result<Streamed<void>> write(OutputStream& stream, ByteSpan bytes) {
  if (bytes.size() > stream.permitted())
    return guest_error("a write of more bytes than `check-write` has permitted");
  return stream.write(bytes);
}

Result<Later<Streamed<void>>> write_and_flush(HostCall& call, const HostRef<OutputStream>& self,
                                              Bytes bytes) {
  if (bytes.size() > blocking_write_max)
    return guest_error(fmt::format("a blocking write of more than {} bytes", blocking_write_max));
  // What was written before goes first.
  return retry<Streamed<void>>(
      call,
      [stream = self.share(), bytes = std::move(bytes),
       taken = false]() mutable -> std::optional<Streamed<void>> {
        Streamed<bool> done = stream->flushed();
        if (done && *done && !std::exchange(taken, true)) {
          Streamed<void> written = stream->write(bytes);
          if (!written) return written;
          done = stream->flushed();
        }
        if (!done) return std::unexpected(std::move(done).error());
        if (!*done) return std::nullopt;
        return Streamed<void>();
      },
      when(self));
}

/// One step of `splice`; nothing when it would have to wait and may.
std::optional<Streamed<uint64_t>> splice(OutputStream& out, InputStream& in, uint64_t length,
                                         bool may_wait) {
  const Streamed<uint64_t> room = out.check();
  if (!room) return std::unexpected(room.error());
  if (*room == 0 && may_wait) return std::nullopt;
  if (*room == 0) return uint64_t{0};
  const Streamed<Bytes> read = in.read(std::min(*room, length));
  if (!read) return std::unexpected(read.error());
  if (read->empty() && may_wait && length > 0) return std::nullopt;
  const Streamed<void> written = out.write(*read);
  if (!written) return std::unexpected(written.error());
  return read->size();
}

Later<Streamed<uint64_t>> blocking_splice(HostCall& call, const HostRef<OutputStream>& self,
                                          const HostRef<InputStream>& from, uint64_t length) {
  return retry<Streamed<uint64_t>>(
      call,
      [out = self.share(), in = from.share(), length] { return splice(*out, *in, length, true); },
      [out = self.share(), in = from.share()](EventLoop::Callback run) {
        return out->ready() ? in->when_ready(std::move(run)) : out->when_ready(std::move(run));
      });
}

void add_output_stream(HostInterface& streams) {
  streams.resource<OutputStream>("output-stream")
      .func("[method]output-stream.check-write",
            [](HostCall&, const HostRef<OutputStream>& self) { return self->check(); })
      .func("[method]output-stream.write", [](HostCall&, const HostRef<OutputStream>& self,
                                              Bytes bytes) { return write(*self, bytes); })
      .func("[method]output-stream.blocking-write-and-flush",
            [](HostCall& call, const HostRef<OutputStream>& self, Bytes bytes) {
              return write_and_flush(call, self, std::move(bytes));
            })
      .func("[method]output-stream.flush",
            [](HostCall&, const HostRef<OutputStream>& self) -> Streamed<void> {
              Streamed<bool> done = self->flushed();
              if (!done) return std::unexpected(std::move(done).error());
              return {};
            })
      .func("[method]output-stream.blocking-flush",
            [](HostCall& call, const HostRef<OutputStream>& self) { return flush(call, self); })
      .func(
          "[method]output-stream.subscribe",
          [](HostCall&, const HostRef<OutputStream>& self) {
            return HostOwn<Pollable>(std::make_shared<StreamPollable<OutputStream>>(self.share()));
          })
      .func("[method]output-stream.write-zeroes",
            [](HostCall&, const HostRef<OutputStream>& self,
               uint64_t length) -> Result<Streamed<void>> {
              if (length > self->permitted()) return write(*self, Bytes(self->permitted() + 1));
              return write(*self, Bytes(length));
            })
      .func("[method]output-stream.blocking-write-zeroes-and-flush",
            [](HostCall& call, const HostRef<OutputStream>& self, uint64_t length) {
              return write_and_flush(call, self,
                                     Bytes(std::min<uint64_t>(length, blocking_write_max + 1)));
            })
      .func("[method]output-stream.splice",
            [](HostCall&, const HostRef<OutputStream>& self, const HostRef<InputStream>& from,
               uint64_t length) { return *splice(*self, *from, length, false); })
      .func("[method]output-stream.blocking-splice", &blocking_splice);
}

}  // namespace

void add_io(ComponentLinker& linker) {
  linker.interface("wasi:io/error@0.2.12")
      .resource<IoError>("error")
      .func("[method]error.to-debug-string", [](HostCall&, const HostRef<IoError>& self) {
        return std::string(to_string(self->code));
      });
  add_poll(linker);
  HostInterface& streams = linker.interface("wasi:io/streams@0.2.12");
  streams.resource<IoError>("error");
  streams.resource<Pollable>("pollable");
  add_input_stream(streams);
  add_output_stream(streams);
}

}  // namespace cairn::wasi
