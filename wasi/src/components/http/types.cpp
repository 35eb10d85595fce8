#include "components/http/types.hpp"

#include "components/http/syntax.hpp"
#include "components/interfaces.hpp"

namespace cairn::wasi {

namespace {
constexpr std::string_view methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                        "CONNECT", "OPTIONS", "TRACE", "PATCH"};
constexpr std::string_view schemes[] = {"http", "https"};
/// A name or a path is no place to keep megabytes.
constexpr size_t word_bytes_max = 65'536;
}  // namespace

bool set_method(RequestHead& head, const HttpMethod& method) {
  if (!is_token(method.name) || method.name.size() > word_bytes_max) return false;
  head.method = method.name;
  return true;
}

bool set_scheme(RequestHead& head, const std::optional<HttpScheme>& scheme) {
  if (!scheme) {
    head.scheme.reset();
    return true;
  }
  if (!is_scheme(scheme->name) || scheme->name.size() > word_bytes_max) return false;
  head.scheme = scheme->name;
  return true;
}

bool set_authority(RequestHead& head, std::optional<std::string> authority) {
  if (authority && (authority->size() > word_bytes_max || !parse_authority(*authority)))
    return false;
  head.authority = std::move(authority);
  return true;
}

bool set_path_with_query(RequestHead& head, std::optional<std::string> path) {
  if (path && (path->size() > word_bytes_max || !is_path_with_query(*path))) return false;
  if (path && path->empty()) path = "/";
  head.path_with_query = std::move(path);
  return true;
}

Result<Guest::Place> request_place(HostCall& call) {
  Outcome<Guest::Place> place = Guest::of(call).stream_place();
  if (!place) return guest_error("too many requests and streams");
  return *std::move(place);
}

bool is_status(uint32_t code) { return code >= 100 && code <= 599; }

std::optional<HttpScheme> scheme_of(const RequestHead& head) {
  if (!head.scheme) return std::nullopt;
  return HttpScheme{*head.scheme};
}

FieldList list_of(const Fields& fields) {
  FieldList list;
  list.reserve(fields.all().size());
  for (const Fields::Field& field : fields.all())
    list.emplace_back(field.name, to_bytes(field.value));
  return list;
}

FieldsResult<std::shared_ptr<Fields>> fields_of(const FieldList& list,
                                                std::shared_ptr<FieldsBudget> budget) {
  auto fields = std::make_shared<Fields>(std::move(budget));
  for (const auto& [name, value] : list)
    if (auto added = fields->append(name, as_text(value)); !added)
      return std::unexpected(added.error());
  return fields;
}

}  // namespace cairn::wasi

namespace cairn::component {

Value Typed<wasi::HttpMethod>::to_value(const wasi::HttpMethod& method) {
  for (uint32_t i = 0; i < std::size(wasi::methods); ++i)
    if (wasi::methods[i] == method.name) return Value::variant(i);
  return Value::variant(std::size(wasi::methods), Value::string(method.name));
}
wasi::HttpMethod Typed<wasi::HttpMethod>::from_value(const Value& value) {
  const uint32_t index = value.variant().index;
  if (index < std::size(wasi::methods)) return {.name = std::string(wasi::methods[index])};
  return {.name = std::string(value.variant().payload.front().string())};
}

Value Typed<wasi::HttpScheme>::to_value(const wasi::HttpScheme& scheme) {
  for (uint32_t i = 0; i < std::size(wasi::schemes); ++i)
    if (wasi::equal_names(wasi::schemes[i], scheme.name)) return Value::variant(i);
  return Value::variant(std::size(wasi::schemes), Value::string(scheme.name));
}
wasi::HttpScheme Typed<wasi::HttpScheme>::from_value(const Value& value) {
  const uint32_t index = value.variant().index;
  if (index < std::size(wasi::schemes)) return {.name = std::string(wasi::schemes[index])};
  return {.name = std::string(value.variant().payload.front().string())};
}

}  // namespace cairn::component
