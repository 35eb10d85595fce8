// Reading, writing, seeking, and the entries of directories. Bytes go straight between the system
// and the guest's memory.

#include <algorithm>

#include "preview1/call.hpp"
#include "preview1/layout.hpp"

namespace cairn::wasi {
namespace {

Outcome<> put_count(const Call& call, uint32_t pointer, size_t count) {
  return call.memory.store(pointer, static_cast<uint32_t>(count));
}

/// A descriptor with a position; pipes, terminals and sockets have none.
Outcome<Descriptor*> find_seekable(Call& call, uint32_t fd, Rights needed) {
  const Descriptor* descriptor = TRY(call.state.table.find(fd));
  const Handle& handle = *descriptor->handle;
  if (!handle.is_seekable()) {
    return fail(handle.type() == FileType::directory ? Errno::isdir : Errno::spipe);
  }
  return call.find(fd, needed);
}

/// Copies as much of a record as there is room for.
class RecordWriter {
 public:
  explicit RecordWriter(MutableByteSpan out) : out_(out) {}
  void put(ByteSpan bytes) {
    const size_t size = std::min(bytes.size(), out_.size() - used_);
    if (size != 0) std::memcpy(out_.data() + used_, bytes.data(), size);
    used_ += size;
  }
  bool full() const { return used_ == out_.size(); }
  size_t used() const { return used_; }

 private:
  MutableByteSpan out_;
  size_t used_ = 0;
};

}  // namespace

Outcome<> fd_read(Call& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t nread) {
  Descriptor* descriptor = TRY(call.find_for_bytes(fd, right::fd_read));
  GuestBuffers buffers;
  TRY(buffers.load(call.memory, iovs, iovs_len));
  TRY(call.wait_for(*descriptor->handle, false));
  return put_count(call, nread, TRY(descriptor->handle->read(buffers.get())));
}

Outcome<> fd_write(Call& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t nwritten) {
  Descriptor* descriptor = TRY(call.find_for_bytes(fd, right::fd_write));
  GuestBuffers buffers;
  TRY(buffers.load(call.memory, iovs, iovs_len));
  TRY(call.wait_to_write(*descriptor->handle, buffers));
  return put_count(call, nwritten, TRY(descriptor->handle->write(buffers.get())));
}

Outcome<> fd_pread(Call& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint64_t offset,
                   uint32_t nread) {
  Descriptor* descriptor = TRY(find_seekable(call, fd, right::fd_read));
  GuestBuffers buffers;
  TRY(buffers.load(call.memory, iovs, iovs_len));
  return put_count(call, nread, TRY(descriptor->handle->read_at(buffers.get(), offset)));
}

Outcome<> fd_pwrite(Call& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint64_t offset,
                    uint32_t nwritten) {
  Descriptor* descriptor = TRY(find_seekable(call, fd, right::fd_write));
  GuestBuffers buffers;
  TRY(buffers.load(call.memory, iovs, iovs_len));
  return put_count(call, nwritten, TRY(descriptor->handle->write_at(buffers.get(), offset)));
}

Outcome<> fd_seek(Call& call, uint32_t fd, uint64_t offset, uint32_t whence, uint32_t new_offset) {
  if (whence > static_cast<uint32_t>(Whence::end)) return fail(Errno::inval);
  const bool only_asks = offset == 0 && whence == static_cast<uint32_t>(Whence::current);
  Descriptor* descriptor =
      TRY(find_seekable(call, fd, only_asks ? right::fd_tell : right::fd_seek));
  const uint64_t position =
      TRY(descriptor->handle->seek(static_cast<int64_t>(offset), static_cast<Whence>(whence)));
  return call.memory.store<uint64_t>(new_offset, position);
}

Outcome<> fd_tell(Call& call, uint32_t fd, uint32_t offset) {
  Descriptor* descriptor = TRY(find_seekable(call, fd, right::fd_tell));
  return call.memory.store<uint64_t>(offset, TRY(descriptor->handle->seek(0, Whence::current)));
}

/// Fills the buffer to its end, cutting the last record off, unless the directory ends before: so
/// the guest sees whether there is more.
Outcome<> fd_readdir(Call& call, uint32_t fd, uint32_t buf, uint32_t buf_len, uint64_t cookie,
                     uint32_t bufused) {
  Descriptor* descriptor = TRY(call.state.table.find(fd));
  if (descriptor->handle->type() != FileType::directory) return fail(Errno::notdir);
  TRY(call.find(fd, right::fd_readdir));
  RecordWriter out(TRY(call.memory.slice(buf, buf_len)));
  while (!out.full()) {
    const std::vector<DirectoryEntry> entries =
        TRY(descriptor->handle->list(cookie, buf_len - out.used()));
    if (entries.empty()) break;
    for (const DirectoryEntry& entry : entries) {
      uint8_t record[dirent_size] = {};
      store_le<uint64_t>(record, entry.next);
      store_le<uint64_t>(record + 8, entry.inode);
      store_le<uint32_t>(record + 16, static_cast<uint32_t>(entry.name.size()));
      record[20] = static_cast<uint8_t>(entry.type);
      out.put(record);
      out.put(as_bytes(entry.name));
      cookie = entry.next;
    }
  }
  return put_count(call, bufused, out.used());
}

}  // namespace cairn::wasi
