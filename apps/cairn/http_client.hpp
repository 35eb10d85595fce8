#pragma once
/// A small client of HTTP/1.1 for commands that speak to a server of Cairn. It blocks, and has a
/// connection for each request.

#include <cairn/base/result.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cli {

/// "http://HOST[:PORT][/PATH]". There is no TLS: a server of ours is behind a proxy then.
struct HttpUrl {
  std::string host;
  uint16_t port = 80;
  std::string path;  ///< without a slash at its end; empty for none

  /// Error `usage`.
  static Result<HttpUrl> parse(std::string_view text);
  std::string to_string() const;
};

struct HttpField {
  std::string name, value;
};

/// How long somebody waits.
struct Patience {
  /// For all of it: to look the host up, to connect, to send, and for the answer to its last byte.
  uint64_t timeout_ms = 60'000;
  bool ends_at_signal = false;  ///< by an error
};

struct HttpQuestion {
  std::string method = "GET";
  std::string path;  ///< behind that of the server, already encoded: "/v1/actors?limit=1"
  std::vector<HttpField> fields = {};
  std::string_view body = {};
  Patience patience = {};
  bool is_stream = false;  ///< of a success the head alone has to come in time
  /// Of an answer that is kept as a whole.
  size_t answer_bytes_max = size_t{64} << 20;
};

struct HttpAnswer {
  int status = 0;
  std::vector<HttpField> fields = {};
  std::string body = {};

  /// The first value of that name, in any case; empty: there is none.
  std::string_view field(std::string_view name) const;
  std::string_view media_type() const;  ///< without parameters
};

/// Given parts of a body as they come; false: that is enough. What comes with a status that is no
/// success is not given to it, but kept.
using HttpParts = std::function<bool(std::string_view part)>;

/// Errors are `io` with what the system says, `malformed`, or `limit`: the answer is too large.
Result<HttpAnswer> http_ask(const HttpUrl& server, const HttpQuestion& question,
                            const HttpParts& parts = nullptr);

/// A name as a segment of a path: what is not plain is %-encoded.
std::string path_segment(std::string_view text);

}  // namespace cairn::cli
