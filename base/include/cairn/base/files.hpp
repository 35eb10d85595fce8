#pragma once
/// Whole files as something that is handed in: what a command reads and writes. (A guest's files
/// are another matter, see wasi/: there every access goes through a capability.)

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cairn {

/// Errors are `not_found`, `denied`, `limit` or `io`, with the path and errno.
class Files {
 public:
  virtual ~Files() = default;
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  /// All bytes of a file (a pipe or device is read to its end). More than `size_max` bytes are an
  /// error of kind `limit`, found before they are held in memory.
  virtual Result<Bytes> read_file(const std::string& path, uint64_t size_max) = 0;
  Result<Bytes> read_file(const std::string& path) {
    return read_file(path, std::numeric_limits<uint64_t>::max());
  }
  /// Creates the file or replaces its contents.
  virtual Result<> write_file(const std::string& path, ByteSpan bytes) = 0;
  virtual bool exists(const std::string& path) = 0;
  virtual bool is_directory(const std::string& path) = 0;
  /// Names in a directory without "." and "..", sorted by bytes.
  virtual Result<std::vector<std::string>> list_directory(const std::string& path) = 0;
  /// Makes a directory and those above it; not an error if it is there.
  virtual Result<> make_directories(const std::string& path) = 0;
  virtual Result<> remove_file(const std::string& path) = 0;
  /// Gives a file another name; what had that name before is replaced in one step.
  virtual Result<> rename_file(const std::string& from, const std::string& to) = 0;
  struct Info {
    uint64_t size = 0;
    uint64_t used = 0;  ///< when it was last written or touched; only comparisons mean something
  };
  virtual Result<Info> info(const std::string& path) = 0;
  /// Marks a file as used now.
  virtual Result<> touch(const std::string& path) = 0;
};

/// The operating system's files.
class RealFiles final : public Files {
 public:
  using Files::read_file;
  Result<Bytes> read_file(const std::string& path, uint64_t size_max) override;
  Result<> write_file(const std::string& path, ByteSpan bytes) override;
  bool exists(const std::string& path) override;
  bool is_directory(const std::string& path) override;
  Result<std::vector<std::string>> list_directory(const std::string& path) override;
  Result<> make_directories(const std::string& path) override;
  Result<> remove_file(const std::string& path) override;
  Result<> rename_file(const std::string& from, const std::string& to) override;
  Result<Info> info(const std::string& path) override;
  Result<> touch(const std::string& path) override;
};

/// Files in memory, for tests: the N-th operation can be made to fail, so that a test can walk
/// through every place where a disk may refuse. Paths are compared as written; every prefix of a
/// path is a directory. For one thread.
class SimulatedFiles final : public Files {
 public:
  /// The operation number `call` (the next one is 0) fails with `os_error` (an errno).
  void fail_on(uint64_t call, int os_error) { failures_[calls_ + call] = os_error; }
  /// Operations so far; `exists` and `is_directory` cannot fail and do not count.
  uint64_t calls() const { return calls_; }

  using Files::read_file;
  Result<Bytes> read_file(const std::string& path, uint64_t size_max) override;
  /// A failing write leaves the first half of the bytes, as a full disk does.
  Result<> write_file(const std::string& path, ByteSpan bytes) override;
  bool exists(const std::string& path) override;
  bool is_directory(const std::string& path) override;
  Result<std::vector<std::string>> list_directory(const std::string& path) override;
  Result<> make_directories(const std::string& path) override;
  Result<> remove_file(const std::string& path) override;
  Result<> rename_file(const std::string& from, const std::string& to) override;
  Result<Info> info(const std::string& path) override;
  Result<> touch(const std::string& path) override;

 private:
  /// Counts an operation and returns the errno it must fail with, or 0.
  int begin_operation();

  std::map<std::string, Bytes> files_;
  std::map<std::string, uint64_t> used_;
  uint64_t uses_ = 0;
  std::set<std::string> directories_;
  std::map<uint64_t, int> failures_;
  uint64_t calls_ = 0;
};

/// The Error for an errno at a path: kind from the errno, message from the system.
Error file_error(int os_error, const std::string& path);

}  // namespace cairn
