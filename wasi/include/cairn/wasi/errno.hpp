#pragma once
/// The errors of everything that a guest may ask of the outside world. The numbers are those of
/// WASI preview 1; other versions of WASI have subsets with other numbers.

#include <cstdint>
#include <expected>
#include <string_view>

namespace cairn::wasi {

enum class Errno : uint16_t {
#define CAIRN_ERRNO(id, number, native, message) id = number,
#include <cairn/wasi/errno.def>
};

/// A value, or why there is none. (`Errno::success` is never an error.)
template <class T = void>
using Outcome = std::expected<T, Errno>;

inline std::unexpected<Errno> fail(Errno error) { return std::unexpected(error); }

/// The code for an errno of the operating system; `io` for those that WASI does not know.
Errno from_native(int native_errno);
/// The same as a failed outcome, for `return fail_native(errno);`.
inline std::unexpected<Errno> fail_native(int native_errno) {
  return std::unexpected(from_native(native_errno));
}

/// "no such file or directory"
std::string_view to_string(Errno error);

}  // namespace cairn::wasi
