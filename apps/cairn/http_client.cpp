#include "http_client.hpp"

#include <fmt/format.h>

// As in wasi/src/components/http/message_parser.cpp: an assertion of 1.74 does not hold for good
// messages.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <charconv>

#include "http_connection.hpp"

namespace cairn::cli {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr uint32_t head_bytes_max = 64 << 10;
/// Of an answer that is no success.
constexpr size_t problem_bytes_max = size_t{1} << 20;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

/// Takes a response apart.
class ResponseParser final : public beast::basic_parser<false> {
 public:
  ResponseParser(HttpAnswer& answer, const HttpParts& parts, size_t body_bytes_max)
      : answer_(answer), parts_(parts), success_bytes_max_(body_bytes_max) {
    header_limit(head_bytes_max);
    body_limit(UINT64_MAX);
    eager(true);
  }
  /// Somebody has had enough of the body.
  bool is_stopped() const { return stopped_; }
  bool is_too_large() const { return is_too_large_; }
  /// A success, whose body is given to somebody as it comes.
  bool is_given_away() const { return parts_ && is_header_done() && is_success(); }
  size_t body_bytes_max() const {
    return is_success() ? success_bytes_max_ : std::min(success_bytes_max_, problem_bytes_max);
  }

 private:
  bool is_success() const { return answer_.status >= 200 && answer_.status < 300; }

  void on_request_impl(beast::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override {
    answer_.status = status;
  }
  void on_field_impl(beast::field, string_view name, string_view value, error_code&) override {
    answer_.fields.push_back({std::string(view(name)), std::string(view(value))});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(string_view bytes, error_code& code) override {
    if (parts_ && is_success()) {
      stopped_ = stopped_ || !parts_(view(bytes));
    } else if (answer_.body.size() + bytes.size() > body_bytes_max()) {
      is_too_large_ = true;
      code = beast::error::body_limit;
    } else {
      answer_.body += view(bytes);
    }
    return bytes.size();
  }
  void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code& code) override {
    return on_body_impl(bytes, code);
  }
  void on_finish_impl(error_code&) override {}

  HttpAnswer& answer_;
  const HttpParts& parts_;
  size_t success_bytes_max_;
  bool stopped_ = false, is_too_large_ = false;
};

/// An answer as it comes.
class Receiver {
 public:
  Receiver(HttpConnection& connection, const HttpUrl& from, const HttpQuestion& question)
      : connection_(connection), from_(from), question_(question) {}

  Result<HttpAnswer> receive(const HttpParts& parts) {
    HttpAnswer answer;
    for (;;) {
      ResponseParser parser(answer, parts, question_.answer_bytes_max);
      TRY(receive(parser));
      // "100 Continue" and the like stand before the response.
      if (answer.status >= 200) return answer;
      answer = {};
    }
  }

 private:
  Result<> receive(ResponseParser& parser) {
    while (!parser.is_done() && !parser.is_stopped()) {
      if (!buffer_.empty()) {
        const size_t used = TRY(put(parser));
        if (parser.is_done() || parser.is_stopped()) return {};
        if (used != 0 && !buffer_.empty()) continue;
        // Beast knows no limit for the line before a chunk.
        if (buffer_.size() > 2 * size_t{head_bytes_max}) return bad("a line is too long");
      }
      if (TRY(connection_.receive(buffer_))) continue;
      if (!parser.got_some())
        return fail(ErrorKind::io,
                    fmt::format("{}: the server closed the connection", from_.to_string()));
      error_code code;
      parser.put_eof(code);
      if (code) return bad(code.message());
    }
    return {};
  }

  Result<size_t> put(ResponseParser& parser) {
    error_code code;
    const boost::asio::const_buffer bytes(buffer_.data(), buffer_.size());
    const size_t used = parser.put(bytes, code);
    buffer_.erase(0, used);
    if (parser.is_too_large()) {
      return fail(ErrorKind::limit, fmt::format("{}: the answer has more than {} MiB",
                                                from_.to_string(), parser.body_bytes_max() >> 20));
    }
    if (code && code != beast::error::need_more) return bad(code.message());
    if (question_.is_stream && parser.is_given_away()) connection_.drop_deadline();
    return used;
  }

  std::unexpected<Error> bad(std::string_view why) const {
    return fail(ErrorKind::malformed,
                fmt::format("{}: this is no whole answer: {}", from_.to_string(), why));
  }

  HttpConnection& connection_;
  const HttpUrl& from_;
  const HttpQuestion& question_;
  std::string buffer_;
};

bool is_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._:").contains(c);
  });
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  const auto wrong = [&] {
    return fail(ErrorKind::usage, fmt::format("'{}' is not like http://127.0.0.1:8080", text));
  };
  if (!text.starts_with(scheme)) return wrong();
  std::string_view rest = text.substr(scheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  HttpUrl url;
  url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  if (url.path.find_first_of(" ?#\r\n") != std::string::npos) return wrong();
  rest = rest.substr(0, slash);
  const size_t bracket = rest.rfind(']');
  const size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const std::string_view port = rest.substr(colon + 1);
    const char* const end = port.data() + port.size();
    const auto [stop, status] = std::from_chars(port.data(), end, url.port);
    if (status != std::errc{} || stop != end || url.port == 0) return wrong();
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (!is_name(rest)) return wrong();
  url.host = rest;
  return url;
}

std::string HttpUrl::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port, path);
}

std::string_view HttpAnswer::field(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const HttpField& field) { return same_name(field.name, name); });
  return found == fields.end() ? std::string_view() : found->value;
}

std::string_view HttpAnswer::media_type() const {
  std::string_view type = field("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

Result<HttpAnswer> http_ask(const HttpUrl& server, const HttpQuestion& question,
                            const HttpParts& parts) {
  HttpConnection connection(server, question.patience);
  TRY(connection.open());
  const bool is_v6 = server.host.find(':') != std::string::npos;
  std::string head = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}{}{}:{}\r\nConnection: close\r\n",
                                 question.method, server.path, question.path, is_v6 ? "[" : "",
                                 server.host, is_v6 ? "]" : "", server.port);
  for (const HttpField& field : question.fields)
    head += fmt::format("{}: {}\r\n", field.name, field.value);
  if (!question.body.empty() || question.method == "POST" || question.method == "PUT")
    head += fmt::format("Content-Length: {}\r\n", question.body.size());
  TRY(connection.send(head += "\r\n"));
  TRY(connection.send(question.body));
  return Receiver(connection, server, question).receive(parts);
}

std::string path_segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~").contains(c);
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
  return out;
}

}  // namespace cairn::cli
