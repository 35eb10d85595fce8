#include "validate/validate_module.hpp"

#include <fmt/format.h>

#include "validate/body_validator.hpp"
#include "validate/definitions.hpp"
#include "validate/well_formed.hpp"

namespace cairn::wasm {

namespace {

Result<> check_arities(const ModuleContext& context) {
  if (context.features.has(Feature::multi_value)) return {};
  for (size_t i = 0; i < context.types.size(); ++i) {
    const FuncType* func = context.types[i]->type.func();
    if (func != nullptr && func->results.size() > 1) {
      return fail(ErrorKind::invalid, fmt::format("invalid result arity: type {} has {} results", i,
                                                  func->results.size()));
    }
  }
  return {};
}

/// Whether bodies are looked at, and how.
enum class Bodies : uint8_t { known, general_path, quick_path };

/// The order is that of the specification: what a definition may refer to comes before it.
Result<> validate_definitions(ModuleContext& context, Bodies how) {
  TRY(check_arities(context));
  TRY(validate_declarations(context));
  BodyValidator bodies(context, how == Bodies::general_path ? QuickPath::off : QuickPath::on);
  TRY(validate_tables(context, bodies));
  TRY(validate_globals(context, bodies));
  TRY(validate_datas(context, bodies));
  TRY(validate_elems(context, bodies));
  TRY(validate_exports(context));
  TRY(validate_start(context));
  if (how == Bodies::known) return {};
  const Module& module = context.module;
  for (uint32_t i = 0; i < module.code.size(); ++i) {
    TRY(bodies.function(module.imported_functions + i, module.code[i]));
  }
  return {};
}

Result<ValidModule> validate_all(const Module& module, TypeRegistry& registry, Features features,
                                 const ImplementationLimits& limits, Bodies how) {
  if (module.functions.size() != module.code.size()) {
    return fail(ErrorKind::malformed, "function and code section have inconsistent lengths");
  }
  auto handle = TRY(registry.add(module));
  ModuleContext context{.module = module,
                        .registry = registry,
                        .handle = *handle,
                        .features = features,
                        .limits = limits,
                        .types = {},
                        .funcs = {},
                        .tables = {},
                        .memories = {},
                        .globals = {},
                        .tags = {},
                        .elems = {},
                        .declared_funcs = {},
                        .use = {}};
  context.types.reserve(handle->size());
  for (uint32_t i = 0; i < handle->size(); ++i) {
    context.types.push_back(&registry.get((*handle)[i]));
  }
  TRY(validate_definitions(context, how));
  return ValidModule{std::move(handle), context.use};
}

}  // namespace

Result<ValidModule> validate_module(const Module& module, TypeRegistry& registry, Features features,
                                    const ImplementationLimits& limits, QuickPath quick_path) {
  auto valid =
      validate_all(module, registry, features, limits,
                   quick_path == QuickPath::on ? Bodies::quick_path : Bodies::general_path);
  if (!valid && valid.error().kind == ErrorKind::invalid) {
    TRY(check_well_formed(module, features));
  }
  return valid;
}

Result<ValidModule> validate(const Module& module, TypeRegistry& registry, Features features,
                             const ImplementationLimits& limits) {
  return validate_module(module, registry, features, limits, QuickPath::on);
}

Result<ValidModule> validate_again(const Module& module, TypeRegistry& registry, Features features,
                                   const ImplementationLimits& limits, BodyUse use) {
  ValidModule valid = TRY(validate_all(module, registry, features, limits, Bodies::known));
  valid.use = use;
  return valid;
}

}  // namespace cairn::wasm
