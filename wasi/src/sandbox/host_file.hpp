#pragma once
/// Files and streams of the host: what has a descriptor and carries bytes.

#include <cairn/wasi/sandbox/handle.hpp>

#include "sandbox/unique_fd.hpp"

namespace cairn::wasi {

class HostFile : public Handle {
 public:
  /// `owned`: the descriptor is closed with the handle.
  HostFile(int fd, FileType type, bool owned);
  ~HostFile() override;

  bool is_terminal() const override { return terminal_; }
  bool is_seekable() const override { return seekable_; }
  int wait_fd() const override { return may_block_ ? fd_ : -1; }
  int native_fd() const override { return fd_; }
  bool is_slow() const override {
    return type() == FileType::regular_file || type() == FileType::block_device;
  }

  Outcome<FileStat> stat() override;
  Outcome<FdFlags> flags() override;
  Outcome<> set_flags(FdFlags flags) override;
  Outcome<> set_times(NewTime accessed, NewTime modified) override;
  Outcome<size_t> read(ReadBuffers buffers) override;
  Outcome<size_t> write(WriteBuffers buffers) override;
  Outcome<size_t> read_at(ReadBuffers buffers, uint64_t offset) override;
  Outcome<size_t> write_at(WriteBuffers buffers, uint64_t offset) override;
  Outcome<size_t> read_now(ReadBuffers buffers, std::optional<uint64_t> offset) override;
  Outcome<size_t> write_now(WriteBuffers buffers, std::optional<uint64_t> offset) override;
  Outcome<size_t> append(WriteBuffers buffers) override;
  Outcome<uint64_t> seek(int64_t offset, Whence whence) override;
  Outcome<> advise(uint64_t offset, uint64_t length, Advice advice) override;
  Outcome<> allocate(uint64_t offset, uint64_t length) override;
  Outcome<> set_size(uint64_t size) override;
  Outcome<> sync_data() override;
  Outcome<> sync() override;
  uint64_t readable_bytes() override;

 private:
  bool is_socket() const;

  int fd_;
  bool owned_;
  bool terminal_ = false;
  bool seekable_ = false;
  bool may_block_ = false;
};

}  // namespace cairn::wasi
