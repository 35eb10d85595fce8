#pragma once
/// The types of `wasi:http` that both versions share.

#include <cairn/component/host_types.hpp>
#include <cairn/component/typed.hpp>

#include "components/http/client.hpp"
#include "components/http/fields.hpp"

namespace cairn::wasi {

/// `method`: a word, which for those that have a case of their own is that.
struct HttpMethod {
  std::string name = "GET";
};
/// `scheme`: likewise, "http" and "https".
struct HttpScheme {
  std::string name;
};
/// `header-error` of 0.3 and of 0.2. The latter knows no limits.
struct HeaderError3 {
  HeaderError error;
};
struct HeaderError2 {
  HeaderError error;
};

/// The setters of requests, for both versions; false for what is no such thing.
bool set_method(RequestHead& head, const HttpMethod& method);
bool set_scheme(RequestHead& head, const std::optional<HttpScheme>& scheme);
bool set_authority(RequestHead& head, std::optional<std::string> authority);
bool set_path_with_query(RequestHead& head, std::optional<std::string> path);
bool is_status(uint32_t code);
/// The place of a request that a guest makes; a trap when it has too many.
Result<Guest::Place> request_place(component::HostCall& call);

std::optional<HttpScheme> scheme_of(const RequestHead& head);

/// Names and values, as `from-list` takes and `copy-all` gives them.
using FieldList = std::vector<std::tuple<std::string, Bytes>>;
FieldList list_of(const Fields& fields);
FieldsResult<std::shared_ptr<Fields>> fields_of(const FieldList& list,
                                                std::shared_ptr<FieldsBudget> budget);

}  // namespace cairn::wasi

namespace cairn::component {

template <>
struct Typed<wasi::HttpMethod> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 10;
  }
  static Value to_value(const wasi::HttpMethod& method);
  static wasi::HttpMethod from_value(const Value& value);
};
template <>
struct Typed<wasi::HttpScheme> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 3;
  }
  static Value to_value(const wasi::HttpScheme& scheme);
  static wasi::HttpScheme from_value(const Value& value);
};
template <>
struct Typed<wasi::HeaderError3> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 5;
  }
  static Value to_value(wasi::HeaderError3 value) {
    return Value::variant(static_cast<uint32_t>(value.error));
  }
};
template <>
struct Typed<wasi::HeaderError2> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 3;
  }
  static Value to_value(wasi::HeaderError2 value) {
    return Value::variant(static_cast<uint32_t>(value.error));
  }
};

}  // namespace cairn::component
