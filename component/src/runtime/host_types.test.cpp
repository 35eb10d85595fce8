// Functions of the host: objects as resources, results that come later, streams.

#include <cairn/component/host_types.hpp>

#include <gtest/gtest.h>
#include <cairn/component/host_streams.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>

#include <deque>

namespace cairn::component {
namespace {

/// What functions of the host find in the store: calls that wait, and streams that are open.
struct Outside {
  std::deque<Completer<uint32_t>> waiting;
  std::deque<Bytes> source;
  Bytes sink;
  int objects = 0;
  bool ended = false;
};

struct Counter {
  explicit Counter(Outside& in) : outside(in) { ++outside.objects; }
  ~Counter() { --outside.objects; }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  Outside& outside;
  uint32_t value = 0;
};

class Producer final : public StreamProducer {
 public:
  explicit Producer(Outside& of) : outside_(of) {}

 private:
  void produce(size_t) override {
    if (outside_.source.empty()) return end();
    Bytes bytes = std::move(outside_.source.front());
    outside_.source.pop_front();
    give(std::move(bytes));
  }
  Outside& outside_;
};

class Consumer final : public StreamConsumer {
 public:
  Consumer(Outside& of, Promise<uint32_t> done) : outside_(of), done_(std::move(done)) {}

 private:
  void consume(Bytes&& bytes) override {
    outside_.sink.insert(outside_.sink.end(), bytes.begin(), bytes.end());
    more();
  }
  void ended() override {
    outside_.ended = true;
    done_(static_cast<uint32_t>(outside_.sink.size()));
  }
  Outside& outside_;
  Promise<uint32_t> done_;
};

Outside& outside(const HostCall& call) { return *call.context().find<Outside>(); }

void add_host(ComponentLinker& linker) {
  linker.interface("test:host/api@1.2.0")
      .resource<Counter>("counter")
      .func(
          "[constructor]counter",
          [](HostCall& call) { return HostOwn<Counter>(std::make_shared<Counter>(outside(call))); })
      .func("[method]counter.add",
            [](HostCall&, const HostRef<Counter>& self, uint32_t by) { return self->value += by; })
      .func("take", [](HostCall&, const HostOwn<Counter>& counter) { return counter->value; })
      .func("later",
            [](HostCall& call) {
              Later<uint32_t> later(call);
              outside(call).waiting.push_back(later.done());
              return later;
            })
      .func("read",
            [](HostCall& call) {
              return Stream<uint8_t>::make(call, std::make_shared<Producer>(outside(call)));
            })
      .func("write", [](HostCall& call, const Stream<uint8_t>& data) -> Result<Future<uint32_t>> {
        auto [future, done] = TRY(Future<uint32_t>::make(call));
        TRY(data.consume(call, std::make_shared<Consumer>(outside(call), std::move(done))));
        return std::move(future);
      });
}

constexpr std::string_view imports = R"((component
  (import "test:host/api@1.0.0" (instance $api
    (export "counter" (type $counter (sub resource)))
    (export "[constructor]counter" (func (result (own $counter))))
    (export "[method]counter.add" (func
      (param "self" (borrow $counter)) (param "by" u32) (result u32)))
    (export "take" (func (param "counter" (own $counter)) (result u32)))
    (export "later" (func (result u32)))
    (export "read" (func (result (stream u8))))
    (export "write" (func (param "data" (stream u8)) (result (future u32))))))
  (alias export $api "counter" (type $counter))
  (core func $new (canon lower (func $api "[constructor]counter")))
  (core func $add (canon lower (func $api "[method]counter.add")))
  (core func $take (canon lower (func $api "take")))
  (core func $later (canon lower (func $api "later")))
  (core func $read (canon lower (func $api "read")))
  (core func $write (canon lower (func $api "write")))
  (core func $drop (canon resource.drop $counter))
)";

class HostTypes : public testing::Test {
 protected:
  explicit HostTypes(const RuntimeLimits& limits = {}) : store_(engine_, {}, limits) {
    store_.context().set(outside_);
    store_.set_idle([this]() -> Result<bool> {
      if (outside_->waiting.empty()) return false;
      const auto done = outside_->waiting.front();
      outside_->waiting.pop_front();
      done(next_++);
      return true;
    });
  }
  void load(std::string_view rest) {
    const Result<Component> component =
        Component::load_text(engine_, std::string(imports) + std::string(rest));
    ASSERT_TRUE(component) << component.error().to_string();
    ComponentLinker linker(engine_);
    add_host(linker);
    const Result<Instance> instance = linker.instantiate(store_, *component);
    ASSERT_TRUE(instance) << instance.error().to_string();
    instance_ = *instance;
  }
  Result<std::vector<Value>> call(std::string_view name) {
    return instance_.func(name).call(store_, {});
  }

  std::shared_ptr<Outside> outside_ = std::make_shared<Outside>();
  engine::Engine engine_;
  Store store_;
  Instance instance_;
  uint32_t next_ = 7;
};

constexpr std::string_view counters = R"(
  (core module $M
    (import "" "new" (func $new (result i32)))
    (import "" "add" (func $add (param i32 i32) (result i32)))
    (import "" "take" (func $take (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "count") (result i32) (local $a i32) (local $b i32)
      (local.set $a (call $new))
      (local.set $b (call $new))
      (drop (call $add (local.get $a) (i32.const 2)))
      (drop (call $add (local.get $b) (i32.const 30)))
      (drop (call $add (local.get $a) (i32.const 3)))
      (call $drop (local.get $b))
      (call $take (local.get $a)))
    (func (export "many") (result i32)
      (loop $l (drop (call $new)) (br $l)) unreachable)
    (func (export "keep") (result i32) (call $new)))
  (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))
    (export "add" (func $add)) (export "take" (func $take)) (export "drop" (func $drop))))))
  (func (export "count") (result u32) (canon lift (core func $m "count")))
  (func (export "keep") (result u32) (canon lift (core func $m "keep")))
  (func (export "many") (result u32) (canon lift (core func $m "many")))))";

TEST_F(HostTypes, KeepObjectsForGuests) {
  load(counters);
  EXPECT_EQ(call("count").value()[0], Value::number(uint64_t{5}));
  EXPECT_EQ(outside_->objects, 0) << "dropped by the guest, or taken by the host";
  EXPECT_TRUE(call("keep"));
  EXPECT_EQ(outside_->objects, 1);
}

class FewHostTypes : public HostTypes {
 protected:
  FewHostTypes() : HostTypes({.host_resources_max = 5, .host_streams_max = 3}) {}
};

TEST_F(FewHostTypes, AreBounded) {
  load(counters);
  const auto result = call("many");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "too many resources of the host");
  EXPECT_EQ(outside_->objects, 5);
}

TEST_F(FewHostTypes, BoundStreams) {
  load(R"(
    (core module $M (import "" "read" (func $read (result i32)))
      (func (export "many") (result i32) (loop $l (drop (call $read)) (br $l)) unreachable))
    (core instance $m (instantiate $M (with "" (instance (export "read" (func $read))))))
    (func (export "many") (result u32) (canon lift (core func $m "many")))))");
  const auto result = call("many");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "too many streams and futures held by the host");
}

constexpr std::string_view waits = R"(
  (core module $M
    (import "" "later" (func $later (result i32)))
    (global $calls (mut i32) (i32.const 0))
    (func (export "sum") (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.add (i32.mul (call $later) (i32.const 100))
        (i32.add (i32.mul (call $later) (i32.const 10)) (global.get $calls)))))
  (core instance $m (instantiate $M (with "" (instance (export "later" (func $later))))))
  (func (export "sum") (result u32) (canon lift (core func $m "sum"))))
)";

TEST_F(HostTypes, LetSynchronousGuestsWait) {
  load(waits);
  EXPECT_EQ(call("sum").value()[0], Value::number(uint64_t{781}));
}

TEST_F(HostTypes, LetTheHostDriveAGuestThatWaits) {
  load(waits);
  bool woken = false;
  store_.set_wake([&] { woken = true; });
  Result<PendingCall> sum = PendingCall::start(store_, instance_.func("sum"), {});
  ASSERT_TRUE(sum) << sum.error().to_string();
  EXPECT_FALSE(sum->is_done());
  EXPECT_FALSE(store_.tick().value());
  EXPECT_EQ(PendingCall::start(store_, instance_.func("sum"), {}).error().kind, ErrorKind::usage)
      << "all of the store waits with it";
  outside_->waiting.front()(4);
  outside_->waiting.pop_front();
  EXPECT_TRUE(std::exchange(woken, false));
  EXPECT_TRUE(store_.tick().value());
  outside_->waiting.front()(2);
  EXPECT_TRUE(store_.tick().value());
  ASSERT_TRUE(sum->is_done());
  EXPECT_EQ(sum->wait(store_).value()[0], Value::number(uint64_t{421}));
}

TEST_F(HostTypes, EndWithTheErrorOfACall) {
  load(waits);
  Result<PendingCall> sum = PendingCall::start(store_, instance_.func("sum"), {});
  ASSERT_TRUE(sum);
  outside_->waiting.front().fail({.kind = ErrorKind::denied, .message = "no"});
  EXPECT_EQ(sum->wait(store_).error().kind, ErrorKind::denied);
}

TEST_F(HostTypes, HoldCallersOfWhoWaits) {
  // Two components: the outer one calls the inner one, which waits for the host.
  load(R"(
    (component $Inner
      (import "later" (func $later (result u32)))
      (core func $l (canon lower (func $later)))
      (core module $M (import "" "later" (func $later (result i32)))
        (func (export "twice") (result i32) (i32.add (call $later) (call $later))))
      (core instance $m (instantiate $M (with "" (instance (export "later" (func $l))))))
      (func (export "twice") (result u32) (canon lift (core func $m "twice"))))
    (instance $inner (instantiate $Inner (with "later" (func $api "later"))))
    (core func $twice (canon lower (func $inner "twice")))
    (core module $Outer (import "" "twice" (func $twice (result i32)))
      (func (export "sum") (result i32)
        (i32.add (i32.mul (call $twice) (i32.const 100)) (call $twice))))
    (core instance $outer (instantiate $Outer (with "" (instance (export "twice" (func $twice))))))
    (func (export "sum") (result u32) (canon lift (core func $outer "sum")))))");
  EXPECT_EQ(call("sum").value()[0], Value::number(uint64_t{(7 + 8) * 100 + 9 + 10}));
  EXPECT_EQ(call("sum").value()[0], Value::number(uint64_t{(11 + 12) * 100 + 13 + 14}));
}

TEST_F(HostTypes, PassBytesThroughStreams) {
  load(R"(
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (type $s (stream u8))
    (type $f (future u32))
    (core func $stream-read (canon stream.read $s (memory $mem)))
    (core func $stream-new (canon stream.new $s))
    (core func $stream-write (canon stream.write $s (memory $mem)))
    (core func $drop-readable (canon stream.drop-readable $s))
    (core func $drop-writable (canon stream.drop-writable $s))
    (core func $future-read (canon future.read $f (memory $mem)))
    (core func $return (canon task.return (result u32)))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "read" (func $read (result i32)))
      (import "" "write" (func $write (param i32) (result i32)))
      (import "" "stream-read" (func $stream-read (param i32 i32 i32) (result i32)))
      (import "" "stream-new" (func $stream-new (result i64)))
      (import "" "stream-write" (func $stream-write (param i32 i32 i32) (result i32)))
      (import "" "drop-readable" (func $drop-readable (param i32)))
      (import "" "drop-writable" (func $drop-writable (param i32)))
      (import "" "future-read" (func $future-read (param i32 i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "copy") (local $in i32) (local $ends i64) (local $out i32) (local $done i32)
          (local $got i32)
        (local.set $in (call $read))
        (local.set $ends (call $stream-new))
        (local.set $out (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
        (local.set $done (call $write (i32.wrap_i64 (local.get $ends))))
        (loop $next
          (local.set $got (call $stream-read (local.get $in) (i32.const 16) (i32.const 4)))
          (if (i32.shr_u (local.get $got) (i32.const 4)) (then
            (drop (call $stream-write (local.get $out) (i32.const 16)
              (i32.shr_u (local.get $got) (i32.const 4))))))
          ;; until it was dropped, which may be told with the last elements
          (br_if $next (i32.eqz (i32.and (local.get $got) (i32.const 15)))))
        (call $drop-readable (local.get $in))
        (call $drop-writable (local.get $out))
        (drop (call $future-read (local.get $done) (i32.const 32)))
        (call $return (i32.load (i32.const 32)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "read" (func $read)) (export "write" (func $write))
      (export "stream-read" (func $stream-read)) (export "stream-new" (func $stream-new))
      (export "stream-write" (func $stream-write)) (export "drop-readable" (func $drop-readable))
      (export "drop-writable" (func $drop-writable)) (export "future-read" (func $future-read))
      (export "return" (func $return))))))
    (func (export "copy") async (result u32)
      (canon lift (core func $m "copy") async (memory $mem)))))");
  outside_->source = {{1, 2, 3, 4, 5, 6}, {7}, {8, 9}};
  const auto copied = call("copy");
  ASSERT_TRUE(copied) << copied.error().to_string();
  EXPECT_EQ((*copied)[0], Value::number(uint64_t{9}));
  EXPECT_EQ(outside_->sink, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(outside_->ended);
}

}  // namespace
}  // namespace cairn::component
