#include "runtime/host_end.hpp"

#include "runtime/host_state.hpp"

namespace cairn::component::rt {

namespace {
/// How much a consumer takes at once.
constexpr size_t consumed_bytes_max = 65'536;
constexpr size_t consumed_values_max = 256;
/// What a producer is asked for when the guest only wants to know whether there is something.
constexpr size_t produced_default = 65'536;
}  // namespace

// ---- All ends ---------------------------------------------------------------------------------

HostEnd::HostEnd(StoreState& store, Object::Kind kind, std::shared_ptr<Shared> shared)
    : store_(store), end_(std::make_shared<CopyEnd>(kind, std::move(shared))) {
  (end_->is_reader() ? end_->shared->host_reader : end_->shared->host_writer) = end_.get();
  end_->notify = [this] {
    store_.host_events.push_back(weak_from_this());
    store_.inbox->wake();
  };
}

HostEnd::~HostEnd() {
  end_->notify = nullptr;
  (end_->is_reader() ? end_->shared->host_reader : end_->shared->host_writer) = nullptr;
  if (!finished_) drop_end(*end_);
}

Result<> HostEnd::handle() {
  if (finished_ || !end_->pending) return {};
  end_->take_event();
  return on_event(end_->result);
}

void HostEnd::start() {
  end_->buffer.element = shared().plan ? shared().plan->element : nullptr;
  end_->state = CopyEnd::State::copying;
  if (Result<> started = start_copy(*end_, store_); !started) {
    store_.host_error = std::move(started).error();
    finish();
  }
}

void HostEnd::start(Bytes* raw, std::vector<Value>* values, size_t length) {
  end_->buffer = {};
  end_->buffer.raw = raw;
  end_->buffer.values = values;
  end_->buffer.length = static_cast<uint32_t>(length);
  start();
}

void HostEnd::finish() {
  if (std::exchange(finished_, true)) return;
  drop_end(*end_);
  const auto found = store_.host_ends.find(this);
  if (found == store_.host_ends.end()) return;
  store_.host_ends_gone.push_back(std::move(found->second));
  store_.host_ends.erase(found);
}

Result<> StoreState::handle_host_events() {
  host_ends_gone.clear();
  while (!host_events.empty()) {
    const std::shared_ptr<HostEnd> end = host_events.front().lock();
    host_events.pop_front();
    if (end) TRY(end->handle());
  }
  host_ends_gone.clear();
  if (host_error) return std::unexpected(*std::exchange(host_error, std::nullopt));
  return {};
}

// ---- Producers --------------------------------------------------------------------------------

ProducerEnd::ProducerEnd(StoreState& store, std::shared_ptr<Shared> shared,
                         std::shared_ptr<StreamProducer> producer)
    : HostEnd(store, Object::Kind::stream_writer, std::move(shared)),
      producer_(std::move(producer)) {
  producer_->end_ = this;
}

void ProducerEnd::ask() {
  state_ = State::asking;
  start(&bytes_, &values_, 0);
}

Result<> ProducerEnd::on_event(CopyResult result) {
  if (result == CopyResult::dropped) {
    producer_->dropped();
    finish();
  } else if (state_ == State::asking) {
    state_ = State::producing;
    const CopyEnd* const reader = shared().waiting;
    const size_t wanted = reader ? reader->buffer.remain() : 0;
    producer_->produce(wanted == 0 ? produced_default : wanted);
  } else if (state_ == State::writing) {
    if (buffer().remain() > 0)
      start();
    else
      ask();
  }
  return {};
}

void ProducerEnd::give(Bytes bytes) {
  if (finished() || state_ != State::producing) return;
  state_ = State::writing;
  bytes_ = std::move(bytes);
  start(&bytes_, nullptr, bytes_.size());
}

void ProducerEnd::give(Value::Sequence elements) {
  if (finished() || state_ != State::producing) return;
  state_ = State::writing;
  values_ = std::move(elements);
  start(nullptr, &values_, values_.size());
}

void ProducerEnd::end() { finish(); }

// ---- Consumers --------------------------------------------------------------------------------

ConsumerEnd::ConsumerEnd(StoreState& store, std::shared_ptr<Shared> shared,
                         std::shared_ptr<StreamConsumer> consumer)
    : HostEnd(store, Object::Kind::stream_reader, std::move(shared)),
      consumer_(std::move(consumer)) {
  consumer_->end_ = this;
}

void ConsumerEnd::more() {
  if (finished()) return;
  asked_ = true;
  bytes_.clear();
  values_.clear();
  const Plan* const element = shared().plan ? shared().plan->element : nullptr;
  if (element && element->op == Op::u8)
    start(&bytes_, nullptr, consumed_bytes_max);
  else
    start(nullptr, &values_, consumed_values_max);
}

Result<> ConsumerEnd::on_event(CopyResult result) {
  if (!std::exchange(asked_, false)) return {};
  const bool last = result == CopyResult::dropped;
  const bool raw = buffer().raw != nullptr;
  if (buffer().progress > 0 && !raw) {
    values_.resize(buffer().progress);  // elements without a payload are counted only
    consumer_->consume(std::exchange(values_, {}));
  } else if (buffer().progress > 0) {
    consumer_->consume(std::exchange(bytes_, {}));
  } else if (!last) {
    more();
  }
  // What comes with the last elements is told when these are asked about.
  if (last && buffer().progress == 0 && !finished()) {
    finish();
    consumer_->ended();
  }
  return {};
}

void ConsumerEnd::close() { finish(); }

// ---- Futures ----------------------------------------------------------------------------------

void PromiseEnd::resolve(Value value) {
  if (finished() || !values_.empty()) return;
  values_.push_back(std::move(value));
  start(nullptr, &values_, 1);
}

Result<> PromiseEnd::on_event(CopyResult) {
  finish();
  return {};
}

Result<> FutureEnd::on_event(CopyResult result) {
  finish();
  const bool has = result == CopyResult::completed && !values_.empty();
  then_(has ? std::optional(std::move(values_.front())) : std::nullopt);
  return {};
}

}  // namespace cairn::component::rt

// ---- What functions of the host use -----------------------------------------------------------

namespace cairn::component {

void StreamProducer::give(Bytes bytes) { end_->give(std::move(bytes)); }
void StreamProducer::give(Value::Sequence elements) { end_->give(std::move(elements)); }
void StreamProducer::end() { end_->end(); }
void StreamConsumer::more() { end_->more(); }
void StreamConsumer::close() { end_->close(); }

namespace detail {

namespace {
using rt::Object;

Value::Handle handle_of(rt::StoreState& store, const std::shared_ptr<rt::Shared>& shared) {
  return std::make_shared<rt::HostHandle>(store, shared);
}

/// Takes the end out of a handle.
Result<std::shared_ptr<rt::Shared>> take(const Value::Handle& handle, Object::Kind kind) {
  if (!handle || handle->gone || !handle->object || handle->object->kind != kind)
    return fail(ErrorKind::usage, "not the handle of a stream or future");
  handle->gone = true;
  return std::static_pointer_cast<rt::Shared>(handle->object);
}
}  // namespace

Result<Value::Handle> make_stream(rt::StoreState& store, std::shared_ptr<StreamProducer> producer) {
  const auto shared = std::make_shared<rt::Shared>(Object::Kind::stream, nullptr);
  const auto end =
      TRY(rt::HostEnd::add(std::make_shared<rt::ProducerEnd>(store, shared, std::move(producer))));
  end->ask();
  return handle_of(store, shared);
}

Result<> consume(rt::StoreState& store, const Value::Handle& stream,
                 std::shared_ptr<StreamConsumer> consumer) {
  const auto shared = TRY(take(stream, Object::Kind::stream));
  const auto end =
      TRY(rt::HostEnd::add(std::make_shared<rt::ConsumerEnd>(store, shared, std::move(consumer))));
  end->more();
  return {};
}

Result<> drop(rt::StoreState&, const Value::Handle& stream) {
  const auto shared = TRY(take(stream, Object::Kind::stream));
  rt::CopyEnd end(Object::Kind::stream_reader, shared);
  rt::drop_end(end);
  return {};
}

Result<UntypedFuture> make_future(rt::StoreState& store) {
  const auto shared = std::make_shared<rt::Shared>(Object::Kind::future, nullptr);
  const auto end = TRY(rt::HostEnd::add(std::make_shared<rt::PromiseEnd>(store, shared)));
  return UntypedFuture{handle_of(store, shared), end};
}

void resolve(const std::weak_ptr<rt::PromiseEnd>& promise, Value value) {
  if (const auto end = promise.lock()) end->resolve(std::move(value));
}

Result<> await(rt::StoreState& store, const Value::Handle& future,
               std::function<void(std::optional<Value>)> then) {
  const auto shared = TRY(take(future, Object::Kind::future));
  const auto end =
      TRY(rt::HostEnd::add(std::make_shared<rt::FutureEnd>(store, shared, std::move(then))));
  end->read();
  return {};
}

}  // namespace detail
}  // namespace cairn::component
