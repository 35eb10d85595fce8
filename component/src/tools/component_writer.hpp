#pragma once
/// Writes a component definition by definition and keeps count of its index spaces.

#include <cairn/component/syntax.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cairn::component::tools {

class ComponentWriter {
 public:
  /// Appends a definition that defines one item of `sort`; returns the item's index.
  uint32_t add(syntax::Sort sort, syntax::Definition::What what) {
    component_.definitions.push_back({std::move(what)});
    return count_[static_cast<size_t>(sort)]++;
  }
  void add_custom(std::string name, Bytes payload) {
    component_.definitions.push_back({syntax::Custom{std::move(name), std::move(payload)}});
  }

  uint32_t core_module(std::shared_ptr<const wasm::Module> module) {
    return add(syntax::Sort::core_module, syntax::CoreModule{std::move(module)});
  }
  uint32_t core_instance(uint32_t module, std::vector<syntax::Argument> args) {
    return add(syntax::Sort::core_instance,
               syntax::CoreInstance{syntax::Instantiate{module, std::move(args)}});
  }
  /// A core instance that bundles what is there already.
  uint32_t core_bundle(std::vector<syntax::CoreInlineExport> exports) {
    return add(syntax::Sort::core_instance, syntax::CoreInstance{std::move(exports)});
  }
  uint32_t core_export(syntax::Sort sort, uint32_t instance, std::string name) {
    return add(sort, syntax::Alias{sort, syntax::Alias::CoreExport{instance, std::move(name)}});
  }
  uint32_t instance_export(syntax::Sort sort, uint32_t instance, std::string name) {
    return add(sort, syntax::Alias{sort, syntax::Alias::Export{instance, std::move(name)}});
  }
  uint32_t core_canon(syntax::Canon canon) {
    return add(syntax::Sort::core_func, std::move(canon));
  }
  uint32_t component(syntax::Component component) {
    return add(syntax::Sort::component,
               syntax::NestedComponent{std::make_shared<syntax::Component>(std::move(component))});
  }

  syntax::Component take() { return std::move(component_); }

 private:
  syntax::Component component_;
  std::array<uint32_t, syntax::sort_count> count_ = {};
};

}  // namespace cairn::component::tools
