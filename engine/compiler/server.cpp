#include "compiler/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "compiler/llvm_generator.hpp"
#include "runtime/module_state.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

namespace {

/// Keeps the lines for the answer. For any thread.
class LinesLog final : public Log {
 public:
  LinesLog() : Log(LogLevel::info) {}
  std::vector<std::string> take() { return std::move(lines_); }

 protected:
  void write(LogLevel, std::string_view message) override {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(message);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Nothing runs here: no memory is ever made.
class NoMemory final : public MemoryProvider {
 public:
  explicit NoMemory(bool guards) : guards_(guards) {}
  bool guards() const override { return guards_; }
  Result<MemoryBlock> allocate(const wasm::MemoryType&, uint64_t, uint64_t) override {
    return fail(ErrorKind::limit, "the compiler has no memories");
  }
  bool grow(MemoryBlock&, uint64_t) override { return false; }
  void release(MemoryBlock&) override {}

 private:
  bool guards_;
};

/// Runs it, and the threads that it starts, behind everybody else: on a thread of its own, since
/// nobody can take back what they have given up.
Result<Bytes> in_background(const std::function<Result<Bytes>()>& work) {
  constexpr int background_nice = 10;
  Result<Bytes> result = Bytes();
  std::thread([&] {
    // On Linux the priority of a process by number 0 is that of the thread. A refusal costs time
    // only.
    ::setpriority(PRIO_PROCESS, 0, background_nice);
    result = work();
  }).join();
  return result;
}

}  // namespace

Result<> Server::load(ByteSpan message) {
  protocol::LoadModule request = TRY(protocol::decode_load_module(message));
  Loaded loaded;
  loaded.engine = std::make_unique<Engine>(
      Settings{.features = request.features,
               .limits = request.limits,
               .fuel = request.fuel,
               .interruption = request.interruption,
               .deterministic = request.deterministic,
               .index_masks = request.index_masks,
               .memory_provider = std::make_shared<NoMemory>(request.guarded_memories)});
  loaded.background = request.background;
  loaded.module = TRY(loaded.engine->load(std::move(request.module)));
  modules_.insert_or_assign(request.key, std::move(loaded));
  return {};
}

Result<Bytes> Server::make(ByteSpan message, Log& log) {
  const protocol::Compile request = TRY(protocol::decode_compile(message));
  const auto found = modules_.find(request.key);
  if (found == modules_.end()) {
    if (load_error_) return std::unexpected(*load_error_);
    return fail(ErrorKind::usage, "the compiler does not know that module");
  }
  const ModuleState& module = *found->second.module->state();
  if (found->second.background && request.product == protocol::Product::image)
    return in_background([&] {
      LlvmGenerator generator(known_cpu_features(), std::max(threads_, 2u) - 1, log);
      return generator.generate(module, request.request);
    });
  LlvmGenerator generator(known_cpu_features(), threads_, log);
  if (request.product == protocol::Product::image)
    return generator.generate(module, request.request);
  const CodeText form =
      request.product == protocol::Product::llvm ? CodeText::llvm : CodeText::assembly;
  const std::string text = TRY(generator.print(module, request.request, request.shown, form));
  const ByteSpan bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

std::optional<Bytes> Server::handle(ByteSpan message) {
  const Result<protocol::Kind> kind = protocol::kind_of(message);
  if (kind && *kind == protocol::Kind::load_module) {
    if (const Result<> done = load(message); !done) load_error_ = done.error();
    return std::nullopt;
  }
  protocol::Answer answer;
  LinesLog log;
  if (Result<Bytes> product = make(message, log)) {
    answer.product = std::move(*product);
  } else {
    answer.failed = true;
    answer.error = product.error().to_string();
  }
  answer.log = log.take();
  return protocol::encode(answer);
}

}  // namespace cairn::engine::compiler
