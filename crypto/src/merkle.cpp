#include <cairn/crypto/merkle.hpp>

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

namespace cairn::crypto {

namespace {

constexpr std::array<uint8_t, 1> leaf_prefix = {0x00};
constexpr std::array<uint8_t, 1> node_prefix = {0x01};

/// The largest power of two below `count`, which is at least 2: where RFC 6962 splits.
uint64_t split(uint64_t count) { return std::bit_floor(count - 1); }

/// Of the records [first, end); `first` is a multiple of each power of two that `end - first` is
/// the sum of, as all ranges of a proof are.
Result<MerkleHash> range_hash(uint64_t first, uint64_t end, const MerkleNodes& nodes) {
  // The subtrees from left to right, the largest first; then joined from the right.
  std::vector<MerkleHash> subtrees;
  while (first < end) {
    const uint64_t count = std::bit_floor(end - first);
    const auto level = static_cast<uint8_t>(std::countr_zero(count));
    subtrees.push_back(TRY(nodes(level, first >> level)));
    first += count;
  }
  MerkleHash hash = subtrees.back();
  for (size_t at = subtrees.size() - 1; at-- > 0;) hash = merkle_node(subtrees[at], hash);
  return hash;
}

std::unexpected<Error> wrong(const char* what) {
  return fail(ErrorKind::invalid, fmt::format("the Merkle proof is wrong: {}", what));
}

}  // namespace

MerkleHash merkle_leaf(ByteSpan record) { return sha256({leaf_prefix, record}); }
MerkleHash merkle_node(const MerkleHash& left, const MerkleHash& right) {
  // In one piece: the parts cost as much as the hash.
  std::array<uint8_t, 1 + 2 * sizeof(MerkleHash)> bytes;
  bytes[0] = node_prefix[0];
  std::memcpy(bytes.data() + 1, left.data(), left.size());
  std::memcpy(bytes.data() + 1 + left.size(), right.data(), right.size());
  return sha256(bytes);
}
MerkleHash merkle_empty() { return sha256({}); }

Result<MerkleFrontier> MerkleFrontier::of(uint64_t size, const MerkleNodes& nodes) {
  MerkleFrontier frontier;
  for (uint64_t first = 0; first < size;) {
    const uint64_t count = std::bit_floor(size - first);
    const auto level = static_cast<uint8_t>(std::countr_zero(count));
    frontier.edge_.push_back(TRY(nodes(level, first >> level)));
    first += count;
  }
  frontier.size_ = size;
  return frontier;
}

void MerkleFrontier::append(const MerkleHash& leaf, const Store& store) {
  MerkleHash hash = leaf;
  if (store) store(0, size_, hash);
  // Like a carry: each one bit at the end of the size is a subtree that has found its right half.
  uint64_t index = size_;
  for (uint8_t level = 1; (index & 1) != 0; ++level) {
    index >>= 1;
    hash = merkle_node(edge_.back(), hash);
    edge_.pop_back();
    if (store) store(level, index, hash);
  }
  edge_.push_back(hash);
  ++size_;
}

MerkleHash MerkleFrontier::root() const {
  if (edge_.empty()) return merkle_empty();
  MerkleHash hash = edge_.back();
  for (size_t at = edge_.size() - 1; at-- > 0;) hash = merkle_node(edge_[at], hash);
  return hash;
}

Result<MerkleHash> merkle_root(uint64_t size, const MerkleNodes& nodes) {
  if (size == 0) return merkle_empty();
  return range_hash(0, size, nodes);
}

Result<MerkleProof> prove_inclusion(uint64_t index, uint64_t size, const MerkleNodes& nodes) {
  if (index >= size) {
    return fail(ErrorKind::usage, fmt::format("record {} is not in a tree of {}", index, size));
  }
  MerkleProof proof;  // from the root down; RFC 6962 lists it from the leaf up
  uint64_t first = 0;
  uint64_t end = size;
  while (end - first > 1) {
    const uint64_t middle = first + split(end - first);
    if (index < middle) {
      proof.push_back(TRY(range_hash(middle, end, nodes)));
      end = middle;
    } else {
      proof.push_back(TRY(range_hash(first, middle, nodes)));
      first = middle;
    }
  }
  return MerkleProof(proof.rbegin(), proof.rend());
}

Result<MerkleProof> prove_consistency(uint64_t first_size, uint64_t second_size,
                                      const MerkleNodes& nodes) {
  if (first_size > second_size) {
    return fail(ErrorKind::usage, fmt::format("a tree of {} records does not begin with {}",
                                              second_size, first_size));
  }
  MerkleProof proof;
  if (first_size == 0 || first_size == second_size) return proof;
  uint64_t first = 0;
  uint64_t end = second_size;
  while (end != first_size) {
    const uint64_t middle = first + split(end - first);
    if (first_size <= middle) {
      proof.push_back(TRY(range_hash(middle, end, nodes)));
      end = middle;
    } else {
      proof.push_back(TRY(range_hash(first, middle, nodes)));
      first = middle;
    }
  }
  // What is left is the end of the first tree; who has its root knows it if it is all of it.
  if (first != 0) proof.push_back(TRY(range_hash(first, end, nodes)));
  return MerkleProof(proof.rbegin(), proof.rend());
}

Result<> verify_inclusion(const MerkleHash& leaf, uint64_t index, uint64_t size,
                          std::span<const MerkleHash> proof, const MerkleHash& root) {
  if (index >= size) return wrong("the record lies behind the end of the tree");
  uint64_t at = index;
  uint64_t last = size - 1;
  MerkleHash hash = leaf;
  for (const MerkleHash& other : proof) {
    if (last == 0) return wrong("it is too long");
    if ((at & 1) != 0 || at == last) {
      hash = merkle_node(other, hash);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      hash = merkle_node(hash, other);
    }
    at >>= 1;
    last >>= 1;
  }
  if (last != 0) return wrong("it is too short");
  if (hash != root) return wrong("it leads to another root");
  return {};
}

Result<> verify_consistency(uint64_t first, uint64_t second, std::span<const MerkleHash> proof,
                            const MerkleHash& first_root, const MerkleHash& second_root) {
  if (first > second) return wrong("the first tree is larger than the second");
  if (first == 0) {
    if (!proof.empty()) return wrong("it is too long");
    return first_root == merkle_empty() ? Result<>()
                                        : wrong("the first root is not that of nothing");
  }
  if (first == second) {
    if (!proof.empty()) return wrong("it is too long");
    return first_root == second_root ? Result<>() : wrong("trees of one size have two roots");
  }
  // A first tree that is a perfect subtree is where the path begins; it is not in the proof.
  const bool perfect = std::has_single_bit(first);
  if (proof.empty()) return wrong("it is too short");
  uint64_t at = first - 1;
  uint64_t last = second - 1;
  while ((at & 1) != 0) {
    at >>= 1;
    last >>= 1;
  }
  MerkleHash of_first = perfect ? first_root : proof.front();
  MerkleHash of_second = of_first;
  for (const MerkleHash& other : proof.subspan(perfect ? 0 : 1)) {
    if (last == 0) return wrong("it is too long");
    if ((at & 1) != 0 || at == last) {
      of_first = merkle_node(other, of_first);
      of_second = merkle_node(other, of_second);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      of_second = merkle_node(of_second, other);
    }
    at >>= 1;
    last >>= 1;
  }
  if (last != 0) return wrong("it is too short");
  if (of_first != first_root) return wrong("it leads to another first root");
  if (of_second != second_root) return wrong("it leads to another second root");
  return {};
}

}  // namespace cairn::crypto
