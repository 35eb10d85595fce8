#pragma once
/// For tests: an authority, and the certificates that it gives to servers.

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>

#include "components/http/tls_context.hpp"

namespace cairn::wasi {

class TestAuthority {
 public:
  TestAuthority() : key_(EVP_EC_gen("P-256")), certificate_(make("test authority", "", 0, 1)) {}

  std::string root() const { return pem(certificate_.get()); }
  struct Identity {
    std::string chain, key;
  };
  /// `names` as OpenSSL has them: "DNS:example.org,IP:10.0.0.1". Valid between two moments, seconds
  /// since 1970.
  Identity issue(const std::string& names, time_t from = 0, time_t until = 100'000'000) const {
    const TlsPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const TlsPtr<X509> certificate = make("server", names, from, 2, until, key.get());
    BIO* const out = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {pem(certificate.get()), text(out)};
  }

 private:
  TlsPtr<X509> make(const char* name, const std::string& names, time_t from, long serial,
                    time_t until = 100'000'000, EVP_PKEY* subject = nullptr) const {
    TlsPtr<X509> made(X509_new());
    X509* const x509 = made.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
    ASN1_TIME_set(X509_getm_notBefore(x509), from);
    ASN1_TIME_set(X509_getm_notAfter(x509), until);
    set_name(X509_get_subject_name(x509), name);
    set_name(X509_get_issuer_name(x509), "test authority");
    X509_set_pubkey(x509, subject ? subject : key_.get());
    if (subject)
      add(x509, NID_subject_alt_name, names.c_str());
    else
      add(x509, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(x509, key_.get(), EVP_sha256());
    return made;
  }
  static void set_name(X509_NAME* to, const char* name) {
    X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name),
                               -1, -1, 0);
  }
  static void add(X509* to, int what, const char* value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
    X509_add_ext(to, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static std::string pem(X509* certificate) {
    BIO* const out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, certificate);
    return text(out);
  }
  static std::string text(BIO* out) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string all(data, static_cast<size_t>(size));
    BIO_free(out);
    return all;
  }

  TlsPtr<EVP_PKEY> key_;
  TlsPtr<X509> certificate_;
};

}  // namespace cairn::wasi
