#include "native/install.hpp"

#include <algorithm>
#include <numeric>

#include "interp/handlers.hpp"
#include "interp/interp.hpp"
#include "native/code_image.hpp"
#include "native/code_map.hpp"
#include "native/describe.hpp"

namespace cairn::engine {

namespace {
char letter_of(wasm::ValType type) {
  switch (type.kind()) {
    case wasm::ValType::Kind::i32: return 'i';
    case wasm::ValType::Kind::f32: return 'f';
    case wasm::ValType::Kind::f64: return 'd';
    case wasm::ValType::Kind::v128: return 'v';
    default: return 'l';  // i64 and references
  }
}
}  // namespace

std::string signature_of(const wasm::FuncType& type) {
  std::string signature;
  for (const wasm::ValType each : type.params) signature += letter_of(each);
  signature += '_';
  for (const wasm::ValType each : type.results) signature += letter_of(each);
  return signature;
}

void install(const ModuleState& module, const std::shared_ptr<const CodeImage>& image) {
  const bool tail = module.engine->settings.dispatch == Dispatch::tail_call;
  const Word* const entry = (tail ? stubs_tail : stubs_loop).enter_native;
  CodeMap::add(*image, module);
  const std::shared_ptr<CodeObserver>& observer = module.engine->settings.code_observer;
  if (observer != nullptr) observer->installed(describe(*image, module));
  module.native.add(image, observer);
  module.engine->leave_stubs.add(image);
  const std::scoped_lock lock(module.code_ranges.translation_mutex());
  for (const ImageRange& range : image->ranges()) {
    if (range.kind != ImageRange::Kind::function) continue;
    FuncCode& code = *code_of(module, range.function);
    const auto level = static_cast<uint8_t>(image->level());
    if (code.native_entry.load(std::memory_order_relaxed) != nullptr && code.native_level > level)
      continue;
    const std::string signature = signature_of(type_of(code));
    // One of an earlier image does as well.
    const void* const stub = module.native.stub(ImageRange::Kind::enter, signature);
    if (stub == nullptr) continue;
    std::atomic_ref(code.native_level).store(level, std::memory_order_relaxed);
    const void* const function = image->address(range.begin);
    const void* const plain = image->stub(ImageRange::Kind::plain, signature);
    code.enter_stub.store(stub, std::memory_order_release);
    std::atomic_ref(code.target.tail_entry).store(function, std::memory_order_release);
    std::atomic_ref(code.target.entry)
        .store(plain != nullptr ? plain : function, std::memory_order_release);
    // Who sees this one sees the others, too.
    code.native_entry.store(function, std::memory_order_release);
    code.entry.store(entry, std::memory_order_release);
    // Baseline code begins to count, or looks for what has taken its place.
    code.baseline_left.store(image->level() == CodeLevel::baseline
                                 ? static_cast<int32_t>(std::min<uint32_t>(
                                       module.engine->settings.hot_compiled, INT32_MAX))
                                 : 0,
                             std::memory_order_relaxed);
  }
}

Result<> compile(const ModuleState& module, const CodeRequest& request) {
  const Bytes image = TRY(module.engine->settings.code_generator->generate(module, request));
  install(module, TRY(CodeImage::load(image)));
  return {};
}

bool compile_logged(const ModuleState& module, const CodeRequest& request) {
  const Result<> compiled = compile(module, request);
  Log* const log = module.engine->settings.log.get();
  if (!compiled && log != nullptr)
    log->log(LogLevel::warning, "functions stay interpreted: {}", compiled.error().to_string());
  return compiled.has_value();
}

CodeRequest whole_module(const ModuleState& module) {
  CodeRequest request;
  request.functions.resize(module.ast.functions.size());
  std::iota(request.functions.begin(), request.functions.end(), 0);
  return request;
}

namespace {

/// What of an image's functions and loops is in none of the others.
CodeRequest rest_of(const CodeImage& image,
                    std::span<const std::shared_ptr<const CodeImage>> others) {
  CodeRequest rest;
  const auto is_there = [&](auto has) { return std::ranges::any_of(others, has); };
  for (const ImageRange& range : image.ranges()) {
    const uint32_t function = range.function, offset = range.loop_offset;
    if (range.kind == ImageRange::Kind::function &&
        !is_there([&](const auto& other) { return other->function(function) != nullptr; }))
      rest.functions.push_back(function);
    if (range.kind == ImageRange::Kind::loop &&
        !is_there([&](const auto& other) { return other->loop(function, offset) != nullptr; }))
      rest.loops.push_back({function, offset});
  }
  return rest;
}

/// The best code comes last. Of what was only made quickly, better code is wanted.
void install_kept(const ModuleState& module, const std::vector<Bytes>& kept) {
  std::vector<std::shared_ptr<const CodeImage>> images;
  for (const Bytes& bytes : kept)
    if (auto image = CodeImage::load(bytes)) images.push_back(*std::move(image));
  const auto level = [](const auto& image) { return image->level(); };
  std::ranges::sort(images, {}, level);
  const std::span full(std::ranges::lower_bound(images, CodeLevel::full, {}, level), images.end());
  for (const auto& image : images) install(module, image);
  if (!module.engine->settings.code_generator->generates()) return;
  for (const auto& image : std::span(images).first(images.size() - full.size()))
    module.engine->tiering->improve(module, rest_of(*image, full));
}

}  // namespace

void provide_code(const ModuleState& module) {
  const EngineState& engine = *module.engine;
  if (!engine.compiles()) return;
  CodeGenerator& generator = *engine.settings.code_generator;
  if (engine.settings.tier == Tier::automatic) {
    install_kept(module, generator.kept(module));
  } else if (generator.generates()) {
    const CodeRequest request = whole_module(module);
    if (!request.functions.empty()) compile_logged(module, request);
  }
}

}  // namespace cairn::engine
