#pragma once
/// For tests: folders that vanish, and handles in memory.

#include <gtest/gtest.h>
#include <cairn/wasi/sandbox/host.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace cairn::wasi {

/// Why something failed; `success` when it did not.
template <class T>
Errno error_of(const Outcome<T>& outcome) {
  return outcome ? Errno::success : outcome.error();
}

/// A fresh folder that is removed at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cairn-wasi-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(*this / name, std::ios::binary).rdbuf();
    return text.str();
  }
  std::shared_ptr<Handle> open(const std::string& name, DirectoryOptions options = {}) const {
    Result<std::shared_ptr<Handle>> handle = open_host_directory(*this / name, options);
    EXPECT_TRUE(handle) << handle.error().to_string();
    return handle ? *handle : nullptr;
  }

 private:
  std::string path_;
};

/// A stream that keeps what is written and gives what it was made with.
class MemoryStream final : public Handle {
 public:
  explicit MemoryStream(std::string input = {})
      : Handle(FileType::unknown), input_(std::move(input)) {}
  Outcome<size_t> read(ReadBuffers buffers) override {
    size_t total = 0;
    for (const iovec& buffer : buffers) {
      const size_t size = std::min(buffer.iov_len, input_.size() - at_);
      if (size != 0) std::memcpy(buffer.iov_base, input_.data() + at_, size);
      at_ += size;
      total += size;
    }
    return total;
  }
  Outcome<size_t> write(WriteBuffers buffers) override {
    size_t total = 0;
    for (const iovec& buffer : buffers) {
      output.append(static_cast<const char*>(buffer.iov_base), buffer.iov_len);
      total += buffer.iov_len;
    }
    return total;
  }
  std::string output;

 private:
  std::string input_;
  size_t at_ = 0;
};

}  // namespace cairn::wasi
