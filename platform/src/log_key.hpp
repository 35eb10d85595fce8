#pragma once
/// The key that signs what a log says of itself.

#include <cairn/base/disk.hpp>
#include <cairn/base/random.hpp>
#include <cairn/crypto/ed25519.hpp>

#include <string>

namespace cairn::platform {

/// Reads the seed, 64 hexadecimal digits, from the file `key` of the folder, or makes one, which
/// nobody else may read. Errors: `malformed`; `not_found` when there is a log already, in
/// `log_folder`, and no key.
Result<crypto::Ed25519Key> open_log_key(Disk& disk, Random& random, const std::string& folder,
                                        const std::string& log_folder);

}  // namespace cairn::platform
