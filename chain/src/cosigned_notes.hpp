#pragma once
/// The checkpoints that witnesses have cosigned, as far as anybody asks for them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::chain {

/// For each number of cosignatures the note of the largest checkpoint that has so many. Whoever has
/// cosigned a note is known, and is in it once.
class CosignedNotes {
 public:
  /// What is no checkpoint, or is not cosigned, is left.
  void keep(std::string text);
  /// The largest one with at least so many cosignatures; empty: none.
  std::string largest(size_t cosignatures) const;
  /// The smallest first.
  std::vector<std::string> all() const;

 private:
  struct Kept {
    uint64_t size;
    size_t cosignatures;
    std::string text;
  };
  std::vector<Kept> kept_;  ///< the smallest first, which has the most cosignatures
};

}  // namespace cairn::chain
