#include "text/print/float_text.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <iterator>

namespace cairn::wasm::text {

namespace {

template <class Float, class Bits>
void append_float(Bits bits, int mantissa_bits, std::string& out) {
  const Float value = std::bit_cast<Float>(bits);
  if (std::signbit(value)) out += '-';
  if (std::isnan(value)) {
    const Bits payload = bits & ((Bits{1} << mantissa_bits) - 1);
    out += "nan";
    if (payload != Bits{1} << (mantissa_bits - 1)) {
      fmt::format_to(std::back_inserter(out), ":{:#x}", payload);
    }
  } else if (std::isinf(value)) {
    out += "inf";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", std::fabs(value));
  }
}

}  // namespace

void append_f32(uint32_t bits, std::string& out) { append_float<float>(bits, 23, out); }
void append_f64(uint64_t bits, std::string& out) { append_float<double>(bits, 52, out); }

}  // namespace cairn::wasm::text
