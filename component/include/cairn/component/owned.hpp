#pragma once
/// Resources in the hands of the host.

#include <cairn/component/value.hpp>

#include <utility>

namespace cairn::component {

/// A resource that the host owns; `Tag` tells types apart in C++. Letting go of it destroys the
/// resource, when its store runs next.
template <class Tag>
class Own {
 public:
  explicit Own(Value::Handle handle) : handle_(std::move(handle)) {}
  Own(Own&&) noexcept = default;
  Own& operator=(Own&&) noexcept = default;
  const Value::Handle& handle() const { return handle_; }

 private:
  Value::Handle handle_;
};
/// One that is lent for a call.
template <class Tag>
class Borrow {
 public:
  Borrow(const Own<Tag>& own) : handle_(own.handle()) {}
  explicit Borrow(Value::Handle handle) : handle_(std::move(handle)) {}
  const Value::Handle& handle() const { return handle_; }

 private:
  Value::Handle handle_;
};

}  // namespace cairn::component
