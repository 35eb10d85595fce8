// Records and the lists that they hold digests of: what is read is written again as it was.

#include <cairn/actor/recorded_limits.hpp>
#include <cairn/chain/record.hpp>

#include <cstdlib>

#include "contents.hpp"

using namespace cairn;

namespace {

/// The first byte says how many there are.
void check_lists(ByteSpan bytes) {
  if (bytes.empty()) return;
  const uint64_t count = bytes[0];
  const ByteSpan list = bytes.subspan(1);
  const Bytes read(list.begin(), list.end());
  const auto effects = chain::decode_effects(list, count);
  if (effects && chain::encode_effects(*effects) != read) std::abort();
  const auto results = chain::decode_host_results(list, count);
  if (results && chain::encode_host_results(*results) != read) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  if (const auto limits = actor::RecordedLimits::of(bytes)) {
    if (limits->to_payload().text() != as_text(bytes)) std::abort();
  }
  check_lists(bytes);
  const auto record = chain::Record::decode(bytes);
  if (!record) return 0;
  Bytes again;
  if (!record->encode(again)) std::abort();
  if (again != Bytes(bytes.begin(), bytes.end())) std::abort();
  return 0;
}
