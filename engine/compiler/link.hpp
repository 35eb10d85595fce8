#pragma once
/// From ELF objects to a code image.

#include <span>

#include "compiler/pipeline.hpp"

namespace cairn::engine::compiler {

/// Lays out the objects' code and constants behind each other, resolves what they refer to, and
/// writes the image. Functions are found by their names: "f<index>", "loop<index>_<offset>",
/// "enter_<signature>", "leave_<signature>"; all others are inner parts. Stubs may be in several
/// objects, one of each stays. Errors: anything that the image would have to take from outside,
/// except the functions in native/image_imports.def; and writable data.
Result<Bytes> link(std::span<const Object> objects, CpuFeatures cpu,
                   CodeLevel level = CodeLevel::full);

}  // namespace cairn::engine::compiler
