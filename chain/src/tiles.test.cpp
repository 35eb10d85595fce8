#include <gtest/gtest.h>
#include <cairn/chain/tiles.hpp>

#include <map>

namespace cairn::chain {
namespace {

TEST(Tiles, PathsAreThoseOfTheStandard) {
  for (auto [tile, path] : {std::pair<Tile, std::string_view>{{0, 0}, "tile/0/000"},
                            {{0, 1234067}, "tile/0/x001/x234/067"},
                            {{1, 999, 17}, "tile/1/999.p/17"},
                            {{63, 1000}, "tile/63/x001/000"},
                            {{std::nullopt, 5, 112}, "tile/entries/005.p/112"}}) {
    EXPECT_EQ(tile.path(), path);
    EXPECT_EQ(Tile::parse(path), tile) << path;
  }
  for (std::string_view bad : {"",
                               "tile",
                               "tile/0",
                               "tile/0/",
                               "tile/00/000",
                               "tile/64/000",
                               "tile/0/0",
                               "tile/0/0000",
                               "tile/0/x000/001",
                               "tile/0/x001",
                               "tile/0/001/002",
                               "tile/0/000.p/0",
                               "tile/0/000.p/256",
                               "tile/0/000.p/01",
                               "tile/0/000.p/",
                               "tile/0/000.p",
                               "tile/entry/000",
                               "/tile/0/000",
                               "tile/0/x018/x446/x744/x073/x709/x551/616",
                               "tile/0/x1a1/000",
                               "tile/0/000/"}) {
    EXPECT_FALSE(Tile::parse(bad)) << bad;
  }
}

// The example of tlog-tiles: a tree of 70,000.
TEST(Tiles, OfATree) {
  const std::vector<Tile> tiles = tiles_of(70'000);
  EXPECT_EQ(tiles.size(), 273 + 1 + 1 + 1 + 1);
  EXPECT_EQ(tiles[273], (Tile{0, 273, 112}));
  EXPECT_EQ(tiles[274], (Tile{1, 0}));
  EXPECT_EQ(tiles[275], (Tile{1, 1, 17}));
  EXPECT_EQ(tiles[276], (Tile{2, 0, 1}));
  EXPECT_EQ(tiles_of(256), (std::vector<Tile>{{0, 0}, {1, 0, 1}}));
  EXPECT_TRUE(tiles_of(0).empty());
}

TEST(Tiles, ProofsAreMadeFromTilesAlone) {
  constexpr uint64_t size = 70'000;
  std::map<std::pair<uint8_t, uint64_t>, crypto::MerkleHash> stored;
  crypto::MerkleFrontier frontier;
  crypto::MerkleHash at_300 = {};
  for (uint64_t at = 0; at < size; ++at) {
    if (at == 300) at_300 = frontier.root();
    const Bytes record = {static_cast<uint8_t>(at), static_cast<uint8_t>(at >> 8)};
    frontier.append(crypto::merkle_leaf(record),
                    [&](uint8_t level, uint64_t index, const crypto::MerkleHash& hash) {
                      stored[{level, index}] = hash;
                    });
  }
  const crypto::MerkleNodes direct = [&](uint8_t level,
                                         uint64_t index) -> Result<crypto::MerkleHash> {
    return stored.at({level, index});
  };
  std::map<std::string, Bytes> served;
  for (const Tile& tile : tiles_of(size)) served[tile.path()] = *tile_bytes(tile, direct);
  int fetched = 0;
  const crypto::MerkleNodes nodes = nodes_of_tiles(size, [&](const Tile& tile) -> Result<Bytes> {
    ++fetched;
    return served.at(tile.path());
  });
  EXPECT_EQ(crypto::merkle_root(size, nodes), frontier.root());
  for (uint64_t index : {0ul, 255ul, 256ul, 65'535ul, 65'536ul, 69'999ul}) {
    const auto proof = crypto::prove_inclusion(index, size, nodes);
    ASSERT_TRUE(proof);
    EXPECT_TRUE(
        crypto::verify_inclusion(stored.at({0, index}), index, size, *proof, frontier.root()));
  }
  const auto growth = crypto::prove_consistency(300, size, nodes);
  EXPECT_TRUE(crypto::verify_consistency(300, size, *growth, at_300, frontier.root()));
  EXPECT_LT(fetched, 15);
  EXPECT_EQ(nodes(0, size).error().kind, ErrorKind::not_found);
  EXPECT_EQ(nodes(17, 0).error().kind, ErrorKind::not_found);
}

TEST(Tiles, AShortTileIsNoticed) {
  const auto nodes = nodes_of_tiles(10, [](const Tile&) { return Bytes(32 * 9); });
  EXPECT_EQ(nodes(0, 0).error().message, "a tile of 10 hashes has 288 bytes");
}

TEST(Tiles, Bundles) {
  Bytes bundle;
  const Bytes longest(entry_bytes_max, 7);
  ASSERT_TRUE(append_entry(bundle, Bytes{1, 2, 3}));
  ASSERT_TRUE(append_entry(bundle, {}));
  ASSERT_TRUE(append_entry(bundle, longest));
  EXPECT_EQ(append_entry(bundle, Bytes(entry_bytes_max + 1)).error().kind, ErrorKind::limit);
  const std::vector<ByteSpan> entries = *entries_of(bundle);
  ASSERT_EQ(entries.size(), 3);
  EXPECT_EQ(Bytes(entries[0].begin(), entries[0].end()), (Bytes{1, 2, 3}));
  EXPECT_EQ(entries[2].size(), entry_bytes_max);
  bundle.pop_back();
  EXPECT_EQ(entries_of(bundle).error().offset, 7);
  EXPECT_TRUE(entries_of(Bytes(2 * 256)));
  EXPECT_FALSE(entries_of(Bytes(2 * 257)));
}

}  // namespace
}  // namespace cairn::chain
