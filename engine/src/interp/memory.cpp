// Loads and stores on memory 0 when it is guarded: no bounds check, a fault is the trap.

#include "interp/memory.hpp"

namespace cairn::engine {

namespace {

template <class Stored, class Result>
LoadFamily make_load() {
  LoadFamily family{};
  const auto fill = [&]<Src a>() {
    Handler* row = family.at[static_cast<int>(a)];
    row[0] = make_handler<LoadMemory<Stored, Result, a, Dst::slot>>();
    row[1] = make_handler<LoadMemory<Stored, Result, a, Dst::acc>>();
    row[2] = make_handler<LoadMemory<Stored, Result, a, Dst::pin>>();
  };
  fill.template operator()<Src::slot>();
  fill.template operator()<Src::acc>();
  fill.template operator()<Src::pin>();
  return family;
}

template <class Stored, class Operand>
StoreFamily make_store() {
  StoreFamily family{};
  const auto fill = [&]<Src a>() {
    Handler* row = family.at[static_cast<int>(a)];
    row[static_cast<int>(Src::slot)] = make_handler<StoreMemory<Stored, Operand, a, Src::slot>>();
    if constexpr (a != Src::acc || is_float<Operand>)
      row[static_cast<int>(Src::acc)] = make_handler<StoreMemory<Stored, Operand, a, Src::acc>>();
    row[static_cast<int>(Src::pin)] = make_handler<StoreMemory<Stored, Operand, a, Src::pin>>();
    row[static_cast<int>(Src::imm)] = make_handler<StoreMemory<Stored, Operand, a, Src::imm>>();
  };
  fill.template operator()<Src::slot>();
  fill.template operator()<Src::acc>();
  fill.template operator()<Src::pin>();
  return family;
}

}  // namespace

const LoadFamily* load_family(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case i32_load: return family_of<make_load<uint32_t, uint32_t>>();
    case i64_load: return family_of<make_load<uint64_t, uint64_t>>();
    case f32_load: return family_of<make_load<float, float>>();
    case f64_load: return family_of<make_load<double, double>>();
    case i32_load8_s: return family_of<make_load<int8_t, uint32_t>>();
    case i32_load8_u: return family_of<make_load<uint8_t, uint32_t>>();
    case i32_load16_s: return family_of<make_load<int16_t, uint32_t>>();
    case i32_load16_u: return family_of<make_load<uint16_t, uint32_t>>();
    case i64_load8_s: return family_of<make_load<int8_t, uint64_t>>();
    case i64_load8_u: return family_of<make_load<uint8_t, uint64_t>>();
    case i64_load16_s: return family_of<make_load<int16_t, uint64_t>>();
    case i64_load16_u: return family_of<make_load<uint16_t, uint64_t>>();
    case i64_load32_s: return family_of<make_load<int32_t, uint64_t>>();
    case i64_load32_u: return family_of<make_load<uint32_t, uint64_t>>();
    default: return nullptr;
  }
}

const StoreFamily* store_family(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case i32_store: return family_of<make_store<uint32_t, uint32_t>>();
    case i64_store: return family_of<make_store<uint64_t, uint64_t>>();
    case f32_store: return family_of<make_store<float, float>>();
    case f64_store: return family_of<make_store<double, double>>();
    case i32_store8: return family_of<make_store<uint8_t, uint32_t>>();
    case i32_store16: return family_of<make_store<uint16_t, uint32_t>>();
    case i64_store8: return family_of<make_store<uint8_t, uint64_t>>();
    case i64_store16: return family_of<make_store<uint16_t, uint64_t>>();
    case i64_store32: return family_of<make_store<uint32_t, uint64_t>>();
    default: return nullptr;
  }
}

}  // namespace cairn::engine
