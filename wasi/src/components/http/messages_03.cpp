#include "components/http/messages_03.hpp"

namespace cairn::wasi {
namespace {

/// Empties a guest's stream into a sink, and what follows: its trailers.
class GuestBody final : public component::StreamConsumer {
 public:
  GuestBody(component::rt::StoreState& store, std::shared_ptr<BodySink> sink,
            std::optional<Future<Trailers3>> trailers)
      : store_(store), sink_(std::move(sink)), trailers_(std::move(trailers)) {}
  ~GuestBody() override {
    if (sink_) sink_->abort({.code = HttpErrorCode::connection_terminated});
  }
  GuestBody(const GuestBody&) = delete;
  GuestBody& operator=(const GuestBody&) = delete;

  /// What follows the last byte.
  static Result<> finish(component::rt::StoreState& store, const std::shared_ptr<BodySink>& sink,
                         const std::optional<Future<Trailers3>>& trailers) {
    if (!trailers) {
      finish(*sink, nullptr);
      return {};
    }
    return component::detail::await(
        store, trailers->handle(), [sink](const std::optional<component::Value>& value) {
          if (!value) return finish(*sink, nullptr);
          const Trailers3 came = component::Typed<Trailers3>::from_value(*value);
          if (!came) return sink->abort(came.error());
          finish(*sink, *came ? (*came)->share() : nullptr);
        });
  }

 private:
  static void finish(BodySink& sink, std::shared_ptr<Fields> trailers) {
    // What is wrong with the end is told to who waits for the transmission.
    [[maybe_unused]] const Http<> finished = sink.finish(std::move(trailers));
  }

  void consume(Bytes&& bytes) override {
    bytes_ = std::move(bytes);
    written_ = 0;
    write();
  }
  void ended() override {
    const std::shared_ptr<BodySink> sink = std::exchange(sink_, nullptr);
    if (!finish(store_, sink, trailers_))
      sink->abort({.code = HttpErrorCode::internal_error, .text = "too many futures"});
  }
  void write() {
    while (written_ < bytes_.size()) {
      const Http<size_t> put = sink_->write(ByteSpan(bytes_).subspan(written_));
      if (!put) {
        sink_.reset();
        return close();
      }
      if (*put == 0) {
        ticket_ = sink_->when_ready([this] { write(); });
        return;
      }
      written_ += *put;
    }
    more();
  }

  component::rt::StoreState& store_;
  std::shared_ptr<BodySink> sink_;
  std::optional<Future<Trailers3>> trailers_;
  EventLoop::Ticket ticket_;
  Bytes bytes_;
  size_t written_ = 0;
};

/// The guest keeps it until it has ended.
void copy_body(Guest& guest, std::shared_ptr<BodySource> source, std::shared_ptr<BodySink> sink) {
  const Guest::Background task = guest.begin_background();
  const auto copy =
      std::make_shared<BodyCopy>(std::move(source), std::move(sink),
                                 [&guest, task](const Http<>&) { guest.end_background(task); });
  *task = copy;
  copy->run();
}

}  // namespace

Result<> Contents3::send(Guest& guest, component::rt::StoreState& store,
                         const std::shared_ptr<BodySink>& sink) {
  if (source) {
    copy_body(guest, std::exchange(source, nullptr), sink);
    return {};
  }
  if (!stream) return GuestBody::finish(store, sink, std::exchange(trailers, std::nullopt));
  const component::Value::Handle handle = stream->handle();
  stream.reset();
  return component::detail::consume(
      store, handle,
      std::make_shared<GuestBody>(store, sink, std::exchange(trailers, std::nullopt)));
}

}  // namespace cairn::wasi
