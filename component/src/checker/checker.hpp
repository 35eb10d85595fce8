#pragma once
/// The validator of components. One object checks one component with all in it.

#include <cairn/component/names.hpp>

#include <algorithm>
#include <string_view>

#include "checker/scope.hpp"
#include "typing/name_index.hpp"

namespace cairn::component {

class Checker {
 public:
  Checker(Types& types, const ValidateOptions& options) : types_(types), options_(options) {}

  Result<std::shared_ptr<const CheckedComponent>> component(
      const std::shared_ptr<const syntax::Component>& syntax, CheckScope* parent, uint32_t depth);

 private:
  // Components (validate.cpp).
  Result<> definition(const syntax::Definition& definition);
  Result<> finish_component();
  Result<> check_bodies(const std::shared_ptr<const wasm::Module>& module) const;
  Result<> check(const syntax::CoreModule& module);
  Result<> check(const syntax::CoreInstance& instance);
  Result<> check(const syntax::CoreType& type);
  Result<> check(const syntax::NestedComponent& nested);
  Result<> check(const syntax::Instance& instance);
  Result<> check(const syntax::Alias& alias);
  Result<> check(const syntax::Type& type);
  Result<> check(const syntax::Canon& canon);
  Result<> check(const syntax::Start& start);
  Result<> check(const syntax::Import& import);
  Result<> check(const syntax::Export& item);
  Result<> check(const syntax::Value& value);
  Result<> check(const syntax::Custom&) { return {}; }

  // Index spaces (indices.cpp).
  template <class T>
  Result<T> at(const std::vector<T>& space, uint32_t index, std::string_view word) const {
    if (index < space.size()) return space[index];
    return out_of_bounds(word, index, space.size());
  }
  std::unexpected<Error> out_of_bounds(std::string_view word, uint32_t index, size_t size) const;
  Result<AnyType> type_at(uint32_t index) const;
  Result<ResourceRef> resource_at(uint32_t index) const;
  Result<FuncTypeId> func_type_at(uint32_t index) const;
  Result<CoreModuleTypeId> core_module_type_at(uint32_t index) const;
  Result<ValType> val_type(syntax::ValType type) const;
  Result<wasm::FuncType> core_func_at(uint32_t index) const;
  Result<ExternType> extern_at(syntax::SortIndex item);
  Result<CoreExternType> core_extern_at(syntax::SortIndex item) const;
  Result<> use_value(uint32_t index);
  void push(const ExternType& type);
  /// Counts work that grows with the size of types, and refuses those that nest too deeply.
  Result<> charge(uint32_t nodes, uint32_t depth = 0);
  template <class Type>
  Result<> charge_type(const Type& type) {
    return charge(types_.node_count(type), types_.depth(type));
  }

  // Value and function types (value_types.cpp).
  Result<AnyType> type_definition(const syntax::Type& type);
  Result<ValType> value_type(const syntax::Type& type);
  Result<std::vector<ValPart>> labeled_parts(const std::vector<syntax::LabeledType>& list,
                                             std::string_view what, std::string_view short_what);
  Result<std::vector<ValPart>> label_parts(const std::vector<std::string>& labels,
                                           std::string_view what, std::string_view short_what);
  Result<> check_label(std::string_view label, std::string_view what, std::string_view short_what,
                       std::unordered_map<std::string, std::string>& taken) const;
  Result<ValType> handle_type(const syntax::Type& type);
  Result<ValType> async_type(ValKind kind, const std::optional<syntax::ValType>& element);
  Result<FuncTypeId> func_type(const syntax::FuncType& type);
  Result<AnyType> resource_type(const syntax::ResourceType& type);

  // Component and instance types (type_scopes.cpp).
  Result<AnyType> component_type(const syntax::ComponentType& type);
  Result<AnyType> instance_type(const syntax::InstanceType& type);
  Result<> declarators(const std::vector<syntax::Declarator>& list, CheckScope& scope);
  Result<> declare(const syntax::ImportDecl& import);
  Result<> declare(const syntax::ExportDecl& item);

  // Imports and exports (externs.cpp, extern_names.cpp).
  /// A described type; resource types in `bindable` are open.
  struct Described {
    ExternType type;
    std::vector<ResourceId> bindable;
    bool is_fresh_resource = false;
  };
  Result<Described> describe(const syntax::ExternDesc& desc);
  /// What an import or ascribed export of that type is: instances get resources of their own, types
  /// a name.
  ExternType introduce(const Described& described, std::vector<ResourceId>& resources);
  ExternType named(const ExternType& type);
  Result<> add_extern(const syntax::ExternName& name, const ExternType& type, ExternSide side);
  Result<> check_extern_name(const syntax::ExternName& name, const ExternType& type,
                             ExternSide side, ExternNames& names) const;
  Result<> check_attributes(const syntax::ExternName& name, const ParsedName& parsed,
                            const ExternType& type) const;
  Result<> check_annotation(const ParsedName& parsed, const std::string& name,
                            const ExternType& type, const ExternNames& names) const;
  Result<> check_constructor(const ParsedName& parsed, const FuncType& func,
                             const ExternNames& names) const;
  Result<> check_method(const ParsedName& parsed, const FuncType& func,
                        const ExternNames& names) const;
  Result<> check_resource_label(ResourceRef resource, const std::string& label,
                                const ExternNames& names) const;

  // External visibility (visibility.cpp).
  bool make_visible(const ExternType& type, ExternSide side);
  bool parts_visible(const AnyType& type, const VisibleTypes& visible) const;
  bool parts_visible(ValType type, const VisibleTypes& visible) const;
  bool is_visible(ValType type, const VisibleTypes& visible) const;
  bool func_visible(FuncTypeId type, const VisibleTypes& visible) const;
  bool instance_visible(InstanceTypeId type, const VisibleTypes& visible) const;

  // Aliases (aliases.cpp).
  Result<> alias_export(syntax::Sort sort, const syntax::Alias::Export& target);
  Result<> alias_core_export(syntax::Sort sort, const syntax::Alias::CoreExport& target);
  Result<> alias_outer(syntax::Sort sort, const syntax::Alias::Outer& target);

  // Instances (instances.cpp).
  Result<> instantiate(const syntax::Instantiate& made);
  Result<> bag_of_exports(const std::vector<syntax::InlineExport>& exports);
  Result<> instantiate_core(const syntax::Instantiate& made);
  Result<> bag_of_core_exports(const std::vector<syntax::CoreInlineExport>& exports);

  // Canonical definitions (canon.cpp, canon_options.cpp).
  struct CanonOptions {
    std::optional<syntax::CanonOption::Kind> encoding;
    std::optional<uint32_t> memory, realloc, post_return, callback;
    bool is_async = false;
    PtrSize ptr = PtrSize::bits32;
    wasm::ValType address() const { return ptr == PtrSize::bits32 ? wasm::i32 : wasm::i64; }
  };
  Result<CanonOptions> canon_options(const syntax::Canon& canon) const;
  Result<> add_canon_option(CanonOptions& options, const syntax::CanonOption& option) const;
  Result<> check_canon_memory(CanonOptions& options) const;
  Result<> allow_options(const CanonOptions& options, std::string_view allowed) const;
  Result<> require_memory(const CanonOptions& options) const;
  Result<> require_realloc(const CanonOptions& options) const;
  Result<> lift(const syntax::Canon& canon);
  Result<> lower(const syntax::Canon& canon);
  Result<wasm::FuncType> built_in(const syntax::Canon& canon);
  Result<wasm::FuncType> resource_built_in(const syntax::Canon& canon);
  Result<wasm::FuncType> context_built_in(const syntax::Canon& canon);
  Result<wasm::FuncType> task_return(const syntax::Canon& canon);
  Result<wasm::FuncType> stream_or_future(const syntax::Canon& canon);
  Result<wasm::FuncType> error_context(const syntax::Canon& canon);
  Result<wasm::FuncType> waitable_set_wait(const syntax::Canon& canon);
  Result<wasm::FuncType> thread_start(const syntax::Canon& canon);
  wasm::TypeId core_func_id(const wasm::FuncType& type);

  // Core types (core_types.cpp).
  Result<> core_type(const syntax::CoreType& type, std::vector<CoreTypeEntry>& space);
  Result<> core_rec_group(const syntax::CoreRecGroup& group, std::vector<CoreTypeEntry>& space);
  Result<CoreModuleTypeId> core_module_type(const syntax::CoreModuleType& type);
  Result<CoreExternType> core_extern(const syntax::CoreExternDesc& desc,
                                     const std::vector<CoreTypeEntry>& space) const;
  Result<wasm::TypeId> core_type_id(uint32_t index, const std::vector<CoreTypeEntry>& space) const;
  Result<wasm::ValType> canonical(wasm::ValType type,
                                  const std::vector<CoreTypeEntry>& space) const;
  Result<CoreTypeEntry> outer_core_type(uint32_t count, uint32_t index) const;

  // Errors.
  std::unexpected<Error> wrong(std::string message) const {
    return wrong(ErrorKind::invalid, std::move(message));
  }
  std::unexpected<Error> wrong(ErrorKind kind, std::string message) const;
  /// An error of another part of the layer, with the place where it was found.
  std::unexpected<Error> placed(Error error) const;
  template <class T>
  Result<T> placed(Result<T> result) const {
    if (result) return result;
    return placed(std::move(result).error());
  }

  const Limits& limits() const { return options_.read.limits; }
  bool has(Feature feature) const { return options_.read.features.has(feature); }

  Types& types_;
  const ValidateOptions& options_;
  CheckScope* scope_ = nullptr;
  const syntax::Component* syntax_ = nullptr;
  uint32_t depth_ = 0;
  syntax::Position at_;
  uint64_t work_ = 0;
  NameIndices<NamedExtern> instance_exports_;
  NameIndices<CoreNamedExtern> core_instance_exports_;
  wasm::Module core_pool_;  ///< the core types that are more than plain function types
  uint64_t core_pool_work_ = 0;
};

}  // namespace cairn::component
