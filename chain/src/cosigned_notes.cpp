#include "cosigned_notes.hpp"

#include <cairn/chain/checkpoint.hpp>
#include <cairn/chain/note.hpp>

#include <algorithm>
#include <ranges>
#include <utility>

namespace cairn::chain {

void CosignedNotes::keep(std::string text) {
  const auto note = Note::parse(text);
  if (!note || note->signatures.size() < 2) return;  // the first one is the log's own
  const auto checkpoint = Checkpoint::parse(note->text);
  if (!checkpoint) return;
  Kept next = {checkpoint->size, note->signatures.size() - 1, std::move(text)};
  const auto is_enough = [](const Kept& one, const Kept& other) {
    return one.size >= other.size && one.cosignatures >= other.cosignatures;
  };
  // Of the same size, with as many: the later one counts.
  const bool is_needless = std::ranges::any_of(
      kept_, [&](const Kept& one) { return is_enough(one, next) && !is_enough(next, one); });
  if (is_needless) return;
  std::erase_if(kept_, [&](const Kept& one) { return is_enough(next, one); });
  kept_.insert(std::ranges::lower_bound(kept_, next.size, {}, &Kept::size), std::move(next));
}

std::string CosignedNotes::largest(size_t cosignatures) const {
  for (const Kept& one : std::views::reverse(kept_))
    if (one.cosignatures >= cosignatures) return one.text;
  return {};
}

std::vector<std::string> CosignedNotes::all() const {
  std::vector<std::string> texts;
  for (const Kept& one : kept_) texts.push_back(one.text);
  return texts;
}

}  // namespace cairn::chain
