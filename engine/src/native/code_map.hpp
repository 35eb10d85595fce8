#pragma once
/// Which installed code an address lies in, for walking stacks and for signal handlers. There is
/// one map for the process, as there is one handler.

#include <cstdint>

namespace cairn::engine {

class CodeImage;
struct ModuleState;

class CodeMap {
 public:
  struct Entry {
    const uint8_t* begin = nullptr;
    const uint8_t* end = nullptr;
    const CodeImage* image = nullptr;
    const ModuleState* module = nullptr;
  };

  static void add(const CodeImage& image, const ModuleState& module);
  static void remove(const CodeImage& image);
  /// The entry around `pc`; its `image` is null when there is none. Neither locks nor allocates.
  static Entry find(const void* pc);
};

}  // namespace cairn::engine
