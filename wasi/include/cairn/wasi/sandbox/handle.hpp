#pragma once
/// What a guest can hold of the outside world: files, directories, streams and sockets, each
/// reached only through a handle that somebody handed in, or that was opened beneath one. All
/// versions of WASI share these; the numbers of the enumerations are those of preview 1.

#include <sys/uio.h>
#include <cairn/wasi/errno.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::wasi {

enum class FileType : uint8_t {
  unknown = 0,
  block_device = 1,
  character_device = 2,
  directory = 3,
  regular_file = 4,
  socket_dgram = 5,
  socket_stream = 6,
  symbolic_link = 7,
};

/// Times are nanoseconds since 1970.
struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  FileType type = FileType::unknown;
  uint64_t links = 0;
  uint64_t size = 0;
  uint64_t accessed_ns = 0;
  uint64_t modified_ns = 0;
  uint64_t changed_ns = 0;
};

/// How an open file behaves; a set.
using FdFlags = uint16_t;
namespace fd_flag {
inline constexpr FdFlags append = 1, dsync = 2, nonblock = 4, rsync = 8, sync = 16, all = 31;
}

enum class Whence : uint8_t { set = 0, current = 1, end = 2 };
enum class Advice : uint8_t { normal = 0, sequential, random, will_need, dont_need, no_reuse };

/// A new time: leave it, now, or nanoseconds since 1970.
struct NewTime {
  enum class Kind : uint8_t { keep, now, at } kind = Kind::keep;
  uint64_t ns = 0;
};

struct DirectoryEntry {
  uint64_t next = 0;  ///< cookie of the entry behind this one
  uint64_t inode = 0;
  FileType type = FileType::unknown;
  std::string name;
};

struct OpenOptions {
  bool follow = false;  ///< a symbolic link as the last component
  bool create = false;
  bool exclusive = false;  ///< with `create`: fail when it exists
  bool truncate = false;
  bool directory = false;  ///< fail unless it is one
  bool read = false;
  bool write = false;
  FdFlags flags = 0;
};

struct Received {
  size_t bytes = 0;
  bool truncated = false;  ///< a datagram was longer than the buffers
};

using ReadBuffers = std::span<const iovec>;
using WriteBuffers = std::span<const iovec>;

/// One open thing. Every operation that a kind of handle does not have fails as the system would
/// (`notdir`, `spipe`, `notsock`, `badf` …). For one thread at a time; but what is slow may be
/// read, written and synchronised by several.
///
/// Paths are relative to the directory and never lead out of it: neither by "..", nor as absolute
/// paths, nor through symbolic links, also while others change the tree; then the error is `perm`.
class Handle {
 public:
  explicit Handle(FileType type) : type_(type) {}
  virtual ~Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  FileType type() const { return type_; }
  /// A terminal: has no position.
  virtual bool is_terminal() const { return false; }
  /// Can it be positioned? Files can, pipes, terminals and sockets cannot.
  virtual bool is_seekable() const { return false; }
  /// The descriptor to wait on before an operation that may block; -1: it never blocks.
  virtual int wait_fd() const { return -1; }
  /// May reading, writing or `sync` wait for a disk? Nothing can tell when it would not.
  virtual bool is_slow() const { return false; }
  /// The descriptor behind the handle, -1 when there is none.
  virtual int native_fd() const { return -1; }

  /// Keeps something as long as this is open, for instance a place in somebody's count.
  void keep(std::shared_ptr<void> what) { kept_ = std::move(what); }

  virtual Outcome<FileStat> stat();
  virtual Outcome<FdFlags> flags();
  virtual Outcome<> set_flags(FdFlags flags);
  virtual Outcome<> set_times(NewTime accessed, NewTime modified);

  // Files and streams. The counts may be smaller than what was asked for.
  virtual Outcome<size_t> read(ReadBuffers buffers);
  virtual Outcome<size_t> write(WriteBuffers buffers);
  virtual Outcome<size_t> read_at(ReadBuffers buffers, uint64_t offset);
  virtual Outcome<size_t> write_at(WriteBuffers buffers, uint64_t offset);
  /// What can be read or written without waiting, from an offset on or where the handle is; `again`
  /// when one would have to wait.
  virtual Outcome<size_t> read_now(ReadBuffers buffers, std::optional<uint64_t> offset);
  virtual Outcome<size_t> write_now(WriteBuffers buffers, std::optional<uint64_t> offset);
  /// Writes behind the end, wherever that is by now.
  virtual Outcome<size_t> append(WriteBuffers buffers);
  virtual Outcome<uint64_t> seek(int64_t offset, Whence whence);
  virtual Outcome<> advise(uint64_t offset, uint64_t length, Advice advice);
  virtual Outcome<> allocate(uint64_t offset, uint64_t length);
  virtual Outcome<> set_size(uint64_t size);
  virtual Outcome<> sync_data();
  virtual Outcome<> sync();
  /// How many bytes a read would give at once; 0 when unknown.
  virtual uint64_t readable_bytes();

  // Directories
  virtual Outcome<std::shared_ptr<Handle>> open(std::string_view path, const OpenOptions& options);
  /// Entries from `cookie` on (0: the first), until their names take about `bytes_max`; empty at
  /// the end. "." and ".." are among them.
  virtual Outcome<std::vector<DirectoryEntry>> list(uint64_t cookie, size_t bytes_max);
  virtual Outcome<FileStat> stat_at(std::string_view path, bool follow);
  virtual Outcome<> set_times_at(std::string_view path, bool follow, NewTime accessed,
                                 NewTime modified);
  virtual Outcome<> create_directory(std::string_view path);
  virtual Outcome<> remove_directory(std::string_view path);
  virtual Outcome<> remove_file(std::string_view path);
  virtual Outcome<> rename(std::string_view path, Handle& to, std::string_view to_path);
  virtual Outcome<> link(std::string_view path, Handle& to, std::string_view to_path);
  /// The target is stored as it is, but must not be absolute.
  virtual Outcome<> symlink(std::string_view target, std::string_view path);
  virtual Outcome<std::string> read_link(std::string_view path);

  // Sockets
  virtual Outcome<std::shared_ptr<Handle>> accept(FdFlags flags);
  virtual Outcome<Received> receive(ReadBuffers buffers, bool peek);
  virtual Outcome<size_t> send(WriteBuffers buffers);
  virtual Outcome<> shut_down(bool receive, bool send);

 private:
  FileType type_;
  std::shared_ptr<void> kept_;
};

}  // namespace cairn::wasi
