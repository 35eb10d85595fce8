#pragma once
/// Append-only Merkle trees over SHA-256 (RFC 6962, section 2; RFC 9162, section 2.1): a root
/// stands for all records so far, and short proofs show that a record is in it, or that one tree
/// grew out of another.
///
/// Only perfect subtrees are stored: node (level, index) covers the 2^level records from
/// index * 2^level on. It never changes once it exists.

#include <cairn/base/result.hpp>
#include <cairn/crypto/sha256.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace cairn::crypto {

using MerkleHash = Sha256;
using MerkleProof = std::vector<MerkleHash>;

/// Of a record: SHA-256(0x00 || record).
MerkleHash merkle_leaf(ByteSpan record);
/// Of two subtrees: SHA-256(0x01 || left || right).
MerkleHash merkle_node(const MerkleHash& left, const MerkleHash& right);
/// The root of no records: SHA-256 of nothing.
MerkleHash merkle_empty();

/// Where the perfect subtrees of a tree are read from. Errors are handed on.
using MerkleNodes = std::function<Result<MerkleHash>(uint8_t level, uint64_t index)>;

/// A growing tree, of which only the right edge is kept: at most 64 hashes.
class MerkleFrontier {
 public:
  /// Told of each perfect subtree when it is complete, leaves (level 0) included.
  using Store = std::function<void(uint8_t level, uint64_t index, const MerkleHash& hash)>;

  MerkleFrontier() = default;
  /// The edge of a tree of `size` records that is stored already.
  static Result<MerkleFrontier> of(uint64_t size, const MerkleNodes& nodes);

  void append(const MerkleHash& leaf, const Store& store = nullptr);
  uint64_t size() const { return size_; }
  MerkleHash root() const;

 private:
  uint64_t size_ = 0;
  std::vector<MerkleHash> edge_;  // the perfect subtrees that size_ is the sum of, largest first
};

/// The root of the first `size` records.
Result<MerkleHash> merkle_root(uint64_t size, const MerkleNodes& nodes);
/// That record `index` is in the tree of `size` records. Error `usage` unless index < size.
Result<MerkleProof> prove_inclusion(uint64_t index, uint64_t size, const MerkleNodes& nodes);
/// That the tree of `second` records begins with that of `first`. Error `usage` unless
/// first <= second. Nothing needs to be shown of no records.
Result<MerkleProof> prove_consistency(uint64_t first, uint64_t second, const MerkleNodes& nodes);

/// Errors of kind `invalid`, which say what does not fit. RFC 9162, 2.1.3.2.
Result<> verify_inclusion(const MerkleHash& leaf, uint64_t index, uint64_t size,
                          std::span<const MerkleHash> proof, const MerkleHash& root);
/// Likewise; 2.1.4.2.
Result<> verify_consistency(uint64_t first, uint64_t second, std::span<const MerkleHash> proof,
                            const MerkleHash& first_root, const MerkleHash& second_root);

}  // namespace cairn::crypto
