#pragma once
/// `fields` of `wasi:http/types`: headers and trailers, in order and in the case they came in.

#include <cairn/base/bytes.hpp>
#include <cairn/wasi/http_handler.hpp>
#include <cairn/wasi/http_limits.hpp>

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace cairn::wasi {

/// `header-error`, in the order of its cases. 0.2 has the first three.
enum class HeaderError : uint8_t { invalid_syntax, forbidden, immutable, size_exceeded };
template <class T = void>
using FieldsResult = std::expected<T, HeaderError>;

/// What the fields of one guest take together.
struct FieldsBudget {
  HttpLimits limits = {};
  size_t bytes = 0;
};

class Fields {
 public:
  using Field = HttpField;

  /// Without a budget: fields of a peer, whose size the parser has bounded.
  explicit Fields(std::shared_ptr<FieldsBudget> budget = nullptr) : budget_(std::move(budget)) {}
  ~Fields();
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  bool is_immutable() const { return immutable_; }
  void freeze() { immutable_ = true; }

  bool has(std::string_view name) const;
  std::vector<Bytes> get(std::string_view name) const;
  FieldsResult<> set(std::string_view name, const std::vector<Bytes>& values);
  FieldsResult<> append(std::string_view name, std::string_view value);
  FieldsResult<std::vector<Bytes>> remove(std::string_view name);
  /// A copy that may be changed, in the budget of the one who asks for it.
  FieldsResult<std::shared_ptr<Fields>> clone(std::shared_ptr<FieldsBudget> budget) const;

  const std::vector<Field>& all() const { return fields_; }
  /// The first value of that name, or null.
  const std::string* find(std::string_view name) const;
  /// Of a peer: nothing is checked.
  void add_unchecked(std::string name, std::string value) {
    fields_.push_back({std::move(name), std::move(value)});
  }
  /// A guest may neither set these nor does it see them: they are of the connection, and `Host` is
  /// the authority.
  static bool is_forbidden(std::string_view name);

 private:
  FieldsResult<> check(std::string_view name) const;
  FieldsResult<> take(size_t bytes);
  void give_back(size_t bytes);

  std::shared_ptr<FieldsBudget> budget_;
  std::vector<Field> fields_;
  size_t bytes_ = 0;
  bool immutable_ = false;
};

inline Bytes to_bytes(std::string_view text) { return Bytes(text.begin(), text.end()); }

}  // namespace cairn::wasi
