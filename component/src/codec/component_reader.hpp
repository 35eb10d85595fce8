#pragma once
/// Reads what sections of components are made of, on top of the reader of core sections.

#include <cairn/component/binary.hpp>

#include "binary/reader.hpp"

namespace cairn::component {

class ComponentReader : public wasm::Reader {
 public:
  ComponentReader(ByteSpan bytes, uint64_t offset, const ReadOptions& options)
      : Reader(bytes, offset, options.core_features, options.limits.core), options_(options) {}

  const ReadOptions& options() const { return options_; }
  const Limits& component_limits() const { return options_.limits; }
  bool has(Feature feature) const { return options_.features.has(feature); }
  bool has(std::optional<Feature> feature) const { return !feature || has(*feature); }

  /// An error at the byte that was just read: "invalid leading byte (0x62) for …".
  std::unexpected<Error> bad_byte(uint8_t byte, std::string_view what) const;
  /// 0x00 or 0x01 and then a value.
  Result<bool> presence(std::string_view what);
  /// 0x00 or 0x01.
  Result<bool> flag(std::string_view what);

  Result<syntax::Sort> sort(std::string_view what);
  Result<syntax::Sort> core_sort(std::string_view what);
  Result<syntax::SortIndex> sort_index();
  Result<syntax::ExternName> extern_name();
  Result<syntax::ValType> component_val_type();
  Result<std::optional<syntax::ValType>> optional_val_type();
  /// `resultlist`.
  Result<std::optional<syntax::ValType>> result_list();
  Result<syntax::ExternDesc> extern_desc();
  Result<syntax::CoreExternDesc> core_extern_desc();
  Result<syntax::Alias> alias();
  Result<syntax::Type> type(uint32_t depth);
  Result<syntax::CoreType> core_type(uint32_t depth);
  Result<syntax::Canon> canon();
  Result<syntax::CoreInstance> core_instance();
  Result<syntax::Instance> instance();

 private:
  Result<uint32_t> index_or_type_code(uint8_t& code);
  Result<std::vector<std::string>> labels(std::string_view what);
  Result<std::vector<syntax::LabeledType>> labeled_types(std::string_view what, uint32_t limit);
  Result<syntax::Variant> variant();
  Result<syntax::FuncType> func_type(bool is_async);
  Result<std::vector<syntax::Declarator>> declarators(bool imports, uint32_t depth);
  Result<syntax::Declarator> declarator(bool imports, uint32_t depth);
  Result<syntax::CoreModuleType> core_module_type(uint32_t depth);
  Result<syntax::CoreModuleDecl> core_module_decl(uint32_t depth);
  Result<std::vector<syntax::CanonOption>> canon_options();
  Result<> core_func_sort(std::string_view what);
  Result<> check_depth(uint32_t depth) const;

  const ReadOptions& options_;
};

}  // namespace cairn::component
