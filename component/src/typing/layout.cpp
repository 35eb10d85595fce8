#include <algorithm>
#include <limits>

#include "typing/measure.hpp"

namespace cairn::component {

namespace {

constexpr size_t flat_max = max_flat_params + 1;

constexpr uint32_t bytes_of(PtrSize ptr) { return ptr == PtrSize::bits32 ? 4 : 8; }
constexpr wasm::ValType core_ptr(PtrSize ptr) {
  return ptr == PtrSize::bits32 ? wasm::i32 : wasm::i64;
}

/// Sizes that do not fit are far beyond what any type may have.
uint32_t saturated(uint64_t size) {
  return static_cast<uint32_t>(std::min<uint64_t>(size, std::numeric_limits<uint32_t>::max()));
}

constexpr uint64_t align_to(uint64_t offset, uint32_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

void append_flat(std::vector<wasm::ValType>& flat, const std::vector<wasm::ValType>& more) {
  const size_t room = flat_max - std::min(flat.size(), flat_max);
  flat.insert(flat.end(), more.begin(), more.begin() + std::min(room, more.size()));
}

ValLayout scalar(uint32_t size, wasm::ValType core) {
  return {.size = size, .alignment = size, .flat = {core}};
}

/// A pointer and a length.
ValLayout pair_layout(PtrSize ptr) {
  return {.size = 2 * bytes_of(ptr),
          .alignment = bytes_of(ptr),
          .flat = {core_ptr(ptr), core_ptr(ptr)}};
}

/// Fields one after another.
class Product {
 public:
  void add(const ValLayout& field) {
    layout_.alignment = std::max(layout_.alignment, field.alignment);
    size_ = align_to(size_, field.alignment) + field.size;
    append_flat(layout_.flat, field.flat);
  }
  ValLayout finish() && {
    layout_.size = saturated(align_to(size_, layout_.alignment));
    return std::move(layout_);
  }

 private:
  ValLayout layout_;
  uint64_t size_ = 0;
};

wasm::ValType join(wasm::ValType a, wasm::ValType b) {
  if (a == b) return a;
  const bool narrow = (a == wasm::i32 || a == wasm::f32) && (b == wasm::i32 || b == wasm::f32);
  return narrow ? wasm::i32 : wasm::i64;
}

constexpr uint32_t discriminant_bytes(uint64_t cases) {
  return cases <= 0x100 ? 1 : cases <= 0x10000 ? 2 : 4;
}

ValLayout sum_layout(const Types& types, const ValTypeInfo& info, PtrSize ptr) {
  ValLayout layout{.size = 0, .alignment = info.discriminant_size, .flat = {wasm::i32}};
  uint32_t payload_size = 0, payload_alignment = 1;
  for (const ValPart& part : info.parts) {
    if (!part.type) continue;
    const ValLayout& payload = types[*part.type].layout(ptr);
    payload_size = std::max(payload_size, payload.size);
    payload_alignment = std::max(payload_alignment, payload.alignment);
    for (size_t i = 0; i < payload.flat.size() && i + 1 < flat_max; ++i) {
      if (i + 1 < layout.flat.size()) {
        layout.flat[i + 1] = join(layout.flat[i + 1], payload.flat[i]);
      } else {
        layout.flat.push_back(payload.flat[i]);
      }
    }
  }
  layout.alignment = std::max(layout.alignment, payload_alignment);
  const uint64_t size = align_to(info.discriminant_size, payload_alignment) + payload_size;
  layout.size = saturated(align_to(size, layout.alignment));
  return layout;
}

ValLayout list_layout(const Types& types, const ValTypeInfo& info, PtrSize ptr) {
  if (!info.length) return pair_layout(ptr);
  const ValLayout& element = types[*info.element].layout(ptr);
  ValLayout layout{.size = saturated(uint64_t{element.size} * *info.length),
                   .alignment = element.alignment,
                   .flat = {}};
  for (uint32_t i = 0; i < *info.length && layout.flat.size() < flat_max; ++i) {
    append_flat(layout.flat, element.flat);
  }
  return layout;
}

/// Types without parts: the arena is not needed.
ValLayout prim_layout(ValKind kind, PtrSize ptr) {
  switch (kind) {
    case ValKind::bool_:
    case ValKind::s8:
    case ValKind::u8: return scalar(1, wasm::i32);
    case ValKind::s16:
    case ValKind::u16: return scalar(2, wasm::i32);
    case ValKind::s64:
    case ValKind::u64: return scalar(8, wasm::i64);
    case ValKind::f32: return scalar(4, wasm::f32);
    case ValKind::f64: return scalar(8, wasm::f64);
    case ValKind::string:
    case ValKind::map: return pair_layout(ptr);
    default: return scalar(4, wasm::i32);  // s32, u32, char, and all that is an index in a table
  }
}

ValLayout layout_of(const Types& types, const ValTypeInfo& info, PtrSize ptr) {
  switch (info.kind) {
    case ValKind::list: return list_layout(types, info, ptr);
    case ValKind::record:
    case ValKind::tuple: {
      Product product;
      for (const ValPart& part : info.parts) product.add(types[*part.type].layout(ptr));
      return std::move(product).finish();
    }
    case ValKind::flags: {
      const size_t count = info.parts.size();
      return scalar(count <= 8 ? 1 : count <= 16 ? 2 : 4, wasm::i32);
    }
    case ValKind::variant:
    case ValKind::enum_:
    case ValKind::option:
    case ValKind::result: return sum_layout(types, info, ptr);
    default: return prim_layout(info.kind, ptr);
  }
}

}  // namespace

void measure_layout(const Types& types, ValTypeInfo& info) {
  const bool is_sum = info.kind == ValKind::variant || info.kind == ValKind::enum_ ||
                      info.kind == ValKind::option || info.kind == ValKind::result;
  info.discriminant_size = is_sum ? discriminant_bytes(info.case_count()) : 0;
  for (const PtrSize ptr : {PtrSize::bits32, PtrSize::bits64}) {
    info.layouts[static_cast<size_t>(ptr)] = layout_of(types, info, ptr);
  }
}

void measure_prim(ValTypeInfo& info) {
  info.contains_pointer = info.kind == ValKind::string;
  for (const PtrSize ptr : {PtrSize::bits32, PtrSize::bits64}) {
    info.layouts[static_cast<size_t>(ptr)] = prim_layout(info.kind, ptr);
  }
}

ValLayout tuple_layout(const Types& types, std::span<const ValType> values, PtrSize ptr) {
  Product product;
  for (const ValType value : values) product.add(types[value].layout(ptr));
  return std::move(product).finish();
}

std::vector<wasm::ValType> flatten(const Types& types, std::span<const ValType> values,
                                   PtrSize ptr) {
  std::vector<wasm::ValType> flat;
  for (const ValType value : values) append_flat(flat, types[value].layout(ptr).flat);
  return flat;
}

wasm::FuncType flatten(const Types& types, const FuncType& type, CanonDirection direction,
                       const FlattenOptions& options) {
  const wasm::ValType pointer = core_ptr(options.ptr);
  const bool lower = direction == CanonDirection::lower;
  std::vector<ValType> params;
  for (const FuncParam& param : type.params) params.push_back(param.type);
  wasm::FuncType core;
  core.params = flatten(types, params, options.ptr);
  if (type.result) core.results = types[*type.result].layout(options.ptr).flat;

  const size_t params_max = options.is_async && lower ? max_flat_async_params : max_flat_params;
  if (core.params.size() > params_max) core.params = {pointer};
  if (options.is_async) {
    if (lower && !core.results.empty()) core.params.push_back(pointer);
    core.results.clear();
    if (lower || options.callback) core.results = {wasm::i32};
  } else if (core.results.size() > max_flat_results) {
    if (lower) {
      core.params.push_back(pointer);
      core.results.clear();
    } else {
      core.results = {pointer};
    }
  }
  return core;
}

}  // namespace cairn::component
