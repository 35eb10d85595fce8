// The cache of compiled code: what is asked for again, and what a bad disk does.

#include <gtest/gtest.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/text.hpp>

#include <cerrno>

#include "native/sample_testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using testing::sample_image;
using testing::SampleGenerator;

constexpr uint64_t enough = 1 << 20;
const CodeRequest request = {.functions = {0}};

class Cache : public ::testing::Test {
 protected:
  /// As another process has it.
  std::shared_ptr<CodeGenerator> open(uint64_t bytes_max = enough) {
    return make_caching_generator(files_, "cache", bytes_max, inner_);
  }
  Module load(Settings settings = {}, std::string_view source = testing::sample_source) {
    engines_.push_back(std::make_unique<Engine>(std::move(settings)));
    return testing::load(*engines_.back(), source);
  }
  /// The paths of all images.
  std::vector<std::string> entries() {
    std::vector<std::string> paths;
    for (const std::string& folder : must(files_.list_directory("cache")))
      for (const std::string& name : must(files_.list_directory("cache/" + folder)))
        if (name != "body-use") paths.push_back("cache/" + folder + "/" + name);
    return paths;
  }
  size_t made() const { return inner_->requests.size(); }

  SimulatedFiles files_;
  std::shared_ptr<SampleGenerator> inner_ = std::make_shared<SampleGenerator>();
  std::vector<std::unique_ptr<Engine>> engines_;
};

TEST_F(Cache, MakesNothingTwice) {
  const Module module = load();
  EXPECT_EQ(must(open()->generate(*module.state(), request)), sample_image());
  EXPECT_EQ(must(open()->generate(*module.state(), request)), sample_image());
  EXPECT_EQ(must(open()->generate(*load().state(), request)), sample_image());
  EXPECT_EQ(made(), 1u);
  EXPECT_EQ(open()->kept(*module.state()), std::vector<Bytes>{sample_image()});
}

TEST_F(Cache, TellsRequestsApart) {
  const Module module = load();
  const CodeRequest requests[] = {
      request,
      {.level = CodeLevel::quick, .functions = {0}},
      {.functions = {0, 1}},
      {.functions = {0}, .loops = {{0, 3}}},
      {.loops = {{0, 3}}},
      {.loops = {{0, 4}}},
      {.functions = {0}, .cpu = {}},
  };
  for (int round = 0; round < 2; ++round)
    for (const CodeRequest& each : requests) EXPECT_TRUE(open()->generate(*module.state(), each));
  EXPECT_EQ(made(), std::size(requests));
}

TEST_F(Cache, TellsModulesAndSettingsApart) {
  const Module modules[] = {
      load(),
      load({}, "(module (func (export \"f\") (result i32) i32.const 2))"),
      load({.fuel = true}),
      load({.interruption = false}),
      load({.deterministic = true}),
      load({.features = wasm::Features::all()}),
      load({.memory_provider = make_budget_provider(1 << 20)}),
      load({.index_masks = false}),
      load({.limits = {.locals = 10}}),
  };
  for (int round = 0; round < 2; ++round)
    for (const Module& each : modules) EXPECT_TRUE(open()->generate(*each.state(), request));
  EXPECT_EQ(made(), std::size(modules));
  for (const Module& each : modules) EXPECT_EQ(open()->kept(*each.state()).size(), 1u);
}

TEST_F(Cache, DamagedEntriesAreMadeAnew) {
  const Module module = load();
  EXPECT_TRUE(open()->generate(*module.state(), request));
  const std::string path = entries().at(0);
  const Bytes good = must(files_.read_file(path));
  std::vector<Bytes> bad;
  for (size_t size = 0; size < good.size(); size += 3)
    bad.emplace_back(good.begin(), good.begin() + static_cast<long>(size));
  for (size_t at = 0; at < good.size(); at += 3) {
    bad.push_back(good);
    bad.back()[at] ^= 1;
  }
  size_t expected = made();
  for (const Bytes& each : bad) {
    ASSERT_TRUE(files_.write_file(path, each));
    EXPECT_TRUE(open()->kept(*module.state()).empty());
    EXPECT_EQ(must(open()->generate(*module.state(), request)), sample_image());
    EXPECT_EQ(made(), ++expected);
    EXPECT_EQ(must(files_.read_file(path)), good) << "replaced";
  }
}

TEST_F(Cache, WorksWhereverTheDiskFails) {
  const Module module = load();
  for (uint64_t call = 0;; ++call) {
    const auto cache =
        make_caching_generator(files_, "cache" + std::to_string(call), enough, inner_);
    files_.fail_on(call, ENOSPC);
    const uint64_t before = files_.calls();
    EXPECT_EQ(must(cache->generate(*module.state(), request)), sample_image()) << call;
    EXPECT_EQ(must(cache->generate(*module.state(), request)), sample_image()) << call;
    for (const Bytes& image : cache->kept(*module.state())) EXPECT_EQ(image, sample_image());
    if (files_.calls() - before <= call) break;
  }
}

TEST_F(Cache, StaysSmall) {
  constexpr uint64_t tail = 24, use = 2 + tail;
  const uint64_t entry = sample_image().size() + tail + use;
  std::vector<Module> modules;
  for (int i = 0; i < 6; ++i)
    modules.push_back(load(
        {}, "(module (func (export \"f\") (result i32) i32.const " + std::to_string(i) + "))"));
  const auto cache = open(3 * entry);
  for (const Module& each : modules) {
    EXPECT_TRUE(cache->generate(*each.state(), request));
    EXPECT_TRUE(cache->generate(*modules[0].state(), request));  // is in use all the time
  }
  EXPECT_EQ(entries().size(), 3u);
  EXPECT_EQ(made(), 6u);
  for (const int i : {0, 4, 5}) EXPECT_EQ(cache->kept(*modules[i].state()).size(), 1u) << i;
}

TEST_F(Cache, KeepsWhatIsTooLargeUntilTheNext) {
  const Module module = load();
  const auto cache = open(10);
  EXPECT_TRUE(cache->generate(*module.state(), request));
  EXPECT_EQ(entries().size(), 1u) << "what has just been made is not thrown away";
}

TEST_F(Cache, RecognizesWhatWasValidated) {
  const auto recognize = [&](const Module& module) {
    return open()->recognize(*module.state()->engine, module.ast());
  };
  const Module module = load({}, testing::sample_source);
  EXPECT_FALSE(recognize(module).use) << "nothing was kept";
  const Module throws = load({}, "(module (tag $t) (func (export \"f\") (throw $t)))");
  for (const Module* each : {&module, &throws}) {
    EXPECT_TRUE(open()->generate(*each->state(), request));
    EXPECT_EQ(recognize(*each).name, recognize(*each).name);
    EXPECT_TRUE(recognize(*each).use);
  }
  EXPECT_FALSE(recognize(module).use->exceptions);
  EXPECT_TRUE(recognize(throws).use->exceptions);
  EXPECT_NE(recognize(module).name, recognize(throws).name);
  EXPECT_FALSE(recognize(load({.limits = {.locals = 10}})).use);
  EXPECT_FALSE(recognize(load({.features = wasm::Features::all()})).use);
}

/// To see that bodies are not looked at again, a wrong one is passed off as known.
TEST_F(Cache, DoesNotValidateBodiesAgain) {
  const Module good = load();
  EXPECT_TRUE(open()->generate(*good.state(), request));
  Engine engine(Settings{.code_generator = open(), .tier = Tier::compile});
  const auto wrong = [] {
    return must(wasm::parse_text("(module (func (export \"f\") (result i32) i64.const 1))"));
  };
  EXPECT_FALSE(engine.load(wrong()));
  const std::string name = open()->recognize(*engine.state(), wrong()).name;
  const std::string folder = must(files_.list_directory("cache")).at(0);
  ASSERT_TRUE(files_.make_directories("cache/" + name));
  ASSERT_TRUE(files_.write_file("cache/" + name + "/body-use",
                                must(files_.read_file("cache/" + folder + "/body-use"))));
  EXPECT_TRUE(engine.load(wrong()));
}

TEST_F(Cache, HandsTheRestOn) {
  const Module module = load();
  EXPECT_EQ(must(open()->print(*module.state(), request, {0}, CodeText::llvm)), "llvm of 1");
  EXPECT_EQ(must(open()->print(*module.state(), request, {0}, CodeText::llvm)), "llvm of 1");
  EXPECT_EQ(made(), 2u) << "texts are not kept";
  EXPECT_TRUE(open()->generates());
  const auto nobody = make_caching_generator(files_, "cache", enough, make_null_generator());
  EXPECT_FALSE(nobody->generates());
  EXPECT_FALSE(nobody->generate(*module.state(), request));
  EXPECT_FALSE(files_.exists("cache"));
}

}  // namespace
}  // namespace cairn::engine
