#include <fmt/format.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/wit_binary.hpp>
#include <cairn/wasm/binary.hpp>

#include "wit/world_builder.hpp"

namespace cairn::component::wit {
namespace {

Result<Decoded> decode_section(const wasm::CustomSection& section, const Limits& limits) {
  const auto read = [&]() -> Result<Decoded> {
    Decoded decoded = TRY(decode_component(TRY(decode(section.payload)), limits));
    if (decoded.world) return decoded;
    return fail(ErrorKind::invalid, "expected a world");
  };
  Result<Decoded> decoded = read();
  if (!decoded) {
    decoded.error().message =
        fmt::format("section `{}`: {}", section.name, decoded.error().message);
    decoded.error().offset = {};  // it counted in the section
  }
  return decoded;
}

}  // namespace

Result<Decoded> join_worlds(std::span<const Decoded> parts, const Limits& limits) {
  if (parts.size() == 1) return parts[0];
  Decoded joined;
  std::vector<WorldId> worlds;
  for (const Decoded& part : parts) {
    const PackageId package =
        TRY(merge(joined.resolve, part.resolve, part.root, limits, InBoth::join));
    worlds.push_back(*joined.resolve.find_world(package, part.resolve[*part.world].name));
    if (part.strings != parts[0].strings) {
      return fail(ErrorKind::invalid,
                  fmt::format("two sections `{}` pass strings in different ways", world_section));
    }
  }
  Resolve& resolve = joined.resolve;
  joined.strings = parts[0].strings;
  joined.root = resolve.add(Package{.name = {.space = "root", .name = "root"}});
  joined.world = resolve.add(World{.name = "root", .package = joined.root});
  resolve[joined.root].worlds.push_back(*joined.world);
  const Sources no_sources;
  const LoadOptions options{.limits = limits};
  Environment environment{.resolve = resolve, .sources = no_sources, .options = options};
  WorldBuilder builder(environment, *joined.world);
  for (const WorldId world : worlds) TRY(builder.include(world, {}, {}, Span::nowhere));
  TRY(builder.finish());
  return joined;
}

Result<std::optional<Decoded>> decode_module(ByteSpan bytes, const Limits& limits) {
  const wasm::Module module = TRY(wasm::decode({bytes.begin(), bytes.end()}));
  std::vector<Decoded> parts;
  for (const wasm::CustomSection& section : module.customs) {
    if (!std::string_view(section.name).starts_with(world_section)) continue;
    parts.push_back(TRY(decode_section(section, limits)));
  }
  if (parts.empty()) return std::nullopt;
  return TRY(join_worlds(parts, limits));
}

}  // namespace cairn::component::wit
