#pragma once
/// One file of the log (docs/chain.md, "On disk"): a header, then batches and seals. Written and
/// walked through here; what records mean is not known here.

#include <cairn/base/bytes.hpp>
#include <cairn/base/disk.hpp>
#include <cairn/base/result.hpp>
#include <cairn/chain/record.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::chain {

inline constexpr uint32_t segment_version = 1;
inline constexpr size_t segment_header_bytes = 512;
inline constexpr size_t origin_bytes_max = 256;
inline constexpr size_t batch_header_bytes = 36;
inline constexpr size_t frame_header_bytes = 8;
inline constexpr size_t seal_bytes = 16;
/// Offsets have 32 bits.
inline constexpr uint64_t segment_bytes_max = uint64_t{1} << 32;

/// "000000000007.log", or "000000000007.2.log" after contents were thrown away twice.
std::string segment_name(uint64_t number, uint32_t generation);
std::string index_name(uint64_t number, uint32_t generation);
struct SegmentId {
  uint64_t number = 0;
  uint32_t generation = 0;
  auto operator<=>(const SegmentId&) const = default;
};
/// None for other files, indexes included.
std::optional<SegmentId> parse_segment_name(std::string_view name);

struct SegmentHeader {
  SegmentId id = {};
  uint64_t first_record = 0;
  uint64_t first_batch = 0;
  uint32_t previous_batch_crc = 0;  ///< of the batch before the first
  /// Of its last batch as it was first written, which the next segment names; 0 in generation 0.
  uint32_t first_written_crc = 0;
  Digest log = {};   ///< id of the log
  Digest root = {};  ///< of the tree of `first_record` records
  std::string origin = {};
  /// Drawn at random and told to nobody, so that nobody can send contents which look like ours.
  std::array<uint8_t, 16> secret = {};

  Bytes encode() const;
  /// Errors `malformed`, `unsupported`.
  static Result<SegmentHeader> decode(ByteSpan bytes);
  /// What checksums begin with, so that bytes of other places are not taken for ours.
  uint32_t salt() const;
};

/// The segments of a log, in order: of each the newest generation that was finished.
struct SegmentFiles {
  std::vector<SegmentId> chosen = {};
  std::vector<SegmentId> superfluous = {};  ///< older generations, and unfinished ones
};
/// Error `malformed` when one is missing.
Result<SegmentFiles> find_segments(Disk& disk, const std::string& folder);

/// A record as it is stored.
struct RecordFrame {
  uint64_t offset = 0;          ///< of the frame in its segment
  uint64_t state_sequence = 0;  ///< of the record that brought the state after this one
  uint8_t slots = 0;            ///< which contents are here, bit by bit
  ByteSpan record = {};
  ByteSpan contents = {};  ///< one behind the other
};

/// Builds one batch. Offsets are known once its place is.
class BatchBuilder {
 public:
  void add_record(ByteSpan record, uint64_t state_sequence, uint8_t slots,
                  std::initializer_list<ByteSpan> contents);
  void add_record(const RecordFrame& frame) {
    add_record(frame.record, frame.state_sequence, frame.slots, {frame.contents});
  }
  void add_note(std::string_view text);

  bool empty() const { return frames_.empty(); }
  size_t size() const { return bytes_.size(); }
  struct Frame {
    uint32_t offset = 0;  ///< in the batch
    bool is_record = false;
  };
  const std::vector<Frame>& frames() const { return frames_; }
  void clear();

  /// The bytes for a place in a segment; sets `crc` to that of the header.
  ByteSpan finish(const SegmentHeader& segment, uint64_t offset, uint64_t number,
                  uint64_t first_record, uint32_t previous_crc, uint32_t& crc);

 private:
  size_t begin_frame(bool is_record);
  void end_frame(size_t at);

  Bytes bytes_ = Bytes(batch_header_bytes);
  std::vector<Frame> frames_;
};

Bytes make_seal(const SegmentHeader& segment, uint64_t offset, uint64_t batch);

/// Who is shown what is in a segment. An error ends the walk.
class SegmentVisitor {
 public:
  virtual ~SegmentVisitor() = default;
  virtual Result<> visit_record(const RecordFrame& frame) = 0;
  virtual Result<> visit_note(std::string_view text, uint64_t offset) = 0;
  /// After what it holds.
  virtual Result<> visit_batch_end() { return {}; }
};

struct SegmentEnd {
  uint64_t offset = segment_header_bytes;  ///< where the next batch belongs
  /// Where the last batch but one ends: what follows was written together.
  uint64_t last_written = segment_header_bytes;
  uint64_t next_batch = 0;
  uint64_t next_record = 0;
  uint32_t batch_crc = 0;  ///< of the last batch
  bool sealed = false;     ///< it ends with a seal
  uint64_t torn = 0;       ///< bytes of a batch that was never acknowledged
};

/// All of a segment's file. Error `malformed` when it is larger than any segment.
Result<Bytes> read_segment_file(DiskFile& file);
/// That a frame's contents are as long as its record says. Error `malformed`.
Result<> check_sizes(const RecordFrame& frame, const Record& record);

/// Walks through all of a segment. Only in the last one of a log may a batch be torn. Damage is an
/// error of kind `malformed` with the offset, which says what is wrong there.
Result<SegmentEnd> walk_segment(ByteSpan file, const SegmentHeader& header, bool is_last,
                                SegmentVisitor& visitor);

/// One frame of a record from its bytes, which may be followed by others. Error `malformed`.
Result<RecordFrame> read_frame(ByteSpan bytes, uint64_t offset, uint32_t salt);
/// The same of a frame's first bytes, without its contents, and without the checksum, which is that
/// of all. The record's hash says whether it is the one that is meant.
Result<RecordFrame> read_outline(ByteSpan bytes, uint64_t offset);
/// How many bytes that takes of a frame that begins so. `begin` has `frame_header_bytes`, and some
/// more.
uint64_t outline_bytes(ByteSpan begin);
/// How many bytes the frame has that begins so; `header` has `frame_header_bytes`.
uint64_t frame_bytes(ByteSpan header);

}  // namespace cairn::chain
