#pragma once
/// The handles of a component instance (CanonicalABI.md, "Table State").

#include <cairn/base/result.hpp>

#include <memory>
#include <vector>

namespace cairn::component::rt {

struct ResourceState;
struct Task;

/// What is behind a handle that is no resource: see waitable.hpp.
struct Object {
  enum class Kind : uint8_t {
    subtask,
    stream_reader,
    stream_writer,
    future_reader,
    future_writer,
    waitable_set,
    error_context,
    // These have no handles; they are what a readable end refers to.
    stream,
    future,
  };
  explicit Object(Kind of) : kind(of) {}
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  const Kind kind;
};

struct Handle {
  enum class Kind : uint8_t { free, resource, object };
  Kind kind = Kind::free;
  bool own = false;    ///< resource
  uint32_t lends = 0;  ///< resource: how many calls have borrowed it
  uint64_t rep = 0;    ///< resource; free: the next free index
  ResourceState* resource = nullptr;
  Task* scope = nullptr;  ///< a borrow: the task that has to drop it
  std::shared_ptr<Object> object = nullptr;
};

class HandleTable {
 public:
  explicit HandleTable(uint32_t count_max) : count_max_(count_max) { handles_.emplace_back(); }

  /// Nothing when the limit is reached. Indices are reused, the last freed first.
  std::optional<uint32_t> add(Handle handle) {
    uint32_t index = static_cast<uint32_t>(first_free_);
    if (index != 0) {
      first_free_ = handles_[index].rep;
      handles_[index] = std::move(handle);
      return index;
    }
    if (handles_.size() > count_max_) return std::nullopt;
    index = static_cast<uint32_t>(handles_.size());
    handles_.push_back(std::move(handle));
    return index;
  }
  /// Null when there is none.
  Handle* get(uint32_t index) {
    if (index >= handles_.size() || handles_[index].kind == Handle::Kind::free) return nullptr;
    return &handles_[index];
  }
  /// There is none, and the next one has the first index.
  bool is_unused() const { return handles_.size() == 1; }
  void remove(uint32_t index) {
    handles_[index] = Handle{};
    handles_[index].rep = first_free_;
    first_free_ = index;
  }

  /// All indices are below.
  uint32_t end() const { return static_cast<uint32_t>(handles_.size()); }
  /// Which indices were in use before makes no difference from now on: the lowest free one is next.
  void forget_order() {
    while (handles_.size() > 1 && handles_.back().kind == Handle::Kind::free) handles_.pop_back();
    first_free_ = 0;
    for (size_t index = handles_.size() - 1; index > 0; --index) {
      if (handles_[index].kind != Handle::Kind::free) continue;
      handles_[index].rep = first_free_;
      first_free_ = index;
    }
  }
  void clear() {
    handles_.resize(1);
    first_free_ = 0;
  }
  /// At an index that is `end` or behind it; `forget_order` has to follow. False: above the limit.
  bool put(uint32_t index, Handle handle) {
    if (index > count_max_) return false;
    handles_.resize(index);
    handles_.push_back(std::move(handle));
    return true;
  }

 private:
  uint32_t count_max_;
  std::vector<Handle> handles_;  ///< the first is never used
  uint64_t first_free_ = 0;
};

}  // namespace cairn::component::rt
