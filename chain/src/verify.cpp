#include <cairn/chain/verify.hpp>

#include <fmt/format.h>
#include <cairn/actor/recorded_limits.hpp>

#include <algorithm>
#include <future>

#include "chains.hpp"
#include "contents.hpp"
#include "verify_rules.hpp"
#include "verify_segment.hpp"

namespace cairn::chain {
namespace {

/// A chain, as far as it was read.
struct Seen {
  std::string name;
  Head head;
  std::vector<uint64_t> records;  ///< where they are in the log, by sequence number
  actor::Genesis genesis;
  std::optional<actor::Payload> state;  ///< for replay; none: it was thrown away
  bool has_limits = true;               ///< those of `genesis` are those of now
  bool has_begun = false;               ///< it has a first state
  Digest module = {};                   ///< of the last record
};

/// Where a record is.
struct Where {
  Digest hash;
  uint32_t offset = 0;
};

std::unexpected<Error> wrong(std::string what) { return fail(ErrorKind::invalid, std::move(what)); }

class LogWalk {
 public:
  LogWalk(Disk& disk, std::string folder, const VerifyOptions& options)
      : disk_(disk), folder_(std::move(folder)), options_(options) {}

  Result<VerifyReport> run() {
    TRY(read_checkpoints());
    const SegmentFiles files = TRY(find_segments(disk_, folder_));
    if (files.chosen.empty()) {
      return std::unexpected(
          Error{.kind = ErrorKind::not_found, .message = "there is no log", .path = folder_});
    }
    for (const SegmentId id : files.chosen) {
      paths_.push_back(folder_ + "/" + segment_name(id.number, id.generation));
    }
    TRY(walk(files.chosen));
    if (!expected_.empty()) {
      return wrong(fmt::format("the log ends with record {}; a checkpoint is of {}", tree_.size(),
                               expected_.begin()->first));
    }
    if (!options_.signers.empty() && tree_.size() != 0 && report_.signed_records == 0) {
      return wrong("no checkpoint of this log is signed: anybody may have written it");
    }
    TRY(check_witnesses(options_, report_));
    report_.records = tree_.size();
    report_.root = tree_.root();
    report_.segments = files.chosen.size();
    report_.chains = seen_.size();
    return report_;
  }

 private:
  Result<> read_checkpoints() {
    for (const std::string& text : options_.checkpoints) {
      const Note note = TRY(Note::parse(text));
      TRY(check_signatures(note, options_, report_));
      const Checkpoint checkpoint = TRY(Checkpoint::parse(note.text));
      // Of nothing, anything is true.
      if (checkpoint.size != 0) expected_.emplace(checkpoint.size, checkpoint);
    }
    return {};
  }

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
        if (failure != checked.failures.end()) return located(failure->second, frame);
      }
      const Digest& hash = checked.hashes[at];
      if (Result<> fits = record(frame, hash); !fits) return located(fits.error(), frame);
      tree_.append(hash);
      places_.push_back({hash, static_cast<uint32_t>(frame.offset)});
      if (!expected_.empty()) TRY(check_expected());
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

  std::unexpected<Error> located(Error error, const RecordFrame& frame) const {
    std::string who = fmt::format("record {} of the log", tree_.size());
    if (const auto record = Record::decode(frame.record)) {
      const auto chain = seen_.find(record->chain);
      const std::string_view name = record->kind == RecordKind::genesis ? record->name
                                    : chain != seen_.end() ? std::string_view(chain->second->name)
                                                           : "unknown";
      who = fmt::format("record {} of chain '{}' ({})", record->sequence, name, who);
    }
    error.message = who + ": " + error.message;
    error.offset = frame.offset;
    return std::unexpected(std::move(error));
  }

  Result<> record(const RecordFrame& frame, const Digest& hash) {
    const Record record = TRY(Record::decode(frame.record));
    TRY(check_sizes(frame, record));
    Seen* chain = nullptr;
    if (record.kind == RecordKind::genesis) {
      chain = TRY(begin(record, frame, hash));
    } else {
      const auto found = seen_.find(record.chain);
      if (found == seen_.end()) return wrong("the chain was never begun");
      chain = found->second.get();
      TRY(advance(chain->head, record, hash));
      TRY(check_life(record, chain->has_begun, chain->module));
      if (record.rejection) ++report_.rejections;
      if (record.source) TRY(link(record));
      if (options_.replayer != nullptr) TRY(replay(*chain, record, frame));
    }
    chain->has_begun |= record.kind == RecordKind::init || record.kind == RecordKind::fork;
    if (frame.state_sequence != chain->head.state_sequence) {
      return wrong("the frame names another record as that of the state");
    }
    for (size_t slot = 0; slot < slot_count; ++slot) {
      if (content_in(record, static_cast<Slot>(slot)).size == 0) continue;
      ++((frame.slots >> slot & 1) != 0 ? report_.contents : report_.contents_missing);
    }
    chain->records.push_back(tree_.size());
    return {};
  }

  Result<Seen*> begin(const Record& record, const RecordFrame& frame, const Digest& hash) {
    if (record.chain != report_.log) return wrong("the chain was begun in another log");
    auto chain = std::make_unique<Seen>();
    chain->name = record.name;
    chain->head = first_head(hash);
    chain->module = record.module;
    if (options_.replayer != nullptr) {
      chain->state.emplace();
      chain->genesis.name = record.name;
      chain->genesis.module = record.module;
      chain->genesis.fuel = record.fuel_max;
      chain->genesis.memory = record.memory_max;
      chain->genesis.payload = record.payload_max;
      const ByteSpan manifest = content_of(frame, record, Slot::manifest).value_or(ByteSpan{});
      chain->genesis.manifest.assign(manifest.begin(), manifest.end());
    }
    Seen* begun = chain.get();
    if (!by_name_.emplace(chain->name, begun).second) return wrong("a second chain of this name");
    seen_.emplace(hash, std::move(chain));
    return begun;
  }

  /// To the record of the sender, or to that which a fork takes its state from.
  Result<> link(const Record& record) {
    const Record::Source& source = *record.source;
    const auto chain = by_name_.find(source.name);
    const bool is_there = chain != by_name_.end() && source.cause < chain->second->records.size();
    if (!source.head) {
      if (record.kind == RecordKind::fork) return wrong("a fork does not say where it is from");
      return {};
    }
    if (!is_there || places_[chain->second->records[source.cause]].hash != *source.head) {
      return wrong(fmt::format("record {} of '{}', which it names as its source, is another one",
                               source.cause, source.name));
    }
    ++report_.links;
    if (record.kind != RecordKind::fork) return {};
    return check_fork(record, TRY(read_record(chain->second->records[source.cause])));
  }

  /// One that was checked before.
  Result<Bytes> read_record(uint64_t index) {
    const auto after = std::ranges::upper_bound(firsts_, index);
    const auto segment = static_cast<size_t>(after - firsts_.begin()) - 1;
    const auto file = TRY(disk_.open(paths_[segment], Disk::Open::reading));
    const uint64_t offset = places_[index].offset;
    Bytes bytes(frame_header_bytes);
    TRY(file->read_exactly(offset, bytes));
    bytes.resize(frame_bytes(bytes));
    TRY(file->read_exactly(offset, bytes));
    const RecordFrame frame = TRY(read_frame(bytes, offset, salts_[segment]));
    if (record_hash(frame.record) != places_[index].hash) {
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
    if (Result<> good = check_signatures(*note, options_, report_); !good)
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

  /// One whose signatures and root are good.
  void count(const Checkpoint& checkpoint) {
    ++report_.checkpoints;
    if (options_.signers.empty()) return;
    report_.signed_records = std::max(report_.signed_records, checkpoint.size);
  }

  Result<> check_expected() {
    for (auto at = expected_.find(tree_.size()); at != expected_.end();
         at = expected_.find(tree_.size())) {
      if (at->second.origin != report_.origin || at->second.root != tree_.root()) {
        return wrong(
            fmt::format("the first {} records are not those of the checkpoint that was "
                        "given",
                        tree_.size()));
      }
      count(at->second);
      expected_.erase(at);
    }
    return {};
  }

  Result<> replay(Seen& chain, const Record& record, const RecordFrame& frame);
  static void take_limits(Seen& chain, const Record& record, const RecordFrame& frame);

  Disk& disk_;
  std::string folder_;
  const VerifyOptions& options_;
  VerifyReport report_;
  SegmentEnd end_;
  std::multimap<uint64_t, Checkpoint> expected_;  ///< by size
  std::map<uint64_t, Digest> roots_;              ///< where checkpoints were
  crypto::MerkleFrontier tree_;
  std::unordered_map<Digest, std::unique_ptr<Seen>, DigestHash> seen_;
  std::map<std::string, Seen*, std::less<>> by_name_;
  std::vector<Where> places_;
  std::vector<std::string> paths_;  ///< of segments, as their salts and first records
  std::vector<uint32_t> salts_;
  std::vector<uint64_t> firsts_;
};

/// The transition that was recorded; none when something is missing that it was given.
std::optional<actor::Transition> recorded_as(const Record& record, const RecordFrame& frame,
                                             const actor::Payload& state) {
  const auto input = content_of(frame, record, Slot::input);
  const auto host_results = content_of(frame, record, Slot::host_results);
  if (!input || !host_results) return std::nullopt;
  auto results = decode_host_results(*host_results, record.host_results.count);
  if (!results) return std::nullopt;
  const auto payload = [&](Slot slot, std::string_view media_type) {
    return actor::Payload(content_of(frame, record, slot).value_or(ByteSpan{}), media_type);
  };
  actor::Transition made;
  made.kind = transition_kind(record.kind);
  made.rejection = rejection_of(record.rejection);
  if (record.input) {
    made.message_kind = static_cast<actor::MessageKind>(record.input->message_kind);
    made.message_tag = record.input->message_tag;
    made.input = actor::Payload(*input, record.input->payload.media_type);
    if (!record.input->topic.empty()) made.input = made.input.published_to(record.input->topic);
  }
  if (record.source) made.sender = record.source->name;
  if (record.source) made.cause = record.source->cause;
  made.at_ns = record.at_ns;
  made.host_results = *std::move(results);
  made.old_state = state;
  made.new_state =
      record.new_state ? payload(Slot::new_state, record.new_state->media_type) : state;
  made.has_reply = record.reply.has_value();
  if (record.reply) made.reply = payload(Slot::reply, record.reply->media_type);
  const auto effects = content_of(frame, record, Slot::effects);
  if (effects) {
    made.effects =
        decode_effects(*effects, record.effects.count).value_or(std::vector<actor::Effect>());
  }
  made.fuel_used = record.fuel_used;
  made.module = record.module;
  made.reason = record.reason;
  return made;
}

/// What came of it now against what the record says. Error `invalid`.
Result<> compare(const Record& record, actor::Transition now) {
  now.host_results.clear();
  const Prepared prepared = TRY(Prepared::of(std::move(now)));
  const Record made = prepared.record();
  if (!record.rejection && !made.rejection && made.kind != record.kind) {
    return wrong(fmt::format("replay: it is one of kind {}, the record says {}",
                             to_string(made.kind), to_string(record.kind)));
  }
  if (made.rejection != record.rejection) {
    const auto word = [](const std::optional<RejectionCause>& cause) {
      return cause ? to_string(*cause) : std::string_view("none");
    };
    return wrong(fmt::format("replay: the rejection is {}, the record says {}",
                             word(made.rejection), word(record.rejection)));
  }
  if (!record.rejection && made.new_state.value_or(record.old_state) != record.state()) {
    return wrong(
        fmt::format("replay: the new state is {}, the record says {}",
                    crypto::to_hex(made.new_state.value_or(record.old_state).content.digest),
                    crypto::to_hex(record.state().content.digest)));
  }
  if (made.reply != record.reply) return wrong("replay: another reply");
  if (made.effects != record.effects) return wrong("replay: other effects");
  // Where a limit ended it, that may have been one of time.
  if (made.fuel_used == record.fuel_used || record.rejection == RejectionCause::limit) return {};
  return wrong(
      fmt::format("replay: fuel is {}, the record says {}", made.fuel_used, record.fuel_used));
}

/// What a guest did; not what was done to it.
bool can_run_again(const Seen& chain, const Record& record) {
  switch (record.kind) {
    case RecordKind::init:
    case RecordKind::message: return true;
    // Of a message, or of the first state; not that of a new module.
    case RecordKind::rejection: return !chain.has_begun || record.module == chain.module;
    // What a hook did.
    case RecordKind::snapshot: return !record.reason.empty();
    default: return false;
  }
}

/// A new instance may have others than the chain began with.
void LogWalk::take_limits(Seen& chain, const Record& record, const RecordFrame& frame) {
  const bool is_new = record.kind == RecordKind::restart || record.kind == RecordKind::upgrade;
  if (!is_new || !record.input || record.input->payload.media_type != actor::limits_type) return;
  const auto bytes = content_of(frame, record, Slot::input);
  const auto limits = bytes ? actor::RecordedLimits::of(*bytes) : std::nullopt;
  chain.has_limits = limits.has_value();
  if (!limits) return;
  chain.genesis.fuel = limits->fuel;
  chain.genesis.memory = limits->memory;
  chain.genesis.payload = limits->payload;
}

Result<> LogWalk::replay(Seen& chain, const Record& record, const RecordFrame& frame) {
  take_limits(chain, record, frame);
  if (can_run_again(chain, record)) {
    std::optional<actor::Transition> recorded;
    if (chain.state && chain.has_limits && options_.replayer->has_module(record.module)) {
      recorded = recorded_as(record, frame, *chain.state);
    }
    if (recorded) {
      auto now = options_.replayer->replay(chain.genesis, *recorded, !chain.has_begun);
      if (!now) return wrong("replay: " + now.error().message);
      Result<> same = compare(record, *std::move(now));
      // Before the first state nobody says which limits a further try had.
      const bool is_known = chain.has_begun || record.sequence == 1;
      if (!same && is_known) return same;
      ++(same ? report_.replayed : report_.not_replayed);
    } else {
      ++report_.not_replayed;
    }
  } else if (record.rejection || (record.new_state && record.kind != RecordKind::fork)) {
    ++report_.not_replayed;
  }
  if (!record.new_state) return {};
  const auto state = content_of(frame, record, Slot::new_state);
  chain.state.reset();
  if (state) chain.state = actor::Payload(*state, record.new_state->media_type);
  return {};
}

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
