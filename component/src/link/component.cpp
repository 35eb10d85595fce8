#include <cairn/component/component.hpp>

#include <cairn/component/text.hpp>

namespace cairn::component {

namespace {
ReadOptions options_for(const engine::Engine& engine) {
  ReadOptions options;
  options.core_features = engine.settings().features;
  options.limits.core = engine.settings().limits;
  return options;
}
}  // namespace

Result<Component> Component::load(engine::Engine& engine, ByteSpan bytes) {
  const ReadOptions options = options_for(engine);
  return load(engine, TRY(decode(bytes, options)), options);
}

Result<Component> Component::load_text(engine::Engine& engine, std::string_view source) {
  const ReadOptions options = options_for(engine);
  return load(engine, TRY(parse_text(source, options)), options);
}

Result<Component> Component::load(engine::Engine& engine, syntax::Component component,
                                  const ReadOptions& options) {
  auto state = std::make_shared<ComponentState>(engine);
  ValidateOptions validation{.read = options};
  validation.check_module = [&](const std::shared_ptr<const wasm::Module>& module) -> Result<> {
    if (state->modules.contains(module.get())) return {};
    state->modules.emplace(module.get(), TRY(engine.load(wasm::Module(*module))));
    return {};
  };
  auto shared = std::make_shared<const syntax::Component>(std::move(component));
  state->checked = TRY(validate(shared, state->types, validation));
  return Component(std::move(state));
}

}  // namespace cairn::component
