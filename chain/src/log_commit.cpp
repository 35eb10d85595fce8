// Staging, committing, and going on in a new segment.

#include <fmt/format.h>

#include "log.hpp"

namespace cairn::chain {

Chain* Log::find_chain(std::string_view name) const {
  if (Chain* chain = chains_.find(name)) return chain;
  const auto staged = staged_chains_.find(name);
  return staged == staged_chains_.end() ? nullptr : staged->second.get();
}

Result<Digest> Log::stage_record(Record& record, uint64_t state_sequence, uint8_t slots,
                                 Contents contents) {
  Bytes encoded;
  encoded.reserve(512);
  TRY(record.encode(encoded));
  uint64_t size = builder_.size() + encoded.size();
  for (const ByteSpan content : contents) size += content.size();
  if (size > segment_bytes_max / 2) {
    return fail(ErrorKind::limit, "a batch has at most 2 GiB");
  }
  builder_.add_record(encoded, state_sequence, slots, contents);
  const Digest hash = record_hash(encoded);
  staged_tree_.append(hash, [this](uint8_t level, uint64_t, const Digest& node) {
    if (level >= kept_level) staged_nodes_.emplace_back(level, node);
  });
  return hash;
}

Result<Chain*> Log::stage_genesis(Record& record, uint8_t slots, Contents contents) {
  if (find_chain(record.name) != nullptr) {
    return fail(ErrorKind::usage, fmt::format("there is a chain '{}' already", record.name));
  }
  record.chain = id_;
  const Digest hash = TRY(stage_record(record, 0, slots, contents));
  auto chain = std::make_unique<Chain>();
  chain->id = hash;
  chain->name = record.name;
  chain->staged = first_head(hash);
  Chain* staged = chain.get();
  staged_entries_.emplace_back(staged,
                               IndexEntry{.offset = builder_.frames().back().offset, .hash = hash});
  staged_chains_.emplace(staged->name, std::move(chain));
  return staged;
}

Result<> Log::stage(Chain& chain, Record& record,
                    const std::array<ByteSpan, slot_count>& contents) {
  const Head& before = chain.staged;
  record.chain = chain.id;
  record.parent = before.hash;
  record.sequence = before.sequence + 1;
  record.old_state = {before.media_type, before.state};
  if (record.new_state == record.old_state) record.new_state.reset();
  if (record.source && record.source->cause != 0) {
    // A record that is staged is not durable: nobody can have been told of it.
    const Chain* source = chains_.find(record.source->name);
    if (source != nullptr && record.source->cause <= source->head.sequence) {
      record.source->head = TRY(hash_of(*source, record.source->cause));
    }
  }
  std::array<ByteSpan, slot_count> kept = contents;
  if (!record.new_state) kept[static_cast<size_t>(Slot::new_state)] = {};
  uint8_t slots = 0;
  for (size_t slot = 0; slot < slot_count; ++slot) {
    if (!kept[slot].empty()) slots |= static_cast<uint8_t>(1 << slot);
  }
  TRY(check_alone(record));
  const uint64_t state_sequence = record.new_state ? record.sequence : before.state_sequence;
  const Digest hash = TRY(stage_record(record, state_sequence, slots,
                                       {kept[0], kept[1], kept[2], kept[3], kept[4], kept[5]}));
  TRY(advance(chain.staged, record, hash));
  staged_entries_.emplace_back(&chain,
                               IndexEntry{.offset = builder_.frames().back().offset, .hash = hash});
  return {};
}

void Log::stage_note(std::string text) {
  builder_.add_note(text);
  staged_notes_.push_back(std::move(text));
}

Result<> Log::commit() {
  if (failure_) {
    discard();
    return std::unexpected(*failure_);
  }
  if (builder_.empty()) return {};
  const uint64_t needed = builder_.size() + seal_bytes;
  // A segment that has an index was full before, and there was no room for the next one.
  if (segments_.back()->index ||
      (end_.offset > segment_header_bytes && end_.offset + needed > settings_.segment_bytes)) {
    if (Result<> rolled = roll(); !rolled) {
      discard();
      if (rolled.error().kind == ErrorKind::limit) return rolled;
      return fail_for_ever(rolled.error());
    }
  }
  Segment& segment = *segments_.back();
  if (end_.offset + needed > settings_.segment_bytes) {
    if (Result<> reserved = segment.file->reserve(end_.offset + needed); !reserved) {
      return retract(reserved.error());
    }
  }
  uint32_t crc = 0;
  const ByteSpan bytes = builder_.finish(segment.header, end_.offset, end_.next_batch,
                                         end_.next_record, end_.batch_crc, crc);
  if (Result<> written = segment.file->write(end_.offset, bytes); !written) {
    return retract(written.error());
  }
  if (Result<> synced = segment.file->sync(); !synced) {
    discard();
    return fail_for_ever(synced.error());
  }
  publish();
  end_.offset += bytes.size();
  end_.next_record += staged_entries_.size();
  end_.batch_crc = crc;
  end_.sealed = false;
  ++end_.next_batch;
  staged_entries_.clear();
  staged_nodes_.clear();
  staged_notes_.clear();
  builder_.clear();
  return {};
}

void Log::publish() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, chain] : staged_chains_) chains_.add(std::move(chain));
  staged_chains_.clear();
  for (auto& [chain, entry] : staged_entries_) {
    if (chain->active.empty()) {
      // The first of several that may be staged.
      const bool is_new = chain->ranges.empty() && chain->head.hash == Digest{};
      chain->active_first = is_new ? 0 : chain->head.sequence + 1;
      active_chains_.push_back(chain);
    }
    chain->active.push_back(static_cast<uint32_t>(active_.size()));
    entry.offset += static_cast<uint32_t>(end_.offset);
    active_.push_back(entry);
  }
  for (const auto& [chain, entry] : staged_entries_) chain->head = chain->staged;
  for (const auto& [level, hash] : staged_nodes_) keep_node(level, hash);
  tree_ = staged_tree_;
  for (std::string& text : staged_notes_) keep_note(std::move(text));
}

void Log::discard() {
  for (const auto& [chain, entry] : staged_entries_) chain->staged = chain->head;
  staged_entries_.clear();
  staged_chains_.clear();
  staged_nodes_.clear();
  staged_notes_.clear();
  staged_tree_ = tree_;
  builder_.clear();
}

/// After a write that failed: cuts away what it has left, so that it is nowhere after a crash.
Result<> Log::retract(Error error) {
  discard();
  if (error.kind != ErrorKind::limit) return fail_for_ever(std::move(error));
  Segment& segment = *segments_.back();
  if (Result<> cut = segment.file->truncate(end_.offset); !cut) return fail_for_ever(cut.error());
  end_.sealed = false;  // it stood there, or was written over
  if (Result<> reserved = segment.file->reserve(settings_.segment_bytes);
      !reserved && reserved.error().kind != ErrorKind::limit) {
    return fail_for_ever(reserved.error());
  }
  if (Result<> synced = segment.file->sync(); !synced) return fail_for_ever(synced.error());
  return std::unexpected(std::move(error));
}

std::unexpected<Error> Log::fail_for_ever(Error error) {
  // Later callers must not take it for one after which they may go on, nor for one of what they ask
  // for: that the log's file is gone, or may not be written.
  error.kind = ErrorKind::io;
  if (error.path.empty() && !segments_.empty()) error.path = segments_.back()->path;
  failure_ = error;
  return std::unexpected(std::move(error));
}

void Log::seal() {
  // The next batch is written over it, also where this fails.
  if (!failure_ && !segments_.back()->index) static_cast<void>(write_seal(*segments_.back()));
}

Result<> Log::write_seal(const Segment& segment) {
  if (end_.sealed || end_.next_batch == segment.header.first_batch) return {};
  TRY(segment.file->write(end_.offset,
                          make_seal(segment.header, end_.offset, end_.next_batch - 1)));
  end_.sealed = true;
  return {};
}

IndexTable Log::table() const {
  IndexTable table = {.segment = segments_.back()->header.id,
                      .end = end_,
                      .first_record = segments_.back()->header.first_record,
                      .nodes = active_nodes_,
                      .note = note_,
                      .cosigned = cosigned_.all()};
  uint32_t start = 0;
  for (const Chain* chain : active_chains_) {
    table.chains.push_back({.id = chain->id,
                            .name = chain->name,
                            .head = chain->head,
                            .first = chain->active_first,
                            .records = chain->active});
    table.ranges.push_back({table.segment.number, chain->active_first,
                            static_cast<uint32_t>(chain->active.size()), start});
    start += static_cast<uint32_t>(chain->active.size());
  }
  return table;
}

/// Writes the index of the last segment, which is full, and looks records up there from now on.
Result<> Log::keep_index() {
  const IndexTable made = table();
  const SegmentId id = made.segment;
  TRY(write_index(disk_, path_of(index_name(id.number, id.generation)), made, active_));
  // A new one, since others may read from that which can be written to.
  auto segment = std::make_shared<Segment>();
  segment->header = segments_.back()->header;
  segment->path = segments_.back()->path;
  segment->file = files_.add(segment->path);
  IndexTable read;
  segment->index = TRY(open_index(id, read));
  segment->end_record = made.end.next_record;
  const std::lock_guard lock(mutex_);
  for (size_t at = 0; at < active_chains_.size(); ++at) {
    active_chains_[at]->ranges.push_back(made.ranges[at]);
    active_chains_[at]->active.clear();
  }
  segments_.back() = std::move(segment);
  active_chains_.clear();
  active_.clear();
  active_nodes_.clear();
  return {};
}

Result<> Log::roll() {
  const std::shared_ptr<Segment> full = segments_.back();
  if (!full->index) {
    // Gives back room that it does not need, and takes away what a seal that failed may have left:
    // in a full segment nobody looks for a torn end.
    TRY(full->file->truncate(end_.offset));
    end_.sealed = false;
    TRY(full->file->sync());
    TRY(keep_index());
  }
  return create_segment();
}

Result<> Log::create_segment() {
  auto segment = std::make_shared<Segment>();
  segment->header = {.id = {.number = segments_.size()},
                     .first_record = tree_.size(),
                     .first_batch = end_.next_batch,
                     .previous_batch_crc = end_.batch_crc,
                     .log = id_,
                     .root = tree_.root(),
                     .origin = settings_.origin,
                     .secret = secret_};
  segment->path = path_of(segment_name(segment->header.id.number, 0));
  segment->file = TRY(disk_.open(segment->path, Disk::Open::create));
  const auto write = [&]() -> Result<> {
    TRY(segment->file->reserve(settings_.segment_bytes));
    return segment->file->write(0, segment->header.encode());
  };
  if (Result<> written = write(); !written) {
    segment->file.reset();
    TRY(disk_.remove_file(segment->path));
    return written;
  }
  const auto durable = [&]() -> Result<> {
    TRY(segment->file->sync());
    return disk_.sync_directory(settings_.folder);
  };
  if (Result<> synced = durable(); !synced) return fail_for_ever(synced.error());
  const std::lock_guard lock(mutex_);
  segments_.push_back(std::move(segment));
  end_.offset = segment_header_bytes;
  end_.next_record = tree_.size();
  end_.sealed = false;
  return {};
}

}  // namespace cairn::chain
