// From modules to images, in this process and through the messages of the compiler's own.

#include "compiler/llvm_generator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/instruction.hpp>
#include <numeric>

#include "compiler/server.hpp"
#include "native/code_image.hpp"
#include "runtime/module_state.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {
namespace {

constexpr std::string_view source = R"((module
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "sum") (param i32) (result i64) (local i64)
    (loop
      (local.set 1 (i64.add (local.get 1)
        (i64.extend_i32_u (call $add (local.get 0) (i32.const 1)))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "divide") (param f64 f64) (result f64)
    (f64.div (local.get 0) (local.get 1)))
))";

Module load(Engine& engine) {
  Result<Module> module = engine.load_text(source);
  EXPECT_TRUE(module) << module.error().to_string();
  return *module;
}

/// Where the body's first `loop` stands.
uint32_t loop_offset(const Module& module, uint32_t function) {
  wasm::InstrDecoder decoder(module.ast().code[function].body, {});
  wasm::Instruction in;
  while (!decoder.at_end()) {
    const auto offset = static_cast<uint32_t>(decoder.consumed());
    if (!decoder.step(in) || in.op == wasm::Op::loop) return offset;
  }
  return 0;
}

TEST(LlvmGenerator, CompilesAtBothLevelsWithAnyNumberOfThreads) {
  Engine engine;
  const Module module = load(engine);
  for (const CodeRequest::Level level : {CodeRequest::Level::quick, CodeRequest::Level::full}) {
    for (const unsigned threads : {0u, 1u, 3u}) {
      MemoryLog log;
      LlvmGenerator generator(host_cpu(), threads, log);
      const Result<Bytes> bytes =
          generator.generate(*module.state(), {level, {0, 1, 2}, {{1, loop_offset(module, 1)}}});
      ASSERT_TRUE(bytes) << bytes.error().to_string();
      const auto image = CodeImage::load(*bytes);
      ASSERT_TRUE(image) << image.error().to_string();
      for (uint32_t i = 0; i < 3; ++i) EXPECT_NE((*image)->function(i), nullptr) << i;
      EXPECT_NE((*image)->loop(1, loop_offset(module, 1)), nullptr);
      EXPECT_NE((*image)->stub(ImageRange::Kind::enter, "ii_i"), nullptr);
      EXPECT_NE((*image)->stub(ImageRange::Kind::enter, "dd_d"), nullptr);
      EXPECT_TRUE(log.lines().empty());
    }
  }
}

TEST(LlvmGenerator, DividesAmongThreadsWhatIsLarge) {
  // Each function calls the next one, over the borders of the parts.
  std::string text = "(module\n";
  for (int i = 0; i < 40; ++i) {
    text += "(func (param i64) (result i64) ";
    for (int k = 0; k < 400; ++k) text += "(local.set 0 (i64.add (local.get 0) (i64.const 1)))";
    text += i == 39 ? "(local.get 0))\n" : "(call " + std::to_string(i + 1) + " (local.get 0)))\n";
  }
  Engine engine;
  const Result<Module> module = engine.load_text(text + ")");
  ASSERT_TRUE(module) << module.error().to_string();
  CodeRequest request{.level = CodeRequest::Level::quick};
  request.functions.resize(40);
  std::iota(request.functions.begin(), request.functions.end(), 0);
  MemoryLog log;
  const Result<Bytes> bytes = LlvmGenerator(host_cpu(), 4, log).generate(*module->state(), request);
  ASSERT_TRUE(bytes) << bytes.error().to_string();
  const auto image = CodeImage::load(*bytes);
  ASSERT_TRUE(image) << image.error().to_string();
  for (uint32_t i = 0; i < 40; ++i) EXPECT_NE((*image)->function(i), nullptr) << i;
}

TEST(LlvmGenerator, BelievesNoRequest) {
  Engine engine;
  const Module module = load(engine);
  MemoryLog log;
  const Result<Bytes> bytes =
      LlvmGenerator(host_cpu(), 2, log)
          .generate(*module.state(),
                    {CodeRequest::Level::quick, {2, 7, 2, UINT32_MAX, 0}, {{UINT32_MAX, 0}}});
  ASSERT_TRUE(bytes) << bytes.error().to_string();
  const auto image = CodeImage::load(*bytes);
  ASSERT_TRUE(image) << image.error().to_string();
  EXPECT_NE((*image)->function(0), nullptr);
  EXPECT_EQ((*image)->function(1), nullptr);
  EXPECT_NE((*image)->function(2), nullptr);
}

TEST(LlvmGenerator, PrintsForPeople) {
  Engine engine;
  const Module module = load(engine);
  NoLog log;
  LlvmGenerator generator(host_cpu(), 1, log);
  const CodeRequest request{.functions = {0, 1, 2}};
  const auto llvm = generator.print(*module.state(), request, {2}, CodeText::llvm);
  ASSERT_TRUE(llvm) << llvm.error().to_string();
  EXPECT_NE(llvm->find("fdiv double"), std::string::npos);
  EXPECT_EQ(llvm->find("add i64"), std::string::npos) << "only what was asked for";
  const auto assembly = generator.print(*module.state(), request, {2}, CodeText::assembly);
  ASSERT_TRUE(assembly) << assembly.error().to_string();
  EXPECT_NE(assembly->find("f2:"), std::string::npos);
  const auto all = generator.print(*module.state(), request, {}, CodeText::assembly);
  ASSERT_TRUE(all) << all.error().to_string();
  for (const char* name : {"f0:", "f1:", "f2:"}) EXPECT_NE(all->find(name), std::string::npos);
}

class Names final : public CodeObserver {
 public:
  void installed(const InstalledCode& code) override {
    for (const InstalledCode::Part& part : code.parts) names.push_back(part.name);
  }
  void removed(const void*) override {}
  std::vector<std::string> names;
};

TEST(LlvmGenerator, MakesPartsThatAreKnownByTheirFunction) {
  // What is called directly, with what is left of fuel, is not what others call.
  static NoLog log;
  const auto observer = std::make_shared<Names>();
  Settings settings;
  settings.fuel = true;
  settings.tier = Tier::compile;
  settings.code_generator = std::make_shared<LlvmGenerator>(host_cpu(), 1, log);
  settings.code_observer = observer;
  Engine engine(settings);
  const Result<Module> module = engine.load_text(R"((module
    (func $fib (param i64) (result i64)
      (if (i64.lt_s (local.get 0) (i64.const 2)) (then (return (local.get 0))))
      (i64.add (call $fib (i64.sub (local.get 0) (i64.const 1)))
               (call $fib (i64.sub (local.get 0) (i64.const 2)))))))");
  ASSERT_TRUE(module) << module.error().to_string();
  EXPECT_EQ(std::ranges::count(observer->names, "fib"), 2);
  EXPECT_EQ(std::ranges::count(observer->names, "inner"), 0);
}

protocol::LoadModule load_message(const Module& module, uint64_t key) {
  const Settings& settings = module.state()->engine->settings;
  return {.key = key,
          .features = settings.features,
          .limits = settings.limits,
          .fuel = settings.fuel,
          .interruption = settings.interruption,
          .deterministic = settings.deterministic,
          .guarded_memories = true,
          .module = wasm::encode(module.ast())};
}

protocol::Answer ask(Server& server, ByteSpan message) {
  const std::optional<Bytes> bytes = server.handle(message);
  if (!bytes) return {.failed = true, .error = "no answer"};
  Result<protocol::Answer> answer = protocol::decode_answer(*bytes);
  EXPECT_TRUE(answer) << answer.error().to_string();
  return *answer;
}

TEST(Server, AnswersRequestsForModulesThatItHas) {
  Engine engine;
  const Module module = load(engine);
  Server server(1);
  const protocol::Compile request{
      .key = 7, .request = {.level = CodeRequest::Level::quick, .functions = {0}}};
  EXPECT_EQ(ask(server, protocol::encode(request)).error, "the compiler does not know that module");
  EXPECT_FALSE(server.handle(protocol::encode(load_message(module, 7))));
  const protocol::Answer answer = ask(server, protocol::encode(request));
  EXPECT_FALSE(answer.failed) << answer.error;
  const auto image = CodeImage::load(answer.product);
  ASSERT_TRUE(image) << image.error().to_string();
  EXPECT_NE((*image)->function(0), nullptr);

  const protocol::Compile text{.key = 7,
                               .request = {.functions = {0, 1, 2}},
                               .product = protocol::Product::assembly,
                               .shown = {2}};
  const protocol::Answer printed = ask(server, protocol::encode(text));
  EXPECT_FALSE(printed.failed) << printed.error;
  EXPECT_NE(as_text(printed.product).find("f2:"), std::string_view::npos);
}

TEST(Server, AnswersNonsenseWithErrors) {
  Server server(1);
  EXPECT_TRUE(ask(server, {}).failed);
  EXPECT_TRUE(ask(server, Bytes{9, 9, 9}).failed);
  EXPECT_TRUE(ask(server, Bytes{2}).failed);
  protocol::LoadModule wrong{.key = 1, .module = {1, 2, 3}};
  EXPECT_FALSE(server.handle(protocol::encode(wrong)));
  const protocol::Answer answer = ask(server, protocol::encode(protocol::Compile{.key = 1}));
  EXPECT_TRUE(answer.failed);
  EXPECT_NE(answer.error, "the compiler does not know that module");
}

}  // namespace
}  // namespace cairn::engine::compiler
