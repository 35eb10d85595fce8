#include <cairn/wasi/errno.hpp>

#include <array>
#include <cerrno>

namespace cairn::wasi {
namespace {

struct Row {
  Errno error;
  int native;
};

constexpr Row rows[] = {
#define CAIRN_ERRNO(id, number, native, message) {Errno::id, native},
#include <cairn/wasi/errno.def>
};

}  // namespace

Errno from_native(int native_errno) {
  // Names that share a number with a row on Linux need no row of their own.
  if (native_errno == EOPNOTSUPP) return Errno::notsup;
  for (const Row& row : rows) {
    if (row.native == native_errno && row.native != 0) return row.error;
  }
  return Errno::io;
}

std::string_view to_string(Errno error) {
  switch (error) {
#define CAIRN_ERRNO(id, number, native, message) \
  case Errno::id: return message;
#include <cairn/wasi/errno.def>
  }
  return "unknown error";
}

}  // namespace cairn::wasi
