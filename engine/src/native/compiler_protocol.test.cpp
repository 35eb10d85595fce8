#include "native/compiler_protocol.hpp"

#include <gtest/gtest.h>

namespace cairn::engine::protocol {
namespace {

TEST(Protocol, CarriesModules) {
  LoadModule message{.key = 77,
                     .features = wasm::Features().with(wasm::Feature::legacy_exceptions),
                     .fuel = true,
                     .deterministic = true,
                     .module = {0, 'a', 's', 'm'}};
  message.limits.types = 12;
  const Bytes bytes = encode(message);
  EXPECT_EQ(kind_of(bytes), Kind::load_module);
  const auto read = decode_load_module(bytes);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->key, 77u);
  EXPECT_EQ(read->features, message.features);
  EXPECT_EQ(read->limits.types, 12u);
  EXPECT_EQ(read->limits.memory64_bytes, message.limits.memory64_bytes);
  EXPECT_TRUE(read->fuel && !read->interruption && read->deterministic && !read->guarded_memories);
  EXPECT_EQ(read->module, message.module);
}

TEST(Protocol, CarriesRequests) {
  const Compile message{.key = 3,
                        .request = {CodeRequest::Level::quick, {1, 2, 900}, {{5, 6}, {7, 8}}, {5}},
                        .product = product_of(CodeText::assembly),
                        .shown = {2, 9}};
  const Bytes bytes = encode(message);
  EXPECT_EQ(kind_of(bytes), Kind::compile);
  const auto read = decode_compile(bytes);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->key, 3u);
  EXPECT_EQ(read->request.level, CodeRequest::Level::quick);
  EXPECT_EQ(read->request.functions, message.request.functions);
  EXPECT_EQ(read->request.cpu.bits, 5u);
  EXPECT_EQ(read->product, Product::assembly);
  EXPECT_EQ(read->shown, message.shown);
  ASSERT_EQ(read->request.loops.size(), 2u);
  EXPECT_EQ(read->request.loops[1].function, 7u);
  EXPECT_EQ(read->request.loops[1].offset, 8u);
}

TEST(Protocol, RefusesWhatDoesNotExist) {
  Compile message;
  message.request.cpu.bits = uint64_t{1} << 63;
  EXPECT_EQ(decode_compile(encode(message)).error().kind, ErrorKind::unsupported);
  message = {.product = Product{3}};
  EXPECT_FALSE(decode_compile(encode(message)));
  message = {.request = {.level = CodeLevel{3}}};
  EXPECT_FALSE(decode_compile(encode(message)));
}

TEST(Protocol, CarriesAnswers) {
  const Answer good{.log = {"one", ""}, .product = {1, 2}};
  const auto read = decode_answer(encode(good));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->log, good.log);
  EXPECT_FALSE(read->failed);
  EXPECT_EQ(read->product, good.product);
  const Answer bad{.failed = true, .error = "out of luck"};
  const auto failed = decode_answer(encode(bad));
  ASSERT_TRUE(failed) << failed.error().to_string();
  EXPECT_TRUE(failed->failed);
  EXPECT_EQ(failed->error, "out of luck");
}

TEST(Protocol, RefusesWhatIsCutOffOrOfAnotherKind) {
  const Bytes load = encode(LoadModule{.module = {1}});
  const Bytes compile = encode(Compile{.request = {CodeRequest::Level::full, {1}, {{2, 3}}}});
  const Bytes answer = encode(Answer{.log = {"x"}, .product = {1}});
  for (size_t size = 0; size < load.size(); ++size)
    EXPECT_FALSE(decode_load_module(ByteSpan(load).first(size))) << size;
  for (size_t size = 0; size < compile.size(); ++size)
    EXPECT_FALSE(decode_compile(ByteSpan(compile).first(size))) << size;
  for (size_t size = 0; size < answer.size(); ++size)
    EXPECT_FALSE(decode_answer(ByteSpan(answer).first(size))) << size;
  EXPECT_FALSE(decode_compile(load));
  EXPECT_FALSE(kind_of({}));
  EXPECT_FALSE(kind_of(Bytes{0}));
  EXPECT_FALSE(kind_of(Bytes{4}));
}

TEST(Protocol, RefusesAnotherVersion) {
  Bytes load = encode(LoadModule{});
  ++load[1];
  EXPECT_EQ(decode_load_module(load).error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace cairn::engine::protocol
