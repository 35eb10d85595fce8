// A segment of a log with anything in it: it is walked to its end or refused, and what is shown
// of it lies within it.

#include <cstdlib>

#include "segment.hpp"

using namespace cairn;

namespace {

class Within final : public chain::SegmentVisitor {
 public:
  explicit Within(ByteSpan file) : file_(file) {}
  Result<> visit_record(const chain::RecordFrame& frame) override {
    require(frame.record);
    require(frame.contents);
    return {};
  }
  Result<> visit_note(std::string_view text, uint64_t) override {
    require(as_bytes(text));
    return {};
  }

 private:
  void require(ByteSpan part) const {
    if (part.empty()) return;
    if (part.data() < file_.data() || part.data() + part.size() > file_.data() + file_.size()) {
      std::abort();
    }
  }
  ByteSpan file_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan input(data + 1, size - 1);
  // Half of them with checksums that are right, so that the fuzzer comes behind them.
  chain::SegmentHeader header = {.origin = "fuzz"};
  Bytes file = header.encode();
  if ((data[0] & 1) != 0) {
    chain::BatchBuilder batch;
    const size_t split = data[0] < input.size() ? data[0] : input.size();
    batch.add_record(input.first(split), split, data[0], {input.subspan(split)});
    batch.add_note(as_text(input));
    uint32_t crc = 0;
    append(file, batch.finish(header, file.size(), 0, 0, 0, crc));
    append(file, input);
  } else {
    append(file, input);
    static_cast<void>(chain::SegmentHeader::decode(input));
  }
  for (const bool is_last : {false, true}) {
    Within visitor(file);
    const auto end = chain::walk_segment(file, header, is_last, visitor);
    if (end && (end->offset > file.size() || end->torn > file.size())) std::abort();
  }
  if (input.size() < chain::frame_header_bytes) return 0;
  static_cast<void>(chain::outline_bytes(input));
  const auto outline = chain::read_outline(input, 0);
  const auto whole = chain::read_frame(input, 0, header.salt());
  if (whole && (!outline || outline->record.data() != whole->record.data())) std::abort();
  return 0;
}
