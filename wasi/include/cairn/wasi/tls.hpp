#pragma once
/// TLS (RFC 8446, and 5246 for older peers) for HTTP: who is trusted, and who one is.

#include <cairn/base/clock.hpp>
#include <cairn/base/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cairn::wasi {

/// What all connections of a client or of a server have in common. Threads may share it.
class TlsContext {
 public:
  /// Certificates as PEM. Asked for once, before the first connection: reading and understanding
  /// some hundred roots takes milliseconds.
  using Roots = std::function<Result<std::string>()>;
  /// For clients. A server has to show a certificate for its host's name, of an authority among the
  /// roots, that is valid by the clock, which outlives this.
  static std::unique_ptr<TlsContext> client(Roots roots, Clock& clock);
  /// For servers: a chain of certificates, its own first, and the private key, as PEM. Kind
  /// `malformed`.
  static Result<std::unique_ptr<TlsContext>> server(std::string_view chain, std::string_view key);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  struct State;
  State& state() { return *state_; }

 private:
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cairn::wasi
