#include "interp/fusion.hpp"

#include <unordered_map>

namespace cairn::engine {

namespace {

struct Key {
  TailHandler parts[3];
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  size_t operator()(const Key& key) const {
    size_t hash = 0;
    for (const TailHandler part : key.parts)
      hash = (hash ^ (reinterpret_cast<size_t>(part) >> 4)) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
  }
};
using Map = std::unordered_map<Key, const Handler*, KeyHash>;

Map make_map() {
  Map map;
  const std::span<const Fusion> tables[] = {fusions_a(), fusions_b(), fusions_c(), fusions_d()};
  size_t count = 0;
  for (const auto& table : tables) count += table.size();
  map.reserve(count);
  for (const auto& table : tables)
    for (const Fusion& fusion : table)
      map[{{fusion.parts[0].tail, fusion.parts[1].tail, fusion.parts[2].tail}}] = &fusion.fused;
  return map;
}

}  // namespace

const Handler* find_fusion(const Handler& first, const Handler& second, const Handler& third) {
  // A constant of the program, made when the first function is translated.
  static const Map map = make_map();
  const auto found = map.find({{first.tail, second.tail, third.tail}});
  return found == map.end() ? nullptr : found->second;
}

}  // namespace cairn::engine
