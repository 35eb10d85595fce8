#pragma once
/// The binary codes of types and declarators (Binary.md, "Type Definitions").

#include <cstdint>

namespace cairn::component::opcode {

inline constexpr uint8_t record = 0x72, variant = 0x71, list = 0x70, tuple = 0x6F, flags = 0x6E,
                         enum_ = 0x6D, option = 0x6B, result = 0x6A, own = 0x69, borrow = 0x68,
                         fixed_list = 0x67, stream = 0x66, future = 0x65, map = 0x63;
inline constexpr uint8_t func = 0x40, component = 0x41, instance = 0x42, async_func = 0x43,
                         resource = 0x3F;

inline constexpr uint8_t decl_core_type = 0x00, decl_type = 0x01, decl_alias = 0x02,
                         decl_import = 0x03, decl_export = 0x04;

inline constexpr uint8_t core_module_type = 0x50, core_sub_prefix = 0x00;
inline constexpr uint8_t core_decl_import = 0x00, core_decl_type = 0x01, core_decl_alias = 0x02,
                         core_decl_export = 0x03;

}  // namespace cairn::component::opcode
