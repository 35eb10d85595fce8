#pragma once
/// Floats in text form: the shortest decimal that reads back as the same bits; NaNs with payload.

#include <cstdint>
#include <string>

namespace cairn::wasm::text {

void append_f32(uint32_t bits, std::string& out);
void append_f64(uint64_t bits, std::string& out);

}  // namespace cairn::wasm::text
