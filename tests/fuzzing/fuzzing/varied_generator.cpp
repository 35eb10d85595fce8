#include "fuzzing/varied_generator.hpp"

namespace cairn::fuzzing {

Result<Bytes> VariedGenerator::generate(const engine::ModuleState& module,
                                        const engine::CodeRequest& wanted) {
  engine::CodeRequest request = wanted;
  request.level = variation_.level;
  std::erase_if(request.functions,
                [&](uint32_t function) { return (function & variation_.left_out) != 0; });
  Key key{request.functions, {}};
  for (const auto& [function, offset] : request.loops)
    std::get<1>(key).push_back({function, offset});
  const auto known = images_.find(key);
  if (known != images_.end()) return known->second;
  return images_.emplace(std::move(key), generator_->generate(module, request)).first->second;
}

}  // namespace cairn::fuzzing
