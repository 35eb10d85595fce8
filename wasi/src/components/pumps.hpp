#pragma once
/// Bytes between sources or sinks of the host and streams of guests (WASI 0.3): each pump fills or
/// empties one stream and resolves one future with how that ended.

#include <cairn/component/host_streams.hpp>
#include <cairn/component/host_types.hpp>
#include <cairn/wasi/limits.hpp>
#include <cairn/wasi/sandbox/byte_stream.hpp>

namespace cairn::wasi {

using component::Future;
using component::HostCall;
using component::Promise;
using component::Stream;

/// `Face::Error` is the interface's error, `Face::error` makes it from a code.
template <class Face>
using Ended = std::expected<void, typename Face::Error>;
template <class Face>
using ReadStream = std::tuple<Stream<uint8_t>, Future<Ended<Face>>>;

/// A stream of nothing.
class EmptyPump final : public component::StreamProducer {
  void produce(size_t) override { end(); }
};

/// Fills a stream from a source until that ends, or the guest wants no more: both are fine.
template <class Face>
class SourcePump final : public component::StreamProducer {
 public:
  SourcePump(std::unique_ptr<ByteSource> source, Promise<Ended<Face>> ended,
             std::function<void()> at_drop)
      : source_(std::move(source)), ended_(std::move(ended)), at_drop_(std::move(at_drop)) {}

 private:
  void produce(size_t max) override {
    max_ = std::min(max, GuestLimits{}.transfer_bytes_max);
    try_read();
  }
  void dropped() override {
    if (at_drop_) at_drop_();
    ended_({});
  }

  void try_read() {
    Outcome<ByteSource::Read> read = source_->read(max_);
    if (!read) {
      ended_(std::unexpected(Face::error(read.error())));
      end();
    } else if (!read->bytes.empty()) {
      give(std::move(read->bytes));
    } else if (read->ended) {
      ended_({});
      end();
    } else {
      ticket_ = source_->when_ready([this] { try_read(); });
    }
  }

  std::unique_ptr<ByteSource> source_;
  Promise<Ended<Face>> ended_;
  std::function<void()> at_drop_;
  EventLoop::Ticket ticket_;
  size_t max_ = 0;
};

/// Empties a stream into a sink until the guest has no more, or writing fails.
template <class Face>
class SinkPump final : public component::StreamConsumer {
 public:
  SinkPump(std::unique_ptr<ByteSink> sink, Promise<Ended<Face>> ended,
           std::function<void()> at_end = nullptr)
      : sink_(std::move(sink)), ended_(std::move(ended)), at_end_(std::move(at_end)) {}

 private:
  void consume(Bytes&& bytes) override {
    bytes_ = std::move(bytes);
    written_ = 0;
    try_write();
  }
  void ended() override {
    if (at_end_) at_end_();
    ended_({});
  }

  void try_write() {
    while (written_ < bytes_.size()) {
      const Outcome<size_t> put = sink_->write(ByteSpan(bytes_).subspan(written_));
      if (!put) {
        ended_(std::unexpected(Face::error(put.error())));
        return close();
      }
      if (*put == 0) {
        ticket_ = sink_->when_ready([this] { try_write(); });
        return;
      }
      written_ += *put;
    }
    more();
  }

  std::unique_ptr<ByteSink> sink_;
  Promise<Ended<Face>> ended_;
  std::function<void()> at_end_;
  EventLoop::Ticket ticket_;
  Bytes bytes_;
  size_t written_ = 0;
};

/// A stream and a future of what a source has; an error instead of a source is for the future.
template <class Face>
Result<ReadStream<Face>> read_stream(HostCall& call, Outcome<std::unique_ptr<ByteSource>> source,
                                     std::function<void()> at_drop = nullptr) {
  auto [future, ended] = TRY(Future<Ended<Face>>::make(call));
  std::shared_ptr<component::StreamProducer> producer;
  if (source) {
    producer = std::make_shared<SourcePump<Face>>(*std::move(source), ended, std::move(at_drop));
  } else {
    ended(std::unexpected(Face::error(source.error())));
    producer = std::make_shared<EmptyPump>();
  }
  return ReadStream<Face>(TRY(Stream<uint8_t>::make(call, std::move(producer))), std::move(future));
}

/// Writes a stream to a sink; an error instead of a sink is for the future, and the stream is
/// dropped.
template <class Face>
Result<Future<Ended<Face>>> write_stream(HostCall& call, const Stream<uint8_t>& data,
                                         Outcome<std::unique_ptr<ByteSink>> sink,
                                         std::function<void()> at_end = nullptr) {
  auto [future, ended] = TRY(Future<Ended<Face>>::make(call));
  if (sink) {
    TRY(data.consume(call, std::make_shared<SinkPump<Face>>(*std::move(sink), std::move(ended),
                                                            std::move(at_end))));
  } else {
    ended(std::unexpected(Face::error(sink.error())));
    TRY(data.drop(call));
  }
  return std::move(future);
}

}  // namespace cairn::wasi
