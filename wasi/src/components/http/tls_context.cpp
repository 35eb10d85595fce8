#include "components/http/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <cairn/wasi/sandbox/address.hpp>

namespace cairn::wasi {
namespace {

std::unexpected<Error> refuse(std::string what) {
  const std::string reason = tls_reason();
  if (!reason.empty()) what += ": " + reason;
  return fail(ErrorKind::malformed, std::move(what));
}

TlsPtr<BIO> reader_of(std::string_view text) {
  return TlsPtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Without the configuration file of the system's library: what is trusted is handed in.
Result<TlsPtr<SSL_CTX>> make_context(const SSL_METHOD* method) {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
  TlsPtr<SSL_CTX> context(SSL_CTX_new(method));
  if (!context) return refuse("TLS cannot be set up");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // Connections are not resumed: of one guest's nothing is kept for another's, and no key of
  // tickets opens what was said months before. Those of TLS 1.3 have a number of their own.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  return context;
}

/// Calls `each` with the certificates of a text. A password is never asked for.
template <class Each>
Result<size_t> for_each_certificate(std::string_view pem, Each each) {
  const TlsPtr<BIO> reader = reader_of(pem);
  size_t count = 0;
  for (;; ++count) {
    char nothing[] = "";
    TlsPtr<X509> certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nothing));
    if (!certificate) break;
    if (!each(std::move(certificate))) return refuse("a certificate cannot be used");
  }
  const unsigned long last = ERR_peek_last_error();
  if (last != 0 && ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
    return refuse("a certificate is malformed");
  ERR_clear_error();
  return count;
}

}  // namespace

std::string tls_reason() {
  std::string reason;
  while (const unsigned long error = ERR_get_error())
    if (const char* const text = ERR_reason_error_string(error)) reason = text;
  return reason;
}

Result<> TlsContext::State::prepare() {
  const std::scoped_lock lock(mutex_);
  if (failed) return std::unexpected(*failed);
  if (context) return {};
  const auto make = [this]() -> Result<TlsPtr<SSL_CTX>> {
    const std::string pem = TRY(roots());
    TlsPtr<SSL_CTX> made = TRY(make_context(TLS_client_method()));
    X509_STORE* const store = SSL_CTX_get_cert_store(made.get());
    // One that is there twice does no harm.
    const size_t count = TRY(for_each_certificate(
        pem, [store](TlsPtr<X509> root) { return X509_STORE_add_cert(store, root.get()) == 1; }));
    if (count == 0) return fail(ErrorKind::malformed, "there are no certificates to trust");
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    return made;
  };
  Result<TlsPtr<SSL_CTX>> made = make();
  if (!made) {
    failed = made.error();
    return std::unexpected(*failed);
  }
  context = *std::move(made);
  return {};
}

Result<TlsPtr<SSL>> TlsContext::State::session(const std::string& host) {
  TRY(prepare());
  TlsPtr<SSL> session(SSL_new(context.get()));
  if (!session) return refuse("no TLS session");
  if (clock == nullptr) {
    SSL_set_accept_state(session.get());
    return session;
  }
  SSL_set_connect_state(session.get());
  X509_VERIFY_PARAM* const param = SSL_get0_param(session.get());
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(clock->realtime_ns() / 1'000'000'000));
  // A subject's common name is no host's (RFC 9110, 4.3.4).
  X509_VERIFY_PARAM_set_hostflags(
      param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  std::string_view bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  bool fits = false;
  if (const auto address = IpAddress::parse(bare)) {
    const size_t size = address->family == IpFamily::v4 ? 4 : 16;
    fits = X509_VERIFY_PARAM_set1_ip(param, address->bytes.data(), size) == 1;
  } else {
    if (bare.ends_with('.')) bare.remove_suffix(1);
    const std::string name(bare);
    fits = !name.empty() && X509_VERIFY_PARAM_set1_host(param, name.data(), name.size()) == 1 &&
           SSL_set_tlsext_host_name(session.get(), name.c_str()) == 1;
  }
  constexpr unsigned char protocols[] = "\x08http/1.1";
  fits = fits && SSL_set_alpn_protos(session.get(), protocols, sizeof(protocols) - 1) == 0;
  if (!fits) return refuse("no TLS session for that host");
  return session;
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

std::unique_ptr<TlsContext> TlsContext::client(Roots roots, Clock& clock) {
  auto state = std::make_unique<State>();
  state->roots = std::move(roots);
  state->clock = &clock;
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state)));
}

Result<std::unique_ptr<TlsContext>> TlsContext::server(std::string_view chain,
                                                       std::string_view key) {
  auto state = std::make_unique<State>();
  state->context = TRY(make_context(TLS_server_method()));
  SSL_CTX* const context = state->context.get();
  bool is_first = true;
  const size_t count = TRY(for_each_certificate(chain, [&](TlsPtr<X509> certificate) {
    if (std::exchange(is_first, false))
      return SSL_CTX_use_certificate(context, certificate.get()) == 1;
    return SSL_CTX_add1_chain_cert(context, certificate.get()) == 1;
  }));
  if (count == 0) return fail(ErrorKind::malformed, "there is no certificate");
  char nothing[] = "";
  const TlsPtr<BIO> reader = reader_of(key);
  const TlsPtr<EVP_PKEY> own(PEM_read_bio_PrivateKey(reader.get(), nullptr, nullptr, nothing));
  if (!own) return refuse("there is no private key");
  if (SSL_CTX_use_PrivateKey(context, own.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return refuse("the private key is not the certificate's");
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state)));
}

}  // namespace cairn::wasi
