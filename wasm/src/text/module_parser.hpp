#pragma once
/// Modules in text form (spec: Text Format > Modules). Two walks over the fields: the first binds
/// the identifiers of all index spaces, so that the second may refer forward.

#include <cairn/wasm/module.hpp>
#include <cairn/wasm/text.hpp>

#include "text/context.hpp"
#include "text/custom_annotation.hpp"
#include "text/instruction_parser.hpp"
#include "text/type_parser.hpp"

namespace cairn::wasm::text {

class ModuleParser {
 public:
  ModuleParser(const Tokens& tokens, Features features, const ImplementationLimits& limits,
               SourceMap* source_map)
      : context_(tokens, features, limits, source_map),
        in_(context_.in),
        types_(context_),
        instructions_(context_, types_) {}

  /// Parses the whole text: one `(module …)`, or the fields of a module without it.
  Result<Module> parse();

 private:
  // First walk (declarations.cpp).
  Result<> declare();
  Result<> declare_field();
  Result<> declare_import();
  Result<> declare_type();
  Result<> declare_definition(Space space);
  Result<> bind(Space space);
  Result<> declare_definition_kind(Space space, bool is_import, const Token& token);

  // Second walk.
  Result<> parse_types();
  Result<> parse_fields();
  Result<> field();
  Result<> import_field();
  Result<> import_description(Import import);
  Result<> export_field();
  Result<> start_field();
  Result<> function_field();
  Result<> function_body(uint32_t type, std::vector<ParamName>& params);
  Result<> local_declarations(Code& code, uint64_t param_count, NameMap& names);
  Result<> table_field();
  Result<> inline_elements(uint32_t table, AddrType address, ValType type);
  Result<> memory_field();
  Result<> inline_data(uint32_t memory, MemoryType type);
  Result<> global_field();
  Result<> tag_field();
  // Segments (segments.cpp).
  Result<> elem_field();
  Result<> elem_list(Elem& elem, bool may_omit_kind);
  Result<> elem_functions(Elem& elem);
  Result<> elem_expressions(Elem& elem);
  Result<> add_elem(Elem elem);
  Result<> data_field();
  Result<Expr> segment_offset();
  Expr zero_offset(AddrType address);
  Result<> data_strings(Data data);

  /// The exports and the import that stand inside of a definition.
  struct Inline {
    std::optional<Import> import;
  };
  Result<Inline> inline_imports_exports(ExternKind kind, uint32_t index);
  Result<> add_export(Export item);
  Result<> add_import(Import item);
  Result<std::string> external_name();
  Result<NameMap> param_names(std::vector<ParamName>& params);
  void add_branch_hints(const Code& code, uint32_t function);

  void finish_sections();
  void finish_storage();

  Context context_;
  TokenReader& in_;
  TypeParser types_;
  InstructionParser instructions_;

  uint32_t first_field_ = 0;
  std::array<uint32_t, space_count> declared_{};  ///< how many of each index space, first walk
  const char* definition_before_ = nullptr;       ///< after which no import may come
  std::vector<Context::Range> data_;              ///< the bytes of each data segment
  std::vector<PlacedSection> customs_;
  Bytes hints_;  ///< entries of the branch hint section
  uint32_t hinted_functions_ = 0;
  FuncType scratch_type_;
};

}  // namespace cairn::wasm::text
