/// Every plain numeric and vector instruction of the table has its function, of the table's type.

#include <gtest/gtest.h>

#include <concepts>
#include <string_view>
#include <type_traits>

#include "numerics/scalar.hpp"
#include "numerics/simd.hpp"

namespace cairn::engine::numerics {
namespace {

// Words as in the table's signature column.

template <class T>
constexpr std::string_view letters() {
  if constexpr (std::same_as<T, uint32_t>) return "i";
  if constexpr (std::same_as<T, uint64_t>) return "l";
  if constexpr (std::same_as<T, float>) return "f";
  if constexpr (std::same_as<T, double>) return "d";
  if constexpr (std::same_as<T, V128>) return "v";
  if constexpr (std::same_as<T, U128>) return "ll";
  return "";
}

/// Does a function type read as `sig`? The immediate, if there is one, is its last parameter.
template <class Function>
struct Reads;

template <class Result, class... Operands>
struct Reads<Result(Operands...)> {
  static Result result();
  static constexpr bool as(std::string_view sig, std::string_view imm) {
    if (imm.starts_with("lane") && !(std::same_as<Operands, uint8_t> || ...)) return false;
    size_t operands = sizeof...(Operands) - (imm == "shuffle" ? 1 : 0);
    const auto read = [&](std::string_view word) {
      const bool found = sig.starts_with(word);
      if (found) sig.remove_prefix(word.size());
      return found;
    };
    const auto read_operand = [&]<class T>() {
      if (operands == 0 || std::is_lvalue_reference_v<T>) return true;
      operands -= 1;
      return read(letters<T>());
    };
    return (read_operand.template operator()<Operands>() && ...) && read("_") &&
           read(letters<Result>()) && (read_result<Operands>(read) && ...) && sig.empty();
  }

  /// A reference is where an instruction that may trap leaves its result.
  template <class T>
  static constexpr bool read_result(auto& read) {
    return !std::is_lvalue_reference_v<T> || read(letters<std::remove_reference_t<T>>());
  }
};

// Keeps the rows whose immediates are none, a lane or a shuffle, and whose type is fixed.

#define SECOND(a, b, ...) b
#define CHOOSE(...) SECOND(__VA_ARGS__, 0, )
#define PLAIN_none ~, 1
#define PLAIN_lane2 ~, 1
#define PLAIN_lane4 ~, 1
#define PLAIN_lane8 ~, 1
#define PLAIN_lane16 ~, 1
#define PLAIN_shuffle ~, 1
#define OPEN_special ~, 1
#define OPEN__ ~, 1

#define CHECK_10(id, imm, sig)                                       \
  static_assert(Reads<decltype(numerics::id)>::as(#sig, #imm), #id); \
  rows += 1;
#define CHECK_00(id, imm, sig)
#define CHECK_01(id, imm, sig)
#define CHECK_11(id, imm, sig)
#define CHECK_ROW(plain, open, id, imm, sig) CHECK_ROW_(plain, open, id, imm, sig)
#define CHECK_ROW_(plain, open, id, imm, sig) CHECK_##plain##open(id, imm, sig)

TEST(NumericTable, EveryPlainInstructionHasItsFunction) {
  int rows = 0;
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  CHECK_ROW(CHOOSE(PLAIN_##imm), CHOOSE(OPEN_##sig), id, imm, sig)
#include <cairn/wasm/instructions.def>
  const int scalar = 128 + 8 + 4;  // MVP and sign extension, saturating truncation, wide arithmetic
  const int vector = 213 + 20;     // fixed-width SIMD without memory access and constants, relaxed
  EXPECT_EQ(rows, scalar + vector);
}

TEST(NumericTable, NanResultsAreCanonicalisedInTheirOwnType) {
#define CAIRN_NAN_RESULT(id, canonicalize)                                                    \
  static_assert(std::same_as<decltype(canonicalize(Reads<decltype(numerics::id)>::result())), \
                             decltype(Reads<decltype(numerics::id)>::result())>,              \
                #id);
#include "numerics/nan_results.def"
}

}  // namespace
}  // namespace cairn::engine::numerics
