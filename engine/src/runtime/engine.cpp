#include <algorithm>
#include <cairn/engine/engine.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/validate.hpp>

#include "interp/fault.hpp"
#include "native/generator.hpp"
#include "native/install.hpp"
#include "native/machine.hpp"
#include "runtime/matching.hpp"

namespace cairn::engine {

EngineState::EngineState(Settings from) : settings(std::move(from)) {
  if (!settings.memory_provider) settings.memory_provider = make_pooled_provider();
  guarded_memories = settings.memory_provider->guards();
  if (guarded_memories || compiles()) install_fault_handler();
  if (compiles() && settings.tier == Tier::automatic &&
      (settings.code_generator->generates() || settings.baseline_generator != nullptr))
    tiering = std::make_unique<Tiering>(settings);
  if (settings.deterministic) {
    settings.features = settings.features.with(wasm::Feature::threads, false);
  }
}

bool EngineState::compiles() const {
  return native_supported && settings.code_generator != nullptr && settings.tier != Tier::interpret;
}

namespace {

bool has_shared_memory(const wasm::Module& module) {
  const auto is_shared = [](const wasm::MemoryType& type) { return type.shared; };
  return std::ranges::any_of(module.memories, is_shared) ||
         std::ranges::any_of(module.imports, [&](const wasm::Import& import) {
           return import.kind == wasm::ExternKind::memory &&
                  is_shared(std::get<wasm::MemoryType>(import.type));
         });
}

}  // namespace

Engine::Engine(Settings settings) : state_(std::make_shared<EngineState>(std::move(settings))) {}
Engine::~Engine() = default;

const Settings& Engine::settings() const { return state_->settings; }
wasm::TypeRegistry& Engine::types() { return state_->types; }

Result<Module> Engine::load(Bytes bytes) {
  const Settings& settings = state_->settings;
  return load(TRY(wasm::decode(std::move(bytes), settings.features, settings.limits)));
}

Result<Module> Engine::load_text(std::string_view source) {
  const Settings& settings = state_->settings;
  return load(TRY(wasm::parse_text(source, settings.features, nullptr, settings.limits)));
}

Result<std::shared_ptr<const ModuleState>> prepare(const std::shared_ptr<EngineState>& engine,
                                                   wasm::Module module) {
  const Settings& settings = engine->settings;
  if (!settings.features.has(wasm::Feature::threads) && has_shared_memory(module)) {
    return fail(ErrorKind::unsupported, "a shared memory needs the feature threads, which is off");
  }
  Recognized known;
  if (engine->compiles()) known = settings.code_generator->recognize(*engine, module);
  auto valid =
      TRY(known.use ? wasm::validate_again(module, engine->types, settings.features,
                                           settings.limits, *known.use)
                    : wasm::validate(module, engine->types, settings.features, settings.limits));
  auto state = TRY(make_module_state(engine, std::move(module), std::move(valid)));
  state->kept_as = std::move(known.name);
  return state;
}

Result<Module> Engine::load(wasm::Module module) {
  auto state = TRY(prepare(state_, std::move(module)));
  provide_code(*state);
  return Module(std::move(state));
}

const wasm::Module& Module::ast() const { return state_->ast; }

std::vector<ImportType> Module::imports() const {
  std::vector<ImportType> imports;
  imports.reserve(state_->ast.imports.size());
  for (const wasm::Import& import : state_->ast.imports) {
    imports.push_back({import.module, import.name, import_type(*state_, import)});
  }
  return imports;
}

std::vector<ExportType> Module::exports() const {
  std::vector<ExportType> exports;
  exports.reserve(state_->ast.exports.size());
  for (const wasm::Export& item : state_->ast.exports) {
    exports.push_back({item.name, export_type(*state_, item)});
  }
  return exports;
}

std::optional<std::string_view> Module::function_name(uint32_t func_index) const {
  const std::string_view name = engine::function_name(*state_, func_index);
  return name.empty() ? std::nullopt : std::optional(name);
}

}  // namespace cairn::engine
