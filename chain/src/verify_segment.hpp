#pragma once
/// The part of verification that needs nothing but one segment, so that it can be done for several
/// at once: checksums, hashes, contents.

#include <map>

#include "segment.hpp"

namespace cairn::chain {

struct CheckedSegment {
  struct NoteAt {
    size_t after = 0;  ///< so many records of the segment
    std::string_view text = {};
    uint64_t offset = 0;
  };

  Bytes bytes = {};  ///< what all the rest points into
  SegmentHeader header = {};
  bool is_unfinished = false;  ///< its creation was; there is nothing else then
  SegmentEnd end = {};
  std::vector<RecordFrame> frames = {};
  std::vector<NoteAt> notes = {};
  std::vector<Digest> hashes = {};        ///< of the frames' records
  std::map<size_t, Error> failures = {};  ///< of frames
};

/// `segment` is used anew, to save its memory. Errors with the path.
Result<> check_segment(Disk& disk, const std::string& path, bool is_last, bool with_contents,
                       uint32_t threads, CheckedSegment& segment);

/// One of a frame's contents, whose sizes are right; none: it was thrown away.
std::optional<ByteSpan> content_of(const RecordFrame& frame, const Record& record, Slot wanted);

}  // namespace cairn::chain
