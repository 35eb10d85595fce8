#pragma once
/// A code image: machine code of some functions of one module, with tables that say what is where.
/// It is position-independent and refers to nothing outside except through `imports`.
///
/// Serialised form (little-endian): a fixed header, then the tables in the order of `ImageParts`,
/// then the code. `read_image` accepts any bytes and checks every offset, order and index, so that
/// users of the tables need no checks. The code itself is trusted as far as its origin is.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/engine/compiler.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "native/cpu.hpp"

namespace cairn::engine {

/// Bytes of code that belong together.
struct ImageRange {
  enum class Kind : uint8_t {
    function,    ///< `function` is called
    loop,        ///< `function` is entered at the loop at `loop_offset`
    enter,       ///< stub from C++ into code; `signature`
    leave,       ///< stub from code to a target without code; `signature`
    leave_tail,  ///< the same, entered as functions are that make tail calls
    plain,       ///< stub from callers of functions that make no tail calls to one that may
    inner,       ///< called by other parts only
  };
  static bool is_stub(Kind kind) { return kind >= Kind::enter && kind < Kind::inner; }
  uint32_t begin = 0, size = 0;
  Kind kind = Kind::function;
  uint32_t function = 0;     ///< defined index
  uint32_t loop_offset = 0;  ///< of the `loop` instruction in the body
  uint32_t signature = 0;    ///< index in `signatures`
  uint32_t end() const { return begin + size; }
  bool operator==(const ImageRange&) const = default;
};

/// A place in the module that code was made from.
struct ImageFrame {
  static constexpr uint32_t none = UINT32_MAX;
  uint32_t function = 0;   ///< defined index
  uint32_t offset = 0;     ///< of the instruction from the body's first byte
  uint32_t caller = none;  ///< the frame into which this function was inlined there; a lower index
  bool operator==(const ImageFrame&) const = default;
};

/// Code from `begin` up to the next row comes from `frame` (`ImageFrame::none`: from nothing).
struct ImageRow {
  uint32_t begin = 0;
  uint32_t frame = ImageFrame::none;
  /// The function has no frame there yet: the frame pointer is its caller's, and the return address
  /// is what the stack pointer points at.
  bool is_bare = false;
  bool operator==(const ImageRow&) const = default;
};

/// What code may call that every machine has: functions of the C library.
enum class ImageImport : uint8_t {
#define IMAGE_IMPORT(name) name##_,
#include "native/image_imports.def"
};
std::optional<ImageImport> image_import(std::string_view name);
/// Its address in this process.
const void* address_of(ImageImport import);

struct ImageParts {
  struct Import {
    uint32_t at = 0;  ///< where in the code its address belongs (8 bytes, aligned)
    ImageImport import{};
    bool operator==(const Import&) const = default;
  };
  CpuFeatures cpu;                      ///< what the code needs
  CodeLevel level = CodeLevel::full;    ///< how well it was made
  std::vector<std::string> signatures;  ///< as "il_d"; all different
  std::vector<ImageRange> ranges;       ///< by `begin`; they do not overlap
  std::vector<ImageFrame> frames;
  std::vector<ImageRow> rows;  ///< by `begin`, strictly ascending
  std::vector<Import> imports;
  uint32_t alignment = 1;  ///< of the code, a power of two up to a page
  ByteSpan code;           ///< borrowed
};

/// At most this many bytes of code in an image, so that all of it is in reach of a call.
inline constexpr uint32_t image_code_max = 1u << 30;

Bytes write_image(const ImageParts& parts);
/// `parts.code` borrows from `bytes`. Errors: `malformed`, or `unsupported` for another version of
/// the format or the machine interface.
Result<ImageParts> read_image(ByteSpan bytes);

}  // namespace cairn::engine
