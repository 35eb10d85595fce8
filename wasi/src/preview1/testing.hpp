#pragma once
/// For tests: a guest's memory and a world of its own, to call the functions of preview 1 directly.

#include <gtest/gtest.h>

#include <filesystem>

#include "preview1/functions.hpp"
#include "sandbox/testing.hpp"

namespace cairn::wasi {

class TestGuest {
 public:
  explicit TestGuest(Preview1Config config = {}) : waiter_(clock_), memory_(65'536) {
    config.clock = &clock_;
    config.random = &random_;
    config.waiter = &waiter_;
    context_ = std::make_unique<Preview1>(std::move(config));
  }

  /// Calls a function; `Errno::success` when it worked.
  template <class... Args>
  Errno call(std::string_view name, Args... args) {
    const uint64_t slots[params_max] = {static_cast<uint64_t>(args)...};
    for (const Function& function : functions()) {
      if (function.name != name) continue;
      EXPECT_EQ(function.param_count, sizeof...(Args)) << name;
      Call one{*context_->state(), GuestMemory(memory_)};
      const Outcome<> done = function.invoke(one, slots);
      interrupted = one.interrupted;
      return done ? Errno::success : done.error();
    }
    ADD_FAILURE() << "no function " << name;
    return Errno::nosys;
  }

  uint32_t put(uint32_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), memory_.begin() + at);
    return static_cast<uint32_t>(text.size());
  }
  std::string text(uint32_t at, uint32_t size) const {
    return std::string(as_text(ByteSpan(memory_).subspan(at, size)));
  }
  template <Scalar T>
  T load(uint32_t at) const {
    return load_le<T>(memory_.data() + at);
  }
  template <Scalar T>
  void store(uint32_t at, T value) {
    store_le<T>(memory_.data() + at, value);
  }
  SimulatedClock& clock() { return clock_; }
  SimulatedWaiter& waiter() { return waiter_; }

  bool interrupted = false;

 private:
  SimulatedClock clock_{1'000'000'000};
  SeededRandom random_{1};
  SimulatedWaiter waiter_;
  Bytes memory_;
  std::unique_ptr<Preview1> context_;
};

/// A guest that has the directory "box", as descriptor 3 and, to read only, as 4. In it is "file".
class GuestFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "box");
    folder_.write("box/file", "0123456789");
    Preview1Config config;
    config.preopens.push_back({"/data", folder_.open("box"), false});
    config.preopens.push_back({"/ro", folder_.open("box", {.read_only = true}), true});
    config.descriptors_max = 8;
    guest_ = std::make_unique<TestGuest>(std::move(config));
  }

  /// Opens a file for everything that is allowed; its number is at 4.
  Errno open(uint32_t dir, std::string_view name, uint32_t oflags, Rights rights = right::all) {
    const uint32_t length = guest_->put(512, name);
    return guest_->call("path_open", dir, 0, 512, length, oflags, rights, right::all, 0, 4);
  }

  TestFolder folder_;
  std::unique_ptr<TestGuest> guest_;
};

}  // namespace cairn::wasi
