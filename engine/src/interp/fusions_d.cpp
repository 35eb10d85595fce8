#include "interp/fusions.hpp"

namespace cairn::engine {

std::span<const Fusion> fusions_d() {
  static constexpr Fusion table[] = {
#define CAIRN_FUSE2(...) fuse<__VA_ARGS__>(),
#define CAIRN_FUSE3(...) fuse<__VA_ARGS__>(),
#include "interp/fusions_d.def"
  };
  return table;
}

}  // namespace cairn::engine
