// Throwing contents away: a full segment is written anew without them, as its next generation, and
// takes the place of the one before once it is durable.

#include <cairn/actor/recorded_limits.hpp>
#include <cairn/base/disk.hpp>

#include "log.hpp"

namespace cairn::chain {

/// Which contents are needed, and a segment that has only those.
class Log::Pruning final : public SegmentVisitor {
 public:
  /// What is needed of a chain, by sequence number.
  struct Needed {
    uint64_t last = 0;   ///< the newest record, of which all is needed
    uint64_t state = 0;  ///< the record that brought the state before the first that is kept whole
  };
  std::unordered_map<Digest, Needed, DigestHash> needed = {};

  bool is_counting = true;  ///< else it writes
  SegmentHeader header = {};
  uint64_t dropped = 0;  ///< bytes of contents
  Bytes out = {};        ///< the batches
  IndexTable table = {};
  std::vector<IndexEntry> entries = {};

  void begin(const SegmentHeader& next) {
    header = next;
    dropped = 0;
    out.clear();
    entries.clear();
    batch_.clear();
    in_batch_.clear();
    number_ = header.first_batch;
    record_ = header.first_record;
    crc_ = header.previous_batch_crc;
  }

  Result<> visit_record(const RecordFrame& frame) override {
    const Record record = TRY(Record::decode(frame.record));
    TRY(check_sizes(frame, record));
    const Digest hash = record_hash(frame.record);
    const bool is_genesis = record.kind == RecordKind::genesis;
    Needed& need = needed[is_genesis ? hash : record.chain];
    if (is_counting) {
      need.state = frame.state_sequence;
      return {};
    }
    RecordFrame kept = frame;
    const bool is_whole = is_genesis || record.sequence == need.last || has_limits(record);
    if (!is_whole) keep_state(kept, record, record.sequence == need.state);
    dropped += frame.contents.size() - kept.contents.size();
    batch_.add_record(kept);
    in_batch_.push_back(hash);
    return {};
  }

  Result<> visit_note(std::string_view text, uint64_t) override {
    if (!is_counting) batch_.add_note(text);
    return {};
  }

  Result<> visit_batch_end() override {
    if (is_counting) return {};
    const uint64_t offset = segment_header_bytes + out.size();
    const ByteSpan bytes = batch_.finish(header, offset, number_++, record_, crc_, crc_);
    size_t next = 0;
    for (const auto& [at, is_record] : batch_.frames()) {
      if (!is_record) continue;
      entries.push_back({static_cast<uint32_t>(offset + at), in_batch_[next++]});
    }
    append(out, bytes);
    record_ += in_batch_.size();
    batch_.clear();
    in_batch_.clear();
    return {};
  }

 private:
  /// Those of an instance: without them nothing after it could be run again. They are short.
  static bool has_limits(const Record& record) {
    const bool is_new = record.kind == RecordKind::restart || record.kind == RecordKind::upgrade;
    return is_new && record.input && record.input->payload.media_type == actor::limits_type;
  }
  static void keep_state(RecordFrame& frame, const Record& record, bool is_needed) {
    constexpr auto state_slot = static_cast<unsigned>(Slot::new_state);
    if (!is_needed || (frame.slots >> state_slot & 1) == 0) {
      frame.slots = 0;
      frame.contents = {};
      return;
    }
    // It stands behind the input, if that is there.
    const uint64_t size = content_in(record, Slot::new_state).size;
    const bool has_input = (frame.slots >> static_cast<unsigned>(Slot::input) & 1) != 0;
    const uint64_t before = has_input ? content_in(record, Slot::input).size : 0;
    frame.slots = 1 << state_slot;
    frame.contents = frame.contents.subspan(before, size);
  }

  BatchBuilder batch_;
  std::vector<Digest> in_batch_;
  uint64_t number_ = 0;
  uint64_t record_ = 0;
  uint32_t crc_ = 0;
};

Result<uint64_t> Log::prune(uint64_t index, const std::function<bool()>& goes_on) {
  const std::lock_guard only_one(pruning_);
  size_t count = 0;
  uint64_t end_record = 0;
  {
    const std::lock_guard lock(mutex_);
    while (count + 1 < segments_.size() && segments_[count]->end_record <= index) {
      end_record = segments_[count++]->end_record;
    }
  }
  if (end_record <= pruned_) return 0;
  const auto ends = [&] { return goes_on && !goes_on(); };
  Pruning pruning;
  const auto walk = [&](size_t number) -> Result<> {
    std::unique_lock lock(mutex_);
    const std::shared_ptr<Segment> segment = segments_[number];
    lock.unlock();
    const Bytes bytes = TRY(read_segment_file(*segment->file));
    const Result<SegmentEnd> end = walk_segment(bytes, segment->header, false, pruning);
    if (end) return {};
    Error error = end.error();
    error.path = segment->path;
    return std::unexpected(std::move(error));
  };
  for (size_t number = 0; number < count; ++number) {
    if (ends()) return 0;
    TRY(walk(number));
  }
  pruning.is_counting = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, need] : pruning.needed) need.last = chains_.find(id)->head.sequence;
  }
  uint64_t freed = 0;
  for (size_t number = 0; number < count; ++number) {
    if (ends()) return freed;
    std::unique_lock lock(mutex_);
    SegmentHeader header = segments_[number]->header;
    // What the next segment says of the batch before it stays true.
    header.first_written_crc = segments_[number + 1]->header.previous_batch_crc;
    lock.unlock();
    ++header.id.generation;
    pruning.begin(header);
    TRY(walk(number));
    if (pruning.dropped != 0) freed += TRY(rewrite(number, pruning));
  }
  pruned_ = end_record;
  return freed;
}

/// Puts the new generation in the place of the old one.
Result<uint64_t> Log::rewrite(size_t number, Pruning& pruning) {
  std::unique_lock reading(mutex_);
  const std::shared_ptr<Segment> old = segments_[number];
  reading.unlock();
  auto segment = std::make_shared<Segment>();
  const SegmentId id = pruning.header.id;
  segment->header = pruning.header;
  segment->path = path_of(segment_name(id.number, id.generation));
  segment->end_record = old->end_record;
  segment->file = files_.add(segment->path);
  const SegmentId before = old->header.id;
  const std::string old_index = path_of(index_name(before.number, before.generation));
  auto file = TRY(disk_.open(segment->path, Disk::Open::create));
  const auto write = [&]() -> Result<> {
    TRY(file->write(segment_header_bytes, pruning.out));
    TRY(file->sync());
    // Last: it says that all the rest is there.
    TRY(file->write(0, segment->header.encode()));
    TRY(file->sync());
    // The order of records is as it was, and so are the places in the array.
    IndexTable table;
    const auto index =
        TRY(Index::open(TRY(disk_.open(old_index, Disk::Open::reading)), old_index, before, table));
    TRY(index->read_records(table));
    table.segment = id;
    table.end.offset = segment_header_bytes + pruning.out.size();
    TRY(write_index(disk_, path_of(index_name(id.number, id.generation)), table, pruning.entries));
    segment->index = TRY(open_index(id, table));
    return disk_.sync_directory(settings_.folder);
  };
  if (Result<> written = write(); !written) {
    file.reset();
    static_cast<void>(disk_.remove_file(segment->path));
    return std::unexpected(written.error());
  }
  {
    const std::lock_guard lock(mutex_);
    segments_[number] = segment;
  }
  const uint64_t freed = TRY(old->file->size()) - TRY(segment->file->size());
  // Some may be about to read it.
  TRY(files_.keep_open(old->path));
  TRY(files_.keep_open(old_index));
  TRY(disk_.remove_file(old->path));
  TRY(disk_.remove_file(old_index));
  return freed;
}

}  // namespace cairn::chain
