// Loads and stores on memory 0 when it is guarded: no bounds check, a fault is the trap.

#include "interp/memory.hpp"

namespace cairn::engine {

namespace {

template <class Stored, class Result>
constexpr LoadFamily make_load() {
  LoadFamily family{};
  const auto fill = [&]<Src a>() {
    Handler* row = family.at[static_cast<int>(a)];
    row[0] = handler_of<LoadMemory<Stored, Result, a, Dst::slot>>;
    row[1] = handler_of<LoadMemory<Stored, Result, a, Dst::acc>>;
    row[2] = handler_of<LoadMemory<Stored, Result, a, Dst::pin>>;
  };
  fill.template operator()<Src::slot>();
  fill.template operator()<Src::acc>();
  fill.template operator()<Src::pin>();
  return family;
}

template <class Stored, class Operand>
constexpr StoreFamily make_store() {
  StoreFamily family{};
  const auto fill = [&]<Src a>() {
    Handler* row = family.at[static_cast<int>(a)];
    row[static_cast<int>(Src::slot)] = handler_of<StoreMemory<Stored, Operand, a, Src::slot>>;
    if constexpr (a != Src::acc || is_float<Operand>)
      row[static_cast<int>(Src::acc)] = handler_of<StoreMemory<Stored, Operand, a, Src::acc>>;
    row[static_cast<int>(Src::pin)] = handler_of<StoreMemory<Stored, Operand, a, Src::pin>>;
    row[static_cast<int>(Src::imm)] = handler_of<StoreMemory<Stored, Operand, a, Src::imm>>;
  };
  fill.template operator()<Src::slot>();
  fill.template operator()<Src::acc>();
  fill.template operator()<Src::pin>();
  return family;
}

template <class Stored, class Result>
constexpr LoadFamily load_of = make_load<Stored, Result>();
template <class Stored, class Operand>
constexpr StoreFamily store_of = make_store<Stored, Operand>();

}  // namespace

const LoadFamily* load_family(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case i32_load: return &load_of<uint32_t, uint32_t>;
    case i64_load: return &load_of<uint64_t, uint64_t>;
    case f32_load: return &load_of<float, float>;
    case f64_load: return &load_of<double, double>;
    case i32_load8_s: return &load_of<int8_t, uint32_t>;
    case i32_load8_u: return &load_of<uint8_t, uint32_t>;
    case i32_load16_s: return &load_of<int16_t, uint32_t>;
    case i32_load16_u: return &load_of<uint16_t, uint32_t>;
    case i64_load8_s: return &load_of<int8_t, uint64_t>;
    case i64_load8_u: return &load_of<uint8_t, uint64_t>;
    case i64_load16_s: return &load_of<int16_t, uint64_t>;
    case i64_load16_u: return &load_of<uint16_t, uint64_t>;
    case i64_load32_s: return &load_of<int32_t, uint64_t>;
    case i64_load32_u: return &load_of<uint32_t, uint64_t>;
    default: return nullptr;
  }
}

const StoreFamily* store_family(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case i32_store: return &store_of<uint32_t, uint32_t>;
    case i64_store: return &store_of<uint64_t, uint64_t>;
    case f32_store: return &store_of<float, float>;
    case f64_store: return &store_of<double, double>;
    case i32_store8: return &store_of<uint8_t, uint32_t>;
    case i32_store16: return &store_of<uint16_t, uint32_t>;
    case i64_store8: return &store_of<uint8_t, uint64_t>;
    case i64_store16: return &store_of<uint16_t, uint64_t>;
    case i64_store32: return &store_of<uint32_t, uint64_t>;
    default: return nullptr;
  }
}

}  // namespace cairn::engine
