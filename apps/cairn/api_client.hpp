#pragma once
/// What `cairn actor`, `cairn top` and `cairn verify` ask a server of ours (docs/serve.md).

#include <nlohmann/json.hpp>
#include <string>

#include "http_client.hpp"

namespace cairn::cli {

using Json = nlohmann::ordered_json;

/// For what may compile a component, or read a chain from its beginning.
inline constexpr Patience long_patience = {.timeout_ms = 600'000};
/// What a message, a reply or a state has at most, whatever the manifest says.
inline constexpr size_t payload_bytes_max = (size_t{1} << 30) + (size_t{1} << 20);

/// Whatever answered, it is not `cairn serve`.
std::unexpected<Error> no_answer_of_ours(std::string_view expected);

class ApiClient {
 public:
  /// `patience` is that of `get`.
  explicit ApiClient(HttpUrl server, Patience patience = {})
      : server_(std::move(server)), patience_(patience) {}

  /// An answer that is no success is an error: `not_found`, `denied`, `usage`, `limit` or
  /// `invalid`, with what the problem says (RFC 9457).
  Result<HttpAnswer> ask(const HttpQuestion& question, const HttpParts& parts = nullptr) const;
  Result<Json> get(const std::string& path) const;
  /// A POST of a document; what comes back may be nothing.
  Result<Json> post(const std::string& path, const Json& body) const;

  const HttpUrl& server() const { return server_; }

 private:
  HttpUrl server_;
  Patience patience_;
};

/// As one line, or with `indent` as several. What is not UTF-8 is replaced.
std::string to_text(const Json& document, int indent = -1);
/// {"good": false, "kind": …, "message": …}, and where it is.
Json document_of(const Error& error);
/// An error of a text that is no JSON names what it was.
Result<Json> parse_json(std::string_view text, std::string_view what);

/// "/v1/actors/NAME".
std::string actor_path(std::string_view name);

// Members that may be missing, or of another type.

std::string text_in(const Json& from, std::string_view key);
uint64_t number_in(const Json& from, std::string_view key);
const Json& part_of(const Json& from, std::string_view key);  ///< null: there is none

}  // namespace cairn::cli
