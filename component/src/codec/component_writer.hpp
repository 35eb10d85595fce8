#pragma once
/// Writes what sections of components are made of; the inverse of ComponentReader.

#include <cairn/component/syntax.hpp>

#include "binary/type_writer.hpp"

namespace cairn::component {

class ComponentWriter : public wasm::TypeWriter {
 public:
  void sort(syntax::Sort sort);
  void core_sort(syntax::Sort sort);
  void sort_index(syntax::SortIndex item);
  void extern_name(const syntax::ExternName& name);
  void val_type(syntax::ValType type);
  void optional_val_type(const std::optional<syntax::ValType>& type);
  void result_list(const std::optional<syntax::ValType>& type);
  void extern_desc(const syntax::ExternDesc& desc);
  void core_extern_desc(const syntax::CoreExternDesc& desc);
  void alias(const syntax::Alias& alias);
  void type_definition(const syntax::Type& type);
  void core_type(const syntax::CoreType& type);
  void canon(const syntax::Canon& canon);
  void core_instance(const syntax::CoreInstance& instance);
  void instance(const syntax::Instance& instance);

 private:
  void labels(const std::vector<std::string>& list);
  void labeled_types(const std::vector<syntax::LabeledType>& list);
  void declarators(const std::vector<syntax::Declarator>& list);
  void core_module_decl(const syntax::CoreModuleDecl& decl);
  void options(const std::vector<syntax::CanonOption>& list);
};

}  // namespace cairn::component
