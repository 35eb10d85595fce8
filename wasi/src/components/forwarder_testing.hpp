#pragma once
/// For tests: the forwarding guest in a store of its own, and values for it.

#include <gtest/gtest.h>

#include <array>

#include "components/test_forwarder.hpp"

namespace cairn::wasi {

using component::Value;

inline Value number(uint64_t bits) { return Value::number(bits); }

/// "ok" or the number of the error's case.
inline std::string outcome(const Value& result) {
  const Value::Case& ended = result.variant();
  if (ended.index == 0) return "ok";
  if (ended.payload.empty()) return "error";
  return std::to_string(ended.payload.front().variant().index);
}
inline Value ok(const Value& result) {
  EXPECT_EQ(outcome(result), "ok");
  if (result.variant().index != 0 || result.variant().payload.empty()) return {};
  return result.variant().payload.front();
}

/// Cases of `error-code`, of files and of sockets.
inline constexpr const char *insufficient_memory = "22", *access_denied = "1",
                            *new_socket_limit = "10", *datagram_too_large = "17",
                            *name_unresolvable = "18", *temporary = "19", *would_block = "8",
                            *address_not_bindable = "11";

/// A store with the forwarding guest.
class Forwarder {
 public:
  explicit Forwarder(GuestConfig config, const component::RuntimeLimits& limits = {})
      : store_(engine(), {}, limits) {
    config.random = &random_;
    Guest::enter(store_, std::make_shared<Guest>(std::move(config)));
    auto made = prepared().instantiate(store_);
    EXPECT_TRUE(made) << made.error().to_string();
    if (made) instance_ = *made;
  }
  Result<Value> try_call(std::string_view name, const std::vector<Value>& args) {
    auto results = TRY(instance_.func(fmt::format("f{}", forwarded(name))).call(store_, args));
    return std::move(results.front());
  }
  Value call(std::string_view name, const std::vector<Value>& args = {}) {
    Result<Value> result = try_call(name, args);
    EXPECT_TRUE(result) << name << ": " << result.error().to_string();
    return result ? *result : Value();
  }
  void drop(std::string_view resource, const Value& handle) {
    EXPECT_TRUE(instance_.func(fmt::format("drop-{}", resource)).call(store_, std::array{handle}));
  }

 private:
  static engine::Engine& engine() {
    static engine::Engine one;
    return one;
  }
  static const component::ComponentPre& prepared() {
    static const component::ComponentPre pre = [] {
      const auto component = component::Component::load_text(engine(), forwarder_text());
      EXPECT_TRUE(component) << component.error().to_string();
      ComponentLinker linker(engine());
      add_wasi(linker);
      auto made = linker.prepare(*component);
      EXPECT_TRUE(made) << made.error().to_string();
      return *made;
    }();
    return pre;
  }

  SeededRandom random_{1};
  component::Store store_;
  component::Instance instance_;
};

inline Value address_of(uint16_t port, std::array<uint8_t, 4> ip = {127, 0, 0, 1}) {
  Value::Sequence bytes;
  for (const uint8_t byte : ip) bytes.push_back(number(byte));
  return Value::variant(0, Value::sequence({number(port), Value::sequence(std::move(bytes))}));
}

}  // namespace cairn::wasi
