#include "native/tiering.hpp"

#include <cairn/wasm/instruction.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "interp/code.hpp"
#include "native/install.hpp"

namespace cairn::engine {

namespace {

/// Functions up to this size, in bytes, are compiled together with those that call them: they are
/// likely to be inlined.
constexpr size_t small_body_bytes = 160;
constexpr size_t small_callees_max = 64;

/// Adds the small functions that `index` calls, and those that they call.
void add_small_callees(const wasm::Module& module, uint32_t index, std::set<uint32_t>& functions) {
  wasm::InstrDecoder decoder(module.code[index].body, wasm::Features::all());
  wasm::Instruction in;
  while (!decoder.at_end() && decoder.step(in)) {
    if (in.op != wasm::Op::call || in.index < module.imported_functions) continue;
    const uint32_t callee = in.index - module.imported_functions;
    if (module.code[callee].body.code.size() > small_body_bytes) continue;
    if (functions.size() >= small_callees_max || !functions.insert(callee).second) continue;
    add_small_callees(module, callee, functions);
  }
}

}  // namespace

/// Shared with its thread, which may be the last one to hold a module and so end the engine.
class Tiering::Worker {
 public:
  struct Item {
    std::weak_ptr<const ModuleState> module;
    FuncCode* function = nullptr;  ///< or
    LoopHeat* loop = nullptr;
  };

  /// What is to be compiled, or has been.
  struct Work {
    std::weak_ptr<const ModuleState> module;
    CodeRequest request;
    std::vector<LoopHeat*> loops;  ///< which of its loops wait for their entries
  };

  Worker(std::shared_ptr<CodeGenerator> generator, bool waits)
      : generator_(std::move(generator)), waits_(waits) {}

  static void add(const std::shared_ptr<Worker>& self, Item item) {
    if (self->waits_) {
      compile_items({std::move(item)});
      return;
    }
    const std::scoped_lock lock(self->mutex_);
    self->start(self);
    self->items_.push_back(std::move(item));
    self->ready_.notify_one();
  }

  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      stopped_ = true;
      ready_.notify_one();
    }
    generator_->cancel();
    // The thread itself may be who ends the engine.
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else if (thread_.joinable())
      thread_.join();
  }

  static void improve(const std::shared_ptr<Worker>& self, Work improvement) {
    if (self->waits_) return;
    if (improvement.request.functions.empty() && improvement.request.loops.empty()) return;
    improvement.request.level = CodeLevel::full;
    const std::scoped_lock lock(self->mutex_);
    if (self->stopped_) return;  // what was made for an engine may be the last that held it
    self->start(self);
    self->improvements_.push_back(std::move(improvement));
    self->ready_.notify_one();
  }

 private:
  void start(const std::shared_ptr<Worker>& self) {
    if (!thread_.joinable()) thread_ = std::thread(&Worker::run, self);
  }

  static void run(const std::shared_ptr<Worker>& self) {
    for (;;) {
      std::vector<Item> items;
      Work improvement;
      {
        std::unique_lock lock(self->mutex_);
        self->ready_.wait(lock, [&] {
          return self->stopped_ || !self->items_.empty() || !self->improvements_.empty();
        });
        if (self->stopped_) return;
        if (!self->items_.empty()) {
          items = self->take();
        } else {
          improvement = std::move(self->improvements_.front());
          self->improvements_.pop_front();
        }
      }
      if (!items.empty())
        improve(self, compile_items(items));
      else
        compile(improvement);
    }
  }

  /// Compiles what is asked for of one module; says what can be made better.
  static Work compile_items(const std::vector<Item>& items) {
    const std::shared_ptr<const ModuleState> module = items.front().module.lock();
    if (!module) return {};
    Work made{.module = module, .request = {.level = CodeLevel::quick}, .loops = {}};
    CodeRequest& request = made.request;
    std::set<uint32_t> functions;
    for (const Item& item : items) {
      if (item.function != nullptr) functions.insert(item.function->defined_index);
      if (item.loop == nullptr) continue;
      request.loops.push_back({item.loop->code->defined_index, item.loop->offset});
      made.loops.push_back(item.loop);
    }
    std::set<uint32_t> with_callees = functions;
    for (const uint32_t index : functions) add_small_callees(module->ast, index, with_callees);
    for (const CodeRequest::Loop& loop : request.loops)
      add_small_callees(module->ast, loop.function, with_callees);
    request.functions.assign(with_callees.begin(), with_callees.end());
    return compile(made) ? made : Work{};
  }

  static bool compile(const Work& work) {
    const std::shared_ptr<const ModuleState> module = work.module.lock();
    if (!module || !compile_logged(*module, work.request)) return false;
    for (LoopHeat* const loop : work.loops) {
      loop->entry.store(module->native.loop(loop->code->defined_index, loop->offset),
                        std::memory_order_release);
      loop->heat.set(1);
    }
    return true;
  }

  /// What waits for the module that waits longest.
  std::vector<Item> take() {
    const std::weak_ptr<const ModuleState> module = items_.front().module;
    std::vector<Item> taken;
    std::erase_if(items_, [&](Item& item) {
      if (item.module.owner_before(module) || module.owner_before(item.module)) return false;
      taken.push_back(item);
      return true;
    });
    return taken;
  }

  std::shared_ptr<CodeGenerator> generator_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<Item> items_;
  std::deque<Work> improvements_;
  std::thread thread_;
  const bool waits_;
  bool stopped_ = false;
};

Tiering::Tiering(std::shared_ptr<CodeGenerator> generator, bool waits)
    : worker_(std::make_shared<Worker>(std::move(generator), waits)) {}

Tiering::~Tiering() { worker_->stop(); }

void Tiering::want(FuncCode& function) {
  Worker::add(worker_, {.module = function.module->weak_from_this(), .function = &function});
}
void Tiering::want(LoopHeat& loop) {
  Worker::add(worker_, {.module = loop.code->module->weak_from_this(), .loop = &loop});
}

void Tiering::improve(const ModuleState& module, CodeRequest request) {
  Worker::improve(worker_,
                  {.module = module.weak_from_this(), .request = std::move(request), .loops = {}});
}

void want_code(FuncCode& function) {
  function.heat.set(UINT32_MAX);
  function.module->engine->tiering->want(function);
}

const void* loop_code(LoopHeat& loop) {
  constexpr uint32_t rounds_between_looks = 256;
  if (!loop.is_wanted.exchange(true, std::memory_order_relaxed))
    loop.code->module->engine->tiering->want(loop);
  const void* const entry = loop.entry.load(std::memory_order_acquire);
  loop.heat.set(entry != nullptr ? 1 : rounds_between_looks);
  return entry;
}

}  // namespace cairn::engine
