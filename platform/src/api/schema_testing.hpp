#pragma once
/// Values against the schemas of /openapi.json, as strictly as these are written: a member or a
/// keyword that is not known is a mistake as well.

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cairn::platform::testing {

class SchemaCheck {
 public:
  explicit SchemaCheck(const nlohmann::json& document) : document_(document) {}

  /// What is wrong, and where; empty: nothing.
  std::string mistake(const nlohmann::json& schema, const nlohmann::json& value,
                      const std::string& where = "") const {
    for (const auto& [keyword, rule] : schema.items()) {
      const std::string found = mistake_by(keyword, rule, schema, value, where);
      if (!found.empty()) return found;
    }
    return {};
  }

 private:
  using Json = nlohmann::json;

  std::string mistake_by(std::string_view keyword, const Json& rule, const Json& schema,
                         const Json& value, const std::string& where) const {
    constexpr auto words = std::to_array<std::string_view>({"description", "format", "default"});
    if (std::ranges::find(words, keyword) != words.end()) return {};
    if (keyword == "$ref") {
      const std::string target = rule;
      return mistake(document_.at(Json::json_pointer(target.substr(1))), value, where);
    }
    const auto expect = [&](bool holds) {
      return holds ? std::string() : where + ": " + value.dump() + " is not " + rule.dump();
    };
    if (keyword == "type") return expect(is_of(rule, value));
    if (keyword == "enum") return expect(std::ranges::find(rule, value) != rule.end());
    if (keyword == "minimum") return expect(!value.is_number() || value >= rule);
    if (keyword == "required") {
      for (const std::string name : rule)
        if (value.is_object() && !value.contains(name)) return where + ": no member " + name;
      return {};
    }
    if (keyword == "items") {
      for (size_t i = 0; value.is_array() && i < value.size(); ++i) {
        const std::string found = mistake(rule, value[i], where + "/" + std::to_string(i));
        if (!found.empty()) return found;
      }
      return {};
    }
    if (keyword == "properties") {
      for (auto member = value.begin(); value.is_object() && member != value.end(); ++member) {
        const std::string inner = where + "/" + member.key();
        if (!rule.contains(member.key())) return inner + ": is not described";
        const std::string found = mistake(rule[member.key()], member.value(), inner);
        if (!found.empty()) return found;
      }
      return {};
    }
    if (keyword == "additionalProperties" && schema.contains("properties")) return {};
    return where + ": this check does not know " + std::string(keyword);
  }

  static bool is_of(const Json& type, const Json& value) {
    if (type.is_array())
      return std::ranges::any_of(type, [&](const Json& one) { return is_of(one, value); });
    return type == "object"    ? value.is_object()
           : type == "array"   ? value.is_array()
           : type == "string"  ? value.is_string()
           : type == "integer" ? value.is_number_integer()
           : type == "boolean" ? value.is_boolean()
           : type == "null"    ? value.is_null()
                               : false;
  }

  const Json& document_;
};

}  // namespace cairn::platform::testing
