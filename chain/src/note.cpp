#include <fmt/format.h>
#include <cairn/base/utf8.hpp>
#include <cairn/chain/note.hpp>
#include <cairn/crypto/base64.hpp>
#include <cairn/crypto/sha256.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace cairn::chain {

namespace {

constexpr std::string_view em_dash = "\xe2\x80\x94";

uint32_t key_id_of(std::string_view name, SignatureType type, const crypto::Ed25519Public& key) {
  const std::array<uint8_t, 2> separator = {'\n', static_cast<uint8_t>(type)};
  const crypto::Sha256 digest = crypto::sha256({as_bytes(name), separator, key});
  return uint32_t{digest[0]} << 24 | uint32_t{digest[1]} << 16 | uint32_t{digest[2]} << 8 |
         digest[3];
}

/// What a cosignature signs.
std::string cosigned(std::string_view text, uint64_t time_s) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time_s, text);
}

Result<> check_text(std::string_view text) {
  if (text.empty() || text.back() != '\n') {
    return fail(ErrorKind::usage, "the text of a note ends with a newline");
  }
  if (!is_utf8(as_bytes(text)) || std::ranges::any_of(text, [](char c) {
        return static_cast<uint8_t>(c) < ' ' && c != '\n';
      })) {
    return fail(ErrorKind::usage, "the text of a note is UTF-8 without control characters");
  }
  return {};
}

Result<NoteSignature> parse_signature(std::string_view line, size_t number) {
  const auto bad = [&](const char* expected) {
    return fail(ErrorKind::malformed,
                fmt::format("signature {} of the note: expected {}", number, expected));
  };
  if (!line.starts_with(em_dash) || !line.substr(em_dash.size()).starts_with(' ')) {
    return bad("an em dash and a space");
  }
  line.remove_prefix(em_dash.size() + 1);
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !check_key_name(line.substr(0, space))) {
    return bad("the name of a key, then a space");
  }
  std::optional<Bytes> bytes = crypto::from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return bad("the key id and signature in base 64");
  const uint32_t id = uint32_t{(*bytes)[0]} << 24 | uint32_t{(*bytes)[1]} << 16 |
                      uint32_t{(*bytes)[2]} << 8 | (*bytes)[3];
  return NoteSignature{std::string(line.substr(0, space)), id,
                       Bytes(bytes->begin() + 4, bytes->end())};
}

}  // namespace

Result<> check_key_name(std::string_view name) {
  // Spaces of Unicode beyond ASCII: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029,
  // U+202F, U+205F, U+3000.
  static constexpr auto spaces = std::to_array<std::string_view>(
      {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
       "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87",
       "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
       "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"});
  const bool bad =
      name.empty() || !is_utf8(as_bytes(name)) ||
      std::ranges::any_of(name,
                          [](char c) { return static_cast<uint8_t>(c) <= ' ' || c == '+'; }) ||
      std::ranges::any_of(spaces, [&](std::string_view space) { return name.contains(space); });
  if (bad) {
    return fail(ErrorKind::usage, "the name of a key is not empty, UTF-8, without spaces and '+'");
  }
  return {};
}

uint32_t Verifier::key_id() const { return key_id_of(name, type, key); }

std::string Verifier::to_string() const {
  Bytes bytes = {static_cast<uint8_t>(type)};
  bytes.insert(bytes.end(), key.begin(), key.end());
  return fmt::format("{}+{:08x}+{}", name, key_id(), crypto::to_base64(bytes));
}

Result<Verifier> Verifier::parse(std::string_view vkey) {
  const auto bad = [](const char* what) {
    return fail(ErrorKind::malformed, fmt::format("verifier key: {}", what));
  };
  const size_t first = vkey.find('+');
  const size_t second = vkey.find('+', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return bad("expected NAME+KEYID+KEY");
  Verifier verifier = {.name = std::string(vkey.substr(0, first))};
  if (!check_key_name(verifier.name)) return bad("the name is not one that keys have");
  std::optional<Bytes> bytes = crypto::from_base64(vkey.substr(second + 1));
  if (!bytes || bytes->size() != 33 || ((*bytes)[0] != 0x01 && (*bytes)[0] != 0x04)) {
    return bad("expected an Ed25519 key of type 1 or 4 in base 64");
  }
  verifier.type = static_cast<SignatureType>((*bytes)[0]);
  std::copy(bytes->begin() + 1, bytes->end(), verifier.key.begin());
  if (vkey.substr(first + 1, second - first - 1) != fmt::format("{:08x}", verifier.key_id())) {
    return bad("the key id is not that of the name and key");
  }
  return verifier;
}

Result<Note> Note::parse(std::string_view bytes) {
  if (bytes.size() > note_bytes_max) {
    return fail(ErrorKind::malformed, fmt::format("a note has at most {} bytes", note_bytes_max));
  }
  const size_t split = bytes.rfind("\n\n");
  if (split == std::string_view::npos || bytes.back() != '\n') {
    return fail(ErrorKind::malformed, "a note is a text, an empty line, and lines of signatures");
  }
  Note note = {.text = std::string(bytes.substr(0, split + 1))};
  if (auto good = check_text(note.text); !good) {
    return fail(ErrorKind::malformed, std::move(good).error().message);
  }
  std::string_view lines = bytes.substr(split + 2);
  while (!lines.empty()) {
    if (note.signatures.size() == note_signatures_max) {
      return fail(ErrorKind::malformed,
                  fmt::format("a note has at most {} signatures", note_signatures_max));
    }
    const size_t end = lines.find('\n');
    note.signatures.push_back(
        TRY(parse_signature(lines.substr(0, end), note.signatures.size() + 1)));
    lines.remove_prefix(end + 1);
  }
  if (note.signatures.empty()) return fail(ErrorKind::malformed, "the note has no signature");
  return note;
}

std::string Note::to_string() const {
  std::string out = text + "\n";
  for (const NoteSignature& signature : signatures) {
    Bytes bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<uint8_t>(signature.key_id >> shift));
    }
    bytes.insert(bytes.end(), signature.signature.begin(), signature.signature.end());
    out += fmt::format("{} {} {}\n", em_dash, signature.name, crypto::to_base64(bytes));
  }
  return out;
}

Result<> Note::sign(std::string_view name, const crypto::Ed25519Key& key) {
  TRY(check_text(text));
  TRY(check_key_name(name));
  const crypto::Ed25519Signature signature = key.sign(as_bytes(text));
  signatures.push_back({std::string(name),
                        key_id_of(name, SignatureType::ed25519, key.public_key()),
                        Bytes(signature.begin(), signature.end())});
  return {};
}

Result<> Note::cosign(std::string_view name, const crypto::Ed25519Key& key, uint64_t time_s) {
  TRY(check_text(text));
  TRY(check_key_name(name));
  Bytes bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<uint8_t>(time_s >> shift));
  const crypto::Ed25519Signature signature = key.sign(as_bytes(cosigned(text, time_s)));
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  signatures.push_back({std::string(name),
                        key_id_of(name, SignatureType::cosignature, key.public_key()),
                        std::move(bytes)});
  return {};
}

Result<uint64_t> Note::verify(const Verifier& verifier) const {
  const uint32_t id = verifier.key_id();
  const size_t time_bytes = verifier.type == SignatureType::cosignature ? 8 : 0;
  std::optional<uint64_t> found;
  for (const NoteSignature& signature : signatures) {
    if (signature.key_id != id || signature.name != verifier.name) continue;
    const auto bad = [&] {
      return fail(ErrorKind::denied, fmt::format("the signature by {} is not good", verifier.name));
    };
    crypto::Ed25519Signature plain;
    if (signature.signature.size() != time_bytes + plain.size()) return bad();
    uint64_t time_s = 0;
    for (size_t at = 0; at < time_bytes; ++at) time_s = time_s << 8 | signature.signature[at];
    std::copy_n(signature.signature.begin() + static_cast<std::ptrdiff_t>(time_bytes), plain.size(),
                plain.begin());
    const std::string signed_text = time_bytes == 0 ? text : cosigned(text, time_s);
    if ((time_s >> 63) != 0 || !crypto::verify(verifier.key, as_bytes(signed_text), plain)) {
      return bad();
    }
    found = time_s;
  }
  if (!found) {
    return fail(ErrorKind::denied, fmt::format("the note is not signed by {}", verifier.name));
  }
  return *found;
}

}  // namespace cairn::chain
