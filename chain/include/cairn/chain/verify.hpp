#pragma once
/// Checks a log without the server that wrote it: all chains, the tree, what was signed, and the
/// contents that are still there.

#include <cairn/base/disk.hpp>
#include <cairn/chain/checkpoint.hpp>
#include <cairn/chain/record.hpp>
#include <cairn/chain/replay.hpp>
#include <cairn/chain/tiles.hpp>

#include <string>
#include <vector>

namespace cairn::chain {

struct VerifyOptions {
  /// Keys of the log. If there are any, each checkpoint in it must be signed by one, and there must
  /// be one of at least one record; `VerifyReport::signed_records` says how far they go.
  std::vector<Verifier> signers = {};
  /// Cosignatures by these are checked where they are.
  std::vector<Verifier> witnesses = {};
  /// So many of them must have cosigned a checkpoint of at least one record; all, if they are
  /// fewer.
  uint64_t witness_quorum = UINT64_MAX;
  /// Signed checkpoints from elsewhere, which the log must have been true to. With signers, they
  /// must be signed by one of them.
  std::vector<std::string> checkpoints = {};
  /// Check the bytes of contents against the digests of their records. A replayer has it done.
  bool contents = true;
  /// Runs transitions again; null: nothing is run.
  Replayer* replayer = nullptr;
  uint32_t threads = 1;
};

struct VerifyReport {
  std::string origin = {};
  Digest log = {};
  uint64_t records = 0;
  uint64_t chains = 0;
  uint64_t segments = 0;
  uint64_t rejections = 0;
  uint64_t links = 0;                       ///< to the record of a sender that were followed
  uint64_t contents = 0;                    ///< whose digests were checked
  uint64_t contents_missing = 0;            ///< that were thrown away
  uint64_t checkpoints = 0;                 ///< whose root is that of the tree
  uint64_t signatures = 0;                  ///< that are good
  std::vector<uint64_t> cosignatures = {};  ///< among them, those of each witness
  /// So many of the first are under a checkpoint that a signer signed. What comes after them is
  /// only what the folder says. 0 without signers.
  uint64_t signed_records = 0;
  uint64_t replayed = 0;
  /// For lack of a module, of contents or of limits that are known; also refused modules, and
  /// snapshots and upgrades that brought a state but for those of hooks.
  uint64_t not_replayed = 0;
  uint64_t torn_bytes = 0;  ///< at the end, of a batch that nobody was told of
  Digest root = {};
};

/// Reads a folder that nobody needs to have closed; where contents are thrown away meanwhile, from
/// the beginning. The first thing that does not fit is the error:
/// of kind `malformed` (no such log) or `invalid` (a log that cannot have come about), with path
/// and offset, and with chain and sequence number where there are such.
Result<VerifyReport> verify_log(Disk& disk, const std::string& folder,
                                const VerifyOptions& options);

/// The same of a log that others serve as C2SP tlog-tiles, as far as `checkpoint` (a signed note)
/// goes: chains, links, the tree and signatures. Contents are not among what is served; nothing is
/// run again. `fetch` is asked for bundles of records only.
Result<VerifyReport> verify_tiles(const std::string& checkpoint, const TileFetcher& fetch,
                                  const VerifyOptions& options);

}  // namespace cairn::chain
