#include "index.hpp"

#include <cairn/base/crc32c.hpp>

#include <fmt/format.h>

#include "wire.hpp"

namespace cairn::chain {
namespace {

constexpr std::string_view index_magic = "cairnidx";
constexpr uint32_t index_version = 6;
constexpr size_t header_bytes = 24;  // magic, version, checksum and size of the table
constexpr uint64_t table_bytes_max = uint64_t{1} << 32;

// Entries lie in blocks with a checksum each, so that a few can be read alone.
constexpr uint64_t block_entries = 256;
constexpr uint64_t entry_bytes = 36;
constexpr uint64_t block_bytes = 4 + block_entries * entry_bytes;
// So do the numbers of the array.
constexpr uint64_t number_bytes = 4;
constexpr uint64_t number_block_bytes = 4 + block_entries * number_bytes;

Bytes encode_table(const IndexTable& table) {
  Bytes out;
  append_le(out, table.segment.number);
  append_le(out, table.segment.generation);
  append_le(out, table.first_record);
  append_le(out, table.end.next_record);
  append_le(out, table.end.offset);
  append_le(out, table.end.next_batch);
  append_le(out, table.end.batch_crc);
  append_text(out, table.note);
  append_unsigned_leb(out, table.cosigned.size());
  for (const std::string& note : table.cosigned) append_text(out, note);
  append_unsigned_leb(out, table.nodes.size());
  for (const Digest& node : table.nodes) append(out, node);
  append_unsigned_leb(out, table.chains.size());
  for (const IndexedChain& chain : table.chains) {
    append(out, chain.id);
    append_text(out, chain.name);
    append_unsigned_leb(out, chain.first);
    append_unsigned_leb(out, chain.records.size());
    append_unsigned_leb(out, chain.head.sequence);
    append(out, chain.head.hash);
    append_text(out, chain.head.media_type);
    append_unsigned_leb(out, chain.head.state.size);
    append(out, chain.head.state.digest);
    append_unsigned_leb(out, chain.head.state_sequence);
    out.push_back(static_cast<uint8_t>(chain.head.last));
    append(out, chain.head.module);
    out.push_back(chain.head.has_begun ? 1 : 0);
  }
  return out;
}

Result<IndexTable> decode_table(ByteSpan bytes) {
  WireReader in(bytes);
  IndexTable table;
  table.segment.number = in.fixed<uint64_t>();
  table.segment.generation = in.fixed<uint32_t>();
  table.first_record = in.fixed<uint64_t>();
  table.end.next_record = in.fixed<uint64_t>();
  table.end.offset = in.fixed<uint64_t>();
  table.end.next_batch = in.fixed<uint64_t>();
  table.end.batch_crc = in.fixed<uint32_t>();
  table.note = in.text(bytes.size());
  for (uint64_t left = in.number(); left > 0 && !in.failed(); --left) {
    table.cosigned.emplace_back(in.text(bytes.size()));
  }
  for (uint64_t left = in.number(); left > 0 && !in.failed(); --left) {
    table.nodes.push_back(in.digest());
  }
  // The file has a record for each.
  const uint64_t most = std::min<uint64_t>(table.count(), UINT32_MAX);
  uint64_t start = 0;
  for (uint64_t left = in.number(); left > 0 && !in.failed(); --left) {
    IndexedChain& chain = table.chains.emplace_back();
    chain.id = in.digest();
    chain.name = in.text(name_bytes_max);
    chain.first = in.number();
    const uint64_t count = in.number();
    if (count > most - start) {
      in.fail_here("a chain has more records than all");
      break;
    }
    chain.head.sequence = in.number();
    chain.head.hash = in.digest();
    chain.head.media_type = in.text(name_bytes_max);
    chain.head.state.size = in.number();
    chain.head.state.digest = in.digest();
    chain.head.state_sequence = in.number();
    chain.head.last = static_cast<RecordKind>(in.fixed<uint8_t>());
    chain.head.module = in.digest();
    chain.head.has_begun = in.fixed<uint8_t>() != 0;
    table.ranges.push_back({table.segment.number, chain.first, static_cast<uint32_t>(count),
                            static_cast<uint32_t>(start)});
    start += count;
  }
  TRY(in.finish("an index"));
  if (table.end.next_record < table.first_record || table.count() != start) {
    return fail(ErrorKind::malformed, "not an index: its numbers do not fit");
  }
  return table;
}

uint64_t blocks_size(uint64_t count) {
  const uint64_t rest = count % block_entries;
  return count / block_entries * block_bytes + (rest == 0 ? 0 : 4 + rest * entry_bytes);
}

void append_block(Bytes& out, std::span<const IndexEntry> entries) {
  const size_t at = out.size();
  append_le(out, uint32_t{0});
  for (const IndexEntry& entry : entries) {
    append_le(out, entry.offset);
    append(out, entry.hash);
  }
  store_le(out.data() + at, crc32c(ByteSpan(out).subspan(at + 4)));
}

uint64_t array_size(uint64_t count) {
  const uint64_t rest = count % block_entries;
  return count / block_entries * number_block_bytes + (rest == 0 ? 0 : 4 + rest * number_bytes);
}

void append_numbers(Bytes& out, std::span<const uint32_t> numbers) {
  const size_t at = out.size();
  append_le(out, uint32_t{0});
  for (const uint32_t number : numbers) append_le(out, number);
  store_le(out.data() + at, crc32c(ByteSpan(out).subspan(at + 4)));
}

}  // namespace

Result<> write_index(Disk& disk, const std::string& path, const IndexTable& table,
                     std::span<const IndexEntry> entries) {
  const Bytes encoded = encode_table(table);
  Bytes out;
  out.reserve(header_bytes + encoded.size() + blocks_size(entries.size()) + entries.size() * 4);
  append(out, as_bytes(index_magic));
  append_le(out, index_version);
  append_le(out, crc32c(encoded));
  append_le(out, uint64_t{encoded.size()});
  append(out, encoded);
  for (size_t at = 0; at < entries.size(); at += block_entries) {
    append_block(out, entries.subspan(at, std::min<size_t>(block_entries, entries.size() - at)));
  }
  std::vector<uint32_t> numbers;
  numbers.reserve(entries.size());
  for (const IndexedChain& chain : table.chains) {
    numbers.insert(numbers.end(), chain.records.begin(), chain.records.end());
  }
  for (size_t at = 0; at < numbers.size(); at += block_entries) {
    append_numbers(
        out, std::span(numbers).subspan(at, std::min<size_t>(block_entries, numbers.size() - at)));
  }
  // What an attempt that failed has left must not be mixed with this one.
  if (const Result<> removed = disk.remove_file(path);
      !removed && removed.error().kind != ErrorKind::not_found) {
    return removed;
  }
  const std::unique_ptr<DiskFile> file = TRY(disk.open(path, Disk::Open::create));
  TRY(file->write(0, out));
  return file->sync();
}

Result<std::unique_ptr<Index>> Index::open(std::unique_ptr<DiskFile> file, std::string path,
                                           SegmentId segment, IndexTable& table) {
  auto index = std::make_unique<Index>();
  index->path_ = std::move(path);
  index->file_ = std::move(file);
  Bytes header(header_bytes);
  TRY(index->file_->read_exactly(0, header));
  const auto size = load_le<uint64_t>(header.data() + 16);
  if (as_text(ByteSpan(header).first(8)) != index_magic || size > table_bytes_max ||
      load_le<uint32_t>(header.data() + 8) != index_version) {
    return fail(ErrorKind::malformed, "not an index of this version");
  }
  if (TRY(index->file_->size()) < header_bytes + size) {
    return fail(ErrorKind::malformed, "the index is cut off");
  }
  Bytes encoded(size);
  TRY(index->file_->read_exactly(header_bytes, encoded));
  if (crc32c(encoded) != load_le<uint32_t>(header.data() + 12)) {
    return fail(ErrorKind::malformed, "the index is damaged: its checksum is wrong");
  }
  table = TRY(decode_table(encoded));
  if (table.segment != segment) return fail(ErrorKind::malformed, "the index of another segment");
  index->count_ = table.count();
  index->blocks_ = header_bytes + size;
  index->array_ = index->blocks_ + blocks_size(index->count_);
  if (TRY(index->file_->size()) != index->array_ + array_size(index->count_)) {
    return fail(ErrorKind::malformed, "the index is cut off");
  }
  return index;
}

Result<> Index::read_block(uint64_t offset, Bytes& block) const {
  TRY(file_->read_exactly(offset, block));
  if (crc32c(ByteSpan(block).subspan(4)) == load_le<uint32_t>(block.data())) return {};
  return std::unexpected(Error{.kind = ErrorKind::malformed,
                               .message = "the index is damaged: a checksum is wrong",
                               .offset = offset,
                               .path = path_});
}

Result<std::vector<IndexEntry>> Index::entries(uint64_t first, uint64_t count) const {
  std::vector<IndexEntry> entries;
  entries.reserve(count);
  Bytes block;
  for (uint64_t at = first; at < first + count;) {
    const uint64_t number = at / block_entries;
    const uint64_t begin = number * block_entries;
    const uint64_t size = std::min(block_entries, count_ - begin);
    block.resize(4 + size * entry_bytes);
    TRY(read_block(blocks_ + number * block_bytes, block));
    for (; at < std::min(begin + size, first + count); ++at) {
      const uint8_t* from = block.data() + 4 + (at - begin) * entry_bytes;
      IndexEntry& entry = entries.emplace_back();
      entry.offset = load_le<uint32_t>(from);
      std::memcpy(entry.hash.data(), from + 4, entry.hash.size());
    }
  }
  return entries;
}

Result<> Index::read_records(IndexTable& table) const {
  std::vector<uint32_t> array;
  array.reserve(count_);
  while (array.size() < count_) {
    const std::vector<uint32_t> numbers = TRY(this->numbers(array.size()));
    array.insert(array.end(), numbers.begin(), numbers.end());
  }
  for (size_t at = 0; at < table.chains.size(); ++at) {
    const ChainRange& range = table.ranges[at];
    const auto begin = array.begin() + range.start;
    table.chains[at].records.assign(begin, begin + range.count);
  }
  return {};
}

Result<std::vector<uint32_t>> Index::numbers(uint64_t at) const {
  const uint64_t number = at / block_entries;
  const uint64_t size = std::min(block_entries, count_ - number * block_entries);
  Bytes block(4 + size * number_bytes);
  const uint64_t offset = array_ + number * number_block_bytes;
  TRY(read_block(offset, block));
  std::vector<uint32_t> numbers;
  numbers.reserve(size);
  for (uint64_t i = 0; i < size; ++i) {
    numbers.push_back(load_le<uint32_t>(block.data() + 4 + i * number_bytes));
    if (numbers.back() < count_) continue;
    return std::unexpected(Error{.kind = ErrorKind::malformed,
                                 .message = "the index names a record that its segment has not",
                                 .offset = offset,
                                 .path = path_});
  }
  return numbers;
}

Result<uint32_t> Index::record_at(uint64_t at) const {
  return TRY(numbers(at))[at % block_entries];
}

}  // namespace cairn::chain
