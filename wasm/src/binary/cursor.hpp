#pragma once
/// A place in a run of bytes, with the readers that everything in the binary format is made of.
/// Readers return false on a fault; then `fault` says which and `p` stands at the byte that is
/// wrong. They are chained with `&&`. One-byte integers are read inline.

#include <cairn/wasm/features.hpp>
#include <cairn/wasm/types.hpp>

#include "binary/fault.hpp"

namespace cairn::wasm {

struct Cursor {
  const uint8_t* p;
  const uint8_t* end;
  Fault fault = Fault::none;

  size_t left() const { return static_cast<size_t>(end - p); }

  [[gnu::cold]] bool fail(Fault what) {
    fault = what;
    return false;
  }
  /// Fails at a byte that was read already.
  [[gnu::cold]] bool fail_at(const uint8_t* at, Fault what) {
    p = at;
    return fail(what);
  }

  bool byte(uint8_t& out) {
    if (p == end) [[unlikely]]
      return fail(Fault::unexpected_end);
    out = *p++;
    return true;
  }
  bool u32(uint32_t& out) {
    if (p != end && *p < 0x80) [[likely]] {
      out = *p++;
      return true;
    }
    return leb<read_u32>(out);
  }
  bool u64(uint64_t& out) {
    if (p != end && *p < 0x80) [[likely]] {
      out = *p++;
      return true;
    }
    return leb<read_u64>(out);
  }
  bool s32(int32_t& out) { return leb<read_s32>(out); }
  bool s33(int64_t& out) { return leb<read_s33>(out); }
  bool s64(int64_t& out) { return leb<read_s64>(out); }

  /// Takes `size` bytes; `out` points at the first.
  bool take(size_t size, const uint8_t*& out) {
    if (left() < size) [[unlikely]]
      return fail(Fault::unexpected_end);
    out = p;
    p += size;
    return true;
  }

  // Types (spec: Binary Format > Types). A code whose feature is off is malformed.
  bool heap_type(Features features, HeapType& out);
  bool val_type(Features features, ValType& out) {
    if (p != end && *p >= 0x7C && *p <= 0x7F) [[likely]] {
      out = static_cast<ValType::Kind>(*p++);
      return true;
    }
    return other_val_type(features, out);
  }
  bool ref_type(Features features, ValType& out);
  bool storage_type(Features features, ValType& out);
  bool mutability(bool& out);

 private:
  // The position is copied so that only the copy has its address taken: `p` stays in a register.
  template <auto read, class T>
  bool leb(T& out) {
    const uint8_t* at = p;
    T value{};
    const LebStatus status = read(at, end, value);
    p = at;
    if (status != LebStatus::ok) [[unlikely]]
      return fail(fault_of(status));
    out = value;
    return true;
  }
  bool other_val_type(Features features, ValType& out);
};

/// Appends the binary form of a type.
void append_heap_type(Bytes& out, HeapType type);
void append_val_type(Bytes& out, ValType type);

}  // namespace cairn::wasm
