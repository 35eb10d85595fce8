#include "native/module_code.hpp"

#include <cairn/engine/compiler.hpp>

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

const void* ModuleCode::loop(uint32_t defined_index, uint32_t loop_offset,
                             CodeLevel at_least) const {
  const std::scoped_lock lock(mutex_);
  const void* best = nullptr;
  CodeLevel level = at_least;
  for (const auto& image : images_) {
    if (image->level() < level) continue;
    const void* const entry = image->loop(defined_index, loop_offset);
    if (entry == nullptr) continue;
    best = entry;
    level = image->level();
  }
  return best;
}

bool ModuleCode::want_loop(uint32_t defined_index, uint32_t loop_offset) {
  const std::scoped_lock lock(mutex_);
  return wanted_loops_.emplace(defined_index, loop_offset).second;
}

}  // namespace cairn::engine
