// Any text: the parser and the resolver of WIT neither crash nor read out of bounds, every error
// has its place, and a package comes back unchanged from its printed and from its binary form.

#include <cairn/base/result.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/wit_binary.hpp>
#include <cairn/component/wit_text.hpp>

using namespace cairn;
using namespace cairn::component;

namespace {

const wit::PrintOptions all_packages{.dependencies = true};

void check_text(const wit::Loaded& loaded, const wit::LoadOptions& options) {
  const std::string text = wit::print(loaded.resolve, loaded.root, all_packages);
  wit::Sources sources;
  const auto again = wit::parse("printed.wit", text, options, sources);
  CAIRN_ASSERT(again.has_value());
  CAIRN_ASSERT(wit::print(again->resolve, again->root, all_packages) == text);
}

void check_binary(const wit::Loaded& loaded) {
  const wit::Package& root = loaded.resolve[loaded.root];
  if (root.interfaces.empty() && root.worlds.empty()) return;
  const syntax::Component component = wit::encode_package(loaded.resolve, loaded.root);
  const auto read = decode(encode(component));
  CAIRN_ASSERT(read && *read == component);
  const auto decoded = wit::decode_component(*read);
  CAIRN_ASSERT(decoded.has_value());
  CAIRN_ASSERT(wit::print(decoded->resolve, decoded->root) ==
               wit::print(loaded.resolve, loaded.root));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(as_text(ByteSpan(data, size)));
  for (const bool all : {false, true}) {
    const wit::LoadOptions options{.gates = {.all_features = all}};
    wit::Sources sources;
    const auto loaded = wit::parse("fuzz.wit", text, options, sources);
    if (!loaded) {
      (void)sources.render(loaded.error());
      continue;
    }
    check_text(*loaded, options);
    check_binary(*loaded);
    (void)wit::to_json(loaded->resolve);
  }
  return 0;
}
