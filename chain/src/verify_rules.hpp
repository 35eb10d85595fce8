#pragma once
/// What the verifier holds records and notes to, wherever they were read from.

#include <cairn/chain/verify.hpp>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "chains.hpp"

namespace cairn::chain {

/// Error `invalid`.
std::unexpected<Error> wrong(std::string what);

/// That a note is signed by one of the signers, if there are any, and that no cosignature of a
/// known witness is forged. Counts those that are good; who cosigned that there is nothing yet has
/// seen nothing. `checkpoint` is what the note says. Error `invalid`.
Result<> check_signatures(const Note& note, const Checkpoint& checkpoint,
                          const VerifyOptions& options, VerifyReport& report);

/// In the end, that enough witnesses have cosigned something. Error `invalid`.
Result<> check_witnesses(const VerifyOptions& options, const VerifyReport& report);

/// A chain, as far as it was read.
struct SeenChain {
  std::string name;
  Head head;
  std::vector<uint64_t> records;  ///< where they are in the log, by sequence number
};

/// Takes the records of a log one after another and holds each to those before it: the rules of
/// chains, links to others, the tree, and the checkpoints that were given. Errors are `invalid`.
class RecordWalk {
 protected:
  explicit RecordWalk(const VerifyOptions& options) : options_(options) {}
  virtual ~RecordWalk() = default;
  RecordWalk(const RecordWalk&) = delete;
  RecordWalk& operator=(const RecordWalk&) = delete;

  /// The bytes of a record that was taken.
  virtual Result<Bytes> read_again(uint64_t index) = 0;

  /// Of a signed note, which the log must be true to when it is as long.
  Result<Checkpoint> expect(const std::string& note);
  /// That the next record may come now. `report_.log` is known. The chain, which it is part of.
  Result<SeenChain*> check(const Record& record, const Digest& hash);
  /// The next record is that one, and good.
  Result<> take(const Digest& hash);
  /// One whose signatures and root are good.
  void count(const Checkpoint& checkpoint);
  /// There are no more records.
  Result<VerifyReport> end();
  /// Says whose record it is, which was not taken.
  std::unexpected<Error> located(Error error, ByteSpan record) const;

  const VerifyOptions& options_;
  VerifyReport report_;
  crypto::MerkleFrontier tree_;
  std::vector<Digest> hashes_;  ///< of all that were taken

 private:
  Result<SeenChain*> begin(const Record& record, const Digest& hash);
  Result<> link(const Record& record);

  std::multimap<uint64_t, Checkpoint> expected_;  ///< by size
  std::unordered_map<Digest, std::unique_ptr<SeenChain>, DigestHash> seen_;
  std::map<std::string, SeenChain*, std::less<>> by_name_;
};

}  // namespace cairn::chain
