#include "native/module_code.hpp"

#include <cairn/engine/compiler.hpp>
#include <ranges>

#include "native/code_image.hpp"
#include "native/code_map.hpp"

namespace cairn::engine {

ModuleCode::~ModuleCode() {
  for (const auto& image : images_) {
    CodeMap::remove(*image);
    if (observer_ != nullptr) observer_->removed(image->begin());
  }
}

void ModuleCode::add(std::shared_ptr<const CodeImage> image,
                     std::shared_ptr<CodeObserver> observer) {
  const std::scoped_lock lock(mutex_);
  observer_ = std::move(observer);
  images_.push_back(std::move(image));
}

const void* ModuleCode::stub(ImageRange::Kind kind, std::string_view signature) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& image : images_)
    if (const void* stub = image->stub(kind, signature)) return stub;
  return nullptr;
}

const void* ModuleCode::loop(uint32_t defined_index, uint32_t loop_offset) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& image : std::views::reverse(images_))
    if (const void* entry = image->loop(defined_index, loop_offset)) return entry;
  return nullptr;
}

}  // namespace cairn::engine
