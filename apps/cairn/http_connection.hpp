#pragma once
/// A connection to a server of HTTP, with one moment at which all that is done by it is to be over.

#include <cairn/base/clock.hpp>
#include <cairn/wasi/sandbox/network.hpp>

#include "http_client.hpp"

namespace cairn::cli {

class HttpConnection {
 public:
  /// The time runs from now on. Both outlive the connection.
  HttpConnection(const HttpUrl& to, const Patience& patience);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Errors are `io`.

  /// Looks the host up and connects, which has `connect_ms_max` of the time.
  Result<> open();
  /// Who does not want the rest may have answered already: that is no error.
  Result<> send(std::string_view bytes);
  /// Adds what comes next. False: there is nothing more.
  Result<bool> receive(std::string& to);
  /// From now on it may take for ever.
  void drop_deadline() { deadline_ns_ = UINT64_MAX; }

 private:
  Result<> connect(const wasi::IpAddress& ip, uint64_t until_ns);
  /// Until something can be read or written.
  Result<> await(short events, uint64_t until_ns);
  void close();
  std::unexpected<Error> error(std::string_view what) const;

  const HttpUrl& to_;
  const Patience& patience_;
  RealClock clock_;
  uint64_t deadline_ns_;
  int fd_ = -1;
};

}  // namespace cairn::cli
