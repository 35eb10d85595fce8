#pragma once
/// What an actor may reach. A grant is a path of names, "wasi:sockets/tcp" or "dir:/data:ro"; who
/// has it has all below it. A child's grants are among its parent's.

#include <cairn/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cairn::actor {

class Grants {
 public:
  Grants() = default;
  explicit Grants(std::vector<std::string> names);
  /// Everything: of what is started from outside, where the manifest is the law.
  static Grants all();

  bool has(std::string_view name) const;
  /// Error `denied`, with the first name of `wanted` that is not covered.
  Result<> covers(const Grants& wanted) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool all_ = false;
  std::vector<std::string> names_;  // sorted
};

}  // namespace cairn::actor
