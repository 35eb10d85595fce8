#pragma once
/// The instructions whose types the table's `sig` column describes, sorted by what they leave.

#include <cairn/wasm/instruction.hpp>
#include <vector>

#include "fuzzing/generator.hpp"

namespace cairn::fuzzing {

/// The value type of a signature's letter; `m` needs its memory and is not among them.
wasm::ValType type_of_letter(char letter);
/// The letters in front of '_', and behind it.
std::string_view operands_of(const wasm::OpInfo& row);
std::string_view results_of(const wasm::OpInfo& row);
bool names_memory(wasm::Imm imm);

class PlainOps {
 public:
  /// Rows that the options allow, in a module with or without memories and data segments.
  PlainOps(const GeneratorOptions& options, bool memories);

  /// Rows with exactly one result of that number or vector type, constants left out.
  const std::vector<wasm::Op>& producing(wasm::ValType type) const;
  /// Those among them that WebAssembly 1.0 has: most programs are made of them.
  const std::vector<wasm::Op>& common(wasm::ValType type) const;
  /// Rows with two results (wide arithmetic).
  const std::vector<wasm::Op>& wide() const { return wide_; }
  /// Rows that leave nothing.
  const std::vector<wasm::Op>& statements() const { return statements_; }

 private:
  using Ops = std::vector<wasm::Op>;
  struct ByType {
    Ops i32, i64, f32, f64, v128;
    Ops& of(char letter);
    const Ops& of(wasm::ValType type) const;
  };
  ByType producing_, common_;
  Ops wide_, statements_;
};

/// Which lanes of the result hold a NaN that the specification leaves open, if any.
enum class OpenNan : uint8_t { none, f32, f64, f32x4, f64x2 };
OpenNan open_nan(wasm::Op op);

}  // namespace cairn::fuzzing
