// What hosts of components are made of, with random operations on a disk that is slow, breaks and
// writes by halves, in a simulated world: streams give and take the bytes in their order, buckets
// in memory and on disk agree with each other and keep their limits, and nothing is left open.

#include <cairn/base/random.hpp>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/key_value.hpp>

#include <cstring>

#include "choices.hpp"
#include "components/io.hpp"

namespace {

using namespace cairn;
using namespace cairn::wasi;

Bytes text_of(Choices& choices, size_t max) {
  Bytes text(choices.below(max + 1));
  for (uint8_t& each : text) each = choices.byte();
  return text;
}

/// A file on the disk. What is asked of it is answered as the input has it.
class Disk final : public Handle {
 public:
  explicit Disk(Choices& choices) : Handle(FileType::regular_file), choices_(choices) { ++open; }
  ~Disk() override { --open; }
  bool is_slow() const override { return true; }
  bool is_seekable() const override { return true; }
  Outcome<FileStat> stat() override { return FileStat{.size = bytes.size()}; }
  Outcome<size_t> read_now(ReadBuffers buffers, std::optional<uint64_t> offset) override {
    if (choices_.below(2) == 0) return fail(Errno::again);
    return read_at(buffers, *offset);
  }
  Outcome<size_t> read_at(ReadBuffers buffers, uint64_t offset) override {
    if (broken()) return fail(Errno::io);
    if (offset >= bytes.size()) return size_t{0};
    const size_t size = std::min(some(buffers[0].iov_len), bytes.size() - offset);
    std::memcpy(buffers[0].iov_base, bytes.data() + offset, size);
    return size;
  }
  Outcome<size_t> write_at(WriteBuffers buffers, uint64_t offset) override {
    if (broken()) return fail(Errno::nospc);
    const size_t size = some(buffers[0].iov_len);
    if (offset + size > bytes.size()) bytes.resize(offset + size);
    std::memcpy(bytes.data() + offset, buffers[0].iov_base, size);
    return size;
  }

  Bytes bytes;
  static inline int open = 0;

 private:
  bool broken() { return choices_.below(64) == 63; }
  size_t some(size_t of) { return of == 0 ? 0 : 1 + choices_.below(of); }
  Choices& choices_;
};

/// Reads all that a stream has, while time passes.
Bytes read_all(SimulatedEventLoop& loop, InputStream& stream, Choices& choices) {
  Bytes all;
  for (;;) {
    const Streamed<Bytes> read = stream.read(choices.below(40));
    if (!read) return all;
    all.insert(all.end(), read->begin(), read->end());
    bool woken = false;
    const auto ticket = stream.when_ready([&] { woken = true; });
    if (choices.below(4) == 0 && !choices.done()) continue;
    while (!woken) CAIRN_ASSERT(loop.run_one().value());
    if (read->empty() && choices.done() && stream.ready()) {
      // Nobody chooses any more: nothing may be asked for again and again.
      const Streamed<Bytes> rest = stream.read(1 << 16);
      if (!rest) return all;
      all.insert(all.end(), rest->begin(), rest->end());
    }
  }
}

void use_streams(Choices& choices) {
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  loop.set_work_ns([&] { return uint64_t{choices.byte()}; });
  const auto disk = std::make_shared<Disk>(choices);
  const bool append = choices.below(2) == 0;
  Bytes taken;
  bool failed = false;
  {
    OutputStream out(loop, append ? make_appender(loop, disk) : make_sink(loop, disk, 0));
    for (size_t count = choices.below(32); count > 0 && !failed; --count) {
      const Streamed<uint64_t> permitted = out.check();
      if (!permitted) {
        failed = true;
        break;
      }
      Bytes bytes = text_of(choices, 100);
      if (bytes.size() <= *permitted) {
        taken.insert(taken.end(), bytes.begin(), bytes.end());
        failed = !out.write(bytes);
      }
      if (choices.below(3) == 0) (void)loop.poll();
      if (choices.below(5) == 0) CAIRN_ASSERT(out.finish());
    }
    failed = failed || !out.flushed();
  }
  // What was dropped is written all the same, when the disk lets it.
  while (loop.run_one().value()) {
  }
  CAIRN_ASSERT(disk->bytes.size() <= taken.size());
  CAIRN_ASSERT(std::equal(disk->bytes.begin(), disk->bytes.end(), taken.begin()));
  InputStream in(make_source(loop, disk, 0));
  const Bytes all = read_all(loop, in, choices);
  CAIRN_ASSERT(all.size() <= disk->bytes.size());
  CAIRN_ASSERT(std::equal(all.begin(), all.end(), disk->bytes.begin()));
}

std::string key_of(Choices& choices) {
  const Bytes bytes = text_of(choices, 5);
  return {bytes.begin(), bytes.end()};
}

void use_buckets(Choices& choices) {
  const KeyValueLimits limits{.key_bytes_max = 4, .value_bytes_max = 20, .bytes_max = 60};
  MemoryBucket memory(limits);
  auto database = database::Database::open_in_memory();
  CAIRN_ASSERT(database);
  const auto disk = make_disk_bucket(*std::move(database), limits);
  CAIRN_ASSERT(disk);
  KeyValueBucket& other = **disk;
  for (size_t count = 0; count < 64 && !choices.done(); ++count) {
    const std::string key = key_of(choices);
    const auto one = memory.get(key), two = other.get(key);
    CAIRN_ASSERT(one && two && one->has_value() == two->has_value());
    CAIRN_ASSERT(!*one || (*one)->value == (*two)->value);
    switch (choices.below(3)) {
      case 0: {
        std::vector<KeyValueBucket::Change> changes;
        for (size_t n = choices.below(4); n > 0; --n) {
          std::optional<Bytes> value;
          if (choices.below(3) != 0) value = text_of(choices, 21);
          changes.push_back({key_of(choices), std::move(value)});
        }
        CAIRN_ASSERT(memory.change(changes).has_value() == other.change(changes).has_value());
        break;
      }
      case 1: {
        const bool right = choices.below(2) == 0;
        const auto version = [&](const auto& found) {
          return right ? (*found ? (*found)->version : 0) : (*found ? 0 : uint64_t{7});
        };
        const Bytes value = text_of(choices, 21);
        const auto first = memory.replace(key, version(one), value);
        const auto second = other.replace(key, version(two), value);
        CAIRN_ASSERT((first && *first) == (second && *second));
        break;
      }
      default: {
        const size_t max = choices.below(5);
        CAIRN_ASSERT(*memory.keys_after(key, max) == *other.keys_after(key, max));
        break;
      }
    }
  }
  CAIRN_ASSERT(*memory.keys_after(std::nullopt, 99) == *other.keys_after(std::nullopt, 99));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices choices(data, size);
  if (choices.below(2) == 0)
    use_streams(choices);
  else
    use_buckets(choices);
  CAIRN_ASSERT(Disk::open == 0);
  return 0;
}
