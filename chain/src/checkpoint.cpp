#include <fmt/format.h>
#include <cairn/chain/checkpoint.hpp>
#include <cairn/crypto/base64.hpp>

#include <algorithm>
#include <charconv>

namespace cairn::chain {

std::string Checkpoint::to_string() const {
  std::string text = fmt::format("{}\n{}\n{}\n", origin, size, crypto::to_base64(root));
  for (const std::string& line : extensions) text += line + "\n";
  return text;
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == 0 || end == std::string_view::npos) {
      return fail(
          ErrorKind::malformed,
          fmt::format("line {} of the checkpoint is empty or has no newline", lines.size() + 1));
    }
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (lines.size() < 3) {
    return fail(ErrorKind::malformed, "a checkpoint has three lines: origin, size, root");
  }
  Checkpoint checkpoint = {.origin = std::string(lines[0])};
  const char* end = lines[1].data() + lines[1].size();
  auto [stop, error] = std::from_chars(lines[1].data(), end, checkpoint.size);
  if (error != std::errc() || stop != end || fmt::format("{}", checkpoint.size) != lines[1]) {
    return fail(ErrorKind::malformed, "line 2 of the checkpoint: expected the size, a number");
  }
  std::optional<Bytes> root = crypto::from_base64(lines[2]);
  if (!root || root->size() != checkpoint.root.size()) {
    return fail(ErrorKind::malformed, "line 3 of the checkpoint: expected 32 bytes in base 64");
  }
  std::ranges::copy(*root, checkpoint.root.begin());
  checkpoint.extensions.assign(lines.begin() + 3, lines.end());
  return checkpoint;
}

}  // namespace cairn::chain
