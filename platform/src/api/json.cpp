#include "api/json.hpp"

#include <fmt/chrono.h>
#include <cairn/base/utf8.hpp>
#include <cairn/crypto/base64.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace cairn::platform {

void JsonWriter::separate() {
  if (std::exchange(needs_comma_, true)) out_ += ',';
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  needs_comma_ = false;
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  string(name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  const auto is_plain = [](char c) {
    return static_cast<uint8_t>(c) >= 0x20 && static_cast<uint8_t>(c) < 0x7f && c != '"' &&
           c != '\\';
  };
  if (std::ranges::all_of(text, is_plain)) {
    out_ += '"';
    out_ += text;
    out_ += '"';
    return *this;
  }
  out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

bool is_shallow(std::string_view json) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    // For the parser that is the end, whatever follows.
    if (c == '\0') return false;
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > json_depth_max) return false;
    } else if (c == '}' || c == ']') {
      depth -= depth > 0 ? 1 : 0;
    }
  }
  return true;
}

/// The library takes a byte 0 for the end, and leaves out a mark of byte order in front: what is
/// pasted into other JSON must have neither.
bool is_json(std::string_view text) {
  return !text.contains('\0') && !text.starts_with("\xEF\xBB\xBF") && is_shallow(text) &&
         nlohmann::json::accept(text);
}

namespace {

/// Builds nothing, and stops at the first thing that is wrong.
class FaultFinder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string fault;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool start_object(size_t) override {
    members_.emplace_back();
    return true;
  }
  bool end_object() override {
    members_.pop_back();
    return true;
  }
  bool key(string_t& name) override {
    if (members_.back().insert(name).second) return true;
    fault = fmt::format("'{}' is there twice", name);
    return false;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …"
    constexpr std::string_view before = " at ";
    const std::string_view text = error.what();
    const size_t at = text.find(before);
    fault = at == text.npos ? text : text.substr(at + before.size());
    // What was read may be a secret, and refusals are recorded.
    fault.resize(std::min(fault.size(), fault.find("; last read:")));
    return false;
  }

 private:
  std::vector<std::set<std::string>> members_;
};

}  // namespace

std::optional<std::string> json_fault(std::string_view text) {
  if (text.empty()) return "there is none";
  if (text.starts_with("\xEF\xBB\xBF")) return "it begins with a mark of byte order";
  if (text.contains('\0')) return "it has a byte 0";
  if (!is_shallow(text)) return fmt::format("it is nested deeper than {}", json_depth_max);
  FaultFinder finder;
  if (nlohmann::json::sax_parse(text, &finder)) return std::nullopt;
  return std::move(finder.fault);
}

bool is_json_type(std::string_view media_type) {
  const std::string_view type = media_type.substr(0, media_type.find_first_of("; \t"));
  return type == actor::json || (type.size() > 5 && type.ends_with("+json"));
}

bool is_text(std::string_view bytes) {
  return is_utf8(bytes) && std::ranges::none_of(bytes, [](char c) {
           return (static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
                  c == 0x7f;
         });
}

void write_payload(JsonWriter& to, const actor::Payload& payload) {
  const std::string_view text = payload.text();
  if (text.empty()) {
    to.null();
  } else if (is_json_type(payload.media_type()) && is_json(text)) {
    to.raw(text);
  } else if (is_text(text)) {
    to.string(text);
  } else {
    to.begin_object().key("base64").string(crypto::to_base64(payload.bytes())).end_object();
  }
}

std::string rfc3339(uint64_t ns_since_1970) {
  constexpr uint64_t ns_per_s = 1'000'000'000;
  const auto seconds = static_cast<std::time_t>(ns_since_1970 / ns_per_s);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", fmt::gmtime(seconds), ns_since_1970 % ns_per_s);
}

}  // namespace cairn::platform
