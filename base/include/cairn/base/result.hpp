#pragma once
/// Errors as values. Every border where bad input can come in returns `Result<T>`; `TRY` hands an
/// error on to the caller. Assertions (`CAIRN_ASSERT`) are for our own bugs only.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// What went wrong, as a class that programs can act on. The message is for people.
enum class ErrorKind : uint8_t {
  malformed,    ///< bytes or text that the grammar does not allow
  invalid,      ///< well-formed, but validation refuses it
  unlinkable,   ///< an import is missing or of the wrong type
  trap,         ///< the guest trapped
  exception,    ///< the guest threw an exception that nothing caught
  limit,        ///< a named limit was exceeded
  unsupported,  ///< needs a feature that is switched off or unknown
  not_found,    ///< a file, export or name does not exist
  denied,       ///< a capability was not granted
  io,           ///< the operating system refused
  usage,        ///< the caller asked for something that makes no sense
};

/// The kind as one word, for messages and JSON ("malformed", "invalid", …).
std::string_view to_string(ErrorKind kind);

/// Where in the input an error lies. Lines and columns count from 1, columns in bytes.
struct SourceLocation {
  uint32_t line = 0;
  uint32_t column = 0;
  bool operator==(const SourceLocation&) const = default;
};

/// One error: what, where, and what was expected.
struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;                    ///< one line, no trailing period; says what was expected
  std::optional<uint64_t> offset = {};    ///< byte offset in a binary
  std::optional<SourceLocation> at = {};  ///< line and column in a text
  std::string path = {};                  ///< file or import/export path, when there is one
  int os_error = 0;                       ///< errno when kind is io, else 0

  /// "path:line:col: message" or "path: message (at offset 0x1f)".
  std::string to_string() const;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// Shorthand for `return fail(ErrorKind::invalid, "…")`.
inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{.kind = kind, .message = std::move(message)});
}
/// The same with the byte offset in the binary where it was found.
inline std::unexpected<Error> fail_at(ErrorKind kind, uint64_t offset, std::string message) {
  return std::unexpected(Error{.kind = kind, .message = std::move(message), .offset = offset});
}

/// Prints what, where and the condition, then aborts. For `CAIRN_ASSERT`.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace cairn

/// Evaluates to the value of a `Result`, or returns its error from the enclosing function.
#define TRY(...) CAIRN_TRY_NAMED(CAIRN_JOIN(cairn_try_, __COUNTER__), __VA_ARGS__)

// The name is new for every use, so that one TRY may stand inside another without shadowing it.
#define CAIRN_JOIN(a, b) CAIRN_JOIN_EXPANDED(a, b)
#define CAIRN_JOIN_EXPANDED(a, b) a##b
#define CAIRN_TRY_NAMED(name, ...)                     \
  __extension__({                                      \
    auto&& name = (__VA_ARGS__);                       \
    if (!name) [[unlikely]]                            \
      return std::unexpected(std::move(name).error()); \
    ::cairn::detail::take(std::move(name));            \
  })

namespace cairn::detail {
template <class T, class E>
T take(std::expected<T, E>&& result) {
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
}  // namespace cairn::detail

/// Checked in every build: an internal invariant that no input may break.
#define CAIRN_ASSERT(condition) \
  ((condition) ? (void)0 : ::cairn::assertion_failed(#condition, __FILE__, __LINE__))
