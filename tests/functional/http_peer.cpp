#include "http_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace cairn::functional {
namespace {

constexpr int patience_ms = 20'000;

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b,
                            [](char x, char y) { return std::tolower(x) == std::tolower(y); });
}

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return std::tolower(c); });
  return made;
}

sockaddr_in local(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int listening(uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = local(0);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 128) != 0) return -1;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
}

size_t hex(std::string_view text) {
  size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

/// What a connection brings, by lines and counts.
class Incoming {
 public:
  explicit Incoming(int fd) : fd_(fd) {}
  std::string line() {
    size_t end;
    while ((end = buffer_.find("\r\n")) == std::string::npos)
      if (!fill()) return "";
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return text;
  }
  std::string bytes(size_t count) {
    while (buffer_.size() < count && fill()) {
    }
    std::string text = buffer_.substr(0, count);
    buffer_.erase(0, text.size());
    return text;
  }
  bool fill() {
    std::array<char, 4096> buffer;
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    buffer_.append(buffer.data(), static_cast<size_t>(got));
    return true;
  }

 private:
  int fd_;
  std::string buffer_;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs read_fields(Incoming& in) {
  Pairs fields;
  for (std::string line = in.line(); !line.empty(); line = in.line()) {
    const size_t colon = line.find(':');
    const size_t value = line.find_first_not_of(" \t", colon + 1);
    fields.emplace_back(lower(line.substr(0, colon)),
                        value == std::string::npos ? "" : line.substr(value));
  }
  return fields;
}

std::string value_of(const Pairs& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Pairs::value_type::first);
  return found == fields.end() ? "" : found->second;
}

std::string field_text(std::string_view name, std::string_view value) {
  return std::string(name) + ": " + std::string(value) + "\r\n";
}

/// A request as the specification's server sees it.
struct Request {
  std::string method, path, body;
  Pairs fields, trailers;
};

Request read_request(int fd) {
  Incoming in(fd);
  Request request;
  const std::string line = in.line();
  const size_t first = line.find(' '), second = line.rfind(' ');
  if (first == std::string::npos || second <= first) return request;
  request.method = line.substr(0, first);
  request.path = line.substr(first + 1, second - first - 1);
  request.fields = read_fields(in);
  if (lower(value_of(request.fields, "transfer-encoding")) == "chunked") {
    for (size_t size = hex(in.line()); size > 0; size = hex(in.line())) {
      request.body += in.bytes(size);
      in.bytes(2);
    }
    request.trailers = read_fields(in);
  } else if (const std::string length = value_of(request.fields, "content-length");
             !length.empty()) {
    request.body = in.bytes(std::stoul(length));
  }
  return request;
}

std::string plain_reply(const Request& request, int status, const Pairs& fields,
                        std::string_view body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " -\r\n";
  for (const auto& [name, value] : fields) text += field_text(name, value);
  text += field_text("Content-Length", std::to_string(body.size()));
  text += "Connection: close\r\n\r\n";
  if (request.method != "HEAD") text += body;
  return text;
}

std::string chunked_reply(int status, const Pairs& fields, const nlohmann::json& response) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " -\r\n";
  for (const auto& [name, value] : fields) text += field_text(name, value);
  text += "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  for (const std::string chunk : response["chunks"]) {
    std::array<char, 16> size;
    const auto [end, status_of] =
        std::to_chars(size.data(), size.data() + size.size(), chunk.size(), 16);
    text += std::string(size.data(), end) + "\r\n" + chunk + "\r\n";
  }
  text += "0\r\n";
  for (const auto& [name, value] : response.value("trailers", nlohmann::json::object()).items())
    text += field_text(name, value.get<std::string>());
  return text + "\r\n";
}

std::string echoed_fields(const Request& request) {
  Pairs fields = {{"x-request-method", request.method}, {"x-request-path", request.path}};
  for (const auto& [name, value] : request.fields) fields.emplace_back("x-echo-" + name, value);
  for (const auto& [name, value] : request.trailers)
    fields.emplace_back("x-trailer-" + name, value);
  return plain_reply(request, 200, fields, "");
}

}  // namespace

// ---- The client -------------------------------------------------------------------------------

std::string HttpReply::field(std::string_view name) const {
  for (const auto& [own, value] : fields)
    if (same_name(own, name)) return value;
  return "";
}

HttpClient::HttpClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in to = local(port);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) ended_ = true;
}

HttpClient::~HttpClient() {
  if (fd_ >= 0) close(fd_);
}

void HttpClient::send(std::string_view bytes) const { send_all(fd_, bytes); }

bool HttpClient::fill() {
  if (ended_) return false;
  pollfd item{fd_, POLLIN, 0};
  std::array<char, 65'536> buffer;
  const ssize_t got =
      poll(&item, 1, patience_ms) > 0 ? recv(fd_, buffer.data(), buffer.size(), 0) : -1;
  ended_ = got <= 0;
  if (!ended_) buffer_.append(buffer.data(), static_cast<size_t>(got));
  return !ended_;
}

bool HttpClient::await(std::string_view part) {
  while (!buffer_.contains(part))
    if (!fill()) return false;
  return true;
}

std::optional<std::string> HttpClient::read_line() {
  if (!await("\n")) return std::nullopt;
  const size_t end = buffer_.find('\n');
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

bool HttpClient::has_come() const {
  pollfd item{fd_, POLLIN, 0};
  return !buffer_.empty() || poll(&item, 1, 0) > 0;
}

std::string HttpClient::take(size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  std::string text = buffer_.substr(0, count);
  buffer_.erase(0, text.size());
  return text;
}

std::string HttpClient::take_line() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos)
    if (!fill()) return "";
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return text;
}

HttpReply HttpClient::receive(bool to_head) {
  HttpReply reply;
  do {
    reply = {};
    const std::string line = take_line();
    if (line.size() < 12) return reply;
    reply.status = std::stoi(line.substr(9, 3));
    for (std::string field = take_line(); !field.empty(); field = take_line()) {
      const size_t colon = field.find(": ");
      if (colon == std::string::npos) return reply;
      reply.fields.emplace_back(field.substr(0, colon), field.substr(colon + 2));
    }
  } while (reply.status < 200);
  if (to_head || reply.status == 204 || reply.status == 304) {
    reply.whole = true;
  } else if (same_name(reply.field("transfer-encoding"), "chunked")) {
    for (;;) {
      const std::string line = take_line();
      if (line.empty()) return reply;
      const size_t size = hex(line);
      if (size == 0) break;
      const std::string chunk = take(size);
      reply.body += chunk;
      if (chunk.size() != size || take(2) != "\r\n") return reply;
    }
    for (std::string field = take_line(); !field.empty(); field = take_line()) {
      const size_t colon = field.find(": ");
      reply.fields.emplace_back("trailer-" + field.substr(0, colon), field.substr(colon + 2));
    }
    reply.whole = true;
  } else if (const std::string length = reply.field("content-length"); !length.empty()) {
    reply.body = take(std::stoul(length));
    reply.whole = reply.body.size() == std::stoul(length);
  } else {
    while (fill()) {
    }
    reply.body = std::exchange(buffer_, "");
    reply.whole = true;
  }
  return reply;
}

HttpReply HttpClient::ask(std::string_view method, std::string_view path, std::string_view body,
                          std::string_view fields) {
  std::string text =
      std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
  text += fields;
  if (!body.empty() || method == "POST")
    text += field_text("Content-Length", std::to_string(body.size()));
  send(text + "\r\n" + std::string(body));
  return receive(method == "HEAD");
}

bool HttpClient::is_closed() {
  while (fill()) {
  }
  return ended_;
}

void HttpClient::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(std::exchange(fd_, -1));
  ended_ = true;
}

uint16_t port_in(std::string_view line) {
  const size_t colon = line.rfind(':');
  uint16_t port = 0;
  if (colon != std::string_view::npos)
    std::from_chars(line.data() + colon + 1, line.data() + line.size(), port);
  return port;
}

// ---- The server -------------------------------------------------------------------------------

HttpEndpoints::HttpEndpoints(const nlohmann::json& endpoints) : listener_(listening(port_)) {
  for (const auto& endpoint : endpoints)
    routes_[{endpoint.at("method"), endpoint.at("path")}] = endpoint;
  thread_ = std::thread([this] { serve(); });
}

HttpEndpoints::~HttpEndpoints() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
  for (std::thread& connection : connections_) connection.join();
}

void HttpEndpoints::serve() {
  while (!stopping_) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    timeval patience{.tv_sec = patience_ms / 1000, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const std::scoped_lock lock(mutex_);
    connections_.emplace_back([this, fd] {
      answer(fd);
      close(fd);
    });
  }
}

void HttpEndpoints::never_end(int fd, const nlohmann::json& endpoint) const {
  send_all(fd, endpoint.value("start", ""));
  const std::string part = endpoint.value("part", "");
  const int pause_ms = endpoint.value("pause_ms", 0);
  // What comes is its end: it has said all that it will.
  for (pollfd item{fd, POLLIN, 0}; !stopping_ && poll(&item, 1, pause_ms) == 0;) send_all(fd, part);
}

void HttpEndpoints::answer(int fd) {
  const Request request = read_request(fd);
  if (request.method.empty()) return;
  const auto found = routes_.find({request.method, request.path});
  if (found == routes_.end()) return send_all(fd, plain_reply(request, 404, {}, ""));
  const std::string mode = found->second.value("mode", "");
  if (mode == "echo-body") return send_all(fd, plain_reply(request, 200, {}, request.body));
  if (mode == "echo-headers") return send_all(fd, echoed_fields(request));
  if (mode == "endless") return never_end(fd, found->second);
  const auto& response = found->second.at("response");
  Pairs fields;
  for (const auto& [name, value] : response.value("headers", nlohmann::json::object()).items())
    fields.emplace_back(name, value.get<std::string>());
  const int status = response.value("status", 200);
  send_all(fd, response.contains("chunks")
                   ? chunked_reply(status, fields, response)
                   : plain_reply(request, status, fields, response.value("body", "")));
}

std::string closed_address() {
  uint16_t port = 0;
  close(listening(port));
  return "127.0.0.1:" + std::to_string(port);
}

}  // namespace cairn::functional
