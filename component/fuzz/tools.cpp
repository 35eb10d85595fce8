// Any core module with a world in it, and any component: making a component, composing it with
// itself, comparing it with its own world and listing its sections neither crash nor read out of
// bounds, and what is made is valid and read back.

#include <cairn/base/result.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/tools.hpp>

using namespace cairn;
using namespace cairn::component;

namespace {

void use(const syntax::Component& component) {
  const auto shared = std::make_shared<const syntax::Component>(component);
  const std::vector<tools::Part> parts = {{"a", shared}, {"b", shared}};
  if (const auto whole = tools::compose(parts)) {
    CAIRN_ASSERT(decode(encode(*whole)).has_value());
  }
  const auto decoded = wit::decode_component(component);
  if (!decoded || !decoded->world) return;
  (void)tools::check_target(component, decoded->resolve, *decoded->world);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  (void)tools::list_sections(bytes);
  (void)tools::read_producers(bytes);
  if (is_component(bytes)) {
    if (const auto component = decode(bytes)) use(*component);
    return 0;
  }
  const auto made = tools::make_component(bytes);
  if (!made) return 0;
  const auto again = decode(encode(*made));
  CAIRN_ASSERT(again && *again == *made);
  use(*made);
  return 0;
}
