// What any thread may ask of what is durable.

#include <fmt/format.h>

#include <algorithm>

#include "log.hpp"

namespace cairn::chain {

uint64_t Log::size() const {
  const std::lock_guard lock(mutex_);
  return tree_.size();
}

crypto::MerkleFrontier Log::tree() const {
  const std::lock_guard lock(mutex_);
  return tree_;
}

std::string Log::note() const {
  const std::lock_guard lock(mutex_);
  return note_;
}

CosignedNotes Log::cosigned() const {
  const std::lock_guard lock(mutex_);
  return cosigned_;
}

Result<Chain> Log::chain(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Chain* chain = chains_.find(name);
  if (chain == nullptr) return fail(ErrorKind::not_found, fmt::format("no chain '{}'", name));
  return Chain{.id = chain->id, .name = chain->name, .head = chain->head};
}

std::vector<std::string> Log::names(std::string_view after, size_t count) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  const auto& chains = chains_.by_name();
  for (auto at = chains.upper_bound(after); at != chains.end() && names.size() < count; ++at) {
    names.push_back(at->first);
  }
  return names;
}

/// Under the lock.
Result<Log::Place> Log::place(uint64_t index) const {
  if (index >= tree_.size()) {
    return fail(ErrorKind::not_found,
                fmt::format("there is no record {}: the log has {}", index, tree_.size()));
  }
  const auto after = std::ranges::upper_bound(
      segments_, index, {}, [](const auto& segment) { return segment->header.first_record; });
  const std::shared_ptr<Segment>& segment = *(after - 1);
  Place place = {.segment = segment, .local = index - segment->header.first_record};
  if (!segment->index) place.entry = active_[place.local];
  return place;
}

/// Under the lock.
Result<Log::Place> Log::place(const Chain& chain, uint64_t sequence) const {
  if (sequence > chain.head.sequence) {
    return fail(ErrorKind::not_found, fmt::format("chain '{}' has no record {}: its last is {}",
                                                  chain.name, sequence, chain.head.sequence));
  }
  if (!chain.active.empty() && sequence >= chain.active_first) {
    const uint32_t local = chain.active[sequence - chain.active_first];
    return Place{.segment = segments_.back(), .local = local, .entry = active_[local]};
  }
  const auto after = std::ranges::upper_bound(chain.ranges, sequence, {}, &ChainRange::first);
  const ChainRange& range = *(after - 1);
  const std::shared_ptr<Segment>& segment = segments_[range.segment];
  return Place{.segment = segment, .number = range.start + sequence - range.first};
}

Result<uint64_t> Log::local_of(const Place& place) {
  if (!place.number) return place.local;
  return uint64_t{TRY(place.segment->index->record_at(*place.number))};
}

Result<IndexEntry> Log::entry_of(const Place& place) {
  if (place.entry) return *place.entry;
  return TRY(place.segment->index->entries(TRY(local_of(place)), 1))[0];
}

Result<StoredFrame> Log::read_at(Place place, Extent extent) {
  const Segment& segment = *place.segment;
  place.local = TRY(local_of(place));
  place.number.reset();
  const IndexEntry entry = TRY(entry_of(place));
  StoredFrame stored = {.index = segment.header.first_record + place.local, .hash = entry.hash};
  const auto read = [&]() -> Result<> {
    // Most frames are small: one read gets them.
    stored.bytes.resize(2048);
    stored.bytes.resize(TRY(segment.file->read(entry.offset, stored.bytes)));
    if (stored.bytes.size() < frame_header_bytes) {
      return fail_at(ErrorKind::malformed, entry.offset, "the segment is cut off");
    }
    uint64_t size = frame_bytes(stored.bytes);
    const size_t got = stored.bytes.size();
    if (size > segment_bytes_max) {
      return fail_at(ErrorKind::malformed, entry.offset, "a frame is damaged: its length is wrong");
    }
    if (extent == Extent::outline) size = std::min<uint64_t>(size, outline_bytes(stored.bytes));
    if (size > got) {
      if (entry.offset + size > TRY(segment.file->size())) {
        return fail_at(ErrorKind::malformed, entry.offset, "the segment is cut off");
      }
      stored.bytes.resize(size);
      TRY(segment.file->read_exactly(entry.offset + got,
                                     MutableByteSpan(stored.bytes).subspan(got)));
    }
    stored.frame = TRY(extent == Extent::outline
                           ? read_outline(stored.bytes, entry.offset)
                           : read_frame(stored.bytes, entry.offset, segment.header.salt()));
    if (record_hash(stored.frame.record) != entry.hash) {
      return fail_at(ErrorKind::malformed, entry.offset, "a record has not the hash of the index");
    }
    return {};
  };
  if (Result<> done = read(); !done) {
    Error error = done.error();
    if (error.path.empty()) error.path = segment.path;
    return std::unexpected(std::move(error));
  }
  return stored;
}

Result<StoredFrame> Log::read(uint64_t index, Extent extent) const {
  std::unique_lock lock(mutex_);
  const Place found = TRY(place(index));
  lock.unlock();
  return read_at(found, extent);
}

Result<StoredFrame> Log::read(std::string_view name, uint64_t sequence, Extent extent) const {
  std::unique_lock lock(mutex_);
  const Chain* chain = chains_.find(name);
  if (chain == nullptr) return fail(ErrorKind::not_found, fmt::format("no chain '{}'", name));
  const Place found = TRY(place(*chain, sequence));
  const Digest id = chain->id;
  lock.unlock();
  StoredFrame stored = TRY(read_at(found, extent));
  const Record record = TRY(Record::decode(stored.frame.record));
  const bool is_it = record.sequence == sequence &&
                     (record.kind == RecordKind::genesis ? stored.hash : record.chain) == id;
  if (is_it) return stored;
  return fail(ErrorKind::malformed,
              fmt::format("the index of {} is damaged: it names a record of another chain",
                          found.segment->path));
}

Result<Digest> Log::hash_of(const Chain& chain, uint64_t sequence) const {
  std::unique_lock lock(mutex_);
  if (sequence == chain.head.sequence) return chain.head.hash;
  const Place found = TRY(place(chain, sequence));
  lock.unlock();
  return TRY(entry_of(found)).hash;
}

/// Under the lock.
Log::Leaves Log::leaves(uint64_t first, uint64_t count) const {
  Leaves leaves;
  const uint64_t end = first + count;
  for (uint64_t at = first; at < end;) {
    const auto after = std::ranges::upper_bound(
        segments_, at, {}, [](const auto& segment) { return segment->header.first_record; });
    const std::shared_ptr<Segment>& segment = *(after - 1);
    const uint64_t local = at - segment->header.first_record;
    if (!segment->index) {
      for (uint64_t i = 0; i < end - at; ++i) leaves.rest.push_back(active_[local + i].hash);
      break;
    }
    const uint64_t here = std::min(end, segment->end_record) - at;
    leaves.full.push_back({.segment = segment, .first = local, .count = here});
    at += here;
  }
  return leaves;
}

Result<std::vector<Digest>> Log::hashes_of(const Leaves& leaves) {
  std::vector<Digest> hashes;
  for (const Leaves::Part& part : leaves.full) {
    for (const IndexEntry& entry : TRY(part.segment->index->entries(part.first, part.count))) {
      hashes.push_back(entry.hash);
    }
  }
  hashes.insert(hashes.end(), leaves.rest.begin(), leaves.rest.end());
  return hashes;
}

Result<std::vector<Digest>> Log::hashes(uint64_t first, uint64_t count) const {
  std::unique_lock lock(mutex_);
  const Leaves found = leaves(first, count);
  lock.unlock();
  return hashes_of(found);
}

Result<Digest> Log::root_of(const Leaves& leaves) {
  std::vector<Digest> row = TRY(hashes_of(leaves));
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (size_t at = 0; at + 1 < row.size(); at += 2) {
      row[at / 2] = crypto::merkle_node(row[at], row[at + 1]);
    }
  }
  return row[0];
}

Result<Digest> Log::node(uint8_t level, uint64_t index) const {
  std::unique_lock lock(mutex_);
  if (level >= 64 || index >= tree_.size() >> level) {
    return fail(ErrorKind::not_found,
                fmt::format("the tree has no node {} of level {}", index, level));
  }
  if (level >= kept_level) return nodes_[level - kept_level][index];
  const Leaves found = leaves(index << level, uint64_t{1} << level);
  lock.unlock();
  return root_of(found);
}

}  // namespace cairn::chain
