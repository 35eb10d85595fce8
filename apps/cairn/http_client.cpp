#include "http_client.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cairn/base/clock.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/files.hpp>
#include <cairn/base/random.hpp>
#include <cairn/wasi/sandbox/network.hpp>

// As in wasi/src/components/http/message_parser.cpp: an assertion of 1.74 does not hold for good
// messages.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace cairn::cli {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr uint32_t head_bytes_max = 64 << 10;
/// Of an answer that is kept as a whole.
constexpr size_t body_bytes_max = size_t{1} << 30;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

/// Takes a response apart.
class ResponseParser final : public beast::basic_parser<false> {
 public:
  ResponseParser(HttpAnswer& answer, const HttpParts& parts) : answer_(answer), parts_(parts) {
    header_limit(head_bytes_max);
    body_limit(UINT64_MAX);
    eager(true);
  }
  /// Somebody has had enough of the body.
  bool is_stopped() const { return stopped_; }

 private:
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
    if (parts_ && answer_.status >= 200 && answer_.status < 300) {
      stopped_ = stopped_ || !parts_(view(bytes));
    } else if (answer_.body.size() + bytes.size() > body_bytes_max) {
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
  bool stopped_ = false;
};

/// The command is linked statically, so the system's library cannot look names up.
Result<std::vector<wasi::IpAddress>> addresses_of(const std::string& host) {
  if (const auto address = wasi::IpAddress::parse(host)) return std::vector{*address};
  RealClock clock;
  RealFiles files;
  RealRandom random;
  const auto loop = make_event_loop(clock);
  const auto network = wasi::make_network(*loop, files, random);
  std::vector<wasi::IpAddress> addresses;
  bool done = false;
  const auto ticket = network->look_up(host, [&](const auto& found) {
    done = true;
    if (found) addresses = *found;
  });
  while (!done && TRY(loop->run_one())) {
  }
  if (addresses.empty()) return fail(ErrorKind::not_found, "there is no such host");
  return addresses;
}

struct SystemAddress {
  sockaddr_storage bytes = {};
  socklen_t size = 0;

  SystemAddress(const wasi::IpAddress& ip, uint16_t port) {
    const uint16_t wire_port = htons(port);
    if (ip.family == wasi::IpFamily::v4) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = wire_port;
      std::memcpy(&v4.sin_addr, ip.bytes.data(), sizeof v4.sin_addr);
      std::memcpy(&bytes, &v4, size = sizeof v4);
    } else {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = wire_port;
      std::memcpy(&v6.sin6_addr, ip.bytes.data(), sizeof v6.sin6_addr);
      std::memcpy(&bytes, &v6, size = sizeof v6);
    }
  }
};

class Connection {
 public:
  Connection(const HttpUrl& to, uint32_t wait_ms) : to_(to), wait_ms_(wait_ms) {}
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<> open() {
    const auto addresses = addresses_of(to_.host);
    if (!addresses) return io_error(addresses.error().message);
    int error = ECONNREFUSED;
    for (const wasi::IpAddress& ip : *addresses) {
      const SystemAddress address(ip, to_.port);
      fd_ = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const auto* const at = reinterpret_cast<const sockaddr*>(&address.bytes);
      if (fd_ >= 0) limit_waits();
      if (fd_ >= 0 && ::connect(fd_, at, address.size) == 0) return {};
      error = errno;
      if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    return io_error(std::strerror(error));
  }

  Result<> send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR && wait_ms_ == 0) continue;
      // Who does not want the rest may have answered already.
      if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
      if (put < 0) return io_error(std::strerror(errno));
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return {};
  }

  Result<HttpAnswer> receive(const HttpParts& parts) {
    HttpAnswer answer;
    for (;;) {
      ResponseParser parser(answer, parts);
      TRY(receive(parser));
      // "100 Continue" and the like stand before the response.
      if (answer.status >= 200) return answer;
      answer = {};
    }
  }

 private:
  Result<> receive(ResponseParser& parser) {
    while (!parser.is_done() && !parser.is_stopped()) {
      error_code code;
      if (!buffer_.empty()) {
        const boost::asio::const_buffer bytes(buffer_.data(), buffer_.size());
        const size_t used = parser.put(bytes, code);
        buffer_.erase(0, used);
        if (code && code != beast::error::need_more) return bad_answer(code);
        if (parser.is_done() || parser.is_stopped()) return {};
        if (used != 0 && !buffer_.empty()) continue;
      }
      if (TRY(fill())) continue;
      if (!parser.got_some()) return io_error("the server closed the connection");
      code = {};
      parser.put_eof(code);
      if (code) return bad_answer(code);
    }
    return {};
  }

  /// False: there is nothing more.
  Result<bool> fill() {
    std::array<char, 64 << 10> bytes;
    for (;;) {
      const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR && wait_ms_ == 0) continue;
      if (got < 0 && errno == EAGAIN) return io_error("the server does not answer");
      if (got < 0) return io_error(std::strerror(errno));
      buffer_.append(bytes.data(), static_cast<size_t>(got));
      return got != 0;
    }
  }

  void limit_waits() const {
    const timeval wait = {.tv_sec = wait_ms_ / 1000,
                          .tv_usec = static_cast<suseconds_t>(wait_ms_ % 1000) * 1000};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})  // the latter is for connecting, too
      ::setsockopt(fd_, SOL_SOCKET, option, &wait, sizeof wait);
  }

  std::unexpected<Error> io_error(std::string_view what) const {
    return fail(ErrorKind::io, fmt::format("{}: {}", to_.to_string(), what));
  }
  std::unexpected<Error> bad_answer(const error_code& code) const {
    return fail(ErrorKind::malformed,
                fmt::format("{}: this is no whole answer: {}", to_.to_string(), code.message()));
  }

  const HttpUrl& to_;
  uint32_t wait_ms_;
  int fd_ = -1;
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
  Connection connection(server, question.wait_ms);
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
  return connection.receive(parts);
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
