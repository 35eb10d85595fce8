#pragma once
/// Texts of others, for people.

#include <string>
#include <string_view>

namespace cairn {

/// `text` with everything escaped ("\1b") that a terminal would act on, or that ends a line:
/// control characters, those that change the direction of writing, and what is no UTF-8.
std::string printable(std::string_view text);

}  // namespace cairn
