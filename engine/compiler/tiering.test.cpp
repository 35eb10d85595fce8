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

// ---- By way of baseline code -------------------------------------------------------------------

TEST(Tiering, AsksForTheBestBehindBaselineCode) {
  const auto generator = std::make_shared<Recording>();
  Settings settings = settings_with(generator);
  settings.baseline_generator = make_baseline_generator();
  settings.hot_compiled = 10;
  Engine engine(settings);
  Store store(engine);
  const Func f = must(store.instantiate(must(engine.load_text(source)), {})).func("f");
  // Baseline code comes some time, and counts from then on.
  while (generator->wait_for(0).empty()) EXPECT_EQ(must(f.invoke<int32_t>(store, 5)), 15);
  const std::vector<CodeRequest> requests = generator->wait_for(1);
  EXPECT_EQ(requests[0].level, CodeLevel::full);
  EXPECT_EQ(requests[0].functions, std::vector<uint32_t>{0});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(must(f.invoke<int32_t>(store, i)), 3 * i);
}

/// A loop goes from the interpreter over baseline code to LLVM's, with operands below it, locals of
/// all kinds, and more results than one.
constexpr std::string_view loops = R"((module
  (func (export "f") (param $n i32) (result i64 f64 f32) (local $sum i64) (local $half f64)
      (local $small f32) (local $i i32)
    (i64.const 1000) (i64.extend_i32_u (local.get $n))
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
      (local.set $half (f64.add (local.get $half) (f64.const 0.5)))
      (local.set $small (f32.sub (local.get $small) (f32.const 0.25)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (i64.add) (i64.add (local.get $sum)) (local.get $half) (local.get $small)))
)";

TEST(Tiering, GoesOverAtLoopHeads) {
  for (const uint32_t rounds : {1u, 100u}) {
    const auto generator = std::make_shared<Recording>();
    Settings settings = settings_with(generator);
    settings.baseline_generator = make_baseline_generator();
    settings.hot_rounds = settings.hot_compiled = rounds;
    settings.tiering_waits = true;
    Engine engine(settings);
    Store store(engine);
    const Func f = must(store.instantiate(must(engine.load_text(loops)), {})).func("f");
    const std::vector<Value> results = must(f.call(store, std::array{Value(1000)}));
    ASSERT_EQ(results.size(), 3u);
    EXPECT_EQ(results[0].i64(), 1000 + 1000 + 500 * 1001);
    EXPECT_EQ(results[1].f64(), 500.0);
    EXPECT_EQ(results[2].f32(), -250.0f);
    const std::vector<CodeRequest> requests = generator->wait_for(1);
    ASSERT_EQ(requests[0].loops.size(), 1u);
    EXPECT_EQ(requests[0].loops[0].function, 0u);
  }
}

/// Code that is entered at a loop has the exception that the legacy handler around it caught.
TEST(Tiering, GoesOverWithinHandlers) {
  for (const bool baseline : {false, true}) {
    const auto generator = std::make_shared<Recording>();
    Settings settings = settings_with(generator);
    settings.features = settings.features.with(wasm::Feature::legacy_exceptions);
    if (baseline) settings.baseline_generator = make_baseline_generator();
    settings.hot_rounds = settings.hot_compiled = 10;
    settings.tiering_waits = true;
    Engine engine(settings);
    Store store(engine);
    const Func f = must(store.instantiate(must(engine.load_text(R"((module
      (tag $e (param i32))
      (func $inner (param $n i32) (local $i i32)
        (try
          (do (throw $e (i32.const 42)))
          (catch $e
            (drop)
            (loop $l
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
            (rethrow 0))))
      (func (export "f") (param $n i32) (result i32)
        (try (result i32)
          (do (call $inner (local.get $n)) (i32.const 0))
          (catch $e))))
    )")),
                                          {}))
                       .func("f");
    EXPECT_EQ(must(f.call(store, std::array{Value(1000)}))[0].i32(), 42);
  }
}

}  // namespace
}  // namespace cairn::engine::compiler
