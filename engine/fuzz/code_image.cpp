// Any bytes as a code image: the reader stays in bounds, and what it accepts is written as the same
// bytes again, can be put into memory and answers every question about itself.

#include "native/code_image.hpp"

using namespace cairn;
using namespace cairn::engine;

namespace {

void ask(const CodeImage& image) {
  for (const ImageRange& range : image.ranges()) {
    const auto* const begin = static_cast<const uint8_t*>(image.address(range.begin));
    CAIRN_ASSERT(image.range_at(begin) == &range);
    CAIRN_ASSERT(image.range_at(begin + range.size - 1) == &range);
    if (range.kind == ImageRange::Kind::function)
      CAIRN_ASSERT(image.function(range.function) != nullptr);
    if (range.kind == ImageRange::Kind::loop)
      CAIRN_ASSERT(image.loop(range.function, range.loop_offset) != nullptr);
    if (ImageRange::is_stub(range.kind))
      CAIRN_ASSERT(image.stub(range.kind, image.signature(range.signature)) != nullptr);
  }
  for (const uint8_t* pc = image.begin(); pc != image.end(); ++pc)
    for (const ImageFrame* frame = image.frame_at(pc); frame != nullptr;
         frame = image.caller(*frame)) {
    }
  CAIRN_ASSERT(image.frame_at(image.end()) == nullptr);
  CAIRN_ASSERT(image.range_at(image.end()) == nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  const Result<ImageParts> parts = read_image(bytes);
  if (!parts) return 0;
  const Bytes written = write_image(*parts);
  const Result<ImageParts> again = read_image(written);
  CAIRN_ASSERT(again);
  CAIRN_ASSERT(again->ranges == parts->ranges && again->frames == parts->frames &&
               again->rows == parts->rows && again->imports == parts->imports &&
               again->signatures == parts->signatures);
  if (const auto image = CodeImage::load(bytes)) ask(**image);
  return 0;
}
