// Any bytes as a compiled module: what is accepted means the same when it is written again, and its
// code can be asked about. The digest is put right first, or hardly any input would get past it.

#include <cairn/engine/compiler.hpp>

#include <algorithm>

#include "native/digest.hpp"

using namespace cairn;
using namespace cairn::engine;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, data + size);
  static_cast<void>(CompiledFile::read(bytes));
  constexpr size_t size_at = 12, digest_at = 20, body_at = digest_at + digest_bytes;
  if (size < body_at) return 0;
  store_le(bytes.data() + size_at, uint64_t{size});
  std::ranges::copy(digest_of(ByteSpan(bytes).subspan(body_at)), bytes.begin() + digest_at);
  const Result<CompiledFile> file = CompiledFile::read(bytes);
  if (!file) return 0;
  static_cast<void>(file->summary());
  const Bytes written = CompiledFile::write(file->key(), file->module(), file->code());
  const Result<CompiledFile> again = CompiledFile::read(written);
  CAIRN_ASSERT(again && again->key() == file->key());
  CAIRN_ASSERT(std::ranges::equal(again->module(), file->module()));
  CAIRN_ASSERT(std::ranges::equal(again->code(), file->code()));
  return 0;
}
