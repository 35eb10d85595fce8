#pragma once
/// Where the transitions of a system's actors last: the journal that actors write to, and what
/// anybody may read and prove of it. One folder, one log, one tree.
///
///   auto store = TRY(chain::Store::open(disk, clock, random, {.folder = "data", .origin = "me"},
///   key)); chain::Committer committer(*store, clock); store->append(actor, transition,
///   [](Result<actor::Receipt> receipt) { … });  // once durable

#include <cairn/actor/journal.hpp>
#include <cairn/base/clock.hpp>
#include <cairn/base/disk.hpp>
#include <cairn/base/random.hpp>
#include <cairn/chain/checkpoint.hpp>
#include <cairn/chain/record.hpp>
#include <cairn/chain/tiles.hpp>

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cairn::chain {

struct StoredFrame;

/// So many of the last ones are remembered for witnesses that take their time; after a start, only
/// the last one and those that are kept because they were cosigned.
inline constexpr size_t checkpoints_kept = 1024;

struct StoreSettings {
  std::string folder = {};
  std::string origin = {};  ///< names the log for ever, and its key: "example.com/bank"
  uint64_t segment_bytes = uint64_t{64} << 20;
  /// A batch that has as many bytes takes no more records.
  size_t batch_bytes_max = size_t{8} << 20;
  /// New records are signed after that time; 0: only when somebody asks.
  uint64_t checkpoint_interval_ns = 1'000'000'000;
  std::vector<Verifier> witnesses = {};  ///< whose cosignatures are taken; `witnesses_max` at most
};

/// What opening found.
struct StoreOpening {
  uint64_t records = 0;
  uint64_t torn_bytes = 0;       ///< of a batch that was never acknowledged, and is gone
  uint64_t indexes_rebuilt = 0;  ///< because they were lost
  bool is_new = false;
};

/// Where a chain stands.
struct ChainInfo {
  std::string name = {};
  Digest id = {};
  uint64_t sequence = 0;
  Digest head = {};
  std::string media_type = {};  ///< of the state
  Content state = {};
  RecordKind last = RecordKind::genesis;
  bool has_begun = false;  ///< there is a first state
};

/// A record with those of its contents that are still there.
class StoredRecord {
 public:
  uint64_t index = 0;  ///< in the tree
  Digest hash = {};
  Record record = {};  ///< its texts point into bytes that are kept here
  ByteSpan encoded = {};
  /// An empty content is never stored, and is here. None: it was thrown away.
  std::optional<ByteSpan> content(Slot slot) const;

  StoredRecord() = default;
  StoredRecord(StoredRecord&&) = default;
  StoredRecord& operator=(StoredRecord&&) = default;

 private:
  friend class Store;
  Bytes bytes_;
  std::array<ByteSpan, slot_count> contents_ = {};
  uint8_t slots_ = 0;
};

/// Journal functions and those that read may be called from any thread, `commit` from one at a
/// time.
class Store final : public actor::Journal {
 public:
  /// The key signs checkpoints. Errors: `denied` when another process has the folder; `malformed`
  /// for damage, with path and offset: nothing is repaired.
  static Result<std::unique_ptr<Store>> open(Disk& disk, Clock& clock, Random& random,
                                             StoreSettings settings, const crypto::Ed25519Key& key);
  ~Store() override;
  const StoreOpening& opening() const { return opening_; }
  /// After it nothing can be written any more, until the store is opened again. From any thread.
  std::optional<Error> failure() const;

  // The journal.

  /// After an error it is closed.
  void open(actor::ActorId actor, actor::Genesis genesis, Opened done) override;
  void append(actor::ActorId actor, actor::Transition transition, Appended done) override;
  void close(actor::ActorId actor) override;

  // Who commits.

  /// Writes what has gathered with one sync, and tells those who wait. False: there was nothing.
  bool commit();
  /// When `commit` has something to do although nobody waits (monotonic); none: never.
  std::optional<uint64_t> due_ns() const;
  /// Called when something is there to commit, by the thread that brought it. Set before use.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }

  // Readers: they see what is durable. Errors: `not_found`; `malformed` for damage.

  Result<ChainInfo> chain(std::string_view name) const;
  /// In the order of their names, those after `after`.
  std::vector<ChainInfo> chains(std::string_view after, size_t count) const;
  Result<StoredRecord> record(std::string_view name, uint64_t sequence) const;
  Result<StoredRecord> record(uint64_t index) const;
  /// Without its contents, which are not read, however large: all count as thrown away.
  Result<StoredRecord> outline(std::string_view name, uint64_t sequence) const;
  Result<StoredRecord> outline(uint64_t index) const;
  /// From a sequence number on, at most `count`.
  Result<std::vector<StoredRecord>> records(std::string_view name, uint64_t from,
                                            size_t count) const;
  /// What the state was after that record. Error `not_found` also when it was thrown away.
  Result<actor::Payload> state(std::string_view name, uint64_t at) const;

  /// Throws away contents of records before `index`, in the full segments that have no others:
  /// inputs, replies, effects, answers of the host, and states that nothing later needs. Proofs
  /// stay as they are. Returns how many bytes that freed. May take long; others may go on.
  /// `goes_on` is asked before each segment, and says whether to. Null: always.
  Result<uint64_t> prune(uint64_t index, const std::function<bool()>& goes_on = nullptr);
  /// Records before it were pruned since the log was opened.
  uint64_t pruned() const;

  uint64_t size() const;
  Digest root() const;
  /// Nodes of the tree; see crypto/merkle.hpp for proofs from them.
  crypto::MerkleNodes nodes() const;
  /// Hashes, or a bundle of records.
  Result<Bytes> tile(const Tile& tile) const;
  /// The last one that was signed, with the cosignatures that came; empty: none yet.
  std::string checkpoint() const;
  /// The largest one that so many witnesses have cosigned, with all cosignatures of it; empty: none
  /// yet.
  std::string cosigned_checkpoint(size_t quorum = 1) const;
  /// Signs the tree as it is, unless it is signed; the note is handed on once it is durable.
  void sign_checkpoint(std::function<void(Result<std::string>)> done);
  /// Takes cosignatures of one of the last checkpoints by known witnesses. Errors: `malformed`;
  /// `denied` when one of a known witness is wrong or none is known; `usage` for any other
  /// checkpoint.
  void add_cosignatures(std::string note, std::function<void(Result<>)> done);
  /// Whom the signatures of this log are checked against.
  Verifier verifier() const;

 private:
  struct Request;
  struct Inside;
  struct Round;

  Store();
  void push(Request request);
  Result<std::string> signed_checkpoint() const;
  /// None: it has all of these already.
  Result<std::optional<std::string>> with_cosignatures(const std::string& note,
                                                       const Round& round) const;
  void stage(Request& request, Round& round);
  void stage_checkpoint(Round& round);
  void stage_open(Request& request, Round& round);
  void stage_close(uint64_t actor);
  void stage_append(Request& request, Round& round);
  void finish(Round& round, const Result<>& done);
  static Result<StoredRecord> stored(StoredFrame from);
  Result<actor::Recovered> recover(const std::string& name) const;
  Result<> check_fork(const Record& record) const;

  std::unique_ptr<Inside> inside_;
  StoreOpening opening_;
  std::function<void()> wake_;
};

/// A thread that commits whenever there is something to commit.
class Committer {
 public:
  Committer(Store& store, Clock& clock);
  /// Commits what is left.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

 private:
  void run();

  Store& store_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_woken_ = false;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace cairn::chain
