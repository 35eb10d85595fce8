#pragma once
/// C++ types for component types: bool, integers, floats, `char32_t`, `std::string`,
/// `std::vector<T>`, `std::optional<T>`, `std::expected<T, E>`, `std::variant<T…>` (cases in
/// order), `std::tuple<T…>`, structs with a `Described` specialisation, enums with `EnumOf`, flags
/// with `FlagsOf`, and `Own<T>` and `Borrow<T>` for resources. Parameters of calls may also be
/// `std::string_view` and `std::span<const T>`.

#include <cairn/base/result.hpp>
#include <cairn/component/instance.hpp>
#include <cairn/component/owned.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>

#include <concepts>
#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace cairn::component {

/// For each such type: whether it stands for a component type, and the ways to and from values.
template <class T>
struct Typed;

/// Describes a struct as a record, once:
///   template <> struct Described<Point> {
///     static constexpr auto fields = std::tuple{Field{"x", &Point::x}, Field{"y", &Point::y}};
///   };
template <class T>
struct Described;
template <class C, class M>
struct Field {
  std::string_view label;
  M C::* member;
};
template <class C, class M>
Field(const char*, M C::*) -> Field<C, M>;

template <class T>
concept DescribedStruct = requires { Described<T>::fields; };

// ---- Scalars ---------------------------------------------------------------------------------

namespace detail {

template <class T>
concept ScalarType =
    std::same_as<T, bool> || std::same_as<T, char32_t> || std::same_as<T, float> ||
    std::same_as<T, double> || (std::integral<T> && !std::same_as<T, char> && sizeof(T) <= 8);
/// Numbers that lie in vectors as they lie in memories.
template <class T>
concept RawElement = ScalarType<T> && !std::same_as<T, bool> && !std::same_as<T, char32_t>;

template <ScalarType T>
constexpr ValKind kind_of() {
  if constexpr (std::same_as<T, bool>)
    return ValKind::bool_;
  else if constexpr (std::same_as<T, char32_t>)
    return ValKind::char_;
  else if constexpr (std::same_as<T, float>)
    return ValKind::f32;
  else if constexpr (std::same_as<T, double>)
    return ValKind::f64;
  else {
    constexpr uint8_t log = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return static_cast<ValKind>(static_cast<uint8_t>(ValKind::s8) + 2 * log +
                                (std::is_unsigned_v<T> ? 1 : 0));
  }
}

template <ScalarType T>
uint64_t to_slot(T value) {
  if constexpr (std::same_as<T, float>)
    return std::bit_cast<uint32_t>(value);
  else if constexpr (std::same_as<T, double>)
    return std::bit_cast<uint64_t>(value);
  else if constexpr (sizeof(T) == 8)
    return static_cast<uint64_t>(value);
  else if constexpr (std::is_signed_v<T>)
    return static_cast<uint32_t>(int32_t{value});
  else
    return static_cast<uint32_t>(value);
}
template <ScalarType T>
T from_slot(uint64_t slot) {
  if constexpr (std::same_as<T, float>)
    return std::bit_cast<float>(static_cast<uint32_t>(slot));
  else if constexpr (std::same_as<T, double>)
    return std::bit_cast<double>(slot);
  else
    return static_cast<T>(slot);
}

}  // namespace detail

template <detail::ScalarType T>
struct Typed<T> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == detail::kind_of<T>();
  }
  static Value to_value(T value) {
    if constexpr (std::same_as<T, float>)
      return Value::f32(value);
    else if constexpr (std::same_as<T, double>)
      return Value::f64(value);
    else if constexpr (std::is_signed_v<T>)
      return Value::number(int64_t{value});
    else
      return Value::number(static_cast<uint64_t>(value));
  }
  static T from_value(const Value& value) {
    if constexpr (std::same_as<T, float>)
      return value.f32();
    else if constexpr (std::same_as<T, double>)
      return value.f64();
    else
      return static_cast<T>(value.number());
  }
};

// ---- Strings and lists -----------------------------------------------------------------------

template <>
struct Typed<std::string> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::string;
  }
  /// The value has the text of a string that goes away, and borrows that of another one.
  static Value to_value(std::string&& value) { return Value::string(std::move(value)); }
  static Value to_value(const std::string& value) { return Value::string_view(value); }
  static std::string from_value(const Value& value) { return std::string(value.string()); }
};
template <>
struct Typed<std::string_view> {
  static bool matches(const Types& types, ValType type) {
    return Typed<std::string>::matches(types, type);
  }
  static Value to_value(std::string_view value) { return Value::string_view(value); }
};

template <class T>
struct Typed<std::vector<T>> {
  static bool matches(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    return info.kind == ValKind::list && Typed<T>::matches(types, *info.element);
  }
  /// The value has the bytes of a vector that goes away, and borrows those of another one.
  template <class V>
  static Value to_value(V&& values) {
    if constexpr (detail::RawElement<T>) {
      const auto* const bytes = reinterpret_cast<const uint8_t*>(values.data());
      if constexpr (std::is_lvalue_reference_v<V>)
        return Value::raw_view({bytes, values.size() * sizeof(T)});
      else if constexpr (std::same_as<T, uint8_t>)
        return Value::raw(std::forward<V>(values));
      else
        return Value::raw(Bytes(bytes, bytes + values.size() * sizeof(T)));
    } else {
      Value::Sequence items;
      items.reserve(values.size());
      for (auto&& value : values) {
        if constexpr (std::is_lvalue_reference_v<V>)
          items.push_back(Typed<T>::to_value(value));
        else
          items.push_back(Typed<T>::to_value(std::move(value)));
      }
      return Value::sequence(std::move(items));
    }
  }
  static std::vector<T> from_value(const Value& value) {
    std::vector<T> values;
    if constexpr (detail::RawElement<T>) {
      if (value.is_raw()) {
        values.resize(value.raw().size() / sizeof(T));
        if (!values.empty()) std::memcpy(values.data(), value.raw().data(), value.raw().size());
        return values;
      }
    }
    values.reserve(value.items().size());
    for (const Value& item : value.items()) values.push_back(Typed<T>::from_value(item));
    return values;
  }
};
template <detail::RawElement T>
struct Typed<std::span<const T>> {
  static bool matches(const Types& types, ValType type) {
    return Typed<std::vector<T>>::matches(types, type);
  }
  static Value to_value(std::span<const T> values) {
    return Value::raw_view({reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
  }
};

// ---- Records and cases -----------------------------------------------------------------------

template <class... Ts>
struct Typed<std::tuple<Ts...>> {
  static bool matches(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    if (info.kind != ValKind::tuple || info.parts.size() != sizeof...(Ts)) return false;
    size_t i = 0;
    return (Typed<Ts>::matches(types, *info.parts[i++].type) && ...);
  }
  template <class V>
  static Value to_value(V&& value) {
    Value::Sequence items;
    std::apply(
        [&](auto&&... each) {
          (items.push_back(Typed<Ts>::to_value(std::forward<decltype(each)>(each))), ...);
        },
        std::forward<V>(value));
    return Value::sequence(std::move(items));
  }
  static std::tuple<Ts...> from_value(const Value& value) {
    size_t i = 0;
    return std::tuple<Ts...>{Typed<Ts>::from_value(value.items()[i++])...};
  }
};

template <DescribedStruct T>
struct Typed<T> {
  template <class F>
  static void each(F f) {
    std::apply([&](const auto&... field) { (f(field), ...); }, Described<T>::fields);
  }
  template <class C, class M>
  static M type_of(M C::*);

  static bool matches(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    if (info.kind != ValKind::record) return false;
    size_t i = 0;
    bool all = true;
    each([&](const auto& field) {
      using M = decltype(type_of(field.member));
      all = all && i < info.parts.size() && info.parts[i].label == field.label &&
            Typed<M>::matches(types, *info.parts[i].type);
      ++i;
    });
    return all && i == info.parts.size();
  }
  template <class V>
  static Value to_value(V&& value) {
    Value::Sequence items;
    each([&](const auto& field) {
      using M = decltype(type_of(field.member));
      items.push_back(Typed<M>::to_value(std::forward<V>(value).*field.member));
    });
    return Value::sequence(std::move(items));
  }
  static T from_value(const Value& value) {
    T made{};
    size_t i = 0;
    each([&](const auto& field) {
      using M = decltype(type_of(field.member));
      made.*field.member = Typed<M>::from_value(value.items()[i++]);
    });
    return made;
  }
};

template <class T>
struct Typed<std::optional<T>> {
  static bool matches(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    return info.kind == ValKind::option && Typed<T>::matches(types, *info.element);
  }
  template <class V>
  static Value to_value(V&& value) {
    if (!value) return Value::variant(0);
    return Value::variant(1, Typed<T>::to_value(*std::forward<V>(value)));
  }
  static std::optional<T> from_value(const Value& value) {
    if (value.variant().index == 0) return std::nullopt;
    return Typed<T>::from_value(value.variant().payload.front());
  }
};

namespace detail {
/// The payload of a case: none for void and `std::monostate`.
template <class T>
constexpr bool is_empty = std::is_void_v<T> || std::same_as<T, std::monostate>;
template <class T>
bool payload_matches(const Types& types, const std::optional<ValType>& type) {
  if constexpr (is_empty<T>)
    return !type;
  else
    return type && Typed<T>::matches(types, *type);
}
}  // namespace detail

template <class T, class E>
struct Typed<std::expected<T, E>> {
  static bool matches(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    return info.kind == ValKind::result && detail::payload_matches<T>(types, info.parts[0].type) &&
           detail::payload_matches<E>(types, info.parts[1].type);
  }
  template <class V>
  static Value to_value(V&& value) {
    if (value) {
      if constexpr (detail::is_empty<T>)
        return Value::variant(0);
      else
        return Value::variant(0, Typed<T>::to_value(*std::forward<V>(value)));
    }
    if constexpr (detail::is_empty<E>)
      return Value::variant(1);
    else
      return Value::variant(1, Typed<E>::to_value(std::forward<V>(value).error()));
  }
  static std::expected<T, E> from_value(const Value& value) {
    const Value::Case& which = value.variant();
    if (which.index == 0) {
      if constexpr (std::is_void_v<T>)
        return {};
      else if constexpr (detail::is_empty<T>)
        return T{};
      else
        return Typed<T>::from_value(which.payload.front());
    }
    if constexpr (detail::is_empty<E>)
      return std::unexpected(E{});
    else
      return std::unexpected(Typed<E>::from_value(which.payload.front()));
  }
};

template <class... Ts>
struct Typed<std::variant<Ts...>> {
  static bool matches(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    if (info.kind != ValKind::variant || info.parts.size() != sizeof...(Ts)) return false;
    size_t i = 0;
    return (detail::payload_matches<Ts>(types, info.parts[i++].type) && ...);
  }
  template <class V>
  static Value to_value(V&& value) {
    const auto index = static_cast<uint32_t>(value.index());
    return std::visit(
        [&]<class T>(T&& payload) {
          using Payload = std::remove_cvref_t<T>;
          if constexpr (detail::is_empty<Payload>)
            return Value::variant(index);
          else
            return Value::variant(index, Typed<Payload>::to_value(std::forward<T>(payload)));
        },
        std::forward<V>(value));
  }
  static std::variant<Ts...> from_value(const Value& value) {
    return from_case<0>(value.variant());
  }

 private:
  template <size_t i>
  static std::variant<Ts...> from_case(const Value::Case& which) {
    if constexpr (i + 1 < sizeof...(Ts)) {
      if (which.index != i) return from_case<i + 1>(which);
    }
    using T = std::variant_alternative_t<i, std::variant<Ts...>>;
    if constexpr (detail::is_empty<T>)
      return std::variant<Ts...>(std::in_place_index<i>);
    else
      return std::variant<Ts...>(std::in_place_index<i>,
                                 Typed<T>::from_value(which.payload.front()));
  }
};

/// An enumeration whose enumerators are the cases in order: `struct Typed<Color> : EnumOf<Color>
/// {};`.
template <class T>
struct EnumOf {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::enum_;
  }
  static Value to_value(T value) { return Value::variant(static_cast<uint32_t>(value)); }
  static T from_value(const Value& value) { return static_cast<T>(value.variant().index); }
};

/// Flags as an enumeration of bits, and how many: `struct Typed<Mode> : FlagsOf<Mode, 3> {};`.
template <class T, size_t count>
struct FlagsOf {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::flags && types[type].parts.size() == count;
  }
  static Value to_value(T value) { return Value::number(static_cast<uint64_t>(value)); }
  static T from_value(const Value& value) { return static_cast<T>(value.number()); }
};

// ---- Resources -------------------------------------------------------------------------------

template <class Tag>
struct Typed<Own<Tag>> {
  static bool matches(const Types& types, ValType type) { return types[type].kind == ValKind::own; }
  static Value to_value(const Own<Tag>& value) { return Value::handle(value.handle()); }
  static Own<Tag> from_value(const Value& value) { return Own<Tag>(value.handle()); }
};
template <class Tag>
struct Typed<Borrow<Tag>> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::borrow;
  }
  static Value to_value(const Borrow<Tag>& value) { return Value::handle(value.handle()); }
  static Borrow<Tag> from_value(const Value& value) { return Borrow<Tag>(value.handle()); }
};

/// Does the function have exactly these parameters and this result?
template <class R, class... Args>
bool has_signature(const Types& types, const FuncType& type) {
  if (type.params.size() != sizeof...(Args)) return false;
  [[maybe_unused]] size_t i = 0;
  if (!(Typed<Args>::matches(types, type.params[i++].type) && ...)) return false;
  if constexpr (std::is_void_v<R>)
    return !type.result;
  else
    return type.result && Typed<R>::matches(types, *type.result);
}

// ---- Calls -----------------------------------------------------------------------------------

namespace detail {
/// Like `from_value`, of a value that is not needed any more.
template <class T>
T take(Value& value) {
  if constexpr (std::same_as<T, std::vector<uint8_t>>)
    return value.is_raw() ? value.take_raw() : Typed<T>::from_value(value);
  else if constexpr (std::same_as<T, std::string>)
    return value.take_string();
  else
    return Typed<T>::from_value(value);
}
}  // namespace detail

template <class Signature>
class TypedFunc;

/// A function of a component instance with its types checked:
///   auto add = TRY((TypedFunc<uint32_t(uint32_t, uint32_t)>::of(instance.func("add"))));
///   uint32_t sum = TRY(add(store, 1, 2));
template <class R, class... Args>
class TypedFunc<R(Args...)> {
 public:
  /// Kind `usage` when the function does not have this type.
  static Result<TypedFunc> of(Func func) {
    if (!func || !has_signature<R, Args...>(func.types(), func.type()))
      return fail(ErrorKind::usage, "the function does not have the type of this call");
    return TypedFunc(func);
  }

  Result<R> operator()(Store& store, const Args&... args) const {
    if constexpr ((detail::ScalarType<Args> && ...) && sizeof...(Args) <= max_flat_params &&
                  (std::is_void_v<R> || detail::ScalarType<R>)) {
      uint64_t slots[sizeof...(Args) + 1] = {detail::to_slot(args)...};
      TRY(func_.call_scalars(store, slots));
      if constexpr (std::is_void_v<R>)
        return {};
      else
        return detail::from_slot<R>(slots[0]);
    } else {
      const Value values[sizeof...(Args) + 1] = {Typed<Args>::to_value(args)..., Value()};
      Value result;
      TRY(func_.call_raw(store, std::span(values, sizeof...(Args)), result));
      if constexpr (std::is_void_v<R>)
        return {};
      else
        return detail::take<R>(result);
    }
  }

 private:
  explicit TypedFunc(Func func) : func_(func) {}
  Func func_;
};

}  // namespace cairn::component
