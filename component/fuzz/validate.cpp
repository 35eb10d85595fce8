// Validation of any component ends, with the same answer for its encoding. A valid component comes
// back from its text, and its text is valid, too.

#include <cairn/component/text.hpp>
#include <cairn/component/validate.hpp>

using namespace cairn;
using namespace cairn::component;

namespace {

Result<> check(syntax::Component component, const ValidateOptions& options) {
  wasm::TypeRegistry core;
  Types types(core);
  const auto checked = TRY(
      validate(std::make_shared<const syntax::Component>(std::move(component)), types, options));
  const ComponentType& type = types[checked->type];
  // What is bound in the type can be replaced.
  Substitution with;
  for (const ResourceId resource : type.imported_resources) {
    with.resources.emplace(resource.value, ResourceRef{types.fresh_resource()});
  }
  for (const NamedExtern& entry : type.exports) (void)substitute(types, entry.type, with);
  CAIRN_ASSERT(check_subtype(types, checked->type, checked->type).has_value());
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ValidateOptions options;
  options.read.features = Features::all();
  const Result<syntax::Component> component = decode(ByteSpan(data, size), options.read);
  if (!component) return 0;
  const Result<> valid = check(*component, options);
  const Result<syntax::Component> again = decode(encode(*component), options.read);
  CAIRN_ASSERT(again.has_value());
  const Result<> valid_again = check(*again, options);
  CAIRN_ASSERT(valid.has_value() == valid_again.has_value());
  if (!valid) {
    CAIRN_ASSERT(valid.error().offset.has_value());
    CAIRN_ASSERT(valid.error().kind == valid_again.error().kind);
    return 0;
  }
  const Result<std::string> printed = print_text(*component);
  CAIRN_ASSERT(printed.has_value());
  const Result<syntax::Component> parsed = parse_text(*printed, options.read);
  CAIRN_ASSERT(parsed && *parsed == *component);
  CAIRN_ASSERT(check(*parsed, options).has_value());
  return 0;
}
