#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>

namespace cairn::component {
namespace {

/// Scopes and what is defined in them refer to each other while a component is linked.
TEST(Lifetime, OfALinkedComponentEndsWithItsUsers) {
  engine::Engine engine;
  std::weak_ptr<const ComponentState> state;
  {
    const auto component = Component::load_text(engine, R"((component
      (component $c (core module $m) (core instance (instantiate $m)))
      (instance $i (instantiate $c))
      (export "i" (instance $i))))");
    ASSERT_TRUE(component);
    state = component->state();
    const ComponentLinker linker(engine);
    const auto prepared = linker.prepare(*component);
    ASSERT_TRUE(prepared);
    Store store(engine);
    ASSERT_TRUE(prepared->instantiate(store));
  }
  EXPECT_TRUE(state.expired());
}

}  // namespace
}  // namespace cairn::component
