#include "interp/fusions.hpp"

namespace cairn::engine {

void place_fusions_b() {
#define CAIRN_FUSE2(...) fuse<__VA_ARGS__>();
#define CAIRN_FUSE3(...) fuse<__VA_ARGS__>();
#include "interp/fusions_b.def"
}

}  // namespace cairn::engine
