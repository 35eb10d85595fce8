#pragma once
/// Signed notes (C2SP signed-note): a text that people can read, and below it lines of signatures,
/// of the author and of whoever else vouches for it.

#include <cairn/base/result.hpp>
#include <cairn/crypto/ed25519.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::chain {

inline constexpr size_t note_bytes_max = 1 << 20;
inline constexpr size_t note_signatures_max = 64;
/// So many cosignatures fit behind that of the log.
inline constexpr size_t witnesses_max = note_signatures_max - 1;

enum class SignatureType : uint8_t {
  ed25519 = 0x01,      ///< of the text
  cosignature = 0x04,  ///< of the text and a time (C2SP tlog-cosignature, v1)
};

/// Whom a signature can be checked against; as text a "vkey", NAME+KEYID+KEY.
struct Verifier {
  std::string name;
  SignatureType type = SignatureType::ed25519;
  crypto::Ed25519Public key = {};

  /// Error `malformed`, also when the key id is not that of the name and key.
  static Result<Verifier> parse(std::string_view vkey);
  std::string to_string() const;
  /// The first four bytes of SHA-256(name, newline, type, key).
  uint32_t key_id() const;
};

/// A name that keys may have: not empty, UTF-8, without white space and '+'.
Result<> check_key_name(std::string_view name);

struct NoteSignature {
  std::string name;
  uint32_t key_id = 0;
  Bytes signature;
};

struct Note {
  std::string text;  ///< ends with a newline
  std::vector<NoteSignature> signatures = {};

  /// Error `malformed` with the line.
  static Result<Note> parse(std::string_view bytes);
  std::string to_string() const;

  /// Errors `usage`: a text that no note can have, a name that no key can have.
  Result<> sign(std::string_view name, const crypto::Ed25519Key& key);
  /// A witness's, as of `time_s` (seconds since 1970).
  Result<> cosign(std::string_view name, const crypto::Ed25519Key& key, uint64_t time_s);

  /// Error `denied` when there is no good signature by that key, or a bad one. For cosignatures
  /// the time, else 0.
  Result<uint64_t> verify(const Verifier& verifier) const;
};

}  // namespace cairn::chain
