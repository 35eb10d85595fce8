#include "baseline/generator.hpp"

#include <cairn/engine/compiler.hpp>
#include <map>

#include "baseline/function_compiler.hpp"

namespace cairn::engine {

namespace baseline {

bool Generator::compiles(const ModuleState& module) const {
  return !module.control_traits.tail_calls;
}

Result<Bytes> Generator::generate(const ModuleState& module, const CodeRequest& request) {
  if (!compiles(module))
    return fail(ErrorKind::unsupported, "modules with tail calls have no baseline code");
  std::map<uint32_t, std::vector<uint32_t>> wanted;
  for (const uint32_t function : request.functions)
    if (function < module.ast.code.size()) wanted[function];
  for (const CodeRequest::Loop& loop : request.loops)
    if (loop.function < module.ast.code.size()) wanted[loop.function].push_back(loop.offset);
  ImageWriter image(module, {.bits = request.cpu.bits & cpu_.bits});
  // Steps are counted where there is somebody to make better code.
  const EngineState& engine = *module.engine;
  FunctionCompiler compiler(
      image, engine.tiering != nullptr && engine.settings.code_generator->generates());
  bool is_empty = true;
  for (const auto& [function, loops] : wanted)
    if (compiler.compile(function, loops)) is_empty = false;
  if (is_empty)
    return fail(ErrorKind::unsupported, "there is no baseline code for any of these functions");
  return image.finish();
}

}  // namespace baseline

std::shared_ptr<CodeGenerator> make_baseline_generator() {
  return std::make_shared<baseline::Generator>(host_cpu());
}

}  // namespace cairn::engine
