// The engine's side of the compiler's process, which may do anything.

#include <gtest/gtest.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/binary.hpp>

#include "native/compiler_protocol.hpp"
#include "native/sample_testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using testing::sample_image;

const CodeRequest request = {.functions = {0}};

Bytes framed(const Bytes& message) {
  Bytes frame;
  append_le(frame, static_cast<uint32_t>(message.size()));
  append(frame, message);
  return frame;
}

Bytes framed(const protocol::Answer& answer) { return framed(protocol::encode(answer)); }

class Compiler : public ::testing::Test {
 protected:
  /// Notes what it is told, and answers each request with `answer_`.
  Result<Bytes> work(ByteSpan written) {
    Bytes out;
    while (!written.empty()) {
      const auto size = load_le<uint32_t>(written.data());
      const ByteSpan message = written.subspan(protocol::header_bytes, size);
      written = written.subspan(protocol::header_bytes + size);
      if (must(protocol::kind_of(message)) == protocol::Kind::load_module) {
        loads_.push_back(must(protocol::decode_load_module(message)));
        continue;
      }
      requests_.push_back(must(protocol::decode_compile(message)));
      append(out, TRY(Result<Bytes>(answer_)));
    }
    return out;
  }
  Module load(Settings settings = {}) {
    engines_.push_back(std::make_unique<Engine>(std::move(settings)));
    return testing::load(*engines_.back(), testing::sample_source);
  }

  std::vector<protocol::LoadModule> loads_;
  std::vector<protocol::Compile> requests_;
  Result<Bytes> answer_ = framed(protocol::Answer{.product = sample_image()});
  SimulatedProcesses processes_{[this](ByteSpan written) { return work(written); }};
  std::shared_ptr<MemoryLog> log_ = std::make_shared<MemoryLog>();
  std::shared_ptr<CodeGenerator> generator_ = make_process_generator(processes_, "compiler", log_);
  std::vector<std::unique_ptr<Engine>> engines_;
};

TEST_F(Compiler, IsStartedWhenNeededAndToldEachModuleOnce) {
  const Module one = load({.fuel = true}), two = load();
  EXPECT_EQ(processes_.started(), 0u);
  EXPECT_EQ(must(generator_->generate(*one.state(), request)), sample_image());
  EXPECT_EQ(must(generator_->generate(*two.state(), request)), sample_image());
  EXPECT_EQ(must(generator_->generate(*one.state(), request)), sample_image());
  EXPECT_EQ(processes_.started(), 1u);
  ASSERT_EQ(loads_.size(), 2u);
  EXPECT_TRUE(loads_[0].fuel && !loads_[1].fuel);
  EXPECT_EQ(loads_[0].module, wasm::encode(one.ast()));
  ASSERT_EQ(requests_.size(), 3u);
  EXPECT_EQ(requests_[0].key, loads_[0].key);
  EXPECT_EQ(requests_[1].key, loads_[1].key);
  EXPECT_EQ(requests_[2].key, loads_[0].key);
}

TEST_F(Compiler, PrintsAsWell) {
  const ByteSpan text = as_bytes("ret");
  answer_ = framed(protocol::Answer{.product = Bytes(text.begin(), text.end())});
  const Module module = load();
  EXPECT_EQ(must(generator_->print(*module.state(), request, {0}, CodeText::assembly)), "ret");
  EXPECT_EQ(requests_.at(0).product, protocol::Product::assembly);
  EXPECT_EQ(requests_.at(0).shown, std::vector<uint32_t>{0});
}

TEST_F(Compiler, IsStartedAgainWhenItHasDied) {
  const Module module = load();
  const Result<Bytes> good = answer_;
  answer_ = fail(ErrorKind::io, "crash");
  EXPECT_EQ(generator_->generate(*module.state(), request).error().kind, ErrorKind::io);
  answer_ = good;
  EXPECT_EQ(must(generator_->generate(*module.state(), request)), sample_image());
  EXPECT_EQ(processes_.started(), 2u);
  EXPECT_EQ(loads_.size(), 2u) << "the new one knows nothing";
}

TEST_F(Compiler, IsNotLostWithAnEngineThatAsksNothing) {
  const Module module = load();
  EXPECT_TRUE(generator_->generate(*module.state(), request));
  generator_->cancel();
  EXPECT_EQ(must(generator_->generate(*module.state(), request)), sample_image());
  EXPECT_EQ(processes_.started(), 1u);
}

TEST_F(Compiler, MayRefuse) {
  const Module module = load();
  answer_ = framed(protocol::Answer{.log = {"function 0 is odd"}, .failed = true, .error = "no"});
  const Result<Bytes> refused = generator_->generate(*module.state(), request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(refused.error().message, "no");
  EXPECT_EQ(log_->lines(), std::vector<std::string>{"warning: function 0 is odd"});
  EXPECT_FALSE(generator_->generate(*module.state(), request));
  EXPECT_EQ(processes_.started(), 1u);
}

TEST_F(Compiler, IsNotBelieved) {
  const Module module = load();
  Bytes endless;
  append_le(endless, UINT32_MAX);
  for (const Bytes& nonsense : {Bytes{}, Bytes{1}, endless, framed(Bytes{}), framed(Bytes{9, 9}),
                                framed(protocol::encode(protocol::Compile{}))}) {
    answer_ = nonsense;
    EXPECT_FALSE(generator_->generate(*module.state(), request));
  }
}

TEST_F(Compiler, ForgetsModulesThatAreTooMany) {
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(generator_->generate(*load().state(), request));
  EXPECT_EQ(processes_.started(), 2u);
}

TEST_F(Compiler, CostsNothingButCodeWhenItFails) {
  if (!runs_machine_code()) GTEST_SKIP() << "machine code is for x86-64";
  answer_ = fail(ErrorKind::io, "crash");
  for (const Tier tier : {Tier::compile, Tier::automatic}) {
    const Module module = load({.code_generator = generator_,
                                .tier = tier,
                                .hot_entries = 1,
                                .tiering_waits = true,
                                .log = log_});
    const size_t before = log_->lines().size();
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(testing::call_f(*engines_.back(), module), testing::interpreted_result);
    if (tier == Tier::automatic) EXPECT_GT(log_->lines().size(), before);
    EXPECT_TRUE(log_->lines().back().contains("functions stay interpreted"))
        << log_->lines().back();
  }
  answer_ = framed(protocol::Answer{.product = {1, 2, 3}});
  const Module module = load({.code_generator = generator_, .tier = Tier::compile, .log = log_});
  EXPECT_EQ(testing::call_f(*engines_.back(), module), testing::interpreted_result);
  EXPECT_TRUE(log_->lines().back().contains("code image")) << log_->lines().back();
}

}  // namespace
}  // namespace cairn::engine
