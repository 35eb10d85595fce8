#pragma once
/// One link of a chain, as it is hashed, stored and proven. docs/chain.md says it byte by byte.
///
/// A record holds digests of contents, never the contents themselves. There is exactly one encoding
/// for each record: what `decode` accepts, `encode` writes again bit by bit.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/crypto/merkle.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::chain {

using Digest = crypto::Sha256;

inline constexpr uint8_t record_version = 1;
/// What one entry of a bundle of C2SP tlog-tiles can hold.
inline constexpr size_t record_bytes_max = 65'535;
/// Of a name, topic or media type.
inline constexpr size_t name_bytes_max = 4096;
/// Of a reason; the writer cuts longer ones.
inline constexpr size_t reason_bytes_max = 4096;

/// The numbers are those of the encoding.
enum class RecordKind : uint8_t {
  genesis = 0,
  init = 1,
  message = 2,
  rejection = 3,
  restart = 4,
  upgrade = 5,
  supervision = 6,
  snapshot = 7,
  fork = 8,
  stop = 9,
};
std::string_view to_string(RecordKind kind);

/// Why a transition was not made; the numbers are those of the encoding.
enum class RejectionCause : uint8_t { contract = 1, trap = 2, limit = 3, error = 4 };
std::string_view to_string(RejectionCause cause);

/// Some bytes, by size and SHA-256(0x02 || bytes). Nothing has no digest: all zeros.
struct Content {
  uint64_t size = 0;
  Digest digest = {};
  static Content of(ByteSpan bytes);
  bool operator==(const Content&) const = default;
};

/// A content and what it is.
struct TypedContent {
  std::string_view media_type = "application/octet-stream";
  Content content = {};
  bool operator==(const TypedContent&) const = default;
};

/// A list of things, encoded as one content (`encode_host_results`, `encode_effects`).
struct ContentList {
  uint64_t count = 0;  ///< 0: the content is empty
  Content content = {};
  bool operator==(const ContentList&) const = default;
};

/// Texts point into what was decoded, or into what the writer has.
struct Record {
  RecordKind kind = RecordKind::genesis;
  Digest chain = {};      ///< hash of the genesis; in a genesis, the id of the log
  Digest parent = {};     ///< hash of the record before; not in a genesis
  uint64_t sequence = 0;  ///< a genesis is 0
  uint64_t at_ns = 0;     ///< since 1970
  Digest module = {};     ///< SHA-256 of the component

  // Of a genesis.
  std::string_view name = {};
  Content manifest = {};
  uint64_t fuel_max = 0;  ///< limits; 0: none
  uint64_t memory_max = 0;
  uint64_t payload_max = 0;

  // Of all others.
  struct Input {
    uint8_t message_kind = 0;  ///< user, request, reply, failure, published, down, timer
    uint32_t message_tag = 0;
    std::string_view topic = {};
    TypedContent payload = {};
    bool operator==(const Input&) const = default;
  };
  std::optional<Input> input = {};
  /// Who sent it; of a fork, where the state comes from.
  struct Source {
    std::string_view name;
    uint64_t cause = 0;               ///< sequence number of its record; 0: not known
    std::optional<Digest> head = {};  ///< hash of that record, if this log has it
    bool operator==(const Source&) const = default;
  };
  std::optional<Source> source = {};
  std::optional<RejectionCause> rejection = {};
  TypedContent old_state = {};
  std::optional<TypedContent> new_state = {};  ///< none: it is the old one
  std::optional<TypedContent> reply = {};
  ContentList host_results = {};
  ContentList effects = {};
  uint64_t fuel_used = 0;
  std::string_view reason = {};

  const TypedContent& state() const { return new_state ? *new_state : old_state; }
  bool operator==(const Record&) const = default;

  /// Appends the encoding. Error `limit` when a text or the whole is too long.
  Result<> encode(Bytes& out) const;
  /// Error `malformed` with the offset. Texts point into `bytes`.
  static Result<Record> decode(ByteSpan bytes);
};

/// The contents of one record, in the order in which they are stored.
enum class Slot : uint8_t { manifest, input, new_state, reply, host_results, effects };
inline constexpr size_t slot_count = 6;

/// The content of a slot; an empty one is never stored.
Content content_in(const Record& record, Slot slot);

/// What links chains and lies in the tree: the leaf hash of RFC 6962 of the encoding.
inline Digest record_hash(ByteSpan encoded) { return crypto::merkle_leaf(encoded); }

}  // namespace cairn::chain
