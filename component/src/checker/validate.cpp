#include <cairn/component/validate.hpp>

#include <fmt/format.h>
#include <cairn/wasm/validate.hpp>

#include "checker/checker.hpp"
#include "checker/free_resources.hpp"
#include "text/token.hpp"
#include "typing/constant.hpp"

namespace cairn::component {

Result<std::shared_ptr<const CheckedComponent>> validate(
    const std::shared_ptr<const syntax::Component>& component, Types& types,
    const ValidateOptions& options) {
  return Checker(types, options).component(component, nullptr, 0);
}

std::unexpected<Error> Checker::wrong(ErrorKind kind, std::string message) const {
  return placed(Error{.kind = kind, .message = std::move(message)});
}

std::unexpected<Error> Checker::placed(Error error) const {
  if (error.at || error.offset) return std::unexpected(std::move(error));
  if (syntax_ && syntax_->text) {
    error.at = wasm::text::locate(*syntax_->text, at_.offset);
  } else {
    error.offset = at_.offset;
  }
  return std::unexpected(std::move(error));
}

Result<std::shared_ptr<const CheckedComponent>> Checker::component(
    const std::shared_ptr<const syntax::Component>& syntax, CheckScope* parent, uint32_t depth) {
  if (depth > limits().nesting) {
    return wrong(ErrorKind::limit, fmt::format("components nest too deeply: the limit is {} levels",
                                               limits().nesting));
  }
  CheckScope scope(ScopeKind::component, parent);
  scope.checked->syntax = syntax;
  CheckScope* const outer = std::exchange(scope_, &scope);
  const syntax::Component* const outer_syntax = std::exchange(syntax_, syntax.get());
  const uint32_t outer_depth = std::exchange(depth_, depth);
  Result<> result;
  for (const syntax::Definition& definition : syntax->definitions) {
    result = this->definition(definition);
    if (!result) break;
  }
  if (result) result = finish_component();
  scope_ = outer;
  syntax_ = outer_syntax;
  depth_ = outer_depth;
  if (!result) return std::unexpected(std::move(result).error());
  return std::move(scope.checked);
}

Result<> Checker::definition(const syntax::Definition& definition) {
  at_ = definition.at;
  return placed(std::visit([this](const auto& what) { return check(what); }, definition.what));
}

/// The type of the component, now that all its imports and exports are known.
Result<> Checker::finish_component() {
  for (uint32_t i = 0; i < scope_->value_used.size(); ++i) {
    if (!scope_->value_used[i]) {
      return wrong(fmt::format(
          "value index {} was not used as part of an instantiation, start function, or export", i));
    }
  }
  ComponentType type{.imports = std::move(scope_->imports),
                     .exports = std::move(scope_->exports),
                     .imported_resources = std::move(scope_->imported_resources),
                     .exported_resources = {}};
  const OpenResources imported(type.imported_resources);
  for (const ResourceId used : free_resources(types_, type.imports)) {
    if (!imported.contains(used)) {
      return wrong("local resource type found in imports");
    }
  }
  const OpenResources named(exported_resources(types_, type.exports));
  for (const ResourceId used : free_resources(types_, type.exports)) {
    if (imported.contains(used)) continue;
    if (!named.contains(used)) {
      return wrong("local resource type found in export but not exported itself");
    }
    type.exported_resources.push_back(used);
  }
  scope_->checked->type = types_.add(std::move(type));
  return charge_type(AnyType(scope_->checked->type));
}

Result<> Checker::check_bodies(const std::shared_ptr<const wasm::Module>& module) const {
  if (options_.check_module) return options_.check_module(module);
  TRY(wasm::validate(*module, types_.core(), options_.read.core_features, limits().core));
  return {};
}

Result<> Checker::check(const syntax::CoreModule& module) {
  if (Result<> valid = check_bodies(module.module); !valid) {
    Error error = std::move(valid).error();
    if (syntax_->text) {
      error.offset.reset();  // in bytes that nobody sees
    } else if (error.offset) {
      *error.offset += at_.offset;
    }
    return placed(std::move(error));
  }
  scope_->checked->core_modules.push_back(
      TRY(placed(component::core_module_type(*module.module, types_))));
  return {};
}

Result<> Checker::check(const syntax::NestedComponent& nested) {
  const syntax::Position here = at_;
  auto checked = TRY(component(nested.component, scope_, depth_ + 1));
  at_ = here;
  scope_->checked->components.push_back(checked->type);
  scope_->checked->nested.push_back(std::move(checked));
  return {};
}

Result<> Checker::check(const syntax::Type& type) {
  const AnyType added = TRY(placed(type_definition(type)));
  scope_->checked->types.push_back(added);
  return charge_type(added);
}

Result<> Checker::check(const syntax::CoreType& type) {
  TRY(placed(core_type(type, scope_->core_types)));
  for (size_t i = scope_->checked->core_types.size(); i < scope_->core_types.size(); ++i) {
    scope_->checked->core_types.push_back(scope_->core_types[i].type);
  }
  return {};
}

Result<> Checker::check(const syntax::Start& start) {
  const FuncTypeId id = TRY(at(scope_->checked->funcs, start.func, "function"));
  const FuncType& type = types_[id];
  if (start.args.size() != type.params.size()) {
    return wrong(fmt::format("component start function requires {} arguments, found {}",
                             type.params.size(), start.args.size()));
  }
  if (start.results != (type.result ? 1u : 0u)) {
    return wrong(fmt::format("component start function has a result count of {}, expected {}",
                             start.results, type.result ? 1 : 0));
  }
  for (size_t i = 0; i < start.args.size(); ++i) {
    TRY(use_value(start.args[i]));
    const ValType value = scope_->checked->values[start.args[i]];
    TRY(placed(check_subtype(types_, ValueExtern{value}, ValueExtern{type.params[i].type})));
  }
  if (type.result) push(ValueExtern{*type.result});
  return {};
}

Result<> Checker::check(const syntax::Value& value) {
  const ValType type = TRY(val_type(value.type));
  if (const Result<Value> constant = read_constant(types_, type, value.bytes); !constant) {
    return wrong(fmt::format("the value does not match its type {}: {}", types_.describe(type),
                             constant.error().message));
  }
  push(ValueExtern{type});
  return {};
}

Result<> Checker::charge(uint32_t nodes, uint32_t depth) {
  if (depth > limits().nesting) {
    return wrong(ErrorKind::limit,
                 fmt::format("types nest too deeply: the limit is {} levels", limits().nesting));
  }
  if (nodes > limits().type_size) {
    return wrong(ErrorKind::limit,
                 fmt::format("a type is too large: the limit is {} nodes", limits().type_size));
  }
  constexpr uint64_t times = 10;
  work_ += nodes;
  if (work_ > times * limits().type_size) {
    return wrong(ErrorKind::limit, fmt::format("the types of a component are too large: the limit "
                                               "is {} nodes",
                                               times * limits().type_size));
  }
  return {};
}

}  // namespace cairn::component
