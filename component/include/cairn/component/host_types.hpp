#pragma once
/// C++ types that only functions of the host use, beside those of typed.hpp: resources that the
/// host keeps as objects, and results that come later.

#include <cairn/component/host.hpp>
#include <cairn/component/typed.hpp>

namespace cairn::component {

namespace detail {
/// A handle to be of a new resource; the guest's store keeps the object.
Value::Handle make_host_object(std::shared_ptr<void> object, TypeKey type);
/// The object behind a handle that a guest gave for a resource of that type.
std::shared_ptr<void> host_object(const Value& value, TypeKey type);
}  // namespace detail

/// A resource of an interface that says `resource<T>("…")`: the object that is behind it. As a
/// parameter it is borrowed.
template <class T>
class HostRef {
 public:
  explicit HostRef(std::shared_ptr<T> object) : object_(std::move(object)) {}
  T* operator->() const { return object_.get(); }
  T& operator*() const { return *object_; }
  const std::shared_ptr<T>& share() const { return object_; }

 private:
  std::shared_ptr<T> object_;
};

/// The same where it changes hands: from the host, or to it.
template <class T>
class HostOwn : public HostRef<T> {
 public:
  using HostRef<T>::HostRef;
};

template <class T>
struct Typed<HostRef<T>> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::borrow;
  }
  static HostRef<T> from_value(const Value& value) {
    return HostRef<T>(std::static_pointer_cast<T>(detail::host_object(value, type_key<T>())));
  }
};
template <class T>
struct Typed<HostOwn<T>> {
  static bool matches(const Types& types, ValType type) { return types[type].kind == ValKind::own; }
  static Value to_value(const HostOwn<T>& value) {
    return Value::handle(detail::make_host_object(value.share(), type_key<T>()));
  }
  static HostOwn<T> from_value(const Value& value) {
    return HostOwn<T>(std::static_pointer_cast<T>(detail::host_object(value, type_key<T>())));
  }
};

/// Completes a call with a result of type R. Copies do the same; once the guest has cancelled the
/// call or is gone, nothing happens.
template <class R>
class Completer {
 public:
  explicit Completer(std::weak_ptr<HostCompletion> completion)
      : completion_(std::move(completion)) {}

  void operator()() const
    requires std::is_void_v<R>
  {
    if (const auto completion = completion_.lock()) completion->complete(std::nullopt);
  }
  template <class T = R>
    requires(!std::is_void_v<T>)
  void operator()(std::type_identity_t<T> result) const {
    if (const auto completion = completion_.lock())
      completion->complete(std::optional(Typed<R>::to_value(std::move(result))));
  }
  void fail(Error error) const {
    if (const auto completion = completion_.lock())
      completion->complete(std::unexpected(std::move(error)));
  }
  /// What the call waits for. It goes away with the call.
  void keep(std::shared_ptr<void> what) const {
    if (const auto completion = completion_.lock()) completion->keep(std::move(what));
  }

 private:
  std::weak_ptr<HostCompletion> completion_;
};

/// The result of a host function that may come later:
///   [&loop](HostCall& call, uint64_t when) -> Later<void> {
///     Later<void> later(call);
///     later.done().keep(loop.at(when, [done = later.done()] { done(); }));
///     return later;
///   }
template <class R>
class Later {
 public:
  /// Not yet: the guest waits until `done` is used.
  explicit Later(HostCall& call) : completion_(call.suspend()) {}
  /// Now.
  template <class T = R>
    requires(!std::is_void_v<T>)
  Later(T result) : result_(std::move(result)) {}
  Later()
    requires(std::is_void_v<R>)
  = default;

  Completer<R> done() const { return Completer<R>(completion_); }

  /// For the caller of the function.
  std::optional<Value> take() {
    if constexpr (!std::is_void_v<R>)
      if (result_) return Typed<R>::to_value(*std::move(result_));
    return std::nullopt;
  }

 private:
  std::shared_ptr<HostCompletion> completion_;
  std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>> result_;
};

}  // namespace cairn::component
