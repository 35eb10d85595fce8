// Calls that pass numbers: what happens when they trap, block, or come back to the same function.

#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>

namespace cairn::component {
namespace {

class Direct : public testing::Test {
 protected:
  void load(std::string_view text) {
    const Component component = Component::load_text(engine_, text).value();
    linker_.interface("host").func<>("later", [this](HostCall& call) -> uint32_t {
      waiting_ = call.suspend();
      return 0;
    });
    instance_ = linker_.instantiate(store_, component).value();
  }
  template <class Signature>
  TypedFunc<Signature> get(std::string_view name) {
    return TypedFunc<Signature>::of(instance_.func(name)).value();
  }
  engine::Engine engine_;
  ComponentLinker linker_{engine_};
  Store store_{engine_};
  Instance instance_;
  std::shared_ptr<HostCompletion> waiting_;
};

constexpr std::string_view two = R"((component
  (component $Inner
    (core module $M
      (func (export "narrow") (param i32) (result i32) (local.get 0))
      (func (export "div") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))
    (core instance $m (instantiate $M))
    (func (export "to-u8") (param "x" u32) (result u8) (canon lift (core func $m "narrow")))
    (func (export "to-s16") (param "x" u32) (result s16) (canon lift (core func $m "narrow")))
    (func (export "from-s8") (param "x" s8) (result s32) (canon lift (core func $m "narrow")))
    (func (export "to-char") (param "x" u32) (result char) (canon lift (core func $m "narrow")))
    (func (export "div") (param "x" u32) (param "y" u32) (result u32)
      (canon lift (core func $m "div"))))
  (component $Outer
    (import "div" (func $div (param "x" u32) (param "y" u32) (result u32)))
    (import "to-s16" (func $to-s16 (param "x" u32) (result s16)))
    (import "from-s8" (func $from-s8 (param "x" s8) (result s32)))
    (core func $div' (canon lower (func $div)))
    (core func $to-s16' (canon lower (func $to-s16)))
    (core func $from-s8' (canon lower (func $from-s8)))
    (core module $M
      (import "" "div" (func $div (param i32 i32) (result i32)))
      (import "" "to-s16" (func $to-s16 (param i32) (result i32)))
      (import "" "from-s8" (func $from-s8 (param i32) (result i32)))
      (func (export "div") (param i32 i32) (result i32) (call $div (local.get 0) (local.get 1)))
      (func (export "to-s16") (param i32) (result i32) (call $to-s16 (local.get 0)))
      (func (export "from-s8") (param i32) (result i32) (call $from-s8 (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "div" (func $div'))
      (export "to-s16" (func $to-s16')) (export "from-s8" (func $from-s8'))))))
    (func (export "div") (param "x" u32) (param "y" u32) (result u32)
      (canon lift (core func $m "div")))
    (func (export "to-s16") (param "x" u32) (result s32) (canon lift (core func $m "to-s16")))
    (func (export "from-s8") (param "x" u32) (result s32) (canon lift (core func $m "from-s8"))))
  (instance $i (instantiate $Inner))
  (instance $o (instantiate $Outer (with "div" (func $i "div"))
    (with "to-s16" (func $i "to-s16")) (with "from-s8" (func $i "from-s8"))))
  (func (export "to-u8") (alias export $i "to-u8"))
  (func (export "to-char") (alias export $i "to-char"))
  (func (export "inner-div") (alias export $i "div"))
  (func (export "div") (alias export $o "div"))
  (func (export "to-s16") (alias export $o "to-s16"))
  (func (export "from-s8") (alias export $o "from-s8"))))";

TEST_F(Direct, NarrowsWhatPasses) {
  load(two);
  EXPECT_EQ(get<uint8_t(uint32_t)>("to-u8")(store_, 0x1ff), 0xff);
  EXPECT_EQ(get<int32_t(uint32_t)>("to-s16")(store_, 0x1'8000), -0x8000);
  EXPECT_EQ(get<int32_t(uint32_t)>("from-s8")(store_, 0x180), -0x80);
  EXPECT_EQ(get<char32_t(uint32_t)>("to-char")(store_, 0x1f600), U'\U0001f600');
}

TEST_F(Direct, ATrapPoisonsWhatItWasIn) {
  load(two);
  const auto div = get<uint32_t(uint32_t, uint32_t)>("div");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(div(store_, 7, 2), 3u);
  const auto failed = div(store_, 7, 0);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "integer divide by zero");
  for (const std::string_view name : {"div", "inner-div"}) {
    const auto again = get<uint32_t(uint32_t, uint32_t)>(name)(store_, 7, 2);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message, "cannot enter component instance");
  }
}

TEST_F(Direct, AnInvalidCharTraps) {
  load(two);
  const auto to_char = get<char32_t(uint32_t)>("to-char");
  const auto failed = to_char(store_, 0xd800);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "invalid `char` bit pattern");
  EXPECT_FALSE(to_char(store_, 'x'));
}

}  // namespace
}  // namespace cairn::component
