// Loads and stores on memory 0 when it is guarded: no bounds check, a fault is the trap.

#include "interp/handlers.hpp"

namespace cairn::engine {

namespace {

/// Keeps the program counter from moving on before the access has happened: a fault leaves it at the
/// instruction that trapped. Costs no instruction.
#define CAIRN_PIN_PC_AFTER(value) asm volatile("" : "+r"(r.pc) : value : "memory")

template <class Stored, class Result, Src address, Dst dst>
struct Load {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t at = uint64_t{read<uint32_t, address>(r, 1)} + r.pc[1].half.high;
    Stored value;
    std::memcpy(&value, r.mem + at, sizeof value);
    if constexpr (is_float<Stored>)
      CAIRN_PIN_PC_AFTER("x"(value));
    else
      CAIRN_PIN_PC_AFTER("r"(value));
    // Sign extension to the result's width, then back to unsigned.
    if constexpr (is_float<Stored>)
      write<Result, dst>(r, 0, value);
    else
      write<Result, dst>(
          r, 0, static_cast<Result>(static_cast<std::make_signed_t<Result>>(value)));
    r.pc += 2;
  }
};

template <class Stored, class Operand, Src address, Src value_class>
struct Store {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t at = uint64_t{read<uint32_t, address>(r, 1)} + r.pc[1].half.high;
    Stored value;
    if constexpr (value_class == Src::imm)
      std::memcpy(&value, &r.pc[2], sizeof value);
    else
      value = static_cast<Stored>(read<Operand, value_class>(r, 0));
    std::memcpy(r.mem + at, &value, sizeof value);
    asm volatile("" : "+r"(r.pc) : : "memory");
    r.pc += value_class == Src::imm ? 3 : 2;
  }
};

template <class Stored, class Result>
constexpr LoadFamily make_load() {
  LoadFamily family{};
  const auto fill = [&]<Src a>() {
    Handler* row = family.at[static_cast<int>(a)];
    row[0] = handler_of<Load<Stored, Result, a, Dst::slot>>;
    row[1] = handler_of<Load<Stored, Result, a, Dst::acc>>;
    row[2] = handler_of<Load<Stored, Result, a, Dst::pin>>;
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
    row[static_cast<int>(Src::slot)] = handler_of<Store<Stored, Operand, a, Src::slot>>;
    if constexpr (a != Src::acc || is_float<Operand>)
      row[static_cast<int>(Src::acc)] = handler_of<Store<Stored, Operand, a, Src::acc>>;
    row[static_cast<int>(Src::pin)] = handler_of<Store<Stored, Operand, a, Src::pin>>;
    row[static_cast<int>(Src::imm)] = handler_of<Store<Stored, Operand, a, Src::imm>>;
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
