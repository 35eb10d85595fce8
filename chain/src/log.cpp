// Opening: which segments there are, what they hold, and where the last one ends.

#include "log.hpp"

#include <fmt/format.h>
#include <cairn/chain/checkpoint.hpp>
#include <cairn/chain/note.hpp>

#include <algorithm>
#include <bit>

namespace cairn::chain {
namespace {

/// Of the checkpoint in a note; 0 where there is none.
uint64_t size_of(std::string_view text) {
  const auto note = Note::parse(text);
  if (!note) return 0;
  const auto checkpoint = Checkpoint::parse(note->text);
  return checkpoint ? checkpoint->size : 0;
}

/// The error with the file that it is about.
Error in_file(Error error, const std::string& path) {
  if (error.path.empty()) error.path = path;
  return error;
}

}  // namespace

/// Takes up the records of a segment that has no index.
class Log::Recovery final : public SegmentVisitor {
 public:
  explicit Recovery(Log& log) : log_(log) {}

  Result<> visit_record(const RecordFrame& frame) override {
    const auto at = [&frame](Error error) {
      error.offset = frame.offset;
      error.kind = ErrorKind::malformed;
      return std::unexpected(std::move(error));
    };
    const auto record = Record::decode(frame.record);
    if (!record) return at(record.error());
    if (Result<> fits = check_sizes(frame, *record); !fits) return at(fits.error());
    const Digest hash = record_hash(frame.record);
    Chain* chain = nullptr;
    if (record->kind == RecordKind::genesis) {
      chain = begin(*record, hash);
      if (chain == nullptr) return at({.message = "a second chain of the same name"});
    } else {
      chain = log_.chains_.find(record->chain);
      if (chain == nullptr) return at({.message = "a record of a chain that was never begun"});
      if (Result<> fits = advance(chain->head, *record, hash); !fits) return at(fits.error());
    }
    if (frame.state_sequence != chain->head.state_sequence) {
      return at({.message = "the frame names another record as that of the state"});
    }
    chain->staged = chain->head;
    if (chain->active.empty()) {
      chain->active_first = record->sequence;
      log_.active_chains_.push_back(chain);
    }
    chain->active.push_back(static_cast<uint32_t>(log_.active_.size()));
    log_.active_.push_back({static_cast<uint32_t>(frame.offset), hash});
    log_.tree_.append(
        hash, [this](uint8_t level, uint64_t, const Digest& node) { log_.keep_node(level, node); });
    return {};
  }

  Result<> visit_note(std::string_view text, uint64_t) override {
    log_.keep_note(std::string(text));
    return {};
  }

 private:
  Chain* begin(const Record& record, const Digest& hash) {
    auto chain = std::make_unique<Chain>();
    chain->id = hash;
    chain->name = record.name;
    chain->head = first_head(hash);
    return log_.chains_.add(std::move(chain));
  }

  Log& log_;
};

Result<std::unique_ptr<Log>> Log::open(Disk& disk, Random& random, LogSettings settings,
                                       LogOpening& opening) {
  if (settings.origin.empty() || settings.origin.size() > origin_bytes_max) {
    return fail(ErrorKind::usage, "the origin of a log has 1 to 256 bytes");
  }
  if (settings.segment_bytes < segment_header_bytes ||
      settings.segment_bytes > segment_bytes_max / 2) {
    return fail(ErrorKind::usage, "segments have 512 bytes to 2 GiB");
  }
  std::unique_ptr<Log> log(new Log(disk, std::move(settings)));
  TRY(disk.make_directories(log->settings_.folder));
  log->lock_ = TRY(disk.lock(log->path_of("lock")));
  log->nodes_.emplace_back();
  random.fill(log->secret_);
  const SegmentFiles files = TRY(find_segments(disk, log->settings_.folder));
  for (const SegmentId id : files.superfluous) {
    TRY(disk.remove_file(log->path_of(segment_name(id.number, id.generation))));
    static_cast<void>(disk.remove_file(log->path_of(index_name(id.number, id.generation))));
  }
  const std::vector<SegmentId>& ids = files.chosen;
  for (size_t at = 0; at < ids.size(); ++at) {
    TRY(log->load(ids[at], at + 1 == ids.size(), opening));
  }
  if (log->segments_.empty()) {
    opening.is_new = true;
    random.fill(log->id_);
  }
  // Also when the creation of the next segment was not finished.
  if (log->segments_.empty() || log->segments_.back()->index) TRY(log->create_segment());
  log->staged_tree_ = log->tree_;
  return log;
}

Result<> Log::check_header(const SegmentHeader& header, SegmentId id) {
  const auto wrong = [](std::string what) {
    return fail_at(ErrorKind::malformed, 0, std::move(what));
  };
  if (header.id != id) return wrong("the header is that of another segment");
  if (segments_.empty()) {
    id_ = header.log;
    if (header.origin != settings_.origin) {
      return fail(ErrorKind::usage, fmt::format("the log is that of '{}', not of '{}'",
                                                header.origin, settings_.origin));
    }
  }
  if (header.log != id_) return wrong("the segment is one of another log");
  if (header.first_record != tree_.size() || header.first_batch != end_.next_batch ||
      header.previous_batch_crc != end_.batch_crc) {
    return wrong(
        fmt::format("the segment begins with record {} and batch {}, the one before ends "
                    "at record {} and batch {}",
                    header.first_record, header.first_batch, tree_.size(), end_.next_batch));
  }
  if (header.root != tree_.root()) {
    return wrong("the segment was written after other records than those that are here");
  }
  return {};
}

Result<> Log::load(SegmentId id, bool is_last, LogOpening& opening) {
  auto segment = std::make_shared<Segment>();
  segment->path = path_of(segment_name(id.number, id.generation));
  if (is_last) {
    segment->file = TRY(disk_.open(segment->path, Disk::Open::existing));
  } else {
    segment->file = files_.add(segment->path);
  }
  const auto here = [&segment](Error error) {
    return std::unexpected(in_file(std::move(error), segment->path));
  };
  Bytes bytes(std::min<uint64_t>(TRY(segment->file->size()), segment_header_bytes));
  TRY(segment->file->read_exactly(0, bytes));
  const auto header = SegmentHeader::decode(bytes);
  if (!header) {
    // A segment is begun with a durable header. Without one, and with nothing behind it, the power
    // failed while it was created.
    auto read = read_segment_file(*segment->file);
    if (!read) return here(read.error());
    Bytes rest = *std::move(read);
    rest.erase(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(bytes.size()));
    const bool is_used = std::ranges::any_of(rest, [](uint8_t byte) { return byte != 0; });
    if (!is_last || is_used || header.error().kind == ErrorKind::unsupported) {
      return here(header.error());
    }
    segment->file.reset();
    TRY(disk_.remove_file(segment->path));
    return {};
  }
  segment->header = *header;
  if (Result<> checked = check_header(*header, id); !checked) return here(checked.error());
  segments_.push_back(segment);
  if (!is_last && TRY(load_index(*segment))) return {};
  if (Result<> walked = walk(*segment, is_last, opening); !walked) return here(walked.error());
  if (is_last) return {};
  ++opening.indexes_rebuilt;
  return keep_index();
}

Result<std::unique_ptr<Index>> Log::open_index(SegmentId id, IndexTable& table) {
  const std::string path = path_of(index_name(id.number, id.generation));
  return Index::open(files_.add(path), path, id, table);
}

/// False: there is none that is good.
Result<bool> Log::load_index(Segment& segment) {
  IndexTable table;
  auto index = open_index(segment.header.id, table);
  if (!index || table.first_record != segment.header.first_record) return false;
  // The edge of the tree is made of these.
  const uint64_t edge = std::min<uint64_t>(table.count(), uint64_t{1} << kept_level);
  if (!(*index)->entries(table.count() - edge, edge)) return false;
  const uint64_t size = TRY(segment.file->size());
  // An older one, of a segment that went on.
  if (size > table.end.offset) return false;
  if (size < table.end.offset) {
    return std::unexpected(Error{.kind = ErrorKind::malformed,
                                 .message = "the segment is cut off",
                                 .offset = size,
                                 .path = segment.path});
  }
  for (const IndexedChain& from : table.chains) {
    const Chain* chain = chains_.find(from.id);
    if (from.first != (chain == nullptr ? 0 : chain->head.sequence + 1)) return false;
  }
  for (size_t at = 0; at < table.chains.size(); ++at) {
    IndexedChain& from = table.chains[at];
    Chain* chain = chains_.find(from.id);
    if (chain == nullptr) {
      auto made = std::make_unique<Chain>();
      made->id = from.id;
      made->name = from.name;
      chain = chains_.add(std::move(made));
      if (chain == nullptr) {
        return fail(ErrorKind::malformed, "two chains of the same name");
      }
    }
    chain->head = from.head;
    chain->staged = std::move(from.head);
    chain->ranges.push_back(table.ranges[at]);
  }
  segment.index = *std::move(index);
  segment.end_record = table.end.next_record;
  for (const Digest& node : table.nodes) {
    // As a carry goes: each second node of a level completes one above.
    Digest hash = node;
    for (uint8_t level = kept_level;; ++level) {
      keep_node(level, hash);
      const std::vector<Digest>& row = nodes_[level - kept_level];
      if (row.size() % 2 != 0) break;
      hash = crypto::merkle_node(row[row.size() - 2], row.back());
    }
  }
  active_nodes_.clear();
  end_ = table.end;
  note_ = std::move(table.note);
  for (std::string& note : table.cosigned) cosigned_.keep(std::move(note));
  tree_ = TRY(crypto::MerkleFrontier::of(
      table.end.next_record, [this](uint8_t level, uint64_t at) -> Result<Digest> {
        return level >= kept_level ? nodes_[level - kept_level][at]
                                   : root_of(leaves(at << level, uint64_t{1} << level));
      }));
  return true;
}

Result<> Log::walk(Segment& segment, bool is_last, LogOpening& opening) {
  Recovery recovery(*this);
  const Bytes bytes = TRY(read_segment_file(*segment.file));
  end_ = TRY(walk_segment(bytes, segment.header, is_last, recovery));
  if (!is_last) return {};
  if (end_.torn != 0) {
    opening.torn_bytes = end_.torn;
    TRY(segment.file->truncate(end_.offset));
    end_.sealed = false;  // it stood there
  }
  // A disk without room for more is no reason not to open.
  if (Result<> reserved = segment.file->reserve(settings_.segment_bytes);
      !reserved && reserved.error().kind != ErrorKind::limit) {
    return reserved;
  }
  // What a process that was killed has written is seen, and may not be durable. If its last sync
  // failed, the system takes those pages for clean, and would not write them: so they are written
  // anew. Only the last batch can be such, for each waits for the one before it.
  TRY(segment.file->write(0, ByteSpan(bytes).first(segment_header_bytes)));
  const ByteSpan last = ByteSpan(bytes).first(end_.offset).subspan(end_.last_written);
  TRY(segment.file->write(end_.last_written, last));
  TRY(segment.file->sync());
  // From now on it is acknowledged, and what is bad there is damage. Where there is no room to say
  // so, the next batch says it.
  if (const Result<> sealed = write_seal(segment);
      !sealed && sealed.error().kind != ErrorKind::limit) {
    return sealed;
  }
  TRY(segment.file->sync());
  return disk_.sync_directory(settings_.folder);
}

/// Of a level that is kept; others are made of leaves.
void Log::keep_node(uint8_t level, const Digest& hash) {
  if (level < kept_level) return;
  if (level == kept_level) active_nodes_.push_back(hash);
  const size_t row = level - kept_level;
  if (nodes_.size() <= row) nodes_.resize(row + 1);
  nodes_[row].push_back(hash);
}

void Log::keep_note(std::string text) {
  // A witness may have answered when others were signed, or cosigned, already.
  cosigned_.keep(text);
  if (size_of(text) >= size_of(note_)) note_ = std::move(text);
}

}  // namespace cairn::chain
