#include <cairn/base/spelling.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace cairn {

namespace {

/// How many characters to add, drop or change (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t at = 0; at <= b.size(); ++at) row[at] = at;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t before = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = before + (a[i - 1] == b[j - 1] ? 0 : 1);
      before = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view most_like(std::string_view word, std::span<const std::string_view> known) {
  constexpr size_t distance_max = 2;
  std::string_view best;
  size_t best_distance = distance_max + 1;
  if (word.size() > 64) return best;
  for (const std::string_view name : known) {
    const size_t far = distance(word, name);
    if (far < best_distance && far < name.size()) {
      best = name;
      best_distance = far;
    }
  }
  return best;
}

}  // namespace cairn
