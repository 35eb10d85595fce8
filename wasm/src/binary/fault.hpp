#pragma once
/// What can be wrong with a few bytes of the binary format. A fault is one byte, so that the
/// decoders of instructions and types can report it for free; messages are made later.

#include <cairn/base/bytes.hpp>
#include <cairn/base/leb128.hpp>
#include <cairn/base/result.hpp>

namespace cairn::wasm {

// X(id, "message of the official suite", "what was expected")
#define CAIRN_FAULTS(X)                                                                     \
  X(none, "ok", "")                                                                         \
  X(unexpected_end, "unexpected end of section or function", "more bytes")                  \
  X(integer_too_long, "integer representation too long", "the integer to have ended")       \
  X(integer_too_large, "integer too large", "unused bits to be zero, or the sign")          \
  X(illegal_opcode, "illegal opcode", "an instruction")                                     \
  X(feature_off, "illegal opcode", "an instruction of the enabled features")                \
  X(malformed_value_type, "malformed value type", "a value type")                           \
  X(malformed_storage_type, "malformed storage type", "a value type, i8 or i16")            \
  X(malformed_reference_type, "malformed reference type", "a reference type")               \
  X(malformed_heap_type, "malformed heap type", "a heap type")                              \
  X(malformed_block_type, "malformed block type", "a block type")                           \
  X(malformed_memop_flags, "malformed memop flags", "an alignment and a memory index flag") \
  X(malformed_mutability, "malformed mutability", "0x00 or 0x01")                           \
  X(malformed_catch_clause, "malformed catch clause", "a catch kind from 0x00 to 0x03")     \
  X(malformed_cast_flags, "malformed cast flags", "nullability flags from 0x00 to 0x03")    \
  X(zero_byte, "zero byte expected", "0x00")                                                \
  X(length_out_of_bounds, "length out of bounds", "a length within the section")

enum class Fault : uint8_t {
#define X(id, message, expected) id,
  CAIRN_FAULTS(X)
#undef X
};

constexpr Fault fault_of(LebStatus status) { return static_cast<Fault>(status); }
static_assert(fault_of(LebStatus::unexpected_end) == Fault::unexpected_end);
static_assert(fault_of(LebStatus::too_long) == Fault::integer_too_long);
static_assert(fault_of(LebStatus::too_large) == Fault::integer_too_large);

std::string_view to_string(Fault fault);

/// The error of a fault at `at`, a place at or before `end`. `expected` may say more than the fault
/// does: "a type index".
Error error_of(Fault fault, const uint8_t* at, const uint8_t* end, uint64_t offset,
               std::string_view expected = {});

}  // namespace cairn::wasm
