// Handles that another store goes on with.

#include <cairn/component/handle_image.hpp>
#include <cairn/component/host_streams.hpp>
#include <cairn/component/host_types.hpp>
#include <cairn/component/linker.hpp>

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace cairn::component {
namespace {

struct Counter {
  uint32_t value = 0;
  static inline int alive = 0;
  explicit Counter(uint32_t from) : value(from) { ++alive; }
  ~Counter() { --alive; }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
};

/// Of counters below 100.
class CounterKeeper final : public ObjectKeeper {
 public:
  std::optional<Bytes> describe(const HostObject& object) override {
    if (object.type != type_key<Counter>()) return std::nullopt;
    const uint32_t value = static_cast<const Counter*>(object.object.get())->value;
    if (value >= 100) return std::nullopt;
    return Bytes{static_cast<uint8_t>(value)};
  }
  Result<HostObject> make(ByteSpan bytes) override {
    if (bytes.size() != 1) return fail(ErrorKind::malformed, "no counter");
    return HostObject{type_key<Counter>(), std::make_shared<Counter>(bytes[0])};
  }
};

/// It has nothing to give for as long as anybody asks.
class Silence final : public StreamProducer {
  void produce(size_t) override {}
};

constexpr std::string_view text = R"((component
  (import "test:host/api@1.2.0" (instance $api
    (export "counter" (type $c (sub resource)))
    (export "[constructor]counter" (func (param "from" u32) (result (own $c))))
    (export "[method]counter.add"
      (func (param "self" (borrow $c)) (param "by" u32) (result u32)))
    (export "read" (func (result (stream u8))))))
  (alias export $api "counter" (type $counter))
  (type $own (resource (rep i32)))
  (type $bytes (stream u8))
  (core func $new (canon lower (func $api "[constructor]counter")))
  (core func $add (canon lower (func $api "[method]counter.add")))
  (core func $drop (canon resource.drop $counter))
  (core func $own-new (canon resource.new $own))
  (core func $own-rep (canon resource.rep $own))
  (core func $set (canon waitable-set.new))
  (core func $stream (canon stream.new $bytes))
  (core func $read (canon lower (func $api "read")))
  (core func $drop-stream (canon stream.drop-readable $bytes))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "add" (func $add (param i32 i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "own-new" (func $own-new (param i32) (result i32)))
    (import "" "own-rep" (func $own-rep (param i32) (result i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "stream" (func $stream (result i64)))
    (import "" "read" (func $read (result i32)))
    (import "" "drop-stream" (func $drop-stream (param i32)))
    (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
    (func (export "drop") (param i32) (call $drop (local.get 0)))
    (func (export "own-new") (param i32) (result i32) (call $own-new (local.get 0)))
    (func (export "own-rep") (param i32) (result i32) (call $own-rep (local.get 0)))
    (func (export "set") (result i32) (call $set))
    (func (export "stream") (drop (call $stream)))
    (func (export "read") (result i32) (call $read))
    (func (export "drop-stream") (param i32) (call $drop-stream (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "add" (func $add)) (export "drop" (func $drop))
    (export "own-new" (func $own-new)) (export "own-rep" (func $own-rep))
    (export "set" (func $set)) (export "stream" (func $stream))
    (export "read" (func $read)) (export "drop-stream" (func $drop-stream))))))
  (func (export "new") (param "from" u32) (result u32) (canon lift (core func $m "new")))
  (func (export "add") (param "at" u32) (param "by" u32) (result u32)
    (canon lift (core func $m "add")))
  (func (export "drop") (param "at" u32) (canon lift (core func $m "drop")))
  (func (export "own-new") (param "rep" u32) (result u32) (canon lift (core func $m "own-new")))
  (func (export "own-rep") (param "at" u32) (result u32) (canon lift (core func $m "own-rep")))
  (func (export "set") (result u32) (canon lift (core func $m "set")))
  (func (export "stream") (canon lift (core func $m "stream")))
  (func (export "read") (result u32) (canon lift (core func $m "read")))
  (func (export "drop-stream") (param "at" u32) (canon lift (core func $m "drop-stream")))))";

class KeptHandles : public testing::Test {
 protected:
  /// A guest in a store of its own.
  struct Guest {
    Guest(engine::Engine& engine, const ComponentPre& pre)
        : store(engine), instance(pre.instantiate(store).value()) {}
    /// Its result; 0 if it has none.
    uint64_t call(std::string_view name, std::initializer_list<uint64_t> args = {}) {
      std::vector<Value> values;
      for (const uint64_t arg : args) values.push_back(Value::number(arg));
      const auto results = instance.func(name).call(store, values);
      EXPECT_TRUE(results) << results.error().message;
      return results && !results->empty() ? results->front().number() : 0;
    }
    std::vector<SavedHandle> save() { return save_handles(store, &keeper).value(); }
    std::string refused() {
      const auto saved = save_handles(store, &keeper);
      return saved ? "" : saved.error().message;
    }
    Result<> load(std::span<const SavedHandle> handles) {
      return load_handles(store, handles, &keeper);
    }
    Store store;
    Instance instance;
    CounterKeeper keeper;
  };

  KeptHandles() {
    ComponentLinker linker(engine_);
    linker.interface("test:host/api@1.2.0")
        .resource<Counter>("counter")
        .func("[constructor]counter",
              [](HostCall&, uint32_t from) {
                return HostOwn<Counter>(std::make_shared<Counter>(from));
              })
        .func("[method]counter.add", [](HostCall&, const HostRef<Counter>& self,
                                        uint32_t by) { return self->value += by; })
        .func("read", [](HostCall& call) {
          return Stream<uint8_t>::make(call, std::make_shared<Silence>());
        });
    pre_ = linker.prepare(Component::load_text(engine_, text).value()).value();
  }
  Guest guest() { return Guest(engine_, *pre_); }

  engine::Engine engine_;
  std::optional<ComponentPre> pre_;
};

TEST_F(KeptHandles, AreTheSameInAnotherStore) {
  Guest first = guest();
  EXPECT_EQ(first.call("new", {10}), 1u);
  EXPECT_EQ(first.call("own-new", {4'000'000'000}), 2u);
  EXPECT_EQ(first.call("new", {20}), 3u);
  EXPECT_EQ(first.call("set"), 4u);
  first.call("add", {3, 5});
  const std::vector<SavedHandle> saved = first.save();
  ASSERT_EQ(saved.size(), 4u);
  EXPECT_EQ(decode_handles(encode_handles(saved)).value(), saved);

  Guest second = guest();
  second.call("new", {77});  // goes away
  second.call("new", {78});
  ASSERT_TRUE(second.load(saved));
  EXPECT_EQ(Counter::alive, 4);
  EXPECT_EQ(second.call("add", {1, 0}), 10u);
  EXPECT_EQ(second.call("add", {3, 0}), 25u);
  EXPECT_EQ(second.call("own-rep", {2}), 4'000'000'000u);
  EXPECT_EQ(second.call("new", {30}), 5u);
  EXPECT_EQ(first.call("add", {1, 1}), 11u);
  EXPECT_EQ(second.call("add", {1, 1}), 11u) << "objects of its own";
  second.call("drop", {5});
  first.call("add", {1, 0});
  EXPECT_EQ(second.save(), first.save());
}

/// In whatever order they were let go of: the next one has the same index in both.
TEST_F(KeptHandles, IndicesDoNotTellWhatWasBefore) {
  Guest first = guest();
  for (uint64_t index = 1; index <= 6; ++index) EXPECT_EQ(first.call("new", {index}), index);
  for (const uint64_t index : {2u, 6u, 1u, 4u}) first.call("drop", {index});
  Guest second = guest();
  ASSERT_TRUE(second.load(first.save()));
  for (const uint64_t index : {1u, 2u, 4u, 6u, 7u}) {
    EXPECT_EQ(first.call("new", {9}), index);
    EXPECT_EQ(second.call("new", {9}), index);
  }
  for (const uint64_t index : {1u, 2u, 3u, 4u, 5u, 6u, 7u}) first.call("drop", {index});
  EXPECT_TRUE(first.save().empty());
  EXPECT_EQ(first.call("new", {1}), 1u);
}

TEST_F(KeptHandles, WhatCannotBeKeptIsNamed) {
  Guest first = guest();
  first.call("new", {1});
  const uint64_t large = first.call("new", {100});
  EXPECT_EQ(first.refused(), "no image can hold handle 2, a 'test:host/api@1.2.0#counter'");
  EXPECT_EQ(save_handles(first.store, nullptr).error().message,
            "no image can hold handle 1, a 'test:host/api@1.2.0#counter'");
  first.call("drop", {large});
  EXPECT_EQ(first.refused(), "");
  first.call("stream");
  EXPECT_EQ(first.refused(), "no image can hold handle 2, the readable end of a stream");
  EXPECT_EQ(save_handles(first.store, &first.keeper).error().kind, ErrorKind::unsupported);
}

/// One that both sides have let go of is nothing to keep, although the host has not looked yet.
TEST_F(KeptHandles, StreamsOfTheHostEndBefore) {
  Guest first = guest();
  const uint64_t stream = first.call("read");
  EXPECT_EQ(first.refused(), "no image can hold handle 1, the readable end of a stream");
  first.call("drop-stream", {stream});
  EXPECT_EQ(first.refused(), "");
}

TEST_F(KeptHandles, AreLoadedOnlyWhereTheyFit) {
  Guest first = guest();
  first.call("new", {1});
  first.call("own-new", {2});
  const std::vector<SavedHandle> good = first.save();
  const auto refused = [&](const std::function<void(std::vector<SavedHandle>&)>& change) {
    std::vector<SavedHandle> handles = good;
    change(handles);
    const Result<> loaded = guest().load(handles);
    return loaded ? std::string() : loaded.error().message;
  };
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_EQ(refused([](auto& all) { all[0].instance = 1; }),
            "an image with handles of other instances");
  EXPECT_EQ(refused([](auto& all) { all[1].index = 1; }),
            "an image with handles that are not in order");
  EXPECT_EQ(refused([](auto& all) { all[1].index = 1'000'001; }),
            "too many handles in a component instance");
  EXPECT_EQ(refused([](auto& all) { all[0].resource = 999; }),
            "handle 1 of an image is of no known type");
  EXPECT_EQ(refused([](auto& all) { std::swap(all[0].resource, all[1].resource); }),
            "handle 1 of an image is of another type");
  EXPECT_EQ(refused([](auto& all) { all[1].resource = all[0].resource; }),
            "handle 2 of an image is of another type");
  EXPECT_EQ(refused([](auto& all) { all[0].bytes.clear(); }), "no counter");
}

std::vector<SavedHandle> samples() {
  using Kind = SavedHandle::Kind;
  return {{.instance = 0, .index = 1, .kind = Kind::host_resource, .resource = 3, .bytes = {1}},
          {.instance = 0,
           .index = 300,
           .kind = Kind::guest_resource,
           .resource = 4,
           .rep = 0xffff'ffff},
          {.instance = 1, .index = 1, .kind = Kind::waitable_set},
          {.instance = 1, .index = 2, .kind = Kind::error_context, .bytes = {'w', 'h', 'y'}}};
}

/// What is written in a version is read for ever.
TEST(HandleImage, IsAlwaysTheSame) {
  const auto hex = [](ByteSpan bytes) {
    std::string text;
    for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
    return text;
  };
  EXPECT_EQ(hex(encode_handles({})), "0100");
  EXPECT_EQ(hex(encode_handles(samples())),
            "0104"
            "00010003"
            "0101"
            "00ac020104"
            "ffffffff0f"
            "010102"
            "010203"
            "03776879");
}

TEST(HandleImage, HasOneForm) {
  const Bytes good = encode_handles(samples());
  ASSERT_EQ(decode_handles(good).value(), samples());
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(decode_handles(ByteSpan(good).first(length))) << length;
  }
  const auto refused = [](Bytes bytes) {
    const auto handles = decode_handles(bytes);
    return handles ? std::string() : handles.error().to_string();
  };
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_NE(refused(longer).find("something follows it"), std::string::npos);
  EXPECT_EQ(refused({2, 0}), "an image of handles of version 2; known is 1");
  EXPECT_NE(refused({1, 1, 0, 0, 2}).find("a handle has the index 0"), std::string::npos);
  EXPECT_NE(refused({1, 1, 0, 1, 4}).find("a handle of kind 4"), std::string::npos);
  EXPECT_NE(refused({1, 1, 0, 0x81, 0, 2}).find("longer than it must be"), std::string::npos);
  EXPECT_NE(refused({1, 2, 0, 1, 2, 0, 1, 2}).find("not in order"), std::string::npos);
  EXPECT_NE(refused({1, 0xff, 0xff, 3}).find("it ends too early"), std::string::npos);
}

}  // namespace
}  // namespace cairn::component
