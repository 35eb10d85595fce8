// Optimisation, code generation and linking, from LLVM IR as text to code that runs.

#include "compiler/pipeline.hpp"

#include <gtest/gtest.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/Support/SourceMgr.h>

#include <numeric>

#include "compiler/link.hpp"
#include "native/code_image.hpp"

namespace cairn::engine::compiler {
namespace {

using Level = CodeRequest::Level;

Object compile(std::string_view source, Level level = Level::full) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic problem;
  const std::unique_ptr<llvm::Module> module =
      llvm::parseAssemblyString({source.data(), source.size()}, problem, context);
  if (!module) {
    ADD_FAILURE() << problem.getMessage().str() << " in line " << problem.getLineNo();
    return {};
  }
  Pipeline pipeline(host_cpu(), level);
  pipeline.optimise(*module);
  Result<Object> object = pipeline.emit(*module);
  EXPECT_TRUE(object) << object.error().to_string();
  return object ? std::move(*object) : Object{};
}

std::shared_ptr<const CodeImage> load(std::span<const Object> objects) {
  const Result<Bytes> image = link(objects, host_cpu());
  if (!image) {
    ADD_FAILURE() << image.error().to_string();
    return nullptr;
  }
  auto loaded = CodeImage::load(*image);
  EXPECT_TRUE(loaded) << loaded.error().to_string();
  return loaded ? *loaded : nullptr;
}

std::string link_error(std::string_view source) {
  const Object objects[] = {compile(source)};
  const Result<Bytes> image = link(objects, host_cpu());
  return image ? "" : image.error().message;
}

/// Calls code of an image. UndefinedBehaviorSanitizer would look for a word before it that tells
/// its type.
template <class F, class... Args>
[[clang::no_sanitize("function")]] std::invoke_result_t<F*, Args...> run(const void* code,
                                                                         Args... args) {
  return reinterpret_cast<F*>(reinterpret_cast<uintptr_t>(code))(args...);
}

/// Through a stub, as the engine enters code.
uint64_t enter(const CodeImage& image, uint32_t function, std::vector<uint64_t> slots) {
  const void* const stub = image.stub(ImageRange::Kind::enter, "ll_l");
  if (stub == nullptr || image.function(function) == nullptr) return ~uint64_t{0};
  run<void(const void*, void*, uint64_t*)>(stub, image.function(function), nullptr, slots.data());
  return slots[0];
}

constexpr std::string_view stub = R"(
  define hidden void @enter_ll_l(ptr %entry, ptr %instance, ptr %slots) {
    %a = load i64, ptr %slots
    %at = getelementptr i64, ptr %slots, i64 1
    %b = load i64, ptr %at
    %r = call tailcc i64 %entry(ptr %instance, i64 %a, i64 %b)
    store i64 %r, ptr %slots
    ret void
  }
)";

class EachLevel : public ::testing::TestWithParam<Level> {};
INSTANTIATE_TEST_SUITE_P(Levels, EachLevel, ::testing::Values(Level::quick, Level::full));

TEST_P(EachLevel, RunsWhatCallsJumpsAndReadsConstants) {
  const Object objects[] = {compile(std::string(stub) + R"(
    define internal i64 @s_twice(i64 %x) alwaysinline { %r = add i64 %x, %x  ret i64 %r }
    define hidden tailcc i64 @f0(ptr %i, i64 %a, i64 %b) {
      %c = musttail call tailcc i64 @f7(ptr %i, i64 %b, i64 %a)
      ret i64 %c
    }
    define hidden tailcc i64 @f7(ptr %i, i64 %a, i64 %b) noinline {
      switch i64 %a, label %other [i64 0, label %c0  i64 1, label %c1  i64 2, label %c2
                                   i64 3, label %c3  i64 4, label %c4]
    c0: %r0 = call i64 @s_twice(i64 %b)  ret i64 %r0
    c1: %r1 = sdiv i64 %b, 3  ret i64 %r1
    c2: %r2 = mul i64 %b, %b  ret i64 %r2
    c3: %d = sitofp i64 %b to double
        %e = fmul double %d, 0x40091EB851EB851F
        %r3 = fptosi double %e to i64
        ret i64 %r3
    c4: %r4 = xor i64 %b, -7  ret i64 %r4
    other: ret i64 -1
    })",
                                    GetParam())};
  const auto image = load(objects);
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(enter(*image, 0, {21, 0}), 42u);
  EXPECT_EQ(enter(*image, 0, {21, 1}), 7u);
  EXPECT_EQ(enter(*image, 0, {21, 2}), 441u);
  EXPECT_EQ(enter(*image, 0, {100, 3}), 314u);
  EXPECT_EQ(enter(*image, 0, {0, 4}), ~uint64_t{6});
  EXPECT_EQ(enter(*image, 0, {21, 5}), ~uint64_t{0});
  EXPECT_EQ(image->function(1), nullptr);
  EXPECT_EQ(image->stub(ImageRange::Kind::leave, "ll_l"), nullptr);
}

TEST(Pipeline, LinksSeveralObjects) {
  const Object objects[] = {compile(std::string(stub) + R"(
        declare hidden tailcc i64 @f1(ptr, i64, i64)
        define hidden tailcc i64 @f0(ptr %i, i64 %a, i64 %b) {
          %c = call tailcc i64 @f1(ptr %i, i64 %a, i64 %b)
          %d = add i64 %c, 1
          ret i64 %d
        })"),
                            compile(std::string(stub) + R"(
        define hidden tailcc i64 @f1(ptr %i, i64 %a, i64 %b) {
          %c = sub i64 %a, %b
          ret i64 %c
        })")};
  const auto image = load(objects);
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(enter(*image, 0, {10, 4}), 7u);
  EXPECT_EQ(enter(*image, 1, {10, 4}), 6u);
}

TEST(Pipeline, CallsTheLibraryThroughItsTable) {
  const Object objects[] = {compile(R"(
    declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
    define hidden void @loop3_17(ptr %to, ptr %from, i64 %size) {
      call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %size, i1 false)
      ret void
    }
    define hidden tailcc double @f0(double %a, double %b) {
      %r = frem double %a, %b
      ret double %r
    }
    define hidden double @leave_d_d(double %a) {
      %r = call tailcc double @f0(double %a, double 2.0)
      ret double %r
    })")};
  const auto image = load(objects);
  ASSERT_NE(image, nullptr);
  char to[] = "......";
  run<void(char*, const char*, uint64_t)>(image->loop(3, 17), to, "12345", 5);
  EXPECT_EQ(std::string(to, 6), "12345.");
  EXPECT_EQ(run<double(double)>(image->stub(ImageRange::Kind::leave, "d_d"), 5.5), 1.5);
  EXPECT_EQ(image->loop(3, 18), nullptr);
}

TEST(Pipeline, KnowsWhereCodeComesFrom) {
  const Object objects[] = {compile(R"(
    declare hidden void @leave__()
    define hidden tailcc void @f4(ptr %p) !dbg !4 {
      store volatile i32 1, ptr %p, !dbg !10
      call tailcc void @f5(ptr %p), !dbg !11
      ret void
    }
    define internal tailcc void @f5(ptr %p) alwaysinline !dbg !5 {
      store volatile i32 2, ptr %p, !dbg !12
      ret void
    }
    !llvm.dbg.cu = !{!0}
    !llvm.module.flags = !{!1}
    !0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: NoDebug)
    !1 = !{i32 2, !"Debug Info Version", i32 3}
    !2 = !DIFile(filename: "m", directory: "")
    !3 = !DISubroutineType(types: !{})
    !4 = distinct !DISubprogram(name: "f4", file: !2, type: !3, unit: !0, spFlags: DISPFlagDefinition)
    !5 = distinct !DISubprogram(name: "f5", file: !2, type: !3, unit: !0, spFlags: DISPFlagDefinition)
    !10 = !DILocation(line: 8, scope: !4)
    !11 = !DILocation(line: 31, scope: !4)
    !12 = !DILocation(line: 101, scope: !5)
    )")};
  const auto image = load(objects);
  ASSERT_NE(image, nullptr);
  const auto* const code = static_cast<const uint8_t*>(image->function(4));
  const ImageRange* const range = image->range_at(code);
  ASSERT_NE(range, nullptr);
  std::vector<std::vector<uint32_t>> seen;
  for (const uint8_t* pc = code; pc != code + range->size; ++pc) {
    std::vector<uint32_t> place;
    for (const ImageFrame* frame = image->frame_at(pc); frame != nullptr;
         frame = image->caller(*frame))
      place.insert(place.end(), {frame->function, frame->offset});
    if (!place.empty() && (seen.empty() || seen.back() != place)) seen.push_back(place);
  }
  EXPECT_EQ(seen, (std::vector<std::vector<uint32_t>>{{4, 7}, {5, 100, 4, 30}}));
  EXPECT_EQ(image->frame_at(image->begin() - 1), nullptr);
  EXPECT_EQ(image->frame_at(image->end()), nullptr);
}

TEST(Pipeline, VectorisesForThisProcessor) {
  const Object objects[] = {compile(R"(
    define hidden i64 @loop0_0(ptr noalias %p, i64 %n) {
    entry: br label %loop
    loop:
      %i = phi i64 [0, %entry], [%next, %loop]
      %sum = phi i64 [0, %entry], [%total, %loop]
      %at = getelementptr i64, ptr %p, i64 %i
      %v = load i64, ptr %at
      %total = add i64 %sum, %v
      %next = add i64 %i, 1
      %more = icmp ult i64 %next, %n
      br i1 %more, label %loop, label %done
    done: ret i64 %total
    })")};
  const auto image = load(objects);
  ASSERT_NE(image, nullptr);
  std::vector<uint64_t> numbers(1001);
  std::iota(numbers.begin(), numbers.end(), 1);
  EXPECT_EQ(run<uint64_t(const uint64_t*, uint64_t)>(image->loop(0, 0), numbers.data(), 1001),
            501501u);
}

TEST(Link, RefusesWhatIsNotThere) {
  EXPECT_EQ(link_error(R"(
    declare hidden void @f1()
    define hidden void @f0() { call void @f1()  ret void })"),
            "linking code: f1 is nowhere in the image");
  EXPECT_EQ(link_error(R"(
    declare void @system()
    define hidden void @f0() { call void @system()  ret void })"),
            "linking code: system is nowhere in the image");
}

TEST(Link, RefusesDataAndPlaces) {
  EXPECT_EQ(link_error(R"(
    @counter = internal global i32 1
    define hidden i32 @f0(i32 %x) { store volatile i32 %x, ptr @counter
      %r = load volatile i32, ptr @counter  ret i32 %r })"),
            "linking code: writable data in section .data");
  EXPECT_EQ(link_error(R"(
    @table = internal constant [2 x ptr] [ptr @f0, ptr @f1]
    define hidden void @f1() { ret void }
    define hidden ptr @f0(i64 %x) { %at = getelementptr ptr, ptr @table, i64 %x
      %r = load volatile ptr, ptr %at  ret ptr %r })"),
            "linking code: writable data in section .data.rel.ro");
}

TEST(Link, RefusesTwoFunctionsOfOneName) {
  const Object object = compile("define hidden void @f0() { ret void }");
  const Object objects[] = {object, object};
  const Result<Bytes> image = link(objects, host_cpu());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().message, "linking code: f0 is there twice");
}

TEST(Link, MakesAnImageOfNothing) {
  EXPECT_NE(load({}), nullptr);
  const Object objects[] = {compile("")};
  EXPECT_NE(load(objects), nullptr);
}

}  // namespace
}  // namespace cairn::engine::compiler
