// Any component: reading its WIT neither crashes nor reads out of bounds; what is found is printed
// and parsed to the same, and encoded again where it is a package.

#include <cairn/base/result.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/wit_binary.hpp>
#include <cairn/component/wit_text.hpp>

using namespace cairn;
using namespace cairn::component;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto component = decode(ByteSpan(data, size));
  if (!component) {
    (void)wit::decode_module(ByteSpan(data, size));
    return 0;
  }
  const auto decoded = wit::decode_component(*component);
  if (!decoded) return 0;
  (void)wit::to_json(decoded->resolve);
  const std::string text = wit::print(decoded->resolve, decoded->root, {.dependencies = true});
  const wit::LoadOptions options{.gates = {.all_features = true}};
  wit::Sources sources;
  // A component that is not valid may say what WIT refuses: names that clash, for instance.
  const auto parsed = wit::parse("printed.wit", text, options, sources);
  if (!parsed) return 0;
  CAIRN_ASSERT(wit::print(parsed->resolve, parsed->root, {.dependencies = true}) == text);
  wit::Resolve merged;
  const auto root = wit::merge(merged, decoded->resolve, decoded->root);
  CAIRN_ASSERT(root && wit::print(merged, *root) == wit::print(decoded->resolve, decoded->root));
  if (decoded->world) return 0;
  const syntax::Component again = wit::encode_package(decoded->resolve, decoded->root);
  const auto read = wit::decode_component(again);
  CAIRN_ASSERT(read.has_value());
  CAIRN_ASSERT(wit::print(read->resolve, read->root) ==
               wit::print(decoded->resolve, decoded->root));
  return 0;
}
