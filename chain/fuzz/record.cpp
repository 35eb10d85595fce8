// Records and the lists that they hold digests of: what is read is written again as it was.

#include <cairn/actor/recorded_limits.hpp>
#include <cairn/chain/record.hpp>

#include <cstdlib>

using namespace cairn;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  if (const auto limits = actor::RecordedLimits::of(bytes)) {
    if (limits->to_payload().text() != as_text(bytes)) std::abort();
  }
  const auto record = chain::Record::decode(bytes);
  if (!record) return 0;
  Bytes again;
  if (!record->encode(again)) std::abort();
  if (again != Bytes(bytes.begin(), bytes.end())) std::abort();
  return 0;
}
