#pragma once
/// Component values as the host holds them when types are known only at run time.

#include <cairn/base/bytes.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cairn::component {

namespace rt {
class HostHandle;
}

/// A value of any component type. What the numbers, sequences and cases mean is the type's to say:
/// - bool, integers, char, flags, enums' bits: a number (signed ones sign-extended to 64 bits);
/// - list, tuple, record, list of fixed length, map (of pairs): a sequence, fields in order;
/// - variant, enum, option, result: a case by its index (option: none 0, some 1; result: ok 0,
///   error 1) with its payload, if it has one;
/// - a list of numbers may also be raw: its elements' bytes, as memory has them;
/// - string: UTF-8, owned or borrowed;
/// - own, borrow, stream, future, error-context: a handle, shared by copies of the value.
class Value {
 public:
  using Sequence = std::vector<Value>;
  struct Case {
    uint32_t index = 0;
    std::vector<Value> payload = {};  ///< none or one
    bool operator==(const Case&) const = default;
  };
  using Handle = std::shared_ptr<rt::HostHandle>;

  Value() = default;
  static Value number(uint64_t bits) { return Value(bits); }
  static Value number(int64_t bits) { return Value(static_cast<uint64_t>(bits)); }
  static Value f32(float value) { return Value(value); }
  static Value f64(double value) { return Value(value); }
  static Value string(std::string text) { return Value(std::move(text)); }
  /// Borrows the text.
  static Value string_view(std::string_view text) { return Value(text); }
  static Value sequence(Sequence items) { return Value(std::move(items)); }
  static Value raw(Bytes elements) { return Value(std::move(elements)); }
  /// Borrows the bytes.
  static Value raw_view(ByteSpan elements) { return Value(elements); }
  static Value variant(uint32_t index) { return Value(Case{index}); }
  static Value variant(uint32_t index, Value payload) {
    Case value{index};
    value.payload.push_back(std::move(payload));
    return Value(std::move(value));
  }
  static Value handle(Handle handle) { return Value(std::move(handle)); }

  /// What is not there is zero or empty: a value of the wrong shape is told by `is_*`.
  uint64_t number() const { return get<uint64_t>(); }
  float f32() const { return get<float>(); }
  double f64() const { return get<double>(); }
  std::string_view string() const {
    const auto* const owned = std::get_if<std::string>(&what_);
    return owned ? std::string_view(*owned) : get<std::string_view>();
  }
  /// The text, which the value then no longer has.
  std::string take_string() {
    auto* const owned = std::get_if<std::string>(&what_);
    return owned ? std::move(*owned) : std::string(get<std::string_view>());
  }
  const Sequence& items() const { return ref<Sequence>(); }
  const Case& variant() const { return ref<Case>(); }
  const Handle& handle() const { return ref<Handle>(); }
  ByteSpan raw() const {
    const auto* const owned = std::get_if<Bytes>(&what_);
    return owned ? ByteSpan(*owned) : get<ByteSpan>();
  }
  /// The bytes, which the value then no longer has; empty when it does not own any.
  Bytes take_raw() {
    auto* const owned = std::get_if<Bytes>(&what_);
    return owned ? std::move(*owned) : Bytes();
  }
  Bytes& make_raw(size_t bytes) { return what_.emplace<Bytes>(bytes); }
  Sequence& make_items(size_t count) { return what_.emplace<Sequence>(count); }
  Case& make_variant(uint32_t index) { return what_.emplace<Case>(Case{index}); }
  std::string& make_string() { return what_.emplace<std::string>(); }

  bool is_number() const { return std::holds_alternative<uint64_t>(what_); }
  bool is_f32() const { return std::holds_alternative<float>(what_); }
  bool is_f64() const { return std::holds_alternative<double>(what_); }
  bool is_string() const {
    return std::holds_alternative<std::string>(what_) ||
           std::holds_alternative<std::string_view>(what_);
  }
  bool is_sequence() const { return std::holds_alternative<Sequence>(what_); }
  bool is_raw() const {
    return std::holds_alternative<Bytes>(what_) || std::holds_alternative<ByteSpan>(what_);
  }
  bool is_variant() const { return std::holds_alternative<Case>(what_); }
  bool is_handle() const { return std::holds_alternative<Handle>(what_); }

  /// Floats are equal when their bits are.
  bool operator==(const Value& other) const {
    if (is_f32() && other.is_f32())
      return std::bit_cast<uint32_t>(f32()) == std::bit_cast<uint32_t>(other.f32());
    if (is_f64() && other.is_f64())
      return std::bit_cast<uint64_t>(f64()) == std::bit_cast<uint64_t>(other.f64());
    if (is_raw() && other.is_raw()) return std::ranges::equal(raw(), other.raw());
    if (is_string() && other.is_string()) return string() == other.string();
    if (what_.index() != other.what_.index()) return false;
    if (is_number()) return number() == other.number();
    if (is_sequence()) return items() == other.items();
    if (is_variant()) return variant() == other.variant();
    return handle() == other.handle();
  }

 private:
  using What = std::variant<uint64_t, float, double, std::string, Sequence, Case, Handle, Bytes,
                            ByteSpan, std::string_view>;
  explicit Value(What what) : what_(std::move(what)) {}
  template <class T>
  T get() const {
    const T* const value = std::get_if<T>(&what_);
    return value ? *value : T{};
  }
  template <class T>
  const T& ref() const {
    static const T empty{};
    const T* const value = std::get_if<T>(&what_);
    return value ? *value : empty;
  }

  What what_ = uint64_t{0};
};

}  // namespace cairn::component
