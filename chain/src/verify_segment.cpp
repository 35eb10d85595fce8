#include "verify_segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "contents.hpp"

namespace cairn::chain {
namespace {

constexpr std::array<std::string_view, slot_count> slot_words = {
    "manifest", "input", "new state", "reply", "list of answers of the host", "list of effects"};

class Collector final : public SegmentVisitor {
 public:
  explicit Collector(CheckedSegment& segment) : segment_(segment) {}
  Result<> visit_record(const RecordFrame& frame) override {
    segment_.frames.push_back(frame);
    return {};
  }
  Result<> visit_note(std::string_view text, uint64_t offset) override {
    segment_.notes.push_back({segment_.frames.size(), text, offset});
    return {};
  }

 private:
  CheckedSegment& segment_;
};

Result<> check_frame(const RecordFrame& frame, bool with_contents, Digest& hash) {
  hash = record_hash(frame.record);
  if (!with_contents || frame.contents.empty()) return {};
  const Record record = TRY(Record::decode(frame.record));
  TRY(check_sizes(frame, record));
  for (size_t slot = 0; slot < slot_count; ++slot) {
    const auto content = content_of(frame, record, static_cast<Slot>(slot));
    if (!content || Content::of(*content) == content_in(record, static_cast<Slot>(slot))) continue;
    return fail(ErrorKind::invalid,
                fmt::format("the {} has not the digest that the record says", slot_words[slot]));
  }
  // A digest of nonsense is right, too; and what cannot be read could not be run again.
  if (const auto results = content_of(frame, record, Slot::host_results)) {
    if (const auto read = decode_host_results(*results, record.host_results.count); !read) {
      return fail(ErrorKind::invalid, read.error().message);
    }
  }
  if (const auto effects = content_of(frame, record, Slot::effects)) {
    if (const auto read = decode_effects(*effects, record.effects.count); !read) {
      return fail(ErrorKind::invalid, read.error().message);
    }
  }
  return {};
}

void check_frames(CheckedSegment& segment, bool with_contents, uint32_t threads) {
  segment.hashes.resize(segment.frames.size());
  std::mutex mutex;
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    constexpr size_t portion = 1024;
    for (size_t from = next.fetch_add(portion); from < segment.frames.size();
         from = next.fetch_add(portion)) {
      const size_t to = std::min(from + portion, segment.frames.size());
      for (size_t at = from; at < to; ++at) {
        Result<> good = check_frame(segment.frames[at], with_contents, segment.hashes[at]);
        if (good) continue;
        const std::lock_guard lock(mutex);
        segment.failures.emplace(at, std::move(good).error());
      }
    }
  };
  std::vector<std::thread> workers;
  for (uint32_t extra = 1; extra < threads; ++extra) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
}

Result<> read_segment(Disk& disk, const std::string& path, bool is_last, CheckedSegment& segment) {
  const auto file = TRY(disk.open(path, Disk::Open::reading));
  segment.bytes = TRY(read_segment_file(*file));
  auto header = SegmentHeader::decode(segment.bytes);
  if (!header) {
    // The power failed while it was created, if nothing was written behind its header.
    const ByteSpan rest =
        ByteSpan(segment.bytes).subspan(std::min(segment.bytes.size(), segment_header_bytes));
    const bool is_used = std::ranges::any_of(rest, [](uint8_t byte) { return byte != 0; });
    segment.is_unfinished = is_last && !is_used && header.error().kind != ErrorKind::unsupported;
    return segment.is_unfinished ? Result<>() : std::unexpected(header.error());
  }
  segment.header = *std::move(header);
  Collector collector(segment);
  segment.end = TRY(walk_segment(segment.bytes, segment.header, is_last, collector));
  return {};
}

}  // namespace

Result<> check_segment(Disk& disk, const std::string& path, bool is_last, bool with_contents,
                       uint32_t threads, CheckedSegment& segment) {
  segment.failures.clear();
  Result<> read;
  // The last one may be written to while it is read, so that a batch is seen and the one before it
  // is not. That passes; damage stays.
  for (int attempts = is_last ? 3 : 1; attempts > 0; --attempts) {
    segment.frames.clear();
    segment.notes.clear();
    segment.is_unfinished = false;
    read = read_segment(disk, path, is_last, segment);
    if (read) break;
  }
  if (!read) {
    Error error = read.error();
    error.path = path;
    return std::unexpected(std::move(error));
  }
  if (!segment.is_unfinished) check_frames(segment, with_contents, threads);
  return {};
}

std::optional<ByteSpan> content_of(const RecordFrame& frame, const Record& record, Slot wanted) {
  ByteSpan rest = frame.contents;
  for (size_t slot = 0; slot < slot_count; ++slot) {
    const uint64_t size = content_in(record, static_cast<Slot>(slot)).size;
    const bool is_here = (frame.slots >> slot & 1) != 0;
    if (slot == static_cast<size_t>(wanted)) {
      if (size == 0) return ByteSpan{};
      return is_here ? std::optional(rest.first(size)) : std::nullopt;
    }
    if (is_here) rest = rest.subspan(size);
  }
  return std::nullopt;
}

}  // namespace cairn::chain
