// Compiling ahead of time, and loading what was compiled.

#include <fmt/format.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/binary.hpp>

#include <algorithm>

#include "native/code_image.hpp"
#include "native/code_key.hpp"
#include "native/install.hpp"
#include "native/machine.hpp"

namespace cairn::engine {

namespace {

class NullGenerator final : public CodeGenerator {
 public:
  Result<Bytes> generate(const ModuleState&, const CodeRequest&) override {
    return fail(ErrorKind::unsupported, "there is no compiler");
  }
  bool generates() const override { return false; }
};

Result<CodeGenerator*> compiler_of(const ModuleState& module) {
  if (!native_supported)
    return fail(ErrorKind::unsupported, "machine code is made for x86-64 only");
  CodeGenerator* const generator = module.engine->settings.code_generator.get();
  if (generator == nullptr || !generator->generates())
    return fail(ErrorKind::unsupported, "there is no compiler");
  return generator;
}

CodeRequest request_for(const ModuleState& module, const CodeOptions& options) {
  CodeRequest request = whole_module(module);
  request.level = options.level;
  request.cpu = features_of(options.cpu);
  return request;
}

/// A damaged file does not come here, but one that was put together of two others may.
Result<> check_functions(const CodeImage& image, const wasm::Module& module) {
  for (const ImageRange& range : image.ranges()) {
    if (range.kind > ImageRange::Kind::loop || range.function < module.code.size()) continue;
    return fail(ErrorKind::malformed, fmt::format("it is of another module: function {} is not "
                                                  "there",
                                                  range.function));
  }
  return {};
}

Result<> install_code(const ModuleState& module, const CompiledFile& file) {
  if (const auto reason = why_unfit(file.key(), code_key_of(*module.engine)))
    return fail(ErrorKind::unsupported, *reason);
  if (file.code().empty()) return {};
  const std::shared_ptr<const CodeImage> image = TRY(CodeImage::load(file.code()));
  TRY(check_functions(*image, module.ast));
  install(module, image);
  return {};
}

}  // namespace

std::shared_ptr<CodeGenerator> make_null_generator() { return std::make_shared<NullGenerator>(); }

bool runs_machine_code() { return native_supported; }
std::string native_cpu_features() { return to_string(host_cpu()); }

Result<Bytes> compile_module(const Module& module, const CodeOptions& options) {
  const ModuleState& state = *module.state();
  CodeGenerator* const generator = TRY(compiler_of(state));
  const CodeRequest request = request_for(state, options);
  Bytes code;
  if (!request.functions.empty()) code = TRY(generator->generate(state, request));
  Bytes made;
  return CompiledFile::write(code_key_of(*state.engine), binary_of(state.ast, made), code);
}

Result<std::string> print_code(const Module& module, const std::vector<uint32_t>& functions,
                               CodeText form, const CodeOptions& options) {
  const ModuleState& state = *module.state();
  CodeGenerator* const generator = TRY(compiler_of(state));
  return generator->print(state, request_for(state, options), functions, form);
}

Result<Module> load_compiled(Engine& engine, const CompiledFile& file) {
  const Settings& settings = engine.settings();
  const ByteSpan bytes = file.module();
  auto module = TRY(prepare(engine.state(), TRY(wasm::decode(Bytes(bytes.begin(), bytes.end()),
                                                             settings.features, settings.limits))));
  if (!engine.state()->compiles()) return Module(std::move(module));
  const Result<> installed = install_code(*module, file);
  if (!installed) {
    if (settings.log != nullptr)
      settings.log->log(LogLevel::warning, "the compiled code is not used: {}",
                        installed.error().message);
    provide_code(*module);
  }
  return Module(std::move(module));
}

}  // namespace cairn::engine
