#include "log_key.hpp"

#include <cairn/crypto/sha256.hpp>

#include <algorithm>

namespace cairn::platform {

namespace {

std::optional<crypto::Ed25519Key::Seed> seed_of(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  crypto::Ed25519Key::Seed seed = {};
  if (text.size() != 2 * seed.size()) return std::nullopt;
  for (size_t at = 0; at < text.size(); ++at) {
    constexpr std::string_view digits = "0123456789abcdef";
    const size_t digit = digits.find(text[at]);
    if (digit == std::string_view::npos) return std::nullopt;
    seed[at / 2] = static_cast<uint8_t>(seed[at / 2] << 4 | digit);
  }
  return seed;
}

}  // namespace

Result<crypto::Ed25519Key> open_log_key(Disk& disk, Random& random, const std::string& folder,
                                        const std::string& log_folder) {
  constexpr uint64_t size_max = 4096;
  const std::string path = folder + "/key";
  const std::vector<std::string> names = TRY(disk.list_directory(log_folder));
  const bool has_log =
      std::ranges::any_of(names, [](const std::string& name) { return name.ends_with(".log"); });
  auto there = disk.open(path, Disk::Open::reading);
  if (there) {
    Bytes text(std::min(TRY((*there)->size()), size_max));
    TRY((*there)->read_exactly(0, text));
    if (const auto seed = seed_of(as_text(text))) return crypto::Ed25519Key(*seed);
    if (has_log) {
      return std::unexpected(Error{.kind = ErrorKind::malformed,
                                   .message = "expected a key, 64 hexadecimal digits",
                                   .path = path});
    }
    // It was being made when a crash came, and has signed nothing.
    TRY(disk.remove_file(path));
  } else if (there.error().kind != ErrorKind::not_found) {
    return std::unexpected(there.error());
  } else if (has_log) {
    return std::unexpected(
        Error{.kind = ErrorKind::not_found,
              .message = "the key of the log is not there; a new one could not vouch for what "
                         "the old one has signed",
              .path = path});
  }
  crypto::Ed25519Key key = crypto::Ed25519Key::make(random);
  crypto::Sha256 seed = {};
  std::ranges::copy(key.seed(), seed.begin());
  const std::string text = crypto::to_hex(seed) + '\n';
  const auto file = TRY(disk.open(path, Disk::Open::create));
  TRY(file->write(0, as_bytes(text)));
  TRY(file->sync());
  TRY(disk.sync_directory(folder));
  return key;
}

}  // namespace cairn::platform
