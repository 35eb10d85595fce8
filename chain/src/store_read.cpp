#include <fmt/format.h>

#include <algorithm>

#include "store_inside.hpp"

namespace cairn::chain {
namespace {

ChainInfo info_of(const Chain& chain) {
  return {.name = chain.name,
          .id = chain.id,
          .sequence = chain.head.sequence,
          .head = chain.head.hash,
          .media_type = chain.head.media_type,
          .state = chain.head.state,
          .last = chain.head.last,
          .has_begun = chain.head.has_begun};
}

}  // namespace

std::optional<ByteSpan> StoredRecord::content(Slot slot) const {
  if (content_in(record, slot).size == 0) return ByteSpan{};
  if ((slots_ >> static_cast<unsigned>(slot) & 1) == 0) return std::nullopt;
  return contents_[static_cast<size_t>(slot)];
}

/// What a frame says, with the contents told apart.
Result<StoredRecord> Store::stored(StoredFrame from) {
  StoredRecord stored;
  stored.index = from.index;
  stored.hash = from.hash;
  stored.bytes_ = std::move(from.bytes);
  stored.encoded = from.frame.record;
  stored.record = TRY(Record::decode(stored.encoded));
  stored.slots_ = from.frame.slots;
  ByteSpan rest = from.frame.contents;
  for (size_t slot = 0; slot < slot_count; ++slot) {
    if ((from.frame.slots >> slot & 1) == 0) continue;
    const uint64_t size = content_in(stored.record, static_cast<Slot>(slot)).size;
    if (size == 0 || size > rest.size()) {
      return fail(ErrorKind::malformed, "the contents of a record have other sizes than it says");
    }
    stored.contents_[slot] = rest.first(size);
    rest = rest.subspan(size);
  }
  if (rest.empty()) return stored;
  return fail(ErrorKind::malformed, "a record has more contents than it says");
}

Result<StoredRecord> Store::record(std::string_view name, uint64_t sequence) const {
  return stored(TRY(inside_->log->read(name, sequence)));
}

Result<StoredRecord> Store::outline(std::string_view name, uint64_t sequence) const {
  return stored(TRY(inside_->log->read(name, sequence, Extent::outline)));
}

Result<StoredRecord> Store::outline(uint64_t index) const {
  return stored(TRY(inside_->log->read(index, Extent::outline)));
}

Result<StoredRecord> Store::record(uint64_t index) const {
  return stored(TRY(inside_->log->read(index)));
}

Result<std::vector<StoredRecord>> Store::records(std::string_view name, uint64_t from,
                                                 size_t count) const {
  const Chain chain = TRY(inside_->log->chain(name));
  std::vector<StoredRecord> records;
  for (uint64_t at = from; at <= chain.head.sequence && records.size() < count; ++at) {
    records.push_back(TRY(record(name, at)));
  }
  return records;
}

Result<actor::Payload> Store::state(std::string_view name, uint64_t at) const {
  const StoredFrame frame = TRY(inside_->log->read(name, at));
  // A genesis brings none, and stands for the state before the first.
  const StoredRecord from = TRY(record(name, frame.frame.state_sequence));
  if (from.record.kind == RecordKind::genesis) return actor::Payload();
  const auto bytes = from.content(Slot::new_state);
  if (!bytes) {
    return fail(ErrorKind::not_found,
                fmt::format("the state of '{}' after record {} was thrown away", name, at));
  }
  if (Content::of(*bytes) != from.record.state().content) {
    return fail(ErrorKind::malformed,
                fmt::format("the state of '{}' after record {} has not the digest of its record",
                            name, at));
  }
  return actor::Payload(*bytes, from.record.state().media_type);
}

Result<actor::Recovered> Store::recover(const std::string& name) const {
  const Chain chain = TRY(inside_->log->chain(name));
  actor::Recovered recovered;
  recovered.is_new = !chain.head.has_begun;
  recovered.at = {.sequence = chain.head.sequence, .head = chain.head.hash};
  if (recovered.is_new) return recovered;
  const StoredRecord last = TRY(record(name, chain.head.sequence));
  recovered.state = TRY(state(name, chain.head.sequence));
  recovered.last = transition_kind(last.record.kind);
  recovered.module = chain.head.module;
  const auto effects = last.content(Slot::effects);
  if (!effects) return fail(ErrorKind::malformed, "the effects of the last record are not there");
  recovered.effects = TRY(decode_effects(*effects, last.record.effects.count));
  return recovered;
}

Result<ChainInfo> Store::chain(std::string_view name) const {
  return info_of(TRY(inside_->log->chain(name)));
}

std::vector<ChainInfo> Store::chains(std::string_view after, size_t count) const {
  std::vector<ChainInfo> chains;
  for (const std::string& name : inside_->log->names(after, count)) {
    if (const auto chain = inside_->log->chain(name)) chains.push_back(info_of(*chain));
  }
  return chains;
}

Result<uint64_t> Store::prune(uint64_t index, const std::function<bool()>& goes_on) {
  return inside_->log->prune(index, goes_on);
}

uint64_t Store::pruned() const { return inside_->log->pruned(); }
uint64_t Store::size() const { return inside_->log->size(); }
Digest Store::root() const { return inside_->log->tree().root(); }
std::string Store::checkpoint() const { return inside_->log->note(); }
std::string Store::cosigned_checkpoint(size_t quorum) const {
  return inside_->log->cosigned().largest(quorum);
}

Verifier Store::verifier() const {
  return {inside_->settings.origin, SignatureType::ed25519, inside_->key.public_key()};
}

crypto::MerkleNodes Store::nodes() const {
  return
      [log = inside_->log.get()](uint8_t level, uint64_t index) { return log->node(level, index); };
}

Result<Bytes> Store::tile(const Tile& tile) const {
  if (tile.level && *tile.level > 0) return tile_bytes(tile, nodes());
  const uint64_t first = tile.index * tile_width;
  if (tile.index > UINT64_MAX / tile_width || first > size() || size() - first < tile.width) {
    return fail(ErrorKind::not_found, "the tree has no such tile yet");
  }
  Bytes out;
  if (tile.level) {
    for (const Digest& hash : TRY(inside_->log->hashes(first, tile.width)))
      cairn::append(out, hash);
    return out;
  }
  for (uint64_t at = first; at < first + tile.width; ++at) {
    TRY(append_entry(out, TRY(inside_->log->read(at, Extent::outline)).frame.record));
  }
  return out;
}

}  // namespace cairn::chain
