#pragma once
/// The guest's memory during one call: every access is checked against its bounds (`fault`).

#include <sys/uio.h>
#include <cairn/base/bytes.hpp>
#include <cairn/base/utf8.hpp>
#include <cairn/wasi/errno.hpp>

#include <array>
#include <span>
#include <string>

namespace cairn::wasi {

/// As many buffers as one call takes from a list of the guest's; reads and writes may be shorter
/// than asked for, so the rest is left to the guest's next call.
inline constexpr uint32_t guest_buffers_max = 1024;

class GuestMemory {
 public:
  explicit GuestMemory(MutableByteSpan bytes) : bytes_(bytes) {}

  Outcome<MutableByteSpan> slice(uint32_t pointer, uint64_t size) const {
    if (pointer > bytes_.size() || size > bytes_.size() - pointer) return fail(Errno::fault);
    return bytes_.subspan(pointer, size);
  }

  template <Scalar T>
  Outcome<T> load(uint32_t pointer) const {
    const MutableByteSpan bytes = TRY(slice(pointer, sizeof(T)));
    return load_le<T>(bytes.data());
  }

  template <Scalar T>
  Outcome<> store(uint32_t pointer, T value) const {
    const MutableByteSpan bytes = TRY(slice(pointer, sizeof(T)));
    store_le<T>(bytes.data(), value);
    return {};
  }

  /// A path or another text: copied, since other threads may share the memory. Must be UTF-8.
  Outcome<std::string> text(uint32_t pointer, uint32_t size) const {
    const MutableByteSpan bytes = TRY(slice(pointer, size));
    std::string copy(as_text(bytes));
    if (!is_utf8(copy)) return fail(Errno::ilseq);
    return copy;
  }

 private:
  MutableByteSpan bytes_;
};

/// A list of `iovec` or `ciovec` of the guest as the system's: the bytes are not copied.
class GuestBuffers {
 public:
  /// Fills from `count` records of 8 bytes at `pointer`.
  Outcome<> load(const GuestMemory& memory, uint32_t pointer, uint32_t count) {
    count_ = count < guest_buffers_max ? count : guest_buffers_max;
    const MutableByteSpan records = TRY(memory.slice(pointer, uint64_t{count_} * 8));
    for (uint32_t i = 0; i < count_; ++i) {
      const auto at = load_le<uint32_t>(records.data() + i * 8);
      const auto size = load_le<uint32_t>(records.data() + i * 8 + 4);
      const MutableByteSpan bytes = TRY(memory.slice(at, size));
      buffers_[i] = {bytes.data(), bytes.size()};
    }
    return {};
  }
  std::span<const iovec> get() const { return {buffers_.data() + begin_, count_ - begin_}; }

  /// Drops what lies behind the first `size` bytes.
  void keep_first(size_t size) {
    for (uint32_t i = begin_; i < count_; ++i) {
      if (buffers_[i].iov_len > size) {
        buffers_[i].iov_len = size;
        count_ = i + 1;
      }
      size -= buffers_[i].iov_len;
    }
  }

  /// Drops the first `size` bytes; false when nothing is left.
  bool drop_first(size_t size) {
    while (begin_ < count_ && buffers_[begin_].iov_len <= size) size -= buffers_[begin_++].iov_len;
    if (begin_ == count_) return false;
    buffers_[begin_].iov_base = static_cast<char*>(buffers_[begin_].iov_base) + size;
    buffers_[begin_].iov_len -= size;
    return true;
  }

 private:
  uint32_t begin_ = 0, count_ = 0;
  std::array<iovec, guest_buffers_max> buffers_;  // set up to count_
};

}  // namespace cairn::wasi
