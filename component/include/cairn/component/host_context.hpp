#pragma once
/// What functions of the host find in the store that calls them.

#include <memory>
#include <utility>
#include <vector>

namespace cairn::component {

/// Tells types apart: one address for each.
using TypeKey = const void*;
template <class T>
TypeKey type_key() {
  static constexpr char key = 0;
  return &key;
}

/// One object for each type, which the embedder puts in before guests run. So functions can be
/// linked once and still act for each store on its own.
class HostContext {
 public:
  template <class T>
  void set(std::shared_ptr<T> object) {
    objects_.emplace_back(type_key<T>(), std::move(object));
  }
  /// Null when there is none.
  template <class T>
  T* find() const {
    for (const auto& [key, object] : objects_)
      if (key == type_key<T>()) return static_cast<T*>(object.get());
    return nullptr;
  }

 private:
  std::vector<std::pair<TypeKey, std::shared_ptr<void>>> objects_;
};

}  // namespace cairn::component
