#include "compiler/llvm_generator.hpp"

#include <fmt/format.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <thread>

#include "compiler/function_builder.hpp"
#include "compiler/link.hpp"
#include "compiler/module_builder.hpp"
#include "compiler/pipeline.hpp"

namespace cairn::engine::compiler {

namespace {

/// Less than this many bytes of bodies are not worth another thread.
constexpr uint64_t part_bytes_min = 16 << 10;

/// The functions and loops that one thread compiles.
using Part = CodeRequest;

uint64_t body_bytes(const ModuleState& module, uint32_t defined_index) {
  return module.ast.code[defined_index].body.code.size();
}

/// Functions that follow each other call each other more often than others do: they stay together.
std::vector<Part> divide(const ModuleState& module, const CodeRequest& request, unsigned threads) {
  uint64_t total = 0;
  for (const uint32_t function : request.functions) total += body_bytes(module, function);
  for (const CodeRequest::Loop& loop : request.loops) total += body_bytes(module, loop.function);
  const uint64_t share = std::max(part_bytes_min, total / std::max(threads, 1u) + 1);

  std::vector<Part> parts(1);
  uint64_t bytes = 0;
  const auto part_for = [&](uint32_t function) -> Part& {
    if (bytes >= share) {
      parts.emplace_back();
      bytes = 0;
    }
    bytes += body_bytes(module, function);
    return parts.back();
  };
  for (const uint32_t function : request.functions)
    part_for(function).functions.push_back(function);
  for (const CodeRequest::Loop& loop : request.loops) part_for(loop.function).loops.push_back(loop);
  for (Part& part : parts) part.level = request.level;
  return parts;
}

using Refusal = LlvmGenerator::Refusal;

/// The functions of a built module that LLVM would not accept.
std::vector<Refusal> refused(llvm::Module& module) {
  std::vector<Refusal> result;
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    if (function.hasFnAttribute(FunctionBuilder::too_large)) {
      result.push_back({function.getName().str(), "it is too large"});
      continue;
    }
    std::string reason;
    llvm::raw_string_ostream text(reason);
    if (llvm::verifyFunction(function, &text))
      result.push_back({function.getName().str(), reason.substr(0, reason.find('\n'))});
  }
  return result;
}

class Compilation {
 public:
  Compilation(const ModuleState& module, const CodeRequest& request)
      : pipeline_(request.cpu, request.level), builder_(context_, module, request) {}

  /// Builds a part of the request; what LLVM refuses is not optimised.
  std::vector<Refusal> build(const Part& part) {
    builder_.build(part.functions, part.loops);
    built_ = builder_.take();
    return refused(*built_);
  }
  Result<Object> finish() {
    pipeline_.optimise(*built_);
    return pipeline_.emit(*built_);
  }
  Result<std::string> print(CodeText form) {
    pipeline_.optimise(*built_);
    if (form == CodeText::assembly) return pipeline_.assembly(*built_);
    std::string text;
    llvm::raw_string_ostream out(text);
    built_->print(out, nullptr);
    return text;
  }

 private:
  llvm::LLVMContext context_;
  Pipeline pipeline_;
  ModuleBuilder builder_;
  std::unique_ptr<llvm::Module> built_;
};

}  // namespace

LlvmGenerator::LlvmGenerator(CpuFeatures cpu, unsigned threads, Log& log)
    : cpu_(cpu), threads_(threads), log_(log) {}

/// A request as it can be trusted: indices in range, each once.
CodeRequest LlvmGenerator::cleaned(const ModuleState& module, CodeRequest request) const {
  request.cpu.bits &= cpu_.bits;
  const auto is_wrong = [&](uint32_t function) { return function >= module.ast.code.size(); };
  std::erase_if(request.functions, is_wrong);
  std::ranges::sort(request.functions);
  request.functions.erase(std::ranges::unique(request.functions).begin(), request.functions.end());
  const auto key = [](const CodeRequest::Loop& loop) {
    return std::pair(loop.function, loop.offset);
  };
  std::erase_if(request.loops,
                [&](const CodeRequest::Loop& loop) { return is_wrong(loop.function); });
  std::ranges::sort(request.loops, {}, key);
  const auto repeated = std::ranges::unique(request.loops, {}, key);
  request.loops.erase(repeated.begin(), repeated.end());
  return request;
}

Result<Bytes> LlvmGenerator::generate(const ModuleState& module, const CodeRequest& wanted) {
  CodeRequest request = cleaned(module, wanted);
  for (;;) {
    std::vector<Outcome> outcomes = compile(module, request);
    std::vector<Object> objects;
    bool complete = true;
    for (Outcome& outcome : outcomes) {
      for (const Refusal& refusal : outcome.refusals) {
        complete = false;
        TRY(leave_out(request, refusal));
      }
      if (complete) objects.push_back(TRY(std::move(outcome.object)));
    }
    // What others call directly is missing: they have to be built anew.
    if (complete) return link(objects, request.cpu, request.level);
  }
}

std::vector<LlvmGenerator::Outcome> LlvmGenerator::compile(const ModuleState& module,
                                                           const CodeRequest& request) {
  const std::vector<Part> parts = divide(module, request, threads_);
  std::vector<Outcome> outcomes(parts.size());
  const auto run = [&](size_t i) {
    Compilation compilation(module, request);
    outcomes[i].refusals = compilation.build(parts[i]);
    if (outcomes[i].refusals.empty()) outcomes[i].object = compilation.finish();
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < parts.size(); ++i) threads.emplace_back(run, i);
  run(0);
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

/// Takes a refused function out of a request.
Result<> LlvmGenerator::leave_out(CodeRequest& request, const Refusal& refusal) {
  llvm::StringRef name = refusal.function;
  uint32_t function = 0, offset = 0;
  name.consume_back("_body");
  name.consume_back("_paid");
  size_t removed = 0;
  if (name.consume_front("loop")) {
    if (!name.consumeInteger(10, function) && name.consume_front("_") &&
        !name.getAsInteger(10, offset))
      removed = std::erase_if(request.loops, [&](const CodeRequest::Loop& loop) {
        return loop.function == function && loop.offset == offset;
      });
  } else if (name.consume_front("f") && !name.getAsInteger(10, function)) {
    removed = std::erase(request.functions, function);
  }
  if (removed == 0)
    return fail(ErrorKind::unsupported,
                fmt::format("no code for {}: {}", refusal.function, refusal.reason));
  log_.log(LogLevel::warning, "function {} stays interpreted: {}", function, refusal.reason);
  return {};
}

Result<std::string> LlvmGenerator::print(const ModuleState& module, const CodeRequest& wanted,
                                         const std::vector<uint32_t>& shown, CodeText form) {
  CodeRequest request = cleaned(module, wanted);
  for (;;) {
    // All of the request is known, so that calls look as they do in an image.
    Part part = request;
    if (!shown.empty()) {
      std::erase_if(part.functions, [&](uint32_t function) {
        return std::ranges::find(shown, function) == shown.end();
      });
    }
    Compilation compilation(module, request);
    const std::vector<Refusal> refusals = compilation.build(part);
    for (const Refusal& refusal : refusals) TRY(leave_out(request, refusal));
    if (refusals.empty()) return compilation.print(form);
  }
}

}  // namespace cairn::engine::compiler
