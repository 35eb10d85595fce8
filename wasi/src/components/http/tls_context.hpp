#pragma once
/// The inside of `TlsContext`.

#include <openssl/ssl.h>
#include <cairn/wasi/tls.hpp>

#include <mutex>
#include <optional>

namespace cairn::wasi {

struct TlsDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using TlsPtr = std::unique_ptr<T, TlsDeleter>;

struct TlsContext::State {
  /// A session of a connection. With `host`, its other side has to be that: a name or an address.
  Result<TlsPtr<SSL>> session(const std::string& host);

  Roots roots;             ///< of a client that has not met anybody
  Clock* clock = nullptr;  ///< of a client
  TlsPtr<SSL_CTX> context;
  std::optional<Error> failed;  ///< why there is no context

 private:
  Result<> prepare();
  std::mutex mutex_;
};

/// Why a function of OpenSSL has failed.
std::string tls_reason();

}  // namespace cairn::wasi
