#pragma once
/// Paths beneath a directory, resolved so that nothing outside is ever reached, whatever the path
/// says and however the tree changes meanwhile.
///
/// Invariant: every descriptor that a resolver opens was reached from the root by single
/// components, none of them "..", "/" or a symbolic link that was followed by the system without
/// RESOLVE_BENEATH.

#include <sys/types.h>
#include <cairn/wasi/sandbox/host.hpp>

#include <string>
#include <string_view>

#include "sandbox/unique_fd.hpp"

namespace cairn::wasi {

/// A name in an open directory. Operations on it must not follow it as a symbolic link.
struct Place {
  UniqueFd holder;  ///< owns `directory`, unless that is the root
  int directory = -1;
  std::string name;             ///< one component: never empty, never "..", no slashes but …
  bool trailing_slash = false;  ///< … the one that stood behind it
  /// The name as system calls that create or remove it take it.
  std::string name_with_slash() const { return trailing_slash ? name + "/" : name; }
};

class PathResolver {
 public:
  explicit PathResolver(PathResolution kind) : kind_(kind) {}

  /// Opens `path` beneath `root`, with open(2)'s flags. With `follow`, a symbolic link in the last
  /// place is followed; else it is `loop` (or, with O_PATH, opened itself).
  Outcome<UniqueFd> open(int root, std::string_view path, int flags, mode_t mode,
                         bool follow) const;

  /// Opens the directory that holds the last component of `path`.
  Outcome<Place> find_parent(int root, std::string_view path) const;

 private:
  PathResolution kind_;
};

}  // namespace cairn::wasi
