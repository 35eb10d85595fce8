#pragma once
/// Files that must outlive a crash, as something that is handed in: written at an offset, synced,
/// cut, read. Unlike `Files`, a disk says what is durable and what is not, and the simulated one
/// forgets the rest.

#include <cairn/base/bytes.hpp>
#include <cairn/base/random.hpp>
#include <cairn/base/result.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cairn {

/// One open file. Reads may come from any thread while another writes; all else is for one thread
/// at a time. Errors are those of `Files`, with the path; no room is one of kind `limit`.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  DiskFile() = default;
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  virtual Result<uint64_t> size() = 0;
  /// All of `bytes`, or an error, after which any part of them may be there.
  virtual Result<> write(uint64_t offset, ByteSpan bytes) = 0;
  /// How many bytes were read: fewer than asked for at the end of the file only.
  virtual Result<size_t> read(uint64_t offset, MutableByteSpan out) = 0;
  /// Makes the file `size` bytes long; what is new is zero.
  virtual Result<> truncate(uint64_t size) = 0;
  /// Makes the file at least `size` bytes long and has room for them all: to write there neither
  /// fails for lack of room nor changes what the file system knows of the file, which makes `sync`
  /// several times as fast.
  virtual Result<> reserve(uint64_t size) = 0;
  /// What was written and cut so far survives a crash. After an error nobody knows what does, and
  /// a second attempt may succeed without cause: the error is final, the file is to be given up.
  /// So it is of a file that was removed, which nobody will find again (`not_found`).
  virtual Result<> sync() = 0;

  /// Exactly `out.size()` bytes; a shorter file is an error of kind `malformed`.
  Result<> read_exactly(uint64_t offset, MutableByteSpan out);

 protected:
  static std::unexpected<Error> removed(const std::string& path);
};

class Disk {
 public:
  enum class Open : uint8_t {
    existing,  ///< to read and write
    create,    ///< must not be there yet
    reading,   ///< to read only
  };

  virtual ~Disk() = default;
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  virtual Result<std::unique_ptr<DiskFile>> open(const std::string& path, Open how) = 0;
  /// Names in a directory without "." and "..", sorted by bytes.
  virtual Result<std::vector<std::string>> list_directory(const std::string& path) = 0;
  /// With those that it lies in, as far as they are not there. They stay after a crash.
  virtual Result<> make_directories(const std::string& path) = 0;
  virtual Result<> remove_file(const std::string& path) = 0;
  /// Files that were created and removed in it so far stay so after a crash.
  virtual Result<> sync_directory(const std::string& path) = 0;

  /// Held until it is destroyed, or the process ends however it does.
  class Lock {
   public:
    virtual ~Lock() = default;
    Lock() = default;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
  };
  /// The file is created when it is not there, and stays. Error `denied`: somebody else holds it.
  virtual Result<std::unique_ptr<Lock>> lock(const std::string& path) = 0;
};

/// The operating system's.
class RealDisk final : public Disk {
 public:
  Result<std::unique_ptr<DiskFile>> open(const std::string& path, Open how) override;
  Result<std::vector<std::string>> list_directory(const std::string& path) override;
  Result<> make_directories(const std::string& path) override;
  Result<> remove_file(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override;
};

}  // namespace cairn
