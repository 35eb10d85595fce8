#pragma once
/// CRC-32C (Castagnoli; RFC 3720, appendix B.4): finds what disks and cables change by accident. It
/// proves nothing against those who change on purpose.

#include <cairn/base/bytes.hpp>

#include <cstdint>

namespace cairn {

/// `crc` is that of what stands before `bytes`; 0 at the beginning.
uint32_t crc32c(ByteSpan bytes, uint32_t crc = 0);

}  // namespace cairn
