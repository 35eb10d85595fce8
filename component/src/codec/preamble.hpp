#pragma once
/// The first eight bytes of modules and components, and the section ids of components (Binary.md,
/// "Component Definitions").

#include <array>
#include <cstdint>

namespace cairn::component {

inline constexpr std::array<uint8_t, 4> magic = {0x00, 0x61, 0x73, 0x6D};
inline constexpr std::array<uint8_t, 4> component_version = {0x0D, 0x00, 0x01, 0x00};
inline constexpr std::array<uint8_t, 4> module_version = {0x01, 0x00, 0x00, 0x00};

enum class SectionId : uint8_t {
  custom = 0,
  core_module = 1,
  core_instance = 2,
  core_type = 3,
  component = 4,
  instance = 5,
  alias = 6,
  type = 7,
  canon = 8,
  start = 9,
  import = 10,
  export_ = 11,
  value = 12,
};
inline constexpr uint8_t section_count = 13;

}  // namespace cairn::component
