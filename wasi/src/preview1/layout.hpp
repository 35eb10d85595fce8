#pragma once
/// The records of preview 1 in the guest's memory (offsets as in WebAssembly/WASI,
/// legacy/preview1/docs.md).

#include <cairn/wasi/sandbox/handle.hpp>

#include "preview1/guest_memory.hpp"

namespace cairn::wasi {

inline constexpr uint32_t fdstat_size = 24;
inline constexpr uint32_t filestat_size = 64;
inline constexpr uint32_t dirent_size = 24;
inline constexpr uint32_t subscription_size = 48;
inline constexpr uint32_t event_size = 32;

/// Writes a `filestat`.
inline Outcome<> put_filestat(const GuestMemory& memory, uint32_t at, const FileStat& stat) {
  uint8_t* out = TRY(memory.slice(at, filestat_size)).data();
  std::memset(out, 0, filestat_size);
  store_le<uint64_t>(out, stat.device);
  store_le<uint64_t>(out + 8, stat.inode);
  out[16] = static_cast<uint8_t>(stat.type);
  store_le<uint64_t>(out + 24, stat.links);
  store_le<uint64_t>(out + 32, stat.size);
  store_le<uint64_t>(out + 40, stat.accessed_ns);
  store_le<uint64_t>(out + 48, stat.modified_ns);
  store_le<uint64_t>(out + 56, stat.changed_ns);
  return {};
}

/// The two times of a `*_set_times` call, from its `fstflags`.
struct NewTimes {
  NewTime accessed, modified;
};
inline Outcome<NewTimes> new_times(uint64_t atim, uint64_t mtim, uint32_t flags) {
  constexpr uint32_t atim_flag = 1, atim_now = 2, mtim_flag = 4, mtim_now = 8;
  if (flags > 15) return fail(Errno::inval);
  const auto choose = [&](uint32_t at, uint32_t now, uint64_t ns) -> Outcome<NewTime> {
    if ((flags & at) != 0 && (flags & now) != 0) return fail(Errno::inval);
    if ((flags & at) != 0) return NewTime{NewTime::Kind::at, ns};
    return NewTime{(flags & now) != 0 ? NewTime::Kind::now : NewTime::Kind::keep, 0};
  };
  NewTimes times;
  times.accessed = TRY(choose(atim_flag, atim_now, atim));
  times.modified = TRY(choose(mtim_flag, mtim_now, mtim));
  return times;
}

}  // namespace cairn::wasi
