#pragma once
/// The tree as files that never change (C2SP tlog-tiles): a tile is 256 neighbouring hashes of one
/// level out of eight. Whoever has the tiles makes any proof alone.

#include <cairn/base/result.hpp>
#include <cairn/crypto/merkle.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::chain {

inline constexpr uint32_t tile_height = 8;
inline constexpr uint32_t tile_width = 1 << tile_height;

struct Tile {
  std::optional<uint8_t> level = 0;  ///< of tiles, 0 to 63; none: a bundle of records
  uint64_t index = 0;
  uint32_t width = tile_width;  ///< 1 to 256; less than 256: partial

  bool operator==(const Tile&) const = default;
  /// "tile/0/x001/x234/067.p/112"; "tile/entries/000".
  std::string path() const;
  /// Error `malformed`, also for zeros that need not be there.
  static Result<Tile> parse(std::string_view path);
};

/// All tiles of hashes of a tree, each as wide as it can be.
std::vector<Tile> tiles_of(uint64_t size);
/// The bytes of a tile: its hashes. Error `usage` for bundles; those of `nodes` are handed on.
Result<Bytes> tile_bytes(const Tile& tile, const crypto::MerkleNodes& nodes);

/// Nodes from the tiles of a tree of `size`, which are fetched once each. What comes is checked
/// for its length only: a proof from it shows by itself whether it is true. `fetch` and the nodes
/// are for one thread.
using TileFetcher = std::function<Result<Bytes>(const Tile& tile)>;
crypto::MerkleNodes nodes_of_tiles(uint64_t size, TileFetcher fetch);

/// Records of a bundle, each behind its length (16 bits, big-endian).
inline constexpr size_t entry_bytes_max = UINT16_MAX;
/// Error `limit` for one that is too long.
Result<> append_entry(Bytes& bundle, ByteSpan entry);
/// Error `malformed` with the offset. The spans point into `bundle`.
Result<std::vector<ByteSpan>> entries_of(ByteSpan bundle);

}  // namespace cairn::chain
