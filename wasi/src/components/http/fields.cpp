#include "components/http/fields.hpp"

#include <algorithm>

#include "components/http/syntax.hpp"

namespace cairn::wasi {

namespace {
/// What an entry takes beside its characters.
constexpr size_t entry_bytes = sizeof(Fields::Field);

constexpr std::string_view forbidden[] = {
    "connection",          "keep-alive",     "proxy-authenticate",
    "proxy-authorization", "upgrade",        "transfer-encoding",
    "proxy-connection",    "http2-settings", "host"};
}  // namespace

Fields::~Fields() { give_back(bytes_); }

bool Fields::is_forbidden(std::string_view name) {
  return std::ranges::any_of(forbidden, [&](std::string_view no) { return equal_names(no, name); });
}

FieldsResult<> Fields::check(std::string_view name) const {
  if (immutable_) return std::unexpected(HeaderError::immutable);
  if (!is_token(name)) return std::unexpected(HeaderError::invalid_syntax);
  return {};
}

FieldsResult<> Fields::take(size_t bytes) {
  if (!budget_) return {};
  const HttpLimits& limits = budget_->limits;
  if (bytes > limits.field_bytes_max + entry_bytes || bytes_ + bytes > limits.fields_bytes_max ||
      budget_->bytes + bytes > limits.guest_fields_bytes_max)
    return std::unexpected(HeaderError::size_exceeded);
  bytes_ += bytes;
  budget_->bytes += bytes;
  return {};
}

void Fields::give_back(size_t bytes) {
  if (!budget_) return;
  bytes_ -= bytes;
  budget_->bytes -= bytes;
}

const std::string* Fields::find(std::string_view name) const {
  for (const Field& field : fields_)
    if (equal_names(field.name, name)) return &field.value;
  return nullptr;
}

bool Fields::has(std::string_view name) const { return find(name) != nullptr; }

std::vector<Bytes> Fields::get(std::string_view name) const {
  std::vector<Bytes> values;
  for (const Field& field : fields_)
    if (equal_names(field.name, name)) values.push_back(to_bytes(field.value));
  return values;
}

FieldsResult<> Fields::append(std::string_view name, std::string_view value) {
  if (auto checked = check(name); !checked) return checked;
  if (!is_field_value(value)) return std::unexpected(HeaderError::invalid_syntax);
  if (is_forbidden(name)) return std::unexpected(HeaderError::forbidden);
  if (auto taken = take(name.size() + value.size() + entry_bytes); !taken) return taken;
  // A name keeps the case in which it came first.
  const auto same = std::ranges::find_if(
      fields_, [&](const Field& field) { return equal_names(field.name, name); });
  fields_.push_back({same == fields_.end() ? std::string(name) : same->name, std::string(value)});
  return {};
}

FieldsResult<std::vector<Bytes>> Fields::remove(std::string_view name) {
  if (auto checked = check(name); !checked) return std::unexpected(checked.error());
  std::vector<Bytes> values = get(name);
  std::erase_if(fields_, [&](const Field& field) {
    if (!equal_names(field.name, name)) return false;
    give_back(field.name.size() + field.value.size() + entry_bytes);
    return true;
  });
  return values;
}

FieldsResult<> Fields::set(std::string_view name, const std::vector<Bytes>& values) {
  if (auto checked = check(name); !checked) return checked;
  if (is_forbidden(name)) return std::unexpected(HeaderError::forbidden);
  for (const Bytes& value : values)
    if (!is_field_value(as_text(value))) return std::unexpected(HeaderError::invalid_syntax);
  if (auto removed = remove(name); !removed) return std::unexpected(removed.error());
  for (const Bytes& value : values)
    if (auto added = append(name, as_text(value)); !added) return added;
  return {};
}

FieldsResult<std::shared_ptr<Fields>> Fields::clone(std::shared_ptr<FieldsBudget> budget) const {
  auto copy = std::make_shared<Fields>(std::move(budget));
  for (const Field& field : fields_) {
    if (auto taken = copy->take(field.name.size() + field.value.size() + entry_bytes); !taken)
      return std::unexpected(taken.error());
    copy->fields_.push_back(field);
  }
  return copy;
}

}  // namespace cairn::wasi
