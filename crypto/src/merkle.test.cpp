#include <gtest/gtest.h>
#include <cairn/base/random.hpp>
#include <cairn/crypto/merkle.hpp>

#include <map>

namespace cairn::crypto {
namespace {

/// The tree as RFC 6962 defines it, by recursion over the records.
MerkleHash defined_root(std::span<const Bytes> records) {
  if (records.empty()) return sha256({});
  if (records.size() == 1) return merkle_leaf(records[0]);
  size_t half = 1;
  while (half * 2 < records.size()) half *= 2;
  return merkle_node(defined_root(records.first(half)), defined_root(records.subspan(half)));
}

struct Tree {
  std::vector<Bytes> records;
  std::map<std::pair<uint8_t, uint64_t>, MerkleHash> stored;
  MerkleFrontier frontier;

  void append(Bytes record) {
    frontier.append(
        merkle_leaf(record), [&](uint8_t level, uint64_t index, const MerkleHash& hash) {
          EXPECT_TRUE(stored.emplace(std::pair{level, index}, hash).second) << "written twice";
        });
    records.push_back(std::move(record));
  }
  MerkleNodes nodes() const {
    return [this](uint8_t level, uint64_t index) -> Result<MerkleHash> {
      auto node = stored.find({level, index});
      if (node == stored.end()) return fail(ErrorKind::not_found, "no such node");
      return node->second;
    };
  }
};

Tree tree_of(size_t size) {
  Tree tree;
  for (size_t at = 0; at < size; ++at) {
    tree.append(Bytes(at % 7, static_cast<uint8_t>(at)));
  }
  return tree;
}

// The records and roots that implementations of Certificate Transparency test against.
TEST(Merkle, RootsOfCertificateTransparency) {
  const std::vector<Bytes> records = {{},
                                      {0x00},
                                      {0x10},
                                      {0x20, 0x21},
                                      {0x30, 0x31},
                                      {0x40, 0x41, 0x42, 0x43},
                                      {0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57},
                                      {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
                                       0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f}};
  const std::vector<std::string> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Tree tree;
  EXPECT_EQ(to_hex(tree.frontier.root()), roots[0]);
  for (size_t at = 0; at < records.size(); ++at) {
    tree.append(records[at]);
    EXPECT_EQ(to_hex(tree.frontier.root()), roots[at + 1]) << at + 1;
  }
}

TEST(Merkle, FrontierAndNodesAgreeWithTheDefinition) {
  Tree tree;
  for (size_t size = 0; size < 130; ++size) {
    const MerkleHash root = defined_root(tree.records);
    EXPECT_EQ(tree.frontier.root(), root) << size;
    EXPECT_EQ(merkle_root(size, tree.nodes()), root) << size;
    EXPECT_EQ(MerkleFrontier::of(size, tree.nodes())->root(), root) << size;
    tree.append(Bytes(size % 5, 7));
  }
}

TEST(Merkle, EveryRecordIsProven) {
  const Tree tree = tree_of(70);
  for (uint64_t size = 1; size <= 70; ++size) {
    const MerkleHash root = *merkle_root(size, tree.nodes());
    for (uint64_t index = 0; index < size; ++index) {
      const MerkleHash leaf = merkle_leaf(tree.records[index]);
      MerkleProof proof = *prove_inclusion(index, size, tree.nodes());
      EXPECT_TRUE(verify_inclusion(leaf, index, size, proof, root)) << index << " of " << size;
      EXPECT_FALSE(verify_inclusion(merkle_leaf(Bytes{250, 1}), index, size, proof, root));
      EXPECT_FALSE(verify_inclusion(leaf, index, size + 70, proof, root));
      proof.push_back(root);
      EXPECT_FALSE(verify_inclusion(leaf, index, size, proof, root)) << "too long";
      proof.pop_back();
      if (proof.empty()) continue;
      proof.back()[5] ^= 1;
      EXPECT_FALSE(verify_inclusion(leaf, index, size, proof, root)) << "forged";
      proof.pop_back();
      EXPECT_FALSE(verify_inclusion(leaf, index, size, proof, root)) << "too short";
    }
  }
}

TEST(Merkle, EveryGrowthIsProven) {
  const Tree tree = tree_of(40);
  for (uint64_t second = 0; second <= 40; ++second) {
    const MerkleHash second_root = *merkle_root(second, tree.nodes());
    for (uint64_t first = 0; first <= second; ++first) {
      const MerkleHash first_root = *merkle_root(first, tree.nodes());
      MerkleProof proof = *prove_consistency(first, second, tree.nodes());
      EXPECT_TRUE(verify_consistency(first, second, proof, first_root, second_root))
          << first << " in " << second;
      MerkleHash other = first_root;
      other[0] ^= 1;
      EXPECT_FALSE(verify_consistency(first, second, proof, other, second_root));
      if (first == 0 || first == second) continue;
      other = second_root;
      other[31] ^= 1;
      EXPECT_FALSE(verify_consistency(first, second, proof, first_root, other));
      proof.push_back(other);
      EXPECT_FALSE(verify_consistency(first, second, proof, first_root, second_root));
      proof.pop_back();
      proof.pop_back();
      EXPECT_FALSE(verify_consistency(first, second, proof, first_root, second_root));
    }
  }
}

TEST(Merkle, WhatIsNotThereCannotBeProven) {
  const Tree tree = tree_of(5);
  EXPECT_EQ(prove_inclusion(5, 5, tree.nodes()).error().kind, ErrorKind::usage);
  EXPECT_EQ(prove_consistency(6, 5, tree.nodes()).error().kind, ErrorKind::usage);
  EXPECT_EQ(prove_inclusion(0, 9, tree.nodes()).error().kind, ErrorKind::not_found);
  EXPECT_FALSE(verify_consistency(2, 1, {}, merkle_empty(), merkle_empty()));
}

}  // namespace
}  // namespace cairn::crypto
