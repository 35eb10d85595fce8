#pragma once
/// Streams and futures that functions of the host give to guests, or take from them. Nothing here
/// waits: who fills or empties a stream is asked when the guest is ready, and answers when it can.

#include <cairn/component/host.hpp>
#include <cairn/component/typed.hpp>

#include <memory>

namespace cairn::component {

namespace rt {
class ConsumerEnd;
class ProducerEnd;
class PromiseEnd;
}  // namespace rt

/// Fills a stream. The store keeps it until the stream has ended at either side.
class StreamProducer {
 public:
  virtual ~StreamProducer() = default;

 protected:
  /// The guest wants up to `max` elements: to be answered once, now or later, by `give` or `end`.
  virtual void produce(size_t max) = 0;
  /// The guest wants no more. Nothing is called after this.
  virtual void dropped() {}

  /// At least one element; those of a `stream<u8>` as bytes.
  void give(Bytes bytes);
  void give(Value::Sequence elements);
  /// There is no more.
  void end();

 private:
  friend class rt::ProducerEnd;
  rt::ProducerEnd* end_ = nullptr;
};

/// Empties a stream. The store keeps it until the stream has ended at either side.
class StreamConsumer {
 public:
  virtual ~StreamConsumer() = default;

 protected:
  /// Elements that the guest wrote: bytes of a `stream<u8>`, else values. Wants `more` or `close`
  /// then, now or later.
  virtual void consume(Bytes&&) {}
  virtual void consume(Value::Sequence&&) {}
  /// The guest has dropped its end: there is no more. Nothing is called after this.
  virtual void ended() = 0;

  void more();
  /// Drops the readable end. Nothing is called after this.
  void close();

 private:
  friend class rt::ConsumerEnd;
  rt::ConsumerEnd* end_ = nullptr;
};

namespace detail {
Result<Value::Handle> make_stream(rt::StoreState& store, std::shared_ptr<StreamProducer> producer);
Result<> consume(rt::StoreState& store, const Value::Handle& stream,
                 std::shared_ptr<StreamConsumer> consumer);
Result<> drop(rt::StoreState& store, const Value::Handle& stream);
struct UntypedFuture {
  Value::Handle handle;
  std::weak_ptr<rt::PromiseEnd> promise;
};
Result<UntypedFuture> make_future(rt::StoreState& store);
void resolve(const std::weak_ptr<rt::PromiseEnd>& promise, Value value);
Result<> await(rt::StoreState& store, const Value::Handle& future,
               std::function<void(std::optional<Value>)> then);
}  // namespace detail

/// A readable end that goes from the guest to the host or back.
template <class T>
class Stream {
 public:
  explicit Stream(Value::Handle handle) : handle_(std::move(handle)) {}
  static Result<Stream> make(HostCall& call, std::shared_ptr<StreamProducer> producer) {
    return Stream(TRY(detail::make_stream(call.store(), std::move(producer))));
  }
  /// Takes what the guest writes, from now on.
  Result<> consume(HostCall& call, std::shared_ptr<StreamConsumer> consumer) const {
    return detail::consume(call.store(), handle_, std::move(consumer));
  }
  /// The guest is told that nobody reads.
  Result<> drop(HostCall& call) const { return detail::drop(call.store(), handle_); }
  const Value::Handle& handle() const { return handle_; }

 private:
  Value::Handle handle_;
};

/// Gives a future its value, once. Copies do the same; nothing happens when the guest is gone.
template <class T>
class Promise {
 public:
  explicit Promise(std::weak_ptr<rt::PromiseEnd> end) : end_(std::move(end)) {}
  void operator()(T value) const { detail::resolve(end_, Typed<T>::to_value(std::move(value))); }

 private:
  std::weak_ptr<rt::PromiseEnd> end_;
};

template <class T>
class Future {
 public:
  explicit Future(Value::Handle handle) : handle_(std::move(handle)) {}
  static Result<std::pair<Future, Promise<T>>> make(HostCall& call) {
    auto made = TRY(detail::make_future(call.store()));
    return std::pair(Future(std::move(made.handle)), Promise<T>(std::move(made.promise)));
  }
  /// Calls `then` with the value; with none when it will never come.
  Result<> await(HostCall& call, std::function<void(std::optional<T>)> then) const {
    return detail::await(
        call.store(), handle_, [then = std::move(then)](std::optional<Value> value) {
          then(value ? std::optional<T>(Typed<T>::from_value(*value)) : std::nullopt);
        });
  }
  const Value::Handle& handle() const { return handle_; }

 private:
  Value::Handle handle_;
};

namespace detail {
template <class T, ValKind kind, class Payload>
struct TypedEnd {
  static bool matches(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    return info.kind == kind && payload_matches<Payload>(types, info.element);
  }
  static Value to_value(const T& value) { return Value::handle(value.handle()); }
  static T from_value(const Value& value) { return T(value.handle()); }
};
}  // namespace detail

template <class T>
struct Typed<Stream<T>> : detail::TypedEnd<Stream<T>, ValKind::stream, T> {};
template <class T>
struct Typed<Future<T>> : detail::TypedEnd<Future<T>, ValKind::future, T> {};

}  // namespace cairn::component
