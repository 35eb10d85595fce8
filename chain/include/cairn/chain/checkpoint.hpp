#pragma once
/// What the log says of itself at one moment (C2SP tlog-checkpoint): so many records, this root.

#include <cairn/chain/note.hpp>
#include <cairn/crypto/merkle.hpp>

namespace cairn::chain {

struct Checkpoint {
  std::string origin;  ///< names the log, for ever: "example.com/log42"
  uint64_t size = 0;
  crypto::MerkleHash root = {};
  std::vector<std::string> extensions = {};  ///< further lines, of which nobody but the log knows

  bool operator==(const Checkpoint&) const = default;

  /// The text of a note. Error `malformed` with the line.
  static Result<Checkpoint> parse(std::string_view text);
  std::string to_string() const;
};

}  // namespace cairn::chain
