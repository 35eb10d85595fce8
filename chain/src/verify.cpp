#include <cairn/chain/verify.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "contents.hpp"
#include "verify_replay.hpp"
#include "verify_rules.hpp"
#include "verify_segment.hpp"

namespace cairn::chain {
namespace {

class LogWalk final : public RecordWalk {
 public:
  LogWalk(Disk& disk, std::string folder, const VerifyOptions& options)
      : RecordWalk(options), disk_(disk), folder_(std::move(folder)) {
    if (options.replayer != nullptr) replaying_.emplace(*options.replayer, report_);
  }

  Result<VerifyReport> run() {
    for (const std::string& given : options_.checkpoints) TRY(expect(given));
    const SegmentFiles files = TRY(find_segments(disk_, folder_));
    if (files.chosen.empty()) {
      return std::unexpected(
          Error{.kind = ErrorKind::not_found, .message = "there is no log", .path = folder_});
    }
    for (const SegmentId id : files.chosen) {
      paths_.push_back(folder_ + "/" + segment_name(id.number, id.generation));
    }
    TRY(walk(files.chosen));
    report_.segments = files.chosen.size();
    return end();
  }

 private:
  /// While one segment is put in its place, another thread checks the next by itself.
  Result<> walk(const std::vector<SegmentId>& ids) {
    CheckedSegment segments[2];
    const auto check = [&](size_t at) {
      return check_segment(disk_, paths_[at], at + 1 == ids.size(),
                           options_.contents || options_.replayer != nullptr,
                           std::max(options_.threads, 2u) - 1, segments[at % 2]);
    };
    std::future<Result<>> next;
    for (size_t at = 0; at < ids.size(); ++at) {
      Result<> checked = next.valid() ? next.get() : check(at);
      if (options_.threads > 1 && at + 1 < ids.size()) {
        next = std::async(std::launch::async, check, at + 1);
      }
      if (checked) checked = segment(segments[at % 2], ids[at]);
      if (checked) continue;
      Error error = checked.error();
      if (lacks_something_) return std::unexpected(std::move(error));
      if (error.path.empty()) error.path = paths_[at];
      return std::unexpected(std::move(error));
    }
    return {};
  }

  Result<> segment(const CheckedSegment& checked, SegmentId id) {
    if (checked.is_unfinished) return {};
    TRY(check_header(checked.header, id));
    end_ = checked.end;
    report_.torn_bytes = end_.torn;
    salts_.push_back(checked.header.salt());
    firsts_.push_back(tree_.size());
    auto note = checked.notes.begin();
    for (size_t at = 0; at <= checked.frames.size(); ++at) {
      for (; note != checked.notes.end() && note->after == at; ++note) TRY(check_note(*note));
      if (at == checked.frames.size()) break;
      const RecordFrame& frame = checked.frames[at];
      if (!checked.failures.empty()) {
        const auto failure = checked.failures.find(at);
        if (failure != checked.failures.end()) return located_at(frame, failure->second);
      }
      const Digest& hash = checked.hashes[at];
      if (Result<> fits = record(frame, hash); !fits) {
        return lacks_something_ ? fits : located_at(frame, fits.error());
      }
      TRY(take(hash));
      offsets_.push_back(static_cast<uint32_t>(frame.offset));
    }
    return {};
  }

  Result<> check_header(const SegmentHeader& header, SegmentId id) {
    if (tree_.size() == 0 && id.number == 0) {
      report_.origin = header.origin;
      report_.log = header.log;
    }
    if (header.id != id || header.log != report_.log || header.origin != report_.origin) {
      return fail_at(ErrorKind::malformed, 0, "the header is that of another segment or log");
    }
    if (header.first_record != tree_.size() || header.first_batch != end_.next_batch ||
        header.previous_batch_crc != end_.batch_crc) {
      return fail_at(
          ErrorKind::malformed, 0,
          fmt::format("the segment begins with record {} and batch {}, the one before "
                      "ends at record {} and batch {}",
                      header.first_record, header.first_batch, tree_.size(), end_.next_batch));
    }
    if (header.root == tree_.root()) return {};
    return fail_at(ErrorKind::invalid, 0, "the segment was written after another tree");
  }

  std::unexpected<Error> located_at(const RecordFrame& frame, Error error) const {
    error.offset = frame.offset;
    return located(std::move(error), frame.record);
  }

  Result<> record(const RecordFrame& frame, const Digest& hash) {
    const Record record = TRY(Record::decode(frame.record));
    TRY(check_sizes(frame, record));
    const SeenChain& chain = *TRY(check(record, hash));
    if (replaying_) {
      Result<> same = replaying_->next(record, frame, hash);
      lacks_something_ = !same && same.error().kind == ErrorKind::limit;
      if (!same) return same;
    }
    if (frame.state_sequence != chain.head.state_sequence) {
      return wrong("the frame names another record as that of the state");
    }
    for (size_t slot = 0; slot < slot_count; ++slot) {
      if (content_in(record, static_cast<Slot>(slot)).size == 0) continue;
      ++((frame.slots >> slot & 1) != 0 ? report_.contents : report_.contents_missing);
    }
    return {};
  }

  Result<Bytes> read_again(uint64_t index) override {
    const auto after = std::ranges::upper_bound(firsts_, index);
    const auto segment = static_cast<size_t>(after - firsts_.begin()) - 1;
    const auto file = TRY(disk_.open(paths_[segment], Disk::Open::reading));
    const uint64_t offset = offsets_[index];
    Bytes bytes(frame_header_bytes);
    TRY(file->read_exactly(offset, bytes));
    bytes.resize(frame_bytes(bytes));
    TRY(file->read_exactly(offset, bytes));
    const RecordFrame frame = TRY(read_frame(bytes, offset, salts_[segment]));
    if (record_hash(frame.record) != hashes_[index]) {
      return fail_at(ErrorKind::malformed, offset, "another record stands here than before");
    }
    return Bytes(frame.record.begin(), frame.record.end());
  }

  Result<> check_note(const CheckedSegment::NoteAt& at) {
    const auto here = [&](Error error) {
      error.offset = at.offset;
      return std::unexpected(std::move(error));
    };
    const auto note = Note::parse(at.text);
    if (!note) return here(note.error());
    const auto checkpoint = Checkpoint::parse(note->text);
    if (!checkpoint) return here(checkpoint.error());
    if (Result<> good = check_signatures(*note, *checkpoint, options_, report_); !good)
      return here(good.error());
    if (checkpoint->size == tree_.size()) roots_[tree_.size()] = tree_.root();
    const auto root = roots_.find(checkpoint->size);
    if (checkpoint->origin != report_.origin || root == roots_.end() ||
        root->second != checkpoint->root) {
      return here({.kind = ErrorKind::invalid,
                   .message = fmt::format("a checkpoint of {} records is not of this tree",
                                          checkpoint->size)});
    }
    count(*checkpoint);
    return {};
  }

  Disk& disk_;
  std::string folder_;
  SegmentEnd end_;
  std::map<uint64_t, Digest> roots_;  ///< where checkpoints were
  std::optional<Replaying> replaying_;
  bool lacks_something_ = false;    ///< this machine, for running again: no record is to blame
  std::vector<uint32_t> offsets_;   ///< of records in their segments
  std::vector<std::string> paths_;  ///< of segments, as their salts and first records
  std::vector<uint32_t> salts_;
  std::vector<uint64_t> firsts_;
};

}  // namespace

Result<VerifyReport> verify_log(Disk& disk, const std::string& folder,
                                const VerifyOptions& options) {
  for (int attempts = 8;; --attempts) {
    auto report = LogWalk(disk, folder, options).run();
    // A segment whose contents were thrown away meanwhile has another name now.
    const bool is_gone = !report && report.error().kind == ErrorKind::not_found &&
                         !report.error().path.empty() && report.error().path != folder;
    if (!is_gone || attempts == 1) return report;
  }
}

}  // namespace cairn::chain
