#include "native/tiering_worker.hpp"

#include <cairn/wasm/instruction.hpp>

#include <algorithm>

#include "interp/interp.hpp"
#include "native/code_image.hpp"
#include "native/install.hpp"

namespace cairn::engine {

namespace {

/// Functions up to this size, in bytes, are compiled together with those that call them: they are
/// likely to be inlined.
constexpr size_t small_body_bytes = 160;
constexpr size_t small_callees_max = 64;
/// What is compiled at one time, so that the hottest is there first.
constexpr size_t better_bytes = 8 << 10, baseline_bytes = 64 << 10;
/// Of a larger module only what is hot gets baseline code.
constexpr size_t sweep_bytes_max = 4 << 20;

size_t bytes_of(const ModuleState& module, uint32_t defined_index) {
  return module.ast.code[defined_index].body.code.size();
}

size_t code_bytes(const ModuleState& module) {
  size_t bytes = 0;
  for (const wasm::Code& code : module.ast.code) bytes += code.body.code.size();
  return bytes;
}

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

/// The request for some items of one module.
TieringWorker::Work work_for(const std::shared_ptr<const ModuleState>& module,
                             const std::vector<TieringWorker::Item>& items, CodeLevel level) {
  TieringWorker::Work work{.module = module, .request = {.level = level}, .loops = {}};
  std::set<uint32_t> functions;
  for (const TieringWorker::Item& item : items) {
    const uint32_t index = item.function->defined_index;
    if (item.heat != nullptr) work.loops.push_back(item.heat);
    if (item.loop)
      work.request.loops.push_back({index, *item.loop});
    else
      functions.insert(index);
  }
  work.request.functions.assign(functions.begin(), functions.end());
  return work;
}

void add_small_callees(const ModuleState& module, CodeRequest& request) {
  std::set<uint32_t> functions(request.functions.begin(), request.functions.end());
  for (const uint32_t index : request.functions) add_small_callees(module.ast, index, functions);
  for (const CodeRequest::Loop& loop : request.loops)
    add_small_callees(module.ast, loop.function, functions);
  request.functions.assign(functions.begin(), functions.end());
}

/// Lets the interpreter's loops know of their entries.
void tell(const ModuleState& module, const std::vector<LoopHeat*>& loops) {
  for (LoopHeat* const loop : loops) {
    const void* const entry = module.native.loop(loop->code->defined_index, loop->offset);
    if (entry == nullptr) continue;
    loop->entry.store(entry, std::memory_order_release);
    loop->heat.set(1);
  }
}

bool compile(const TieringWorker::Work& work) {
  const std::shared_ptr<const ModuleState> module = work.module.lock();
  if (!module || !compile_logged(*module, work.request)) return false;
  tell(*module, work.loops);
  return true;
}

}  // namespace

size_t TieringWorker::Item::bytes() const {
  return bytes_of(*function->module, function->defined_index);
}

TieringWorker::TieringWorker(const Settings& settings)
    : generator_(settings.code_generator),
      baseline_(settings.baseline_generator),
      waits_(settings.tiering_waits) {}

bool TieringWorker::has_baseline(const ModuleState& module) const {
  return baseline_ != nullptr && baseline_->compiles(module);
}

// ---- What is asked for -------------------------------------------------------------------------

void TieringWorker::add(Item item) {
  const std::shared_ptr<const ModuleState> module = item.module.lock();
  if (!module) return;
  if (!has_baseline(*module)) return add_better(std::move(item));
  if (waits_) {
    for (Item& rest : compile_baseline({item})) add_better(std::move(rest));
    return;
  }
  const std::scoped_lock lock(mutex_);
  start(baseline_lane_, &run_baseline);
  baseline_lane_.items.push_back(std::move(item));
  if (swept_.insert(module).second && code_bytes(*module) <= sweep_bytes_max)
    sweeps_.push_back({module});
  baseline_lane_.ready.notify_one();
}

void TieringWorker::add_better(Item item) {
  if (!generator_->generates()) return;
  if (waits_) {
    compile_better({std::move(item)});
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (stopped_) return;
  start(better_lane_, &run_better);
  better_lane_.items.push_back(std::move(item));
  better_lane_.ready.notify_one();
}

void TieringWorker::improve(Work improvement) {
  if (waits_) return;
  if (improvement.request.functions.empty() && improvement.request.loops.empty()) return;
  improvement.request.level = CodeLevel::full;
  const std::scoped_lock lock(mutex_);
  if (stopped_) return;  // what was made for an engine may be the last that held it
  start(better_lane_, &run_better);
  improvements_.push_back(std::move(improvement));
  better_lane_.ready.notify_one();
}

void TieringWorker::start(Lane& lane, void (*run)(const std::shared_ptr<TieringWorker>&)) {
  if (!lane.thread.joinable()) lane.thread = std::thread(run, shared_from_this());
}

void TieringWorker::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    baseline_lane_.ready.notify_one();
    better_lane_.ready.notify_one();
  }
  generator_->cancel();
  // A thread itself may be who ends the engine.
  for (Lane* const lane : {&baseline_lane_, &better_lane_}) {
    if (lane->thread.get_id() == std::this_thread::get_id())
      lane->thread.detach();
    else if (lane->thread.joinable())
      lane->thread.join();
  }
}

/// What waits for the module that waits longest, the longest waiting first, up to about so many
/// bytes of bodies.
std::vector<TieringWorker::Item> TieringWorker::take(Lane& lane, size_t bytes_max) {
  const std::weak_ptr<const ModuleState> module = lane.items.front().module;
  std::vector<Item> taken;
  size_t bytes = 0;
  std::erase_if(lane.items, [&](Item& item) {
    if (bytes >= bytes_max || item.module.owner_before(module) || module.owner_before(item.module))
      return false;
    if (!item.module.expired()) bytes += item.bytes();
    taken.push_back(std::move(item));
    return true;
  });
  return taken;
}

// ---- Baseline code -----------------------------------------------------------------------------

void TieringWorker::run_baseline(const std::shared_ptr<TieringWorker>& self) {
  Lane& lane = self->baseline_lane_;
  for (;;) {
    std::vector<Item> items;
    {
      std::unique_lock lock(self->mutex_);
      lane.ready.wait(
          lock, [&] { return self->stopped_ || !lane.items.empty() || !self->sweeps_.empty(); });
      if (self->stopped_) return;
      if (!lane.items.empty()) items = self->take(lane, SIZE_MAX);
    }
    if (items.empty()) {
      self->sweep();
      continue;
    }
    for (Item& rest : self->compile_baseline(items)) self->add_better(std::move(rest));
  }
}

/// Gives back what there is no such code for.
std::vector<TieringWorker::Item> TieringWorker::compile_baseline(const std::vector<Item>& items) {
  const std::shared_ptr<const ModuleState> module = items.front().module.lock();
  if (!module) return {};
  Work work = work_for(module, items, CodeLevel::baseline);
  std::erase_if(work.request.functions, [&](uint32_t index) {
    return code_of(*module, index)->native_entry.load() != nullptr;
  });
  if (!work.request.functions.empty() || !work.request.loops.empty()) {
    if (const Result<Bytes> image = baseline_->generate(*module, work.request))
      if (const auto loaded = CodeImage::load(*image)) install(*module, *loaded);
  }
  tell(*module, work.loops);
  std::vector<Item> rest;
  for (const Item& item : items) {
    const uint32_t index = item.function->defined_index;
    const bool is_there = item.loop ? module->native.loop(index, *item.loop) != nullptr
                                    : item.function->native_entry.load() != nullptr;
    if (!is_there) rest.push_back(item);
  }
  return rest;
}

/// Some functions more of a module that has become hot: what is called next is likely to be among
/// them.
bool TieringWorker::sweep() {
  std::shared_ptr<const ModuleState> module;
  CodeRequest request{.level = CodeLevel::baseline};
  {
    const std::scoped_lock lock(mutex_);
    Sweep& sweep = sweeps_.front();
    module = sweep.module.lock();
    const auto count = module ? static_cast<uint32_t>(module->ast.code.size()) : 0;
    size_t bytes = 0;
    for (; sweep.next < count && bytes < baseline_bytes; ++sweep.next) {
      if (code_of(*module, sweep.next)->native_entry.load() != nullptr) continue;
      request.functions.push_back(sweep.next);
      bytes += bytes_of(*module, sweep.next);
    }
    if (sweep.next >= count) sweeps_.pop_front();
  }
  if (request.functions.empty()) return false;
  if (const Result<Bytes> image = baseline_->generate(*module, request))
    if (const auto loaded = CodeImage::load(*image)) install(*module, *loaded);
  return true;
}

// ---- Better code -------------------------------------------------------------------------------

void TieringWorker::run_better(const std::shared_ptr<TieringWorker>& self) {
  Lane& lane = self->better_lane_;
  for (;;) {
    std::vector<Item> items;
    Work improvement;
    {
      std::unique_lock lock(self->mutex_);
      lane.ready.wait(lock, [&] {
        return self->stopped_ || !lane.items.empty() || !self->improvements_.empty();
      });
      if (self->stopped_) return;
      if (!lane.items.empty()) {
        items = self->take(lane, better_bytes);
      } else {
        improvement = std::move(self->improvements_.front());
        self->improvements_.pop_front();
      }
    }
    if (!items.empty())
      self->improve(self->compile_better(items));
    else
      compile(improvement);
  }
}

/// Compiles what is asked for of one module; says what can be made better.
TieringWorker::Work TieringWorker::compile_better(const std::vector<Item>& items) {
  const std::shared_ptr<const ModuleState> module = items.front().module.lock();
  if (!module) return {};
  // Behind baseline code there is time for the best.
  const bool can_wait = has_baseline(*module) && !waits_;
  Work work = work_for(module, items, can_wait ? CodeLevel::full : CodeLevel::quick);
  std::erase_if(work.request.functions, [&](uint32_t index) {
    const uint8_t level = std::atomic_ref(code_of(*module, index)->native_level).load();
    return level >= static_cast<uint8_t>(work.request.level);
  });
  if (work.request.functions.empty() && work.request.loops.empty()) return {};
  add_small_callees(*module, work.request);
  return compile(work) && !can_wait ? work : Work{};
}

}  // namespace cairn::engine
