#include <fmt/format.h>
#include <cairn/component/tools.hpp>
#include <cairn/component/validate.hpp>

#include "wit/encode.hpp"

namespace cairn::component::tools {
namespace {

/// Compatible versions of an interface become one name: "wasi:io/poll@0.2".
std::string without_patch(const std::string& name) {
  const Result<ParsedName> parsed = parse_extern_name(name, Features::all());
  if (!parsed || !parsed->semver) return name;
  return fmt::format("{}@{}", name.substr(0, name.find('@')), parsed->semver->canonical());
}

ComponentTypeId with_canonical_names(Types& types, ComponentTypeId id) {
  ComponentType type = types[id];
  for (auto* externs : {&type.imports, &type.exports}) {
    for (NamedExtern& item : *externs) item.name = without_patch(item.name);
  }
  return types.add(std::move(type));
}

Result<ComponentTypeId> type_of_world(const wit::Resolve& resolve, wit::WorldId world, Types& types,
                                      const ValidateOptions& options) {
  auto holder = std::make_shared<syntax::Component>();
  holder->definitions.push_back({syntax::Type{wit::ComponentTypeEncoder(resolve).world(world)}});
  const auto checked = TRY(validate(holder, types, options));
  return std::get<ComponentTypeId>(checked->types[0]);
}

}  // namespace

Result<> check_target(const syntax::Component& component, const wit::Resolve& resolve,
                      wit::WorldId world) {
  wasm::TypeRegistry registry;
  Types types(registry);
  ValidateOptions options;
  options.read.features = Features::all();
  const auto checked =
      TRY(validate(std::make_shared<const syntax::Component>(component), types, options));
  const ComponentTypeId wanted = TRY(type_of_world(resolve, world, types, options));
  const Result<> fits = check_subtype(types, with_canonical_names(types, checked->type),
                                      with_canonical_names(types, wanted));
  if (fits) return {};
  return fail(ErrorKind::invalid, fmt::format("the component does not fit the world `{}`: {}",
                                              resolve.name_of(world), fits.error().message));
}

}  // namespace cairn::component::tools
