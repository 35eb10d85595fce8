#include "interp/fusions.hpp"

namespace cairn::engine {

void place_fusions_c() {
#define CAIRN_FUSE2(...) fuse<__VA_ARGS__>();
#define CAIRN_FUSE3(...) fuse<__VA_ARGS__>();
#include "interp/fusions_c.def"
}

}  // namespace cairn::engine
