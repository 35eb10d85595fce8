// Heap, reference and value types in binary form (spec: Binary Format > Types).

#include "binary/cursor.hpp"

namespace cairn::wasm {

namespace {

constexpr uint8_t ref_null_code = 0x63, ref_code = 0x64;

/// The feature that an abstract heap type needs, or nothing when the byte is none.
std::optional<Feature> feature_of(uint8_t code) {
  switch (static_cast<AbsHeapType>(code)) {
    case AbsHeapType::func:
    case AbsHeapType::extern_: return Feature::reference_types;
    case AbsHeapType::exn:
    case AbsHeapType::noexn: return Feature::exceptions;
    case AbsHeapType::nofunc:
    case AbsHeapType::noextern:
    case AbsHeapType::none:
    case AbsHeapType::any:
    case AbsHeapType::eq:
    case AbsHeapType::i31:
    case AbsHeapType::struct_:
    case AbsHeapType::array: return Feature::gc;
    case AbsHeapType::bot: break;
  }
  return std::nullopt;
}

bool is_abstract(uint8_t code, Features features) {
  const std::optional<Feature> feature = feature_of(code);
  return feature && features.has(*feature);
}

}  // namespace

bool Cursor::heap_type(Features features, HeapType& out) {
  const uint8_t* start = p;
  if (p != end && is_abstract(*p, features)) {
    out = static_cast<AbsHeapType>(*p++);
    return true;
  }
  int64_t index = 0;
  if (!s33(index)) return false;
  if (index < 0 || !features.has(Feature::function_references)) {
    return fail_at(start, Fault::malformed_heap_type);
  }
  // What does not fit the 29 bits of an index is beyond every limit on types, hence unknown.
  out = HeapType::index(index > HeapType::index_mask ? HeapType::index_mask
                                                     : static_cast<uint32_t>(index));
  return true;
}

bool Cursor::ref_type(Features features, ValType& out) {
  if (p == end) return fail(Fault::unexpected_end);
  const uint8_t code = *p;
  if (is_abstract(code, features) || code == static_cast<uint8_t>(AbsHeapType::func)) {
    out = ValType::ref(static_cast<AbsHeapType>(code), true);
    ++p;
    return true;
  }
  if ((code != ref_code && code != ref_null_code) || !features.has(Feature::function_references)) {
    return fail(Fault::malformed_reference_type);
  }
  ++p;
  HeapType heap = AbsHeapType::bot;
  if (!heap_type(features, heap)) return false;
  out = ValType::ref(heap, code == ref_null_code);
  return true;
}

bool Cursor::other_val_type(Features features, ValType& out) {
  if (p == end) return fail(Fault::unexpected_end);
  const uint8_t code = *p;
  if (code == static_cast<uint8_t>(ValType::Kind::v128) && features.has(Feature::simd)) {
    out = v128;
    ++p;
    return true;
  }
  if (is_abstract(code, features) || code == ref_code || code == ref_null_code) {
    return ref_type(features, out);
  }
  return fail(Fault::malformed_value_type);
}

bool Cursor::storage_type(Features features, ValType& out) {
  if (p != end && (*p == static_cast<uint8_t>(ValType::Kind::i8) ||
                   *p == static_cast<uint8_t>(ValType::Kind::i16))) {
    out = static_cast<ValType::Kind>(*p++);
    return true;
  }
  if (val_type(features, out)) return true;
  return fail(fault == Fault::malformed_value_type ? Fault::malformed_storage_type : fault);
}

bool Cursor::mutability(bool& out) {
  uint8_t code = 0;
  if (!byte(code)) return false;
  if (code > 1) return fail_at(p - 1, Fault::malformed_mutability);
  out = code == 1;
  return true;
}

void append_heap_type(Bytes& out, HeapType type) {
  if (type.is_index()) {
    append_signed_leb(out, type.index());
  } else {
    out.push_back(static_cast<uint8_t>(type.abstract()));
  }
}

void append_val_type(Bytes& out, ValType type) {
  if (!type.is_ref()) {
    out.push_back(static_cast<uint8_t>(type.kind()));
    return;
  }
  if (!type.nullable() || type.heap().is_index()) {
    out.push_back(type.nullable() ? ref_null_code : ref_code);
  }
  append_heap_type(out, type.heap());
}

}  // namespace cairn::wasm
