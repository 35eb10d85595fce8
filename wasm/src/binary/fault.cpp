#include "binary/fault.hpp"

#include <fmt/format.h>

#include <array>

namespace cairn::wasm {

namespace {

struct Row {
  std::string_view message;
  std::string_view expected;
};

constexpr std::array rows = {
#define X(id, message, expected) Row{message, expected},
    CAIRN_FAULTS(X)
#undef X
};

}  // namespace

std::string_view to_string(Fault fault) { return rows[static_cast<size_t>(fault)].message; }

Error error_of(Fault fault, const uint8_t* at, const uint8_t* end, uint64_t offset,
               std::string_view expected) {
  const Row& row = rows[static_cast<size_t>(fault)];
  const std::string found = at == end ? "the end" : fmt::format("0x{:02x}", *at);
  return {.kind = ErrorKind::malformed,
          .message = fmt::format("{}: expected {}, found {}", row.message,
                                 expected.empty() ? row.expected : expected, found),
          .offset = offset};
}

}  // namespace cairn::wasm
