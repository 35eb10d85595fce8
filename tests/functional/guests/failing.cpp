// Implements the world `failing` of errors.wit in C++.

#include "failing.hpp"

namespace exports::test::errors::failures {

std::expected<uint32_t, ErrorContext> fail(std::string message) {
  return std::unexpected(ErrorContext(message));
}

ErrorContext echo(ErrorContext e) { return e; }

std::vector<Failure> all(std::vector<ErrorContext> l) {
  std::vector<Failure> result;
  for (ErrorContext& each : l) result.push_back({uint32_t(result.size()), std::move(each)});
  return result;
}

std::string text(ErrorContext e) { return e.debug_message(); }

}  // namespace exports::test::errors::failures
