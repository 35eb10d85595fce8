#include <fmt/format.h>
#include <cairn/component/wit.hpp>

#include <algorithm>

namespace cairn::component::wit {
namespace {

std::string listed(const Resolve& resolve, const std::vector<WorldId>& worlds) {
  std::string text;
  for (const WorldId id : worlds) {
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", resolve.name_of(id));
  }
  return text;
}

}  // namespace

Result<WorldId> select_world(const Resolve& resolve, PackageId root, std::string_view name) {
  const std::vector<WorldId>& own = resolve[root].worlds;
  if (name.empty()) {
    if (own.size() == 1) return own[0];
    return fail(ErrorKind::usage,
                own.empty()
                    ? fmt::format("the package `{}` has no world", resolve[root].name.to_string())
                    : fmt::format("which world? There are {}", listed(resolve, own)));
  }
  std::vector<WorldId> all, found;
  for (const Package& package : resolve.packages) {
    all.insert(all.end(), package.worlds.begin(), package.worlds.end());
  }
  for (const WorldId id : all) {
    const World& world = resolve[id];
    const PackageName& package = resolve[world.package].name;
    const bool is_own = world.package == root && world.name == name;
    const bool without_version =
        name == fmt::format("{}:{}/{}", package.space, package.name, world.name);
    if (is_own || without_version || resolve.name_of(id) == name) found.push_back(id);
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return fail(ErrorKind::not_found, all.empty()
                                          ? fmt::format("there is no world `{}`", name)
                                          : fmt::format("there is no world `{}`; there are {}",
                                                        name, listed(resolve, all)));
  }
  return fail(ErrorKind::usage,
              fmt::format("more than one world `{}`: {}", name, listed(resolve, found)));
}

}  // namespace cairn::component::wit
