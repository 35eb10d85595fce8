#pragma once
/// Ends of streams and futures in the hands of the host that nobody waits at: what happens to one
/// becomes an event, and the store handles these when it runs.

#include <cairn/component/host_streams.hpp>

#include "runtime/inbox.hpp"
#include "runtime/waitable.hpp"

namespace cairn::component::rt {

class HostEnd : public std::enable_shared_from_this<HostEnd> {
 public:
  HostEnd(StoreState& store, Object::Kind kind, std::shared_ptr<Shared> shared);
  virtual ~HostEnd();
  HostEnd(const HostEnd&) = delete;
  HostEnd& operator=(const HostEnd&) = delete;

  /// Registers an end with its store, which owns it. Kind `trap` above the limit.
  template <class End>
  static Result<std::shared_ptr<End>> add(std::shared_ptr<End> end) {
    StoreState& store = end->store_;
    if (store.host_ends.size() >= store.limits.host_streams_max)
      return trap("too many streams and futures held by the host");
    store.host_ends.emplace(end.get(), end);
    return end;
  }
  Result<> handle();

 protected:
  virtual Result<> on_event(CopyResult result) = 0;
  /// Copies from or to the buffer, from where the last copy has come to. An event will tell.
  void start();
  /// Copies from or to other values, from their start.
  void start(Bytes* raw, std::vector<Value>* values, size_t length);
  const Buffer& buffer() const { return end_->buffer; }
  const Shared& shared() const { return *end_->shared; }
  /// Drops the end. The object lives until the store runs next.
  void finish();
  bool finished() const { return finished_; }

  StoreState& store_;

 private:
  std::shared_ptr<CopyEnd> end_;
  bool finished_ = false;
};

class ProducerEnd final : public HostEnd {
 public:
  ProducerEnd(StoreState& store, std::shared_ptr<Shared> shared,
              std::shared_ptr<StreamProducer> producer);
  /// Asks the guest: a write of nothing ends when there is a reader.
  void ask();
  void give(Bytes bytes);
  void give(Value::Sequence elements);
  void end();

 private:
  enum class State : uint8_t { asking, producing, writing };
  Result<> on_event(CopyResult result) override;
  State state_ = State::asking;
  std::shared_ptr<StreamProducer> producer_;
  Bytes bytes_;
  std::vector<Value> values_;
};

class ConsumerEnd final : public HostEnd {
 public:
  ConsumerEnd(StoreState& store, std::shared_ptr<Shared> shared,
              std::shared_ptr<StreamConsumer> consumer);
  void more();
  void close();

 private:
  Result<> on_event(CopyResult result) override;
  std::shared_ptr<StreamConsumer> consumer_;
  bool asked_ = false;  ///< for more; it gets nothing meanwhile, not even the end
  Bytes bytes_;
  std::vector<Value> values_;
};

class PromiseEnd final : public HostEnd {
 public:
  PromiseEnd(StoreState& store, std::shared_ptr<Shared> shared)
      : HostEnd(store, Object::Kind::future_writer, std::move(shared)) {}
  void resolve(Value value);

 private:
  Result<> on_event(CopyResult) override;
  std::vector<Value> values_;
};

class FutureEnd final : public HostEnd {
 public:
  using Then = std::function<void(std::optional<Value>)>;
  FutureEnd(StoreState& store, std::shared_ptr<Shared> shared, Then then)
      : HostEnd(store, Object::Kind::future_reader, std::move(shared)), then_(std::move(then)) {}
  void read() { start(nullptr, &values_, 1); }

 private:
  Result<> on_event(CopyResult result) override;
  Then then_;
  std::vector<Value> values_;
};

}  // namespace cairn::component::rt
