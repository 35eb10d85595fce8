#include "interp/fusions.hpp"

namespace cairn::engine {

void place_fusions_a() {
#define CAIRN_FUSE2(...) fuse<__VA_ARGS__>();
#define CAIRN_FUSE3(...) fuse<__VA_ARGS__>();
#include "interp/fusions_a.def"
}

}  // namespace cairn::engine
