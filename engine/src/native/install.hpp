#pragma once
/// Machine code of a module: making it, and putting it in place while the module runs.

#include "native/generator.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

class CodeImage;

/// A signature as code images name it: a letter for each parameter, '_', one for each result.
std::string signature_of(const wasm::FuncType& type);

/// Makes the code of an image the code of the module's functions. Activations that run already go
/// on as they are. From any thread.
void install(const ModuleState& module, const std::shared_ptr<const CodeImage>& image);

/// Has functions compiled, and installs them.
Result<> compile(const ModuleState& module, const CodeRequest& request);
/// The same; where that fails they stay interpreted, and the engine's log says why.
bool compile_logged(const ModuleState& module, const CodeRequest& request);
/// All functions of a module.
CodeRequest whole_module(const ModuleState& module);
/// What a module gets when it is loaded: in the tier `compile` code for all functions, in the tier
/// `automatic` what the generator has at hand.
void provide_code(const ModuleState& module);

}  // namespace cairn::engine
