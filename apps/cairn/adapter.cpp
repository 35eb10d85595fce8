#include "adapter.hpp"

#include <cairn/component/tools.hpp>
#include <cairn/component/wit_text.hpp>

namespace cairn::cli {
namespace {

constexpr uint8_t adapter_module[] = {
#include "preview1_adapter.inc"
};
constexpr uint8_t adapter_world[] = {
#include "preview1_world.inc"
};

}  // namespace

Bytes preview1_adapter() {
  namespace wit = component::wit;
  wit::Sources sources;
  const Result<wit::Loaded> loaded =
      wit::parse("adapter.wit", std::string(as_text(adapter_world)), {}, sources);
  CAIRN_ASSERT(loaded.has_value());
  const Result<wit::WorldId> world = wit::select_world(loaded->resolve, loaded->root, "");
  CAIRN_ASSERT(world.has_value());
  Result<Bytes> embedded = component::tools::embed_world(adapter_module, loaded->resolve, *world);
  CAIRN_ASSERT(embedded.has_value());
  return *std::move(embedded);
}

}  // namespace cairn::cli
