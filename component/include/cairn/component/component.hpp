#pragma once
/// Loaded components.

#include <cairn/base/bytes.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/validate.hpp>
#include <cairn/engine/engine.hpp>

#include <memory>
#include <string_view>
#include <unordered_map>

namespace cairn::component {

/// What a loaded component consists of.
struct ComponentState {
  explicit ComponentState(engine::Engine& of) : engine(of), types(of.types()) {}
  engine::Engine& engine;
  Types types;
  std::shared_ptr<const CheckedComponent> checked;
  std::unordered_map<const wasm::Module*, engine::Module> modules;
};

/// A validated component with its core modules loaded: a cheap handle to something immutable, which
/// threads may share. The engine outlives it.
class Component {
 public:
  /// From the binary or the text format. Errors as those of `decode`, `parse_text` and `validate`.
  static Result<Component> load(engine::Engine& engine, ByteSpan bytes);
  static Result<Component> load_text(engine::Engine& engine, std::string_view source);
  static Result<Component> load(engine::Engine& engine, syntax::Component component,
                                const ReadOptions& options = {});

  const Types& types() const { return state_->types; }
  const ComponentType& type() const { return state_->types[state_->checked->type]; }
  const std::shared_ptr<const ComponentState>& state() const { return state_; }

 private:
  explicit Component(std::shared_ptr<const ComponentState> state) : state_(std::move(state)) {}
  std::shared_ptr<const ComponentState> state_;
};

}  // namespace cairn::component
