// A log as it is served: bundles of records under a checkpoint.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

#include "chains.hpp"
#include "verify_rules.hpp"

namespace cairn::chain {
namespace {

struct Seen {
  std::string name;
  Head head;
  Digest module = {};
  std::vector<uint64_t> records;  ///< where they are in the log, by sequence number
};

class TileWalk {
 public:
  TileWalk(const TileFetcher& fetch, const VerifyOptions& options)
      : fetch_(fetch), options_(options) {}

  Result<VerifyReport> run(const std::string& text) {
    const Checkpoint last = TRY(read(text));
    for (const std::string& given : options_.checkpoints) {
      const Checkpoint checkpoint = TRY(read(given));
      if (checkpoint.size != 0) expected_.emplace(checkpoint.size, checkpoint);
    }
    if (last.size != 0) expected_.emplace(last.size, last);
    report_.origin = last.origin;
    size_ = last.size;
    for (uint64_t first = 0; first < size_; first += tile_width) TRY(bundle(first));
    if (!expected_.empty()) {
      return fail(ErrorKind::invalid,
                  fmt::format("the log ends with record {}; a checkpoint is of {}", tree_.size(),
                              expected_.begin()->first));
    }
    TRY(check_witnesses(options_, report_));
    report_.records = tree_.size();
    report_.chains = seen_.size();
    report_.root = tree_.root();
    return report_;
  }

 private:
  Result<Checkpoint> read(const std::string& text) {
    const Note note = TRY(Note::parse(text));
    TRY(check_signatures(note, options_, report_));
    return Checkpoint::parse(note.text);
  }

  Tile tile_of(uint64_t index) const {
    const uint64_t first = index - index % tile_width;
    const auto width = static_cast<uint32_t>(std::min<uint64_t>(tile_width, size_ - first));
    return {std::nullopt, first / tile_width, width};
  }

  Result<> bundle(uint64_t first) {
    const Tile tile = tile_of(first);
    const Bytes bytes = TRY(fetch_(tile));
    const std::vector<ByteSpan> entries = TRY(entries_of(bytes));
    if (entries.size() != tile.width) {
      return fail(ErrorKind::malformed, fmt::format("{} has {} records instead of {}", tile.path(),
                                                    entries.size(), tile.width));
    }
    for (const ByteSpan entry : entries) {
      const Digest hash = record_hash(entry);
      if (Result<> fits = this->entry(entry, hash); !fits) return located(fits.error(), entry);
      tree_.append(hash);
      hashes_.push_back(hash);
      TRY(check_expected());
    }
    return {};
  }

  std::unexpected<Error> located(Error error, ByteSpan entry) const {
    std::string who = fmt::format("record {} of the log", tree_.size());
    if (const auto record = Record::decode(entry)) {
      const auto chain = seen_.find(record->chain);
      const std::string_view name = record->kind == RecordKind::genesis ? record->name
                                    : chain != seen_.end() ? std::string_view(chain->second->name)
                                                           : "unknown";
      who = fmt::format("record {} of chain '{}' ({})", record->sequence, name, who);
    }
    error.message = who + ": " + error.message;
    return std::unexpected(std::move(error));
  }

  Result<> entry(ByteSpan bytes, const Digest& hash) {
    const Record record = TRY(Record::decode(bytes));
    if (record.kind == RecordKind::genesis) return begin(record, hash);
    const auto found = seen_.find(record.chain);
    if (found == seen_.end()) return fail(ErrorKind::invalid, "the chain was never begun");
    Seen& chain = *found->second;
    const bool has_begun = chain.head.has_begun;
    TRY(advance(chain.head, record, hash));
    TRY(check_life(record, has_begun, chain.module));
    if (record.rejection) ++report_.rejections;
    if (record.source) TRY(link(record));
    chain.records.push_back(tree_.size());
    return {};
  }

  Result<> begin(const Record& record, const Digest& hash) {
    if (tree_.size() == 0) report_.log = record.chain;
    if (record.chain != report_.log) {
      return fail(ErrorKind::invalid, "the chain was begun in another log");
    }
    auto chain = std::make_unique<Seen>();
    chain->name = record.name;
    chain->head = first_head(hash);
    chain->module = record.module;
    chain->records.push_back(tree_.size());
    if (!by_name_.emplace(chain->name, chain.get()).second) {
      return fail(ErrorKind::invalid, "a second chain of this name");
    }
    seen_.emplace(hash, std::move(chain));
    return {};
  }

  /// To the record that a record names as its source.
  Result<> link(const Record& record) {
    const Record::Source& source = *record.source;
    if (!source.head) {
      if (record.kind != RecordKind::fork) return {};
      return fail(ErrorKind::invalid, "a fork does not say where it is from");
    }
    const auto chain = by_name_.find(source.name);
    const bool is_there = chain != by_name_.end() && source.cause < chain->second->records.size();
    if (!is_there || hashes_[chain->second->records[source.cause]] != *source.head) {
      return fail(ErrorKind::invalid,
                  fmt::format("record {} of '{}', which it names as its source, is another one",
                              source.cause, source.name));
    }
    ++report_.links;
    if (record.kind != RecordKind::fork) return {};
    return check_fork(record, TRY(read_record(chain->second->records[source.cause])));
  }

  /// One that was checked before.
  Result<Bytes> read_record(uint64_t index) const {
    const Bytes bytes = TRY(fetch_(tile_of(index)));
    const std::vector<ByteSpan> entries = TRY(entries_of(bytes));
    const size_t at = index % tile_width;
    if (at < entries.size() && record_hash(entries[at]) == hashes_[index]) {
      return Bytes(entries[at].begin(), entries[at].end());
    }
    return fail(ErrorKind::malformed,
                fmt::format("record {} of the log is another one than before", index));
  }

  Result<> check_expected() {
    for (auto at = expected_.find(tree_.size()); at != expected_.end();
         at = expected_.find(tree_.size())) {
      if (at->second.origin != report_.origin || at->second.root != tree_.root()) {
        return fail(
            ErrorKind::invalid,
            fmt::format("the first {} records are not those of the checkpoint", tree_.size()));
      }
      ++report_.checkpoints;
      if (!options_.signers.empty()) report_.signed_records = tree_.size();
      expected_.erase(at);
    }
    return {};
  }

  const TileFetcher& fetch_;
  const VerifyOptions& options_;
  VerifyReport report_;
  uint64_t size_ = 0;  ///< as far as the checkpoint goes
  std::vector<Digest> hashes_;
  crypto::MerkleFrontier tree_;
  std::multimap<uint64_t, Checkpoint> expected_;  ///< by size
  std::unordered_map<Digest, std::unique_ptr<Seen>, DigestHash> seen_;
  std::map<std::string, Seen*, std::less<>> by_name_;
};

}  // namespace

Result<VerifyReport> verify_tiles(const std::string& checkpoint, const TileFetcher& fetch,
                                  const VerifyOptions& options) {
  return TileWalk(fetch, options).run(checkpoint);
}

}  // namespace cairn::chain
