#include <fmt/format.h>
#include <cairn/chain/tiles.hpp>

#include <algorithm>
#include <charconv>
#include <memory>

namespace cairn::chain {

namespace {

/// A decimal number without zeros in front that need not be there.
std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  if (fmt::format("{}", value) != text) return std::nullopt;
  return value;
}

/// "x001/x234/067": groups of three digits.
std::optional<uint64_t> parse_index(std::string_view text) {
  uint64_t index = 0;
  for (bool first = true;; first = false) {
    const bool more = text.starts_with('x');
    if (more) text.remove_prefix(1);
    if (text.size() < 3 || more != (text.size() > 3 && text[3] == '/')) return std::nullopt;
    const std::string_view group = text.substr(0, 3);
    if (!std::ranges::all_of(group, [](char c) { return c >= '0' && c <= '9'; })) {
      return std::nullopt;
    }
    if (first && more && group == "000") return std::nullopt;
    if (index > (UINT64_MAX - 999) / 1000) return std::nullopt;
    index = index * 1000 + *number(group.substr(std::min(group.find_first_not_of('0'), size_t{2})));
    if (!more) return text.size() == 3 ? std::optional(index) : std::nullopt;
    text.remove_prefix(4);
  }
}

std::string index_path(uint64_t index) {
  std::string path = fmt::format("{:03}", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) path = fmt::format("x{:03}/{}", index % 1000, path);
  return path;
}

}  // namespace

std::string Tile::path() const {
  const std::string where = level ? fmt::format("{}", *level) : "entries";
  const std::string partial = width == tile_width ? "" : fmt::format(".p/{}", width);
  return fmt::format("tile/{}/{}{}", where, index_path(index), partial);
}

Result<Tile> Tile::parse(std::string_view path) {
  const auto bad = [&](const char* expected) {
    return fail(ErrorKind::malformed,
                fmt::format("'{}' is no path of a tile: expected {}", path, expected));
  };
  std::string_view rest = path;
  if (!rest.starts_with("tile/")) return bad("tile/LEVEL/INDEX");
  rest.remove_prefix(5);
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return bad("tile/LEVEL/INDEX");
  Tile tile;
  if (rest.substr(0, slash) == "entries") {
    tile.level = std::nullopt;
  } else {
    const std::optional<uint64_t> level = number(rest.substr(0, slash));
    if (!level || *level > 63) return bad("a level from 0 to 63, or 'entries'");
    tile.level = static_cast<uint8_t>(*level);
  }
  rest.remove_prefix(slash + 1);
  if (const size_t dot = rest.find(".p/"); dot != std::string_view::npos) {
    const std::optional<uint64_t> width = number(rest.substr(dot + 3));
    if (!width || *width == 0 || *width >= tile_width) return bad("a width from 1 to 255");
    tile.width = static_cast<uint32_t>(*width);
    rest = rest.substr(0, dot);
  }
  const std::optional<uint64_t> index = parse_index(rest);
  if (!index) return bad("an index in groups of three digits, all but the last behind an x");
  tile.index = *index;
  return tile;
}

std::vector<Tile> tiles_of(uint64_t size) {
  std::vector<Tile> tiles;
  uint64_t hashes = size;
  for (uint8_t level = 0; hashes > 0; ++level, hashes /= tile_width) {
    for (uint64_t index = 0; index < hashes / tile_width; ++index) tiles.push_back({level, index});
    const auto width = static_cast<uint32_t>(hashes % tile_width);
    if (width != 0) tiles.push_back({level, hashes / tile_width, width});
  }
  return tiles;
}

Result<Bytes> tile_bytes(const Tile& tile, const crypto::MerkleNodes& nodes) {
  if (!tile.level) return fail(ErrorKind::usage, "a bundle of records has no hashes");
  if (*tile.level > 63 / tile_height) {
    return fail(ErrorKind::not_found, "no tree is so large that it has this tile");
  }
  const uint32_t bits = (*tile.level + 1) * tile_height;  // of records that a tile spans
  if (tile.index > (bits >= 64 ? 0 : UINT64_MAX >> bits)) {
    return fail(ErrorKind::not_found, "no tree is so large that it has this tile");
  }
  Bytes bytes;
  for (uint32_t at = 0; at < tile.width; ++at) {
    const auto level = static_cast<uint8_t>(*tile.level * tile_height);
    const crypto::MerkleHash hash = TRY(nodes(level, tile.index * tile_width + at));
    bytes.insert(bytes.end(), hash.begin(), hash.end());
  }
  return bytes;
}

crypto::MerkleNodes nodes_of_tiles(uint64_t size, TileFetcher fetch) {
  struct State {
    uint64_t size;
    TileFetcher fetch;
    std::map<std::pair<uint8_t, uint64_t>, Bytes> tiles;
  };
  auto state = std::make_shared<State>(State{size, std::move(fetch), {}});
  return [state](uint8_t level, uint64_t index) -> Result<crypto::MerkleHash> {
    if (level >= 64 || index > UINT64_MAX >> level) {
      return fail(ErrorKind::not_found, fmt::format("no tree has a node {}/{}", level, index));
    }
    const auto tile_level = static_cast<uint8_t>(level / tile_height);
    const uint32_t above = level % tile_height;  // levels over the hashes of the tile
    const uint64_t first = index << above;       // hash of the tile's level
    const uint64_t hashes = state->size >> (tile_level * tile_height);
    const uint64_t count = uint64_t{1} << above;
    if (first >= hashes || hashes - first < count) {
      return fail(ErrorKind::not_found,
                  fmt::format("node {}/{} is not in a tree of {}", level, index, state->size));
    }
    const uint64_t number = first / tile_width;
    Bytes& bytes = state->tiles[{tile_level, number}];
    if (bytes.empty()) {
      const auto width =
          static_cast<uint32_t>(std::min<uint64_t>(tile_width, hashes - number * tile_width));
      Bytes fetched = TRY(state->fetch({tile_level, number, width}));
      if (fetched.size() != width * sizeof(crypto::MerkleHash)) {
        return fail(ErrorKind::malformed,
                    fmt::format("a tile of {} hashes has {} bytes", width, fetched.size()));
      }
      bytes = std::move(fetched);
    }
    std::vector<crypto::MerkleHash> row(count);
    std::memcpy(row.data(), bytes.data() + first % tile_width * sizeof(crypto::MerkleHash),
                count * sizeof(crypto::MerkleHash));
    for (; row.size() > 1; row.resize(row.size() / 2)) {
      for (size_t at = 0; at < row.size() / 2; ++at) {
        row[at] = crypto::merkle_node(row[2 * at], row[2 * at + 1]);
      }
    }
    return row[0];
  };
}

Result<> append_entry(Bytes& bundle, ByteSpan entry) {
  if (entry.size() > entry_bytes_max) {
    return fail(ErrorKind::limit, fmt::format("a record of a log has at most {} bytes, this one {}",
                                              entry_bytes_max, entry.size()));
  }
  bundle.push_back(static_cast<uint8_t>(entry.size() >> 8));
  bundle.push_back(static_cast<uint8_t>(entry.size()));
  bundle.insert(bundle.end(), entry.begin(), entry.end());
  return {};
}

Result<std::vector<ByteSpan>> entries_of(ByteSpan bundle) {
  std::vector<ByteSpan> entries;
  for (size_t at = 0; at < bundle.size();) {
    const size_t left = bundle.size() - at;
    const size_t size = left < 2 ? 0 : size_t{bundle[at]} << 8 | bundle[at + 1];
    if (left < 2 || left - 2 < size) {
      return fail_at(ErrorKind::malformed, at, "the bundle ends within a record");
    }
    if (entries.size() == tile_width) {
      return fail_at(ErrorKind::malformed, at, "a bundle has at most 256 records");
    }
    entries.push_back(bundle.subspan(at + 2, size));
    at += 2 + size;
  }
  return entries;
}

}  // namespace cairn::chain
