#pragma once
/// What components import: functions and resources of the host, or instances of other components.

#include <cairn/component/component.hpp>
#include <cairn/component/host.hpp>
#include <cairn/component/host_types.hpp>
#include <cairn/component/instance.hpp>
#include <cairn/component/typed.hpp>

#include <map>
#include <string>

namespace cairn::component {

namespace rt {
struct Program;
}

/// What happens when the last handle of a resource of the host goes away.
using HostDestructor = std::function<void(uint64_t rep)>;

/// A resource type of the host: one whose `rep`s the host gives meaning to, or one of objects that
/// stores keep.
struct HostResource {
  HostDestructor destructor = nullptr;
  TypeKey objects = nullptr;
};

/// A function of the host, and whether it is of the type that a component imports.
struct HostDefinition {
  HostFunction function;
  std::function<bool(const Types& types, const FuncType& type)> fits = nullptr;
  bool raw_lists = false;  ///< it takes lists of numbers as raw values
};

namespace detail {
template <class R>
struct ResultOfHost {
  using Type = R;
};
template <class R>
struct ResultOfHost<Result<R>> {
  using Type = R;
};
template <class R>
struct ResultOfHost<Later<R>> {
  using Type = R;
};
template <class R>
struct ResultOfHost<Result<Later<R>>> {
  using Type = R;
};
template <class R>
constexpr bool is_later = false;
template <class R>
constexpr bool is_later<Later<R>> = true;
/// Takes the signature of a typed host function apart.
template <class F>
struct HostSignature : HostSignature<decltype(&F::operator())> {};
template <class C, class R, class... Args>
struct HostSignature<R (C::*)(HostCall&, Args...) const> {
  using Value = component::Value;
  static bool fits(const Types& types, const FuncType& type) {
    return has_signature<typename ResultOfHost<R>::Type, std::remove_cvref_t<Args>...>(types, type);
  }
  template <class F>
  static Result<std::optional<Value>> call(F& function, HostCall& host) {
    return call(function, host, std::index_sequence_for<Args...>{});
  }

 private:
  template <class F, size_t... i>
  static Result<std::optional<Value>> call(F& function, HostCall& host, std::index_sequence<i...>) {
    const auto run = [&] {
      return function(host, Typed<std::remove_cvref_t<Args>>::from_value(host.args()[i])...);
    };
    if constexpr (std::is_void_v<R>) {
      run();
      return std::nullopt;
    } else if constexpr (requires { typename R::error_type; } &&
                         !std::is_same_v<R, typename ResultOfHost<R>::Type>) {
      R result = run();
      if (!result) return std::unexpected(std::move(result).error());
      if constexpr (std::is_void_v<typename R::value_type>)
        return std::nullopt;
      else
        return give(*std::move(result));
    } else {
      return give(run());
    }
  }
  template <class T>
  static std::optional<Value> give(T&& result) {
    if constexpr (is_later<T>)
      return result.take();
    else
      return Typed<T>::to_value(std::forward<T>(result));
  }
};
template <class C, class R, class... Args>
struct HostSignature<R (C::*)(HostCall&, Args...)>
    : HostSignature<R (C::*)(HostCall&, Args...) const> {};
template <class R, class... Args>
struct HostSignature<R (*)(HostCall&, Args...)> {
  static bool fits(const Types& types, const FuncType& type) { return Method::fits(types, type); }
  static Result<std::optional<Value>> call(R (*function)(HostCall&, Args...), HostCall& host) {
    return Method::call(function, host);
  }

 private:
  struct Any {};
  using Method = HostSignature<R (Any::*)(HostCall&, Args...) const>;
};

template <class Signature>
struct FitsSignature;
template <class R, class... Args>
struct FitsSignature<R(Args...)> {
  static bool fits(const Types& types, const FuncType& type) {
    return has_signature<R, Args...>(types, type);
  }
};
}  // namespace detail

/// An interface that the host implements.
class HostInterface {
 public:
  /// A function of whatever type the import has. What it gives is checked when it is called.
  HostInterface& func(std::string_view name, HostFunction function);
  /// The same for imports of one type: `interface.func<uint32_t(std::string)>("size", function)`.
  /// That the import is of this type is checked by linking. (`HostDefinition::fits` can say more.)
  template <class Signature>
    requires std::is_function_v<Signature>
  HostInterface& func(std::string_view name, const HostFunction& function) {
    return define(name, {.function = function, .fits = &detail::FitsSignature<Signature>::fits});
  }
  /// Typed: `interface.func("add", [](HostCall&, uint32_t a, uint32_t b) { return a + b; })`. See
  /// typed.hpp; a `Result` that holds an error ends the guest's call with it. That the types are
  /// those of the import is checked by linking.
  template <class F>
    requires(!std::is_convertible_v<F, HostFunction>)
  HostInterface& func(std::string_view name, F function) {
    using Signature = detail::HostSignature<F>;
    return define(
        name, {.function = [function = std::move(function)](
                               HostCall& call) mutable { return Signature::call(function, call); },
               .fits = &Signature::fits,
               .raw_lists = true});
  }
  HostInterface& define(std::string_view name, HostDefinition definition);
  /// A resource type. What a `rep` means is for the host to say.
  HostInterface& resource(std::string_view name, HostDestructor destructor = nullptr);
  /// A resource type of objects, which functions take as `HostRef<T>` and `HostOwn<T>`.
  template <class T>
  HostInterface& resource(std::string_view name) {
    return define(name, HostResource{.objects = type_key<T>()});
  }
  HostInterface& define(std::string_view name, HostResource resource);
  /// A value, without handles. That it is of the import's type is checked by linking.
  HostInterface& value(std::string_view name, Value value);

  const HostDefinition* find_func(std::string_view name) const;
  const HostResource* find_resource(std::string_view name) const;
  const Value* find_value(std::string_view name) const;

 private:
  std::map<std::string, HostDefinition, std::less<>> funcs_;
  std::map<std::string, HostResource, std::less<>> resources_;
  std::map<std::string, Value, std::less<>> values_;
};

/// A component, linked: everything is decided that does not need a store. A cheap handle, which
/// threads may share.
class ComponentPre {
 public:
  Result<Instance> instantiate(Store& store) const;

 private:
  friend class ComponentLinker;
  explicit ComponentPre(std::shared_ptr<const rt::Program> program)
      : program_(std::move(program)) {}
  std::shared_ptr<const rt::Program> program_;
};

/// Names for what components import. Interface names match by semantic versions: what is defined as
/// `a:b/c@1.2.3` serves an import of `a:b/c@1.1.0`.
class ComponentLinker {
 public:
  explicit ComponentLinker(engine::Engine& engine) : engine_(engine) {}

  /// The interface of that name, to be filled.
  HostInterface& interface(std::string_view name) { return interfaces_[std::string(name)]; }
  /// What is imported without an interface.
  HostInterface& root() { return root_; }
  /// Imports of these names are exports of an instance of `component`, one for each linked
  /// component; what it imports itself is looked up here, too.
  void component(std::string_view name, Component component);

  /// Missing imports: `unlinkable`.
  Result<ComponentPre> prepare(const Component& component) const;
  Result<Instance> instantiate(Store& store, const Component& component) const;

  /// The definition that serves an import of this name, or null.
  const HostInterface* find_interface(std::string_view name) const;
  const Component* find_component(std::string_view name) const;
  const HostInterface& root() const { return root_; }

 private:
  engine::Engine& engine_;
  HostInterface root_;
  std::map<std::string, HostInterface, std::less<>> interfaces_;
  std::map<std::string, Component, std::less<>> components_;
};

}  // namespace cairn::component
