#include "segment.hpp"

#include <cairn/base/crc32c.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "wire.hpp"

namespace cairn::chain {
namespace {

constexpr std::string_view segment_magic = "cairnlog";
constexpr uint32_t batch_magic = 0x48435442;  // "BTCH"
constexpr uint32_t seal_magic = 0x4c414553;   // "SEAL"
constexpr uint8_t record_type = 0;
constexpr uint8_t note_type = 1;
constexpr size_t crc_end = 16;  // what the checksum of a segment's header covers begins here

std::array<uint8_t, 8> number_bytes(uint64_t number) {
  std::array<uint8_t, 8> bytes;
  store_le(bytes.data(), number);
  return bytes;
}

/// Of bytes at a place: they mean nothing anywhere else.
uint32_t crc_at(uint32_t salt, uint64_t offset, ByteSpan bytes) {
  return crc32c(bytes, crc32c(number_bytes(offset), salt));
}

bool all_zero(ByteSpan bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

bool is_batch(ByteSpan file, uint64_t at, uint32_t salt) {
  if (file.size() - at < batch_header_bytes) return false;
  const uint8_t* from = file.data() + at;
  return load_le<uint32_t>(from) == batch_magic &&
         load_le<uint32_t>(from + 4) ==
             crc_at(salt, at, file.subspan(at + 8, batch_header_bytes - 8));
}

bool is_seal(ByteSpan file, uint64_t at, uint32_t salt) {
  if (file.size() - at < seal_bytes) return false;
  const uint8_t* from = file.data() + at;
  return load_le<uint32_t>(from) == seal_magic &&
         load_le<uint32_t>(from + 4) == crc_at(salt, at, file.subspan(at + 8, seal_bytes - 8));
}

/// The first good batch or seal from `at` on; none if there is none.
std::optional<uint64_t> next_good(ByteSpan file, uint64_t at, uint32_t salt) {
  for (; at + seal_bytes <= file.size(); ++at) {
    const uint8_t first = file[at];
    if (first != (batch_magic & 0xff) && first != (seal_magic & 0xff)) continue;
    if (is_batch(file, at, salt) || is_seal(file, at, salt)) return at;
  }
  return std::nullopt;
}

std::string file_stem(uint64_t number, uint32_t generation) {
  return generation == 0 ? fmt::format("{:012}", number)
                         : fmt::format("{:012}.{}", number, generation);
}

std::unexpected<Error> damage(uint64_t offset, std::string what) {
  return fail_at(ErrorKind::malformed, offset, std::move(what));
}

}  // namespace

std::string segment_name(uint64_t number, uint32_t generation) {
  return file_stem(number, generation) + ".log";
}
std::string index_name(uint64_t number, uint32_t generation) {
  return file_stem(number, generation) + ".idx";
}

std::optional<SegmentId> parse_segment_name(std::string_view name) {
  SegmentId id;
  const char* end = name.data() + name.size();
  const auto number = std::from_chars(name.data(), end, id.number);
  if (number.ec != std::errc{}) return std::nullopt;
  if (number.ptr + 1 < end && *number.ptr == '.') {
    std::from_chars(number.ptr + 1, end, id.generation);
  }
  if (segment_name(id.number, id.generation) != name) return std::nullopt;
  return id;
}

Bytes SegmentHeader::encode() const {
  Bytes out;
  out.reserve(segment_header_bytes);
  append(out, as_bytes(segment_magic));
  append_le(out, segment_version);
  append_le(out, uint32_t{0});
  append_le(out, id.number);
  append_le(out, id.generation);
  append_le(out, previous_batch_crc);
  append_le(out, first_written_crc);
  append_le(out, first_record);
  append_le(out, first_batch);
  append(out, log);
  append(out, root);
  append(out, secret);
  append_text(out, origin);
  out.resize(segment_header_bytes);
  store_le(out.data() + 12, crc32c(ByteSpan(out).subspan(crc_end)));
  return out;
}

Result<SegmentHeader> SegmentHeader::decode(ByteSpan bytes) {
  if (bytes.size() < segment_header_bytes) return damage(bytes.size(), "the header is cut off");
  bytes = bytes.first(segment_header_bytes);
  if (as_text(bytes.first(8)) != segment_magic) return damage(0, "not a segment of a log");
  const auto version = load_le<uint32_t>(bytes.data() + 8);
  if (version != segment_version) {
    return fail_at(ErrorKind::unsupported, 8,
                   fmt::format("a log of version {}; this program knows version {}", version,
                               segment_version));
  }
  if (load_le<uint32_t>(bytes.data() + 12) != crc32c(bytes.subspan(crc_end))) {
    return damage(0, "the header is damaged: its checksum is wrong");
  }
  WireReader in(bytes.subspan(crc_end));
  SegmentHeader header;
  header.id.number = in.fixed<uint64_t>();
  header.id.generation = in.fixed<uint32_t>();
  header.previous_batch_crc = in.fixed<uint32_t>();
  header.first_written_crc = in.fixed<uint32_t>();
  header.first_record = in.fixed<uint64_t>();
  header.first_batch = in.fixed<uint64_t>();
  header.log = in.digest();
  header.root = in.digest();
  std::ranges::copy(in.bytes(header.secret.size()), header.secret.begin());
  header.origin = in.text(origin_bytes_max);
  if (in.failed() || !all_zero(in.bytes(in.left()))) return damage(crc_end, "not a header");
  return header;
}

uint32_t SegmentHeader::salt() const {
  return crc32c(secret, crc32c(number_bytes(id.number << 8 ^ id.generation), crc32c(log)));
}

Result<SegmentFiles> find_segments(Disk& disk, const std::string& folder) {
  std::vector<SegmentId> ids;
  for (const std::string& name : TRY(disk.list_directory(folder))) {
    if (const auto id = parse_segment_name(name)) ids.push_back(*id);
  }
  std::ranges::sort(ids);
  SegmentFiles files;
  for (const SegmentId id : ids) {
    if (id.generation != 0) {
      // Its header is written last: one that has a good one is whole.
      const auto file = TRY(
          disk.open(folder + "/" + segment_name(id.number, id.generation), Disk::Open::reading));
      Bytes header(segment_header_bytes);
      if (!file->read_exactly(0, header) || !SegmentHeader::decode(header)) {
        files.superfluous.push_back(id);
        continue;
      }
    }
    const uint64_t next = files.chosen.empty() ? 0 : files.chosen.back().number + 1;
    if (next != 0 && id.number == next - 1) {
      files.superfluous.push_back(files.chosen.back());
      files.chosen.back() = id;
    } else if (id.number == next) {
      files.chosen.push_back(id);
    } else {
      const auto bad = std::ranges::find_if(files.superfluous, [next](const SegmentId& other) {
        return other.number == next && other.generation != 0;
      });
      // Nothing but a later generation is there: it was whole once, for it took the first's place.
      const bool is_there = bad != files.superfluous.end();
      return std::unexpected(
          Error{.kind = ErrorKind::malformed,
                .message = is_there ? "the header of this segment is damaged"
                                    : "this segment of the log is missing",
                .path = folder + "/" + segment_name(next, is_there ? bad->generation : 0)});
    }
  }
  return files;
}

void BatchBuilder::clear() {
  bytes_.resize(batch_header_bytes);
  frames_.clear();
}

size_t BatchBuilder::begin_frame(bool is_record) {
  const size_t at = bytes_.size();
  frames_.push_back({static_cast<uint32_t>(at), is_record});
  bytes_.resize(at + frame_header_bytes);
  return at;
}

void BatchBuilder::end_frame(size_t at) {
  store_le(bytes_.data() + at, static_cast<uint32_t>(bytes_.size() - at - frame_header_bytes));
}

void BatchBuilder::add_record(ByteSpan record, uint64_t state_sequence, uint8_t slots,
                              std::initializer_list<ByteSpan> contents) {
  const size_t at = begin_frame(true);
  bytes_.push_back(record_type);
  bytes_.push_back(slots);
  append_unsigned_leb(bytes_, state_sequence);
  append_le(bytes_, static_cast<uint16_t>(record.size()));
  append(bytes_, record);
  for (const ByteSpan content : contents) append(bytes_, content);
  end_frame(at);
}

void BatchBuilder::add_note(std::string_view text) {
  const size_t at = begin_frame(false);
  bytes_.push_back(note_type);
  append(bytes_, as_bytes(text));
  end_frame(at);
}

ByteSpan BatchBuilder::finish(const SegmentHeader& segment, uint64_t offset, uint64_t number,
                              uint64_t first_record, uint32_t previous_crc, uint32_t& crc) {
  const uint32_t salt = segment.salt();
  for (size_t at = 0; at < frames_.size(); ++at) {
    const size_t begin = frames_[at].offset;
    const size_t end = at + 1 < frames_.size() ? frames_[at + 1].offset : bytes_.size();
    const ByteSpan body =
        ByteSpan(bytes_).subspan(begin + frame_header_bytes, end - begin - frame_header_bytes);
    store_le(bytes_.data() + begin + 4, crc_at(salt, offset + begin, body));
  }
  uint8_t* out = bytes_.data();
  store_le(out, batch_magic);
  store_le(out + 8, number);
  store_le(out + 16, first_record);
  store_le(out + 24, static_cast<uint32_t>(bytes_.size() - batch_header_bytes));
  store_le(out + 28, static_cast<uint32_t>(frames_.size()));
  store_le(out + 32, previous_crc);
  crc = crc_at(salt, offset, ByteSpan(bytes_).subspan(8, batch_header_bytes - 8));
  store_le(out + 4, crc);
  return bytes_;
}

Bytes make_seal(const SegmentHeader& segment, uint64_t offset, uint64_t batch) {
  Bytes seal(seal_bytes);
  store_le(seal.data(), seal_magic);
  store_le(seal.data() + 8, batch);
  store_le(seal.data() + 4, crc_at(segment.salt(), offset, ByteSpan(seal).subspan(8)));
  return seal;
}

uint64_t frame_bytes(ByteSpan header) {
  return frame_header_bytes + uint64_t{load_le<uint32_t>(header.data())};
}

namespace {

/// The body of a frame whose checksum is right.
Result<ByteSpan> frame_body(ByteSpan bytes, uint64_t offset, uint32_t salt) {
  if (bytes.size() < frame_header_bytes || frame_bytes(bytes) > bytes.size()) {
    return damage(offset, "a frame is longer than what it lies in");
  }
  const ByteSpan body = bytes.subspan(frame_header_bytes, frame_bytes(bytes) - frame_header_bytes);
  if (load_le<uint32_t>(bytes.data() + 4) != crc_at(salt, offset, body) || body.empty()) {
    return damage(offset, "a frame is damaged: its checksum is wrong");
  }
  return body;
}

Result<RecordFrame> parse_record_frame(ByteSpan body, uint64_t offset) {
  WireReader in(body.subspan(1));
  RecordFrame frame = {.offset = offset};
  frame.slots = in.fixed<uint8_t>();
  frame.state_sequence = in.number();
  frame.record = in.bytes(in.fixed<uint16_t>());
  if (in.failed()) return damage(offset, "not a frame of a record");
  frame.contents = in.bytes(in.left());
  return frame;
}

/// Checks a batch as a whole, then shows it.
class BatchWalk {
 public:
  BatchWalk(ByteSpan file, uint64_t offset, uint32_t salt)
      : file_(file), offset_(offset), salt_(salt) {}

  uint64_t end() const {
    return offset_ + batch_header_bytes + load_le<uint32_t>(file_.data() + offset_ + 24);
  }

  Result<> check() {
    if (end() > file_.size()) return damage(offset_, "a batch is cut off");
    const auto count = load_le<uint32_t>(file_.data() + offset_ + 28);
    uint64_t at = offset_ + batch_header_bytes;
    for (uint32_t frame = 0; frame < count; ++frame) {
      const ByteSpan body = TRY(frame_body(file_.subspan(at, end() - at), at, salt_));
      if (body[0] > note_type) return damage(at, "a frame of unknown type");
      bodies_.emplace_back(at, body);
      at += frame_header_bytes + body.size();
    }
    if (at != end()) return damage(at, "a batch has more bytes than its frames");
    return {};
  }

  /// How many records were shown.
  Result<uint64_t> show(SegmentVisitor& visitor) const {
    uint64_t records = 0;
    for (const auto& [at, body] : bodies_) {
      if (body[0] == note_type) {
        TRY(visitor.visit_note(as_text(body.subspan(1)), at));
        continue;
      }
      TRY(visitor.visit_record(TRY(parse_record_frame(body, at))));
      ++records;
    }
    TRY(visitor.visit_batch_end());
    return records;
  }

 private:
  ByteSpan file_;
  uint64_t offset_;
  uint32_t salt_;
  std::vector<std::pair<uint64_t, ByteSpan>> bodies_;
};

/// The header of a batch against what must come now.
Result<> check_order(const uint8_t* header, const SegmentEnd& end) {
  const auto number = load_le<uint64_t>(header + 8);
  if (number != end.next_batch) {
    return damage(end.offset,
                  fmt::format("batch {} stands where batch {} belongs", number, end.next_batch));
  }
  const auto record = load_le<uint64_t>(header + 16);
  if (record != end.next_record) {
    return damage(end.offset, fmt::format("a batch begins with record {}, the one before ends "
                                          "with {}",
                                          record, end.next_record));
  }
  if (load_le<uint32_t>(header + 32) != end.batch_crc) {
    return damage(end.offset, "a batch does not follow the one before it");
  }
  return {};
}

/// Says of what is no good batch whether it is a torn one, or damage.
/// What belongs to it ends before `behind`.
Result<> judge(ByteSpan file, SegmentEnd& end, uint64_t behind, uint32_t salt, bool is_last,
               Error what) {
  if (!is_last) return std::unexpected(std::move(what));
  if (const auto good = next_good(file, behind, salt)) {
    what.message += fmt::format(" (and what follows at offset {} was written after it)", *good);
    return std::unexpected(std::move(what));
  }
  uint64_t last = file.size();
  while (last > end.offset && file[last - 1] == 0) --last;
  end.torn = last - end.offset;
  return {};
}

}  // namespace

Result<RecordFrame> read_frame(ByteSpan bytes, uint64_t offset, uint32_t salt) {
  const ByteSpan body = TRY(frame_body(bytes, offset, salt));
  if (body[0] != record_type) return damage(offset, "not the frame of a record");
  return parse_record_frame(body, offset);
}

Result<RecordFrame> read_outline(ByteSpan bytes, uint64_t offset) {
  if (bytes.size() <= frame_header_bytes || bytes[frame_header_bytes] != record_type) {
    return damage(offset, "not the frame of a record");
  }
  RecordFrame frame = TRY(parse_record_frame(bytes.subspan(frame_header_bytes), offset));
  frame.slots = 0;
  frame.contents = {};
  return frame;
}

uint64_t outline_bytes(ByteSpan begin) {
  WireReader in(begin.subspan(frame_header_bytes));
  in.fixed<uint16_t>();  // its type and slots
  in.number();
  const uint64_t record = in.fixed<uint16_t>();
  return frame_header_bytes + in.offset() + record;
}

Result<Bytes> read_segment_file(DiskFile& file) {
  const uint64_t size = TRY(file.size());
  if (size > segment_bytes_max) return damage(segment_bytes_max, "a segment has at most 4 GiB");
  Bytes bytes(size);
  // A server gives back room meanwhile, when it goes on in a new segment.
  bytes.resize(TRY(file.read(0, bytes)));
  return bytes;
}

Result<> check_sizes(const RecordFrame& frame, const Record& record) {
  uint64_t left = frame.contents.size();
  for (size_t slot = 0; slot < slot_count; ++slot) {
    if ((frame.slots >> slot & 1) == 0) continue;
    const uint64_t size = content_in(record, static_cast<Slot>(slot)).size;
    if (size == 0 || size > left) {
      return fail(ErrorKind::malformed, "contents of other sizes than the record says");
    }
    left -= size;
  }
  if (left == 0 && frame.slots >> slot_count == 0) return {};
  return fail(ErrorKind::malformed, "more contents than the record says");
}

Result<SegmentEnd> walk_segment(ByteSpan file, const SegmentHeader& header, bool is_last,
                                SegmentVisitor& visitor) {
  const uint32_t salt = header.salt();
  SegmentEnd end = {.next_batch = header.first_batch,
                    .next_record = header.first_record,
                    .batch_crc = header.previous_batch_crc};
  uint64_t batch_end = end.offset;
  while (end.offset < file.size()) {
    const ByteSpan rest = file.subspan(end.offset);
    if (is_seal(file, end.offset, salt)) {
      if (load_le<uint64_t>(rest.data() + 8) + 1 != end.next_batch) {
        return damage(end.offset, "a seal of another batch");
      }
      end.sealed = true;
      // The next batch is written over it; one that was torn may have left something behind it.
      if (!all_zero(rest.subspan(seal_bytes))) {
        TRY(judge(file, end, end.offset + seal_bytes, salt, is_last,
                  {.kind = ErrorKind::malformed,
                   .message = "something stands behind the end of the log",
                   .offset = end.offset + seal_bytes}));
      }
      return end;
    }
    if (!is_batch(file, end.offset, salt)) {
      // Room that was not used yet, or something that should not be there.
      if (all_zero(rest)) break;
      TRY(judge(file, end, end.offset + 1, salt, is_last,
                {.kind = ErrorKind::malformed,
                 .message = "a batch is damaged: its checksum is wrong",
                 .offset = end.offset}));
      return end;
    }
    TRY(check_order(rest.data(), end));
    BatchWalk batch(file, end.offset, salt);
    if (const Result<> checked = batch.check(); !checked) {
      // Its header is good, and says where it ends: what lies in it does not count.
      TRY(judge(file, end, batch.end(), salt, is_last, checked.error()));
      return end;
    }
    end.next_record += TRY(batch.show(visitor));
    end.batch_crc = load_le<uint32_t>(rest.data() + 4);
    ++end.next_batch;
    end.sealed = false;
    end.last_written = batch_end;
    end.offset = batch_end = batch.end();
  }
  if (header.id.generation != 0) end.batch_crc = header.first_written_crc;
  return end;
}

}  // namespace cairn::chain
