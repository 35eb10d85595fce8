// What a component that is being made exports: lifted functions, alone or as interfaces.

#include <fmt/format.h>

#include "tools/component_maker.hpp"
#include "tools/interface_wrapper.hpp"

namespace cairn::component::tools {
namespace {

using syntax::Sort;
using wit::Function;
using wit::WorldItem;
using Kind = syntax::CanonOption::Kind;

std::string missing_export(const wit::World& world, const LiftNames& names, bool is_async) {
  std::string text = fmt::format("the module exports no function `{}`, which the world `{}` needs",
                                 names.function[0], world.name);
  if (is_async) text += fmt::format(" (or `{}`)", names.async_function);
  return text;
}

syntax::ExternName extern_name(const wit::Resolve& resolve, const WorldItem& item) {
  syntax::ExternName name{.name = resolve.name_of(item)};
  if (const auto* id = std::get_if<wit::InterfaceId>(&item.item)) {
    if (item.name() != nullptr && !resolve[*id].name.empty()) {
      name.attributes.push_back({syntax::Attribute::Kind::implements, resolve.name_of(*id)});
    }
  }
  if (item.meta.external_id) {
    name.attributes.push_back({syntax::Attribute::Kind::external_id, *item.meta.external_id});
  }
  return name;
}

}  // namespace

/// How a core module exports the function, if it does.
Result<std::optional<ComponentMaker::Lifted>> ComponentMaker::find_lifted(
    const CoreUnit& unit, uint32_t instance, const Surroundings& around, const WorldItem* item,
    const Function& function) {
  const LiftNames names = lift_names(decoded_.resolve, item, function);
  std::string name = unit.first_function(names.function);
  FlattenOptions flat;
  if (name.empty() && unit.exported_function(names.async_function) != nullptr) {
    name = names.async_function;
    flat = {.is_async = true, .callback = true};
  } else if (name.empty() && unit.exported_function(names.stackful_function) != nullptr) {
    name = names.stackful_function;
    flat = {.is_async = true};
  }
  if (name.empty()) return std::nullopt;
  const wasm::FuncType expected = TRY(types_->core_type(function, CanonDirection::lift, flat));
  const wasm::FuncType& found = *unit.exported_function(name);
  if (found != expected) {
    return fail(ErrorKind::invalid, fmt::format("the export `{}` is of type {}, expected {}", name,
                                                to_string(found), to_string(expected)));
  }
  Lifted lifted;
  const FuncType type = TRY(types_->function(function));
  std::vector<ValType> params;
  for (const FuncParam& param : type.params) params.push_back(param.type);
  const bool realloc = has_pointer(types_->types(), type, true, false) ||
                       flatten(types_->types(), params).size() > max_flat_params;
  const bool returns_pointer =
      !flat.is_async && type.result &&
      (has_pointer(types_->types(), type, false, true) ||
       types_->types()[*type.result].layout(PtrSize::bits32).flat.size() > max_flat_results);
  if (realloc || returns_pointer) {
    TRY(give_memory(lifted.options, around, realloc, decoded_.strings));
  }
  const auto add_function = [&](Kind kind, const std::string& export_name) {
    const uint32_t index = writer_.core_export(Sort::core_func, instance, export_name);
    lifted.options.push_back({kind, index});
  };
  if (!flat.is_async) {
    const std::string post_return = unit.first_function(names.post_return);
    if (!post_return.empty()) add_function(Kind::post_return, post_return);
  } else {
    lifted.options.push_back({Kind::async});
    if (flat.callback && unit.exported_function(names.callback) == nullptr) {
      return fail(ErrorKind::invalid, fmt::format("the module exports `{}`, but no callback `{}`",
                                                  name, names.callback));
    }
    if (flat.callback) add_function(Kind::callback, names.callback);
  }
  lifted.core_func = writer_.core_export(Sort::core_func, instance, name);
  return lifted;
}

Result<uint32_t> ComponentMaker::lift(const WorldItem* item, const Function& function) {
  auto lifted = TRY(find_lifted(*main_, main_instance_, main_around_, item, function));
  for (size_t i = 0; i < adapters_.size() && !lifted; ++i) {
    lifted =
        TRY(find_lifted(adapters_[i], adapter_instances_[i], adapter_around_[i], item, function));
  }
  if (!lifted) {
    const LiftNames names = lift_names(decoded_.resolve, item, function);
    return fail(ErrorKind::invalid, missing_export(*world_, names, function.is_async));
  }
  return writer_.add(Sort::func, syntax::Canon{.kind = CanonKind::lift,
                                               .func = lifted->core_func,
                                               .type = outer_->function_type(function),
                                               .options = std::move(lifted->options)});
}

Result<> ComponentMaker::export_interface(const WorldItem& item) {
  const auto id = std::get<wit::InterfaceId>(item.item);
  WrappedInterface wrapped = InterfaceWrapper(decoded_.resolve).wrap(id);
  outer_->begin_export(item);
  std::vector<syntax::Argument> args;
  for (const WrapperArg& arg : wrapped.args) {
    if (const auto* type = std::get_if<wit::TypeId>(&arg.what)) {
      args.push_back({arg.name, {Sort::type, outer_->type_of(*type)}});
    } else {
      const uint32_t func = TRY(lift(&item, *std::get<const Function*>(arg.what)));
      args.push_back({arg.name, {Sort::func, func}});
    }
  }
  outer_->end_export();
  const uint32_t component = writer_.component(std::move(wrapped.component));
  const uint32_t instance = writer_.add(
      Sort::instance, syntax::Instance{syntax::Instantiate{component, std::move(args)}});
  const uint32_t exported =
      writer_.add(Sort::instance, syntax::Export{extern_name(decoded_.resolve, item),
                                                 {Sort::instance, instance},
                                                 std::nullopt});
  outer_->exported(item, exported);
  return {};
}

Result<> ComponentMaker::add_exports() {
  for (const WorldItem& item : world_->exports) {
    if (const auto* function = std::get_if<Function>(&item.item)) {
      const uint32_t func = TRY(lift(nullptr, *function));
      writer_.add(Sort::func, syntax::Export{{function->name}, {Sort::func, func}, std::nullopt});
    } else if (std::holds_alternative<wit::InterfaceId>(item.item)) {
      TRY(export_interface(item));
    }
  }
  return {};
}

}  // namespace cairn::component::tools
