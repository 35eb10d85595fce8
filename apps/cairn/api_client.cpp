#include "api_client.hpp"

#include <fmt/format.h>

namespace cairn::cli {
namespace {

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
    case 403: return ErrorKind::denied;
    case 404: return ErrorKind::not_found;
    case 400:
    case 409:
    case 415: return ErrorKind::usage;
    case 413:
    case 429: return ErrorKind::limit;
    default: return ErrorKind::invalid;
  }
}

/// "Unprocessable Content: overdrawn: the balance would be below zero (422)"
Error problem_of(const HttpAnswer& answer) {
  std::string text;
  const std::string_view elsewhere = answer.field("location");
  if (answer.status < 400 && !elsewhere.empty()) {
    text = fmt::format("this is a redirect to '{}', which is not followed", elsewhere);
  } else if (answer.media_type() == "application/problem+json") {
    const Json problem = Json::parse(answer.body, nullptr, false);
    text = text_in(problem, "title");
    const std::string detail = text_in(problem, "detail");
    if (!detail.empty()) text += (text.empty() ? "" : ": ") + detail;
    if (const uint64_t record = number_in(problem, "sequence"))
      text += fmt::format("; it is record {} of the chain", record);
  }
  if (text.empty()) text = answer.body.empty() ? "no reason was given" : answer.body;
  return {.kind = kind_of(answer.status), .message = fmt::format("{} ({})", text, answer.status)};
}

}  // namespace

Result<HttpAnswer> ApiClient::ask(const HttpQuestion& question, const HttpParts& parts) const {
  HttpAnswer answer = TRY(http_ask(server_, question, parts));
  if (answer.status >= 200 && answer.status < 300) return answer;
  return std::unexpected(problem_of(answer));
}

Result<Json> ApiClient::get(const std::string& path) const {
  const HttpAnswer answer = TRY(ask({.path = path, .patience = patience_}));
  return parse_json(answer.body, path);
}

Result<Json> ApiClient::post(const std::string& path, const Json& body) const {
  const std::string text = to_text(body);
  const HttpAnswer answer = TRY(ask({.method = "POST",
                                     .path = path,
                                     .fields = {{"Content-Type", "application/json"}},
                                     .body = text,
                                     .patience = long_patience}));
  if (answer.body.empty()) return Json();
  return parse_json(answer.body, path);
}

std::unexpected<Error> no_answer_of_ours(std::string_view expected) {
  return fail(ErrorKind::malformed,
              fmt::format("this is no answer of `cairn serve`: expected {}", expected));
}

std::string to_text(const Json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json document_of(const Error& error) {
  Json document = {{"good", false}, {"kind", to_string(error.kind)}, {"message", error.message}};
  if (!error.path.empty()) document["path"] = error.path;
  if (error.offset) document["offset"] = *error.offset;
  if (error.at) {
    document["line"] = error.at->line;
    document["column"] = error.at->column;
  }
  return document;
}

Result<Json> parse_json(std::string_view text, std::string_view what) {
  Json parsed = Json::parse(text, nullptr, false);
  if (!parsed.is_discarded()) return parsed;
  return fail(ErrorKind::malformed, fmt::format("{}: this is no JSON", what));
}

std::string actor_path(std::string_view name) { return "/v1/actors/" + path_segment(name); }

const Json& part_of(const Json& from, std::string_view key) {
  static const Json none;
  if (!from.is_object()) return none;
  const auto found = from.find(key);
  return found == from.end() ? none : *found;
}

std::string text_in(const Json& from, std::string_view key) {
  const Json& part = part_of(from, key);
  return part.is_string() ? part.get<std::string>() : "";
}

uint64_t number_in(const Json& from, std::string_view key) {
  const Json& part = part_of(from, key);
  return part.is_number_unsigned() || (part.is_number_integer() && part.get<int64_t>() >= 0)
             ? part.get<uint64_t>()
             : 0;
}

}  // namespace cairn::cli
