#pragma once
/// Compiles a module now in one way and now in another, and what is asked for twice only once.

#include <map>
#include <memory>
#include <tuple>

#include "native/generator.hpp"

namespace cairn::fuzzing {

/// How a module is compiled, apart from its engine's settings.
struct Variation {
  engine::CodeRequest::Level level = engine::CodeRequest::Level::quick;
  /// Functions with a bit of this set in their index are left out, and stay interpreted.
  uint32_t left_out = 0;
};

class VariedGenerator final : public engine::CodeGenerator {
 public:
  VariedGenerator(std::shared_ptr<engine::CodeGenerator> generator, Variation variation)
      : generator_(std::move(generator)), variation_(variation) {}

  /// All requests have to be for one module, in engines with the same settings for code.
  Result<Bytes> generate(const engine::ModuleState& module,
                         const engine::CodeRequest& request) override;
  bool compiles(const engine::ModuleState& module) const override {
    return generator_->compiles(module);
  }
  /// How many images were made.
  uint64_t generated() const { return images_.size(); }

 private:
  using Key = std::tuple<std::vector<uint32_t>, std::vector<std::pair<uint32_t, uint32_t>>>;

  std::shared_ptr<engine::CodeGenerator> generator_;
  const Variation variation_;
  std::map<Key, Result<Bytes>> images_;
};

}  // namespace cairn::fuzzing
