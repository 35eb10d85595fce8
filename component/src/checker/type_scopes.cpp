// Component types and instance types: scopes of declarators (Explainer.md, "Declarators").

#include <fmt/format.h>

#include "checker/checker.hpp"
#include "checker/free_resources.hpp"

namespace cairn::component {

Result<> Checker::declarators(const std::vector<syntax::Declarator>& list, CheckScope& scope) {
  if (depth_ >= limits().nesting) {
    return wrong(ErrorKind::limit,
                 fmt::format("types nest too deeply: the limit is {} levels", limits().nesting));
  }
  CheckScope* const outer = std::exchange(scope_, &scope);
  const syntax::Position here = at_;
  ++depth_;
  Result<> result;
  for (const syntax::Declarator& declarator : list) {
    at_ = declarator.at;
    if (const auto* core = std::get_if<syntax::CoreType>(&declarator.what)) {
      result = check(*core);
    } else if (const auto* type = std::get_if<syntax::Type>(&declarator.what)) {
      result = check(*type);
    } else if (const auto* alias = std::get_if<syntax::Alias>(&declarator.what)) {
      result = check(*alias);
    } else if (const auto* import = std::get_if<syntax::ImportDecl>(&declarator.what)) {
      result = declare(*import);
    } else {
      result = declare(std::get<syntax::ExportDecl>(declarator.what));
    }
    if (!result) {
      result = placed(std::move(result));
      break;
    }
  }
  --depth_;
  at_ = here;
  scope_ = outer;
  return result;
}

Result<> Checker::declare(const syntax::ImportDecl& import) {
  const Described described = TRY(describe(import.desc));
  const ExternType type = introduce(described, scope_->imported_resources);
  TRY(add_extern(import.name, type, ExternSide::import));
  return charge_type(type);
}

Result<> Checker::declare(const syntax::ExportDecl& item) {
  const Described described = TRY(describe(item.desc));
  const ExternType type = introduce(described, scope_->own_resources);
  TRY(add_extern(item.name, type, ExternSide::export_));
  return charge_type(type);
}

Result<AnyType> Checker::component_type(const syntax::ComponentType& type) {
  CheckScope scope(ScopeKind::component_type, scope_);
  TRY(declarators(type.declarators, scope));
  ComponentType result{.imports = std::move(scope.imports),
                       .exports = std::move(scope.exports),
                       .imported_resources = std::move(scope.imported_resources),
                       .exported_resources = std::move(scope.own_resources)};
  const OpenResources exported(result.exported_resources);
  for (const ResourceId used : free_resources(types_, result.imports)) {
    if (exported.contains(used)) {
      return wrong("an exported resource type found in imports");
    }
  }
  return types_.add(std::move(result));
}

Result<AnyType> Checker::instance_type(const syntax::InstanceType& type) {
  CheckScope scope(ScopeKind::instance_type, scope_);
  TRY(declarators(type.declarators, scope));
  return types_.add(
      InstanceType{.exports = std::move(scope.exports), .bound = std::move(scope.own_resources)});
}

}  // namespace cairn::component
