#pragma once
/// Streams and futures in C++.

#include <string_view>

namespace cairn::component::tools {

/// What a header has of them, whatever their types.
extern const std::string_view cpp_streams_support;

}  // namespace cairn::component::tools
