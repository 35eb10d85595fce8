// A log as it is served: bundles of records under a checkpoint.

#include <fmt/format.h>

#include <algorithm>

#include "verify_rules.hpp"

namespace cairn::chain {
namespace {

class TileWalk final : public RecordWalk {
 public:
  TileWalk(const TileFetcher& fetch, const VerifyOptions& options)
      : RecordWalk(options), fetch_(fetch) {}

  Result<VerifyReport> run(const std::string& text) {
    const Checkpoint last = TRY(expect(text));
    for (const std::string& given : options_.checkpoints) TRY(expect(given));
    report_.origin = last.origin;
    size_ = last.size;
    for (uint64_t first = 0; first < size_; first += tile_width) TRY(bundle(first));
    return end();
  }

 private:
  /// With as many records as the checkpoint has of it.
  Tile tile_of(uint64_t index) const {
    const uint64_t first = index - index % tile_width;
    const auto width = static_cast<uint32_t>(std::min<uint64_t>(tile_width, size_ - first));
    return {std::nullopt, first / tile_width, width};
  }

  Result<> bundle(uint64_t first) {
    const Tile tile = tile_of(first);
    const Bytes bytes = TRY(fetch_(tile));
    const std::vector<ByteSpan> entries = TRY(entries_of(bytes));
    if (entries.size() != tile.width) {
      return fail(ErrorKind::malformed, fmt::format("{} has {} records instead of {}", tile.path(),
                                                    entries.size(), tile.width));
    }
    for (const ByteSpan entry : entries) {
      const Digest hash = record_hash(entry);
      if (Result<> fits = this->entry(entry, hash); !fits) return located(fits.error(), entry);
      TRY(take(hash));
    }
    return {};
  }

  Result<> entry(ByteSpan bytes, const Digest& hash) {
    const Record record = TRY(Record::decode(bytes));
    if (tree_.size() == 0) report_.log = record.chain;
    TRY(check(record, hash));
    return {};
  }

  Result<Bytes> read_again(uint64_t index) override {
    const Bytes bytes = TRY(fetch_(tile_of(index)));
    const std::vector<ByteSpan> entries = TRY(entries_of(bytes));
    const size_t at = index % tile_width;
    if (at < entries.size() && record_hash(entries[at]) == hashes_[index]) {
      return Bytes(entries[at].begin(), entries[at].end());
    }
    return fail(ErrorKind::malformed,
                fmt::format("record {} of the log is another one than before", index));
  }

  const TileFetcher& fetch_;
  uint64_t size_ = 0;  ///< as far as the checkpoint goes
};

}  // namespace

Result<VerifyReport> verify_tiles(const std::string& checkpoint, const TileFetcher& fetch,
                                  const VerifyOptions& options) {
  return TileWalk(fetch, options).run(checkpoint);
}

}  // namespace cairn::chain
