#pragma once
/// What is kept beside a full segment so that nobody has to walk through it: where its records are,
/// their hashes, and where its chains stood at its end. Made anew from the segment when it is lost.

#include <cairn/base/disk.hpp>

#include "chains.hpp"
#include "segment.hpp"

namespace cairn::chain {

/// Level of the perfect subtrees whose hashes are kept in memory; those below are made of leaves.
inline constexpr uint8_t kept_level = 8;

struct IndexEntry {
  uint32_t offset = 0;  ///< of the frame
  Digest hash = {};     ///< of the record
};

/// A chain in one segment.
struct IndexedChain {
  Digest id = {};
  std::string name = {};
  Head head = {};                      ///< at the end of the segment
  uint64_t first = 0;                  ///< sequence number of its first record here
  std::vector<uint32_t> records = {};  ///< which of the segment's
};

struct IndexTable {
  SegmentId segment = {};
  SegmentEnd end = {};
  uint64_t first_record = 0;
  std::vector<Digest> nodes = {};          ///< of `kept_level`, complete in this segment
  std::string note = {};                   ///< the last one up to its end; empty: none
  std::vector<std::string> cosigned = {};  ///< those with cosignatures that are kept, likewise
  std::vector<IndexedChain> chains = {};   ///< `records` stay empty when it is read: see `starts`
  std::vector<ChainRange> ranges = {};     ///< of the chains, when it was read
  uint64_t count() const { return end.next_record - first_record; }
};

/// Durable when the directory is synced, too.
Result<> write_index(Disk& disk, const std::string& path, const IndexTable& table,
                     std::span<const IndexEntry> entries);

/// An index file; look-ups read from it. Any thread may use it.
class Index {
 public:
  /// Error `malformed` when it is damaged or not that of the segment, or one of reading.
  static Result<std::unique_ptr<Index>> open(std::unique_ptr<DiskFile> file, std::string path,
                                             SegmentId segment, IndexTable& table);

  /// Numbers count within the segment. Error `malformed` when that part is damaged.
  Result<std::vector<IndexEntry>> entries(uint64_t first, uint64_t count) const;
  /// Which record of the segment stands at a place of the array that ranges point into.
  Result<uint32_t> record_at(uint64_t at) const;
  /// Fills in the records of the table's chains.
  Result<> read_records(IndexTable& table) const;

 private:
  /// With its checksum.
  Result<> read_block(uint64_t offset, Bytes& block) const;
  /// Those of the array that lie in one block with that at `at`.
  Result<std::vector<uint32_t>> numbers(uint64_t at) const;

  std::unique_ptr<DiskFile> file_;
  std::string path_;
  uint64_t count_ = 0;
  uint64_t blocks_ = 0;  ///< offset
  uint64_t array_ = 0;   ///< offset
};

}  // namespace cairn::chain
