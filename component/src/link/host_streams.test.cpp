#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>
#include <cairn/component/streams.hpp>

namespace cairn::component {
namespace {

/// `pass` gives back the stream that it gets; `sum` reads one element after another until the end.
constexpr std::string_view text = R"((component
  (core module $Memory (memory (export "mem") 1))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "mem" (core memory $mem))
  (type $s (stream u16))
  (type $f (future string))
  (core func $read (canon stream.read $s (memory $mem)))
  (core func $return (canon task.return (result u32)))
  (core func $drop (canon stream.drop-readable $s))
  (core module $M
    (import "" "mem" (memory 1))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "pass") (param i32) (result i32) (local.get 0))
    (func (export "sum") (param i32) (local i32)
      (loop $l
        (if (i32.eq (call $read (local.get 0) (i32.const 8) (i32.const 1)) (i32.const 16))
          (then (local.set 1 (i32.add (local.get 1) (i32.load16_u (i32.const 8)))) (br $l))))
      (call $drop (local.get 0))
      (call $return (local.get 1))))
  (core instance $m (instantiate $M (with "" (instance
    (export "mem" (memory $mem)) (export "read" (func $read)) (export "return" (func $return))
    (export "drop" (func $drop))))))
  (func (export "pass") (param "s" $s) (result $s) (canon lift (core func $m "pass")))
  (func (export "later") (param "f" $f) (result $f) (canon lift (core func $m "pass")))
  (func (export "sum") async (param "s" $s) (result u32)
    (canon lift (core func $m "sum") async (memory $mem)))))";

class HostStreams : public testing::Test {
 protected:
  HostStreams() {
    const Result<Component> component = Component::load_text(engine_, text);
    EXPECT_TRUE(component) << component.error().to_string();
    if (component) instance_ = *ComponentLinker(engine_).instantiate(store_, *component);
  }
  static Value number(uint64_t bits) { return Value::number(bits); }

  engine::Engine engine_;
  Store store_{engine_};
  Instance instance_;
};

TEST_F(HostStreams, AreReadByGuests) {
  Value stream;
  Result<Writer> writer = Writer::make(store_, instance_.func("sum"), 0, stream);
  ASSERT_TRUE(writer);
  Result<PendingCall> sum = PendingCall::start(store_, instance_.func("sum"), {stream});
  ASSERT_TRUE(sum) << sum.error().to_string();
  EXPECT_FALSE(sum->is_done());
  const Value values[] = {number(1), number(20), number(300)};
  EXPECT_EQ(writer->write(store_, values).value(), 3u);
  EXPECT_FALSE(sum->is_done());
  {
    const Writer gone = std::move(*writer);
  }
  const Result<std::vector<Value>> result = sum->wait(store_);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ((*result)[0], number(321));
}

TEST_F(HostStreams, ComeBackAndEnd) {
  const Func pass = instance_.func("pass");
  Value stream;
  Result<Writer> writer = Writer::make(store_, pass, 0, stream);
  ASSERT_TRUE(writer);
  const Result<std::vector<Value>> same = pass.call(store_, {&stream, 1});
  ASSERT_TRUE(same) << same.error().to_string();
  Result<Reader> reader = Reader::of((*same)[0]);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(Reader::of((*same)[0])) << "its handle is gone";
  EXPECT_EQ(reader->read(store_, 3).error().kind, ErrorKind::trap) << "nobody writes";
  {
    const Writer gone = std::move(*writer);
  }
  EXPECT_TRUE(reader->read(store_, 3).value().empty());
}

TEST_F(HostStreams, EndAndAreRefusedTwice) {
  const Func later = instance_.func("later");
  Value future;
  Result<Writer> writer = Writer::make(store_, later, 0, future);
  ASSERT_TRUE(writer);
  const Result<std::vector<Value>> same = later.call(store_, {&future, 1});
  ASSERT_TRUE(same) << same.error().to_string();
  EXPECT_EQ(later.call(store_, {&future, 1}).error().kind, ErrorKind::usage);
  EXPECT_EQ(Writer::make(store_, later, 1, future).error().kind, ErrorKind::usage);
  Result<Reader> reader = Reader::of((*same)[0]);
  ASSERT_TRUE(reader);
}

}  // namespace
}  // namespace cairn::component
