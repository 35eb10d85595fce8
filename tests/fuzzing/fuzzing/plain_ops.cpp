#include "fuzzing/plain_ops.hpp"

#include <cairn/base/result.hpp>

namespace cairn::fuzzing {
using namespace wasm;

ValType type_of_letter(char letter) {
  switch (letter) {
    case 'i': return i32;
    case 'l': return i64;
    case 'f': return f32;
    case 'd': return f64;
    default: CAIRN_ASSERT(letter == 'v'); return v128;
  }
}

std::string_view operands_of(const OpInfo& row) { return row.sig.substr(0, row.sig.find('_')); }
std::string_view results_of(const OpInfo& row) { return row.sig.substr(row.sig.find('_') + 1); }

bool names_memory(Imm imm) {
  return imm == Imm::memory || (imm >= Imm::mem0 && imm <= Imm::mem3_lane);
}

OpenNan open_nan(Op op) {
  constexpr auto shape = [](std::string_view name) {
    return name.starts_with("f32x4")   ? OpenNan::f32x4
           : name.starts_with("f64x2") ? OpenNan::f64x2
           : name.starts_with("f32")   ? OpenNan::f32
                                       : OpenNan::f64;
  };
  switch (op) {
#define CAIRN_NAN_RESULT(id, canonicalize) \
  case Op::id: return shape(#id);
#include "numerics/nan_results.def"
    default: return OpenNan::none;
  }
}

PlainOps::PlainOps(const GeneratorOptions& options, bool memories) {
  for (uint32_t i = 0; i < op_count; ++i) {
    const auto op = static_cast<Op>(i);
    const OpInfo& row = info(op);
    if (row.sig == "special" || !options.features.has(row.feature)) continue;
    if (options.portable && row.feature == Feature::relaxed_simd) continue;
    if (names_memory(row.imm) && !memories) continue;
    // Made by hand: constants, dropping of segments, memory.size and memory.grow, and waits, which
    // need a timeout.
    if (operands_of(row).empty() && row.imm != Imm::fence) continue;
    if (op == Op::memory_grow) continue;
    if (op == Op::memory_atomic_wait32 || op == Op::memory_atomic_wait64) continue;
    const std::string_view results = results_of(row);
    if (results.empty()) {
      statements_.push_back(op);
    } else if (results.size() == 2) {
      wide_.push_back(op);
    } else {
      producing_.of(results[0]).push_back(op);
      if (row.feature == Feature::mvp) common_.of(results[0]).push_back(op);
    }
  }
}

PlainOps::Ops& PlainOps::ByType::of(char letter) {
  switch (letter) {
    case 'i': return i32;
    case 'l': return i64;
    case 'f': return f32;
    case 'd': return f64;
    default: CAIRN_ASSERT(letter == 'v'); return v128;
  }
}

const PlainOps::Ops& PlainOps::ByType::of(ValType type) const {
  switch (type.kind()) {
    case ValType::Kind::i32: return i32;
    case ValType::Kind::i64: return i64;
    case ValType::Kind::f32: return f32;
    case ValType::Kind::f64: return f64;
    default: CAIRN_ASSERT(type.is_vec()); return v128;
  }
}

const std::vector<Op>& PlainOps::producing(ValType type) const { return producing_.of(type); }
const std::vector<Op>& PlainOps::common(ValType type) const { return common_.of(type); }

}  // namespace cairn::fuzzing
