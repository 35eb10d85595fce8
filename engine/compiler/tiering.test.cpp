// Code that is made in the background: quickly first, well when nothing else waits.

#include "native/tiering.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "compiler/llvm_generator.hpp"
#include "runtime/testing.hpp"

namespace cairn::engine::compiler {
namespace {

using testing::must;

/// Notes what it is asked for; has images at hand from before.
class Recording final : public CodeGenerator {
 public:
  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    Result<Bytes> image = generator_.generate(module, request);
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    if (image) images_.push_back(*image);
    came_.notify_all();
    return image;
  }
  std::vector<Bytes> kept(const ModuleState&) override { return kept_; }

  /// The first requests, when so many have come.
  std::vector<CodeRequest> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return requests_.size() >= count; });
    return requests_;
  }
  void keep(Bytes image) { kept_.push_back(std::move(image)); }
  Bytes image(size_t index) {
    const std::scoped_lock lock(mutex_);
    return images_[index];
  }

 private:
  StderrLog log_{LogLevel::error};
  LlvmGenerator generator_{host_cpu(), 1, log_};
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<CodeRequest> requests_;
  std::vector<Bytes> images_, kept_;
};

Settings settings_with(const std::shared_ptr<CodeGenerator>& generator) {
  return {.code_generator = generator, .tier = Tier::automatic, .hot_entries = 1};
}

constexpr std::string_view source =
    "(module (func (export \"f\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))";

TEST(Tiering, CompilesQuicklyFirstAndWellLater) {
  const auto generator = std::make_shared<Recording>();
  Engine engine(settings_with(generator));
  Store store(engine);
  const Func f = must(store.instantiate(must(engine.load_text(source)), {})).func("f");
  EXPECT_EQ(must(f.invoke<int32_t>(store, 5)), 15);
  const std::vector<CodeRequest> requests = generator->wait_for(2);
  EXPECT_EQ(requests[0].level, CodeLevel::quick);
  EXPECT_EQ(requests[1].level, CodeLevel::full);
  for (const CodeRequest& request : requests)
    EXPECT_EQ(request.functions, std::vector<uint32_t>{0});
  EXPECT_EQ(must(f.invoke<int32_t>(store, 6)), 18);
}

TEST(Tiering, MakesBetterWhatWasMadeQuicklyBefore) {
  const auto first = std::make_shared<Recording>();
  {
    Engine engine(settings_with(first));
    Store store(engine);
    const Func f = must(store.instantiate(must(engine.load_text(source)), {})).func("f");
    EXPECT_EQ(must(f.invoke<int32_t>(store, 5)), 15);
    first->wait_for(2);
  }
  const auto later = std::make_shared<Recording>();
  later->keep(first->image(0));
  {
    Engine engine(settings_with(later));
    const Module module = must(engine.load_text(source));
    const std::vector<CodeRequest> requests = later->wait_for(1);
    EXPECT_EQ(requests[0].level, CodeLevel::full);
    EXPECT_EQ(requests[0].functions, std::vector<uint32_t>{0});
  }
  // Not what is there already, in whatever order it comes.
  const auto last = std::make_shared<Recording>();
  last->keep(first->image(1));
  last->keep(first->image(0));
  {
    Engine engine(settings_with(last));
    Store store(engine);
    const Func f = must(store.instantiate(must(engine.load_text(source)), {})).func("f");
    EXPECT_EQ(must(f.invoke<int32_t>(store, 7)), 21);
  }
  EXPECT_TRUE(last->wait_for(0).empty());
}

}  // namespace
}  // namespace cairn::engine::compiler
