#pragma once
/// Host functions, and names for what modules import.

#include <cairn/engine/store.hpp>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace cairn::engine {

/// How a host function ended.
enum class HostStatus : uint8_t {
  ok,         ///< results are in the slots
  trap,       ///< `Caller::trap` was called
  error,      ///< `Caller::fail` was called: the call ends with that error
  exception,  ///< `Caller::throw_exception` was called
  pending,    ///< `Caller::suspend` was called: the execution waits for the completion
};

/// Completes a suspended host call; from any thread, once. Outlives the execution safely.
class Completion {
 public:
  virtual ~Completion() = default;
  virtual void complete(std::vector<Value> results) = 0;
  virtual void trap(Trap reason) = 0;
  virtual void fail(Error error) = 0;
};

/// What a host function sees of the call. Valid during the call only.
class Caller {
 public:
  Caller(StoreData* store, InstanceData* instance, ExecutionData* execution)
      : store_(store), instance_(instance), execution_(execution) {}
  Store& store() const;
  Instance instance() const { return Instance(instance_); }  ///< whose code called
  /// The memory that the caller exports as "memory" (else its first memory); empty when there is
  /// none.
  Memory memory() const;
  HostStatus trap(Trap reason);
  HostStatus fail(Error error);
  HostStatus throw_exception(Tag tag, std::span<const Value> payload);
  /// Parks the execution until the completion is used. Return the status that `pending` is.
  std::shared_ptr<Completion> suspend();
  ExecutionData* execution() const { return execution_; }

 private:
  StoreData* store_;
  InstanceData* instance_;
  ExecutionData* execution_;
};

/// The raw form: arguments come in `slots` (8 bytes each, v128 two), results go to the same place
/// from `slots[0]` on. There is room for the larger of both.
using HostCallback = HostStatus (*)(void* env, Caller& caller, uint64_t* slots);

/// A host function, independent of any store.
struct HostFunc {
  wasm::FuncType type;
  std::shared_ptr<const wasm::TypeRegistry::Handle> type_handle;
  wasm::TypeId type_id = 0;
  HostCallback callback = nullptr;
  std::shared_ptr<void> env;
};

/// Makes one; the type's references are abstract or canonical for this engine.
std::shared_ptr<HostFunc> make_host_func(Engine& engine, wasm::FuncType type, HostCallback callback,
                                         std::shared_ptr<void> env = nullptr);

class InstancePre;
struct ResolvedImports;

/// Names for what modules import. A name that is defined again gets the new meaning.
class Linker {
 public:
  explicit Linker(Engine& engine);

  /// Defines by raw callback, by value-based function, or typed:
  ///   linker.func("env", "add", [](Caller&, int32_t a, int32_t b) { return a + b; });
  /// Parameters: int32_t, uint32_t, int64_t, uint64_t, float, double, V128, Ref (externref).
  /// Result: one of these, void, or Result<one of these> (an error ends the call with it), or
  /// HostStatus (of a function without results). A call allocates nothing.
  void define(std::string_view module, std::string_view name, std::shared_ptr<HostFunc> func);
  void define(std::string_view module, std::string_view name, wasm::FuncType type,
              HostCallback callback, std::shared_ptr<void> env = nullptr);
  using ValueFunction =
      std::function<Result<std::vector<Value>>(Caller&, std::span<const Value> args)>;
  void define(std::string_view module, std::string_view name, wasm::FuncType type,
              ValueFunction function);
  template <class F>
  void func(std::string_view module, std::string_view name, F function);
  /// Something that lives in a store; modules linked with it must be instantiated there.
  void define(std::string_view module, std::string_view name, Extern item);
  /// All exports of an instance under a module name.
  void define_instance(std::string_view module, const Instance& instance);

  /// Resolves names once, for many instantiations. Missing imports and wrong types: `unlinkable`.
  Result<InstancePre> prepare(const Module& module) const;
  Result<Instance> instantiate(Store& store, const Module& module) const;

 private:
  struct Item {
    std::shared_ptr<HostFunc> host;  ///< null: `item`
    Extern item;
  };
  Engine& engine_;
  std::unordered_map<std::string, Item> items_;  ///< key: module, NUL, name
};

/// A module with its imports resolved: instantiation is then a matter of microseconds. A cheap
/// handle; when all imports are host functions it serves any number of stores, on any thread.
class InstancePre {
 public:
  Result<Instance> instantiate(Store& store) const;
  const Module& module() const;

 private:
  friend class Linker;
  explicit InstancePre(std::shared_ptr<const ResolvedImports> imports)
      : imports_(std::move(imports)) {}
  std::shared_ptr<const ResolvedImports> imports_;
};

namespace detail {

/// Takes the signature of a host function apart.
template <class F>
struct HostSignature : HostSignature<decltype(&F::operator())> {};
template <class R, class... Args>
struct HostSignature<R (*)(Caller&, Args...)> {
  using Result = R;
  static wasm::FuncType type() { return func_type<typename ResultOf<R>::Type, Args...>(); }
  template <class F>
  static HostStatus call(F& function, Caller& caller, uint64_t* slots) {
    // Braces fix the order of evaluation: arguments are read from left to right.
    const uint64_t* at = slots;
    std::tuple<Args...> args{Typed<Args>::take(at)...};
    if constexpr (std::is_void_v<R>) {
      std::apply([&](Args... values) { function(caller, values...); }, args);
      return HostStatus::ok;
    } else {
      return finish(caller, slots,
                    std::apply([&](Args... values) { return function(caller, values...); }, args));
    }
  }

 private:
  template <class T>
  static HostStatus finish(Caller& caller, uint64_t* slots, T result) {
    if constexpr (std::is_same_v<R, HostStatus>) {
      return result;
    } else if constexpr (ResultOf<R>::can_fail) {
      if (!result) return caller.fail(std::move(result).error());
      if constexpr (!std::is_void_v<typename ResultOf<R>::Type>) {
        Typed<typename ResultOf<R>::Type>::to_slots(*result, slots);
      }
      return HostStatus::ok;
    } else {
      Typed<R>::to_slots(result, slots);
      return HostStatus::ok;
    }
  }
};
template <class C, class R, class... Args>
struct HostSignature<R (C::*)(Caller&, Args...)> : HostSignature<R (*)(Caller&, Args...)> {};
template <class C, class R, class... Args>
struct HostSignature<R (C::*)(Caller&, Args...) const> : HostSignature<R (*)(Caller&, Args...)> {};

}  // namespace detail

template <class F>
void Linker::func(std::string_view module, std::string_view name, F function) {
  using Signature = detail::HostSignature<F>;
  define(
      module, name, Signature::type(),
      [](void* env, Caller& caller, uint64_t* slots) {
        return Signature::call(*static_cast<F*>(env), caller, slots);
      },
      std::make_shared<F>(std::move(function)));
}

}  // namespace cairn::engine
