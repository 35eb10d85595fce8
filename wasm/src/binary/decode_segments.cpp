// Element and data segments (spec: Binary Format > Modules). The flags in front of a segment are:
// bit 0 passive or declarative, bit 1 explicit index or declarative, bit 2 expressions.

#include <fmt/format.h>

#include "binary/sections.hpp"

namespace cairn::wasm {

namespace {

Result<> elem_items(Reader& in, Elem& elem) {
  const uint32_t count = TRY(in.count("elements", in.limits().element_segment_entries));
  if (elem.uses_exprs) {
    in.reserve(elem.exprs, count, 2);
    for (uint32_t i = 0; i < count; ++i) elem.exprs.push_back(TRY(in.expr()));
  } else {
    elem.functions.reserve(count);
    for (uint32_t i = 0; i < count; ++i) elem.functions.push_back(TRY(in.u32("a function index")));
  }
  return {};
}

Result<Elem> elem(Reader& in) {
  const uint64_t at = in.offset();
  const uint32_t flags = TRY(in.u32("element segment flags"));
  if (flags > (in.has(Feature::bulk_memory) ? 7u : 0u)) {
    return fail_at(
        ErrorKind::malformed, at,
        fmt::format("malformed elements segment kind: expected 0 to 7, found {}", flags));
  }
  Elem elem;
  elem.uses_exprs = (flags & 4) != 0;
  if (flags & 1) {
    elem.mode = (flags & 2) ? SegmentMode::declarative : SegmentMode::passive;
  } else {
    elem.mode = SegmentMode::active;
    elem.explicit_table = (flags & 2) != 0;
    if (elem.explicit_table) elem.table = TRY(in.u32("a table index"));
    elem.offset = TRY(in.expr());
  }
  if ((flags & 3) == 0) {
    // Function indices are never null; expressions have the old default.
    elem.type = elem.uses_exprs ? funcref : ValType::ref(AbsHeapType::func, false);
  } else if (elem.uses_exprs) {
    elem.type = TRY(in.ref_type());
  } else {
    if (TRY(in.byte("an element kind")) != 0) {
      return fail_at(ErrorKind::malformed, in.offset() - 1,
                     "malformed element kind: expected 0x00");
    }
    elem.type = ValType::ref(AbsHeapType::func, false);
  }
  TRY(elem_items(in, elem));
  return elem;
}

Result<Data> data(Reader& in) {
  const uint64_t at = in.offset();
  const uint32_t flags = TRY(in.u32("data segment flags"));
  if (flags > (in.has(Feature::bulk_memory) ? 2u : 0u)) {
    return fail_at(ErrorKind::malformed, at,
                   fmt::format("malformed data segment kind: expected 0 to 2, found {}", flags));
  }
  Data data;
  if (flags != 1) {
    data.mode = SegmentMode::active;
    data.explicit_memory = flags == 2;
    if (data.explicit_memory) data.memory = TRY(in.u32("a memory index"));
    data.offset = TRY(in.expr());
  }
  data.bytes = TRY(in.byte_list("a data segment"));
  return data;
}

}  // namespace

Result<> decode_elems(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("element segments", in.limits().element_segments));
  for (uint32_t i = 0; i < count; ++i) module.elems.push_back(TRY(elem(in)));
  return {};
}

Result<> decode_data_count(Reader& in, Module& module) {
  module.data_count = TRY(in.u32("the number of data segments"));
  return {};
}

Result<> decode_datas(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("data segments", in.limits().data_segments));
  in.reserve(module.datas, count, 2);
  for (uint32_t i = 0; i < count; ++i) module.datas.push_back(TRY(data(in)));
  return {};
}

}  // namespace cairn::wasm
