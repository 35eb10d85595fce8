// Implements the world `failing-user` of errors.wit in C++.

#include "failing_user.hpp"

namespace failures = ::test::errors::failures;

/// Errors go there and come back so often, and each is dropped: the text of the last one.
std::string exports::failing_user::run(uint32_t rounds) {
  std::string text;
  for (uint32_t i = 0; i < rounds; ++i) {
    std::expected<uint32_t, ErrorContext> failed = failures::fail("it broke");
    std::vector<ErrorContext> both;
    both.push_back(failures::echo(ErrorContext(failed.error().debug_message())));
    both.push_back(std::move(failed.error()));
    std::vector<failures::Failure> told = failures::all(std::move(both));
    text = failures::text(std::move(told[1].why));
  }
  return text;
}
