// Notes, verifier keys, checkpoints, paths of tiles and bundles: what is read is written again as
// it was, and nothing else happens.

#include <cairn/chain/checkpoint.hpp>
#include <cairn/chain/tiles.hpp>

#include <cstdlib>

using namespace cairn;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  const std::string_view text = as_text(bytes);
  if (auto note = chain::Note::parse(text)) require(note->to_string() == text);
  if (auto verifier = chain::Verifier::parse(text)) require(verifier->to_string() == text);
  if (auto checkpoint = chain::Checkpoint::parse(text)) require(checkpoint->to_string() == text);
  if (auto tile = chain::Tile::parse(text)) require(tile->path() == text);
  if (auto entries = chain::entries_of(bytes)) {
    Bytes again;
    for (ByteSpan entry : *entries) require(chain::append_entry(again, entry).has_value());
    require(again == Bytes(bytes.begin(), bytes.end()));
  }
  return 0;
}
