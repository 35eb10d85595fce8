#pragma once
/// The log on disk: segments, the chains in them, and the tree over all records. One thread stages
/// and commits; any thread reads what is durable.
///
/// Invariants: what readers see is durable. `Chain::head`, the index and the tree change in
/// `publish` only, under the lock; `Chain::staged` and all that is called staged belong to the
/// writer.

#include <cairn/base/disk.hpp>
#include <cairn/base/random.hpp>

#include <atomic>
#include <mutex>

#include "chains.hpp"
#include "cosigned_notes.hpp"
#include "index.hpp"
#include "open_files.hpp"
#include "segment.hpp"

namespace cairn::chain {

struct LogSettings {
  std::string folder = {};
  std::string origin = {};  ///< of a new log; that of one that is there must be the same
  uint64_t segment_bytes = uint64_t{64} << 20;
  size_t open_files_max = 128;  ///< of full segments and their indexes, besides those being read
};

/// What opening found besides good records.
struct LogOpening {
  uint64_t torn_bytes = 0;       ///< of a batch that was never acknowledged, and is gone
  uint64_t indexes_rebuilt = 0;  ///< of full segments
  bool is_new = false;
};

/// A record as it lies in the log.
struct StoredFrame {
  uint64_t index = 0;  ///< in the tree
  Digest hash = {};
  Bytes bytes = {};  ///< the frame, which `frame` points into
  RecordFrame frame = {};
};

enum class Extent : uint8_t {
  whole,
  outline,  ///< as if it had no contents: its hash is looked at, the checksum of the frame is not
};

class Log {
 public:
  /// Errors: `denied` when another process has the folder, `malformed` for damage, with path and
  /// offset; nothing is changed then.
  static Result<std::unique_ptr<Log>> open(Disk& disk, Random& random, LogSettings settings,
                                           LogOpening& opening);

  const Digest& id() const { return id_; }
  const std::string& origin() const { return settings_.origin; }

  // For the writer.

  /// Durable and staged ones.
  Chain* find_chain(std::string_view name) const;
  using Contents = std::initializer_list<ByteSpan>;
  /// Begins a chain. `record.chain` is set. Error `usage` when there is one of that name.
  Result<Chain*> stage_genesis(Record& record, uint8_t slots, Contents contents);
  /// Sets chain, parent, sequence number, old state and head of the source; drops a new state that
  /// is the old one, with its content: `contents` has one span for each slot. Errors `invalid`,
  /// `limit`.
  Result<> stage(Chain& chain, Record& record, const std::array<ByteSpan, slot_count>& contents);
  /// Several may be staged: the one of the largest tree is `note` then.
  void stage_note(std::string text);
  size_t staged_bytes() const { return builder_.size(); }
  const crypto::MerkleFrontier& staged_tree() const { return staged_tree_; }
  /// Makes durable what is staged, and shows it to readers. After an error of kind `limit` nothing
  /// of it is there, and the log goes on; any other is final.
  Result<> commit();
  /// Says on disk that the last batch is durable; does not wait. Nothing if it is said already.
  void seal();
  const std::optional<Error>& failure() const { return failure_; }

  // For any thread.

  uint64_t size() const;
  crypto::MerkleFrontier tree() const;
  std::string note() const;
  CosignedNotes cosigned() const;
  /// Error `not_found`. What is returned is a copy; `ranges` and `active` are empty.
  Result<Chain> chain(std::string_view name) const;
  /// Names after `after`, at most `count`.
  std::vector<std::string> names(std::string_view after, size_t count) const;
  Result<StoredFrame> read(std::string_view name, uint64_t sequence,
                           Extent extent = Extent::whole) const;
  Result<StoredFrame> read(uint64_t index, Extent extent = Extent::whole) const;
  Result<Digest> hash_of(const Chain& chain, uint64_t sequence) const;
  /// Of records that are there.
  Result<std::vector<Digest>> hashes(uint64_t first, uint64_t count) const;
  /// Throws away the contents of full segments whose records are all before `index`, but for
  /// manifests, the last record of each chain, and the states that are needed later. Hashes stay as
  /// they are. Returns how many bytes that freed. Nothing is done again before there are more such
  /// segments than the last time. `goes_on` is asked before each of them.
  Result<uint64_t> prune(uint64_t index, const std::function<bool()>& goes_on = nullptr);
  uint64_t pruned() const { return pruned_; }
  /// Error `not_found` for what is not there yet.
  Result<Digest> node(uint8_t level, uint64_t index) const;

 private:
  struct Segment {
    SegmentHeader header;
    std::string path;
    std::unique_ptr<DiskFile> file;  ///< of the last one open to write, else one of `files_`
    std::unique_ptr<Index> index;    ///< none: the last one
    uint64_t end_record = 0;         ///< of full ones
  };
  class Recovery;
  class Pruning;
  Result<uint64_t> rewrite(size_t number, Pruning& pruning);
  /// What is found under the lock; the index of a full segment never changes, and is read without.
  struct Place {
    std::shared_ptr<Segment> segment = {};
    uint64_t local = 0;                    ///< which record of the segment, unless `number` is set
    std::optional<uint64_t> number = {};   ///< where the index says which it is
    std::optional<IndexEntry> entry = {};  ///< of the last segment
  };
  struct Leaves {
    struct Part {
      std::shared_ptr<Segment> segment = {};
      uint64_t first = 0;  ///< within it
      uint64_t count = 0;
    };
    std::vector<Part> full = {};
    std::vector<Digest> rest = {};  ///< of the last segment
  };

  Log(Disk& disk, LogSettings settings)
      : disk_(disk), settings_(std::move(settings)), files_(disk, settings_.open_files_max) {}

  std::string path_of(const std::string& name) const { return settings_.folder + "/" + name; }
  Result<> load(SegmentId id, bool is_last, LogOpening& opening);
  Result<> check_header(const SegmentHeader& header, SegmentId id);
  Result<bool> load_index(Segment& segment);
  Result<> walk(Segment& segment, bool is_last, LogOpening& opening);
  Result<std::unique_ptr<Index>> open_index(SegmentId id, IndexTable& table);
  Result<> keep_index();
  Result<> create_segment();
  Result<> roll();
  IndexTable table() const;
  void publish();
  void discard();
  Result<> retract(Error error);
  Result<> write_seal(const Segment& segment);
  std::unexpected<Error> fail_for_ever(Error error);
  void keep_node(uint8_t level, const Digest& hash);
  void keep_note(std::string text);
  Result<Place> place(uint64_t index) const;
  Result<Place> place(const Chain& chain, uint64_t sequence) const;
  static Result<uint64_t> local_of(const Place& place);
  static Result<IndexEntry> entry_of(const Place& place);
  static Result<StoredFrame> read_at(Place place, Extent extent = Extent::whole);
  Leaves leaves(uint64_t first, uint64_t count) const;
  static Result<std::vector<Digest>> hashes_of(const Leaves& leaves);
  /// Of leaves whose number is a power of two.
  static Result<Digest> root_of(const Leaves& leaves);
  Result<Digest> stage_record(Record& record, uint64_t state_sequence, uint8_t slots,
                              Contents contents);

  Disk& disk_;
  LogSettings settings_;
  OpenFiles files_;
  std::unique_ptr<Disk::Lock> lock_;
  Digest id_ = {};
  std::array<uint8_t, 16> secret_ = {};  ///< of segments that are made now
  std::optional<Error> failure_;

  std::mutex pruning_;  ///< held by who prunes, before the other
  /// Records before it; written under `pruning_`.
  std::atomic<uint64_t> pruned_ = 0;
  mutable std::mutex mutex_;  ///< for moments only: no disk is touched under it
  Chains chains_;
  std::vector<std::shared_ptr<Segment>> segments_;
  std::vector<IndexEntry> active_;          ///< of the last segment
  std::vector<Chain*> active_chains_;       ///< that have records there
  std::vector<Digest> active_nodes_;        ///< of `kept_level`, completed there
  std::vector<std::vector<Digest>> nodes_;  ///< from `kept_level` on
  crypto::MerkleFrontier tree_;
  std::string note_;
  CosignedNotes cosigned_;

  SegmentEnd end_;
  BatchBuilder builder_;
  std::vector<std::pair<Chain*, IndexEntry>> staged_entries_;  ///< offsets are set when written
  std::map<std::string, std::unique_ptr<Chain>, std::less<>> staged_chains_;
  std::vector<std::pair<uint8_t, Digest>> staged_nodes_;
  crypto::MerkleFrontier staged_tree_;
  std::vector<std::string> staged_notes_;
};

}  // namespace cairn::chain
