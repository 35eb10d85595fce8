#include "native/leave_stubs.hpp"

#include "native/code_image.hpp"

namespace cairn::engine {

void LeaveStubs::add(const std::shared_ptr<const CodeImage>& image) {
  const std::scoped_lock lock(mutex_);
  for (const ImageRange& range : image->ranges()) {
    if (range.kind != ImageRange::Kind::leave) continue;
    auto& images = images_[image->signature(range.signature)];
    std::erase_if(images, [](const auto& known) { return known.expired(); });
    images.push_back(image);
  }
}

LeaveStubs::Found LeaveStubs::find(const std::string& signature) {
  const std::scoped_lock lock(mutex_);
  const auto found = images_.find(signature);
  if (found == images_.end()) return {};
  for (const auto& known : found->second)
    if (auto image = known.lock()) return {image, image->stub(ImageRange::Kind::leave, signature)};
  return {};
}

}  // namespace cairn::engine
