// Validation gives the same answer with and without its quick path, and for a module and its
// encoding. What is valid can be decoded to the last instruction.

#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/instruction.hpp>

#include "validate/validate_module.hpp"

using namespace cairn;
using namespace cairn::wasm;

namespace {

void decode_all(const Module& module, Features features) {
  Instruction instruction;
  for (const Code& code : module.code) {
    InstrDecoder decoder(code.body, features);
    while (!decoder.at_end()) CAIRN_ASSERT(decoder.step(instruction));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Features features = Features::all();
  const Result<Module> module = decode(Bytes(data, data + size), features);
  if (!module) return 0;
  TypeRegistry registry;
  const ImplementationLimits limits;
  const auto quick = validate_module(*module, registry, features, limits, QuickPath::on);
  const auto general = validate_module(*module, registry, features, limits, QuickPath::off);
  CAIRN_ASSERT(quick.has_value() == general.has_value());
  if (!quick) {
    CAIRN_ASSERT(quick.error().message == general.error().message);
    CAIRN_ASSERT(quick.error().offset == general.error().offset);
    return 0;
  }
  decode_all(*module, features);
  const Result<Module> again = decode(encode(*module), features);
  CAIRN_ASSERT(again.has_value() && validate(*again, registry, features, limits).has_value());
  static_cast<void>(validate_custom_sections(*module, features));
  return 0;
}
