#pragma once
/// JSON as the API writes and reads it.

#include <cairn/actor/payload.hpp>
#include <cairn/crypto/sha256.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::platform {

/// How deep a text that we read may be nested.
inline constexpr size_t json_depth_max = 128;

/// From left to right; commas are its own affair.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  /// What is not UTF-8 becomes U+FFFD.
  JsonWriter& string(std::string_view text);
  JsonWriter& number(uint64_t value) { return raw(std::to_string(value)); }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  /// What is JSON already.
  JsonWriter& raw(std::string_view json);
  size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  std::string out_;
  bool needs_comma_ = false;
};

/// Nested no deeper than `json_depth_max`, and without zeros?
bool is_shallow(std::string_view json);
/// JSON, and shallow?
bool is_json(std::string_view text);
/// What keeps a text from being JSON whose objects have no member twice, with its place: "line 1,
/// column 2: …". None: nothing.
std::optional<std::string> json_fault(std::string_view text);
/// "application/json", or something that ends with "+json"; parameters do not matter.
bool is_json_type(std::string_view media_type);

/// UTF-8 without control characters, but for those that end lines, and tabs?
bool is_text(std::string_view bytes);

/// A payload as a value: itself if it is JSON, a string if it is text, else {"base64": …}. Null
/// for nothing.
void write_payload(JsonWriter& to, const actor::Payload& payload);

/// "2026-11-22T16:00:00.123456789Z"
std::string rfc3339(uint64_t ns_since_1970);

}  // namespace cairn::platform
