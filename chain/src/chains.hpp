#pragma once
/// Which chains a log has, where each stands, and the rules by which one grows. The rules are used
/// by who writes, by who recovers and by who verifies.

#include <cairn/chain/record.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::chain {

/// Where a chain stands: all that the next record must fit.
struct Head {
  uint64_t sequence = 0;
  Digest hash = {};
  std::string media_type = "application/octet-stream";  ///< of the state
  Content state = {};
  uint64_t state_sequence = 0;  ///< of the record that brought the state
  RecordKind last = RecordKind::genesis;
  /// That the actor runs: of the last record that is no rejection. A new one may be refused.
  Digest module = {};
  /// There is a first state, maybe an empty one: `init` was accepted, or it is a fork.
  bool has_begun = false;
};

/// The head after a genesis of that hash.
inline Head first_head(const Digest& hash) { return {.hash = hash}; }

/// Lets a chain grow by a record that is not a genesis. Error `invalid`, which says what does not
/// fit; the head is as before then.
Result<> advance(Head& head, const Record& record, const Digest& hash);
/// What a record must hold whatever stands before it. Error `invalid`.
Result<> check_alone(const Record& record);

struct DigestHash {
  /// Digests are evenly distributed as they are.
  size_t operator()(const Digest& digest) const { return load_le<size_t>(digest.data()); }
};

/// Records of one chain in one full segment.
struct ChainRange {
  uint64_t segment = 0;
  uint64_t first = 0;  ///< sequence number
  uint32_t count = 0;
  uint32_t start = 0;  ///< in the index file's array
};

struct Chain {
  Digest id = {};
  std::string name = {};
  Head head = {};    ///< durable
  Head staged = {};  ///< with what is being written; for the writer alone
  std::vector<ChainRange> ranges = {};
  uint64_t active_first = 0;          ///< sequence number
  std::vector<uint32_t> active = {};  ///< in the last segment: which of its records
};

class Chains {
 public:
  Chain* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
  }
  Chain* find(const Digest& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  /// Null when there is one of that name or id.
  Chain* add(std::unique_ptr<Chain> chain);
  /// In the order of their names.
  const std::map<std::string, std::unique_ptr<Chain>, std::less<>>& by_name() const {
    return by_name_;
  }

 private:
  std::map<std::string, std::unique_ptr<Chain>, std::less<>> by_name_;
  std::unordered_map<Digest, Chain*, DigestHash> by_id_;
};

}  // namespace cairn::chain
