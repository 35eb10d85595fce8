#pragma once
// Flat JSON objects, which is all that accounts speak: {"transfer": 30, "to": "bob"}.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class Json {
 public:
  /// None: it is no object, or has members that are neither whole numbers nor plain texts nor true.
  static std::optional<Json> parse(std::string_view text) {
    Json json;
    json.rest_ = text;
    if (!json.take('{')) return std::nullopt;
    while (!json.take('}')) {
      if (!json.members_.empty() && !json.take(',')) return std::nullopt;
      const auto name = json.take_text();
      if (!name || !json.take(':')) return std::nullopt;
      const auto value = json.take_value();
      if (!value) return std::nullopt;
      json.members_.emplace_back(*name, *value);
    }
    json.skip_space();
    return json.rest_.empty() ? std::optional(json) : std::nullopt;
  }

  std::optional<std::string> text(std::string_view name) const {
    for (const auto& [own, value] : members_)
      if (own == name) return value;
    return std::nullopt;
  }
  std::optional<int64_t> number(std::string_view name) const {
    const auto value = text(name);
    int64_t number = 0;
    if (!value) return std::nullopt;
    const char* const end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != rest_.npos)
      rest_.remove_prefix(1);
  }
  bool take(char expected) {
    skip_space();
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Without escapes.
  std::optional<std::string> take_text() {
    if (!take('"')) return std::nullopt;
    const size_t end = rest_.find('"');
    if (end == rest_.npos || rest_.find('\\') < end) return std::nullopt;
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::optional<std::string> take_value() {
    skip_space();
    if (rest_.starts_with('"')) return take_text();
    const size_t end = std::min(rest_.find_first_of(",} \t\r\n"), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    const bool is_number = word.find_first_not_of("-0123456789") == word.npos;
    return !word.empty() && (is_number || word == "true") ? std::optional(word) : std::nullopt;
  }

  std::string_view rest_;
  std::vector<std::pair<std::string, std::string>> members_;
};
