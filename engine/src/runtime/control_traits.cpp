#include <cairn/wasm/instruction.hpp>

#include "runtime/module_state.hpp"

namespace cairn::engine {

namespace {

/// A caller inside the module has to look for exceptions when something here throws or catches, or
/// when what a tail call has put in place of a function of the module may throw.
void find_traits(const wasm::Module& module, ControlTraits& traits) {
  traits.exceptions = !module.tags.empty();
  for (const wasm::Import& import : module.imports)
    if (import.kind == wasm::ExternKind::tag) traits.exceptions = true;
  for (const wasm::Code& code : module.code) {
    wasm::InstrDecoder decoder(code.body, wasm::Features::all());
    wasm::Instruction in;
    while (!decoder.at_end()) {
      CAIRN_ASSERT(decoder.step(in));
      switch (in.op) {
        case wasm::Op::return_call:
        case wasm::Op::return_call_indirect:
        case wasm::Op::return_call_ref: traits.tail_calls = true; [[fallthrough]];
        case wasm::Op::try_table:
        case wasm::Op::try_:
        case wasm::Op::throw_ref: traits.exceptions = true; break;
        default: break;
      }
    }
  }
}

}  // namespace

const ControlTraits& control_traits_of(const ModuleState& module) {
  ControlTraits& traits = module.control_traits;
  std::call_once(traits.once, [&] { find_traits(module.ast, traits); });
  return traits;
}

}  // namespace cairn::engine
