// Canonical definitions (Binary.md, "Canonical Definitions").

#include "codec/component_reader.hpp"

namespace cairn::component {

using namespace syntax;

Result<std::vector<CanonOption>> ComponentReader::canon_options() {
  std::vector<CanonOption> options;
  const uint32_t number = TRY(count("canonical options", component_limits().canon_options));
  for (uint32_t i = 0; i < number; ++i) {
    const uint8_t code = TRY(byte("canonical option"));
    const bool is_async = code >= static_cast<uint8_t>(CanonOption::Kind::async);
    if (code > static_cast<uint8_t>(CanonOption::Kind::callback) ||
        (is_async && !has(Feature::async))) {
      return bad_byte(code, "canonical option");
    }
    CanonOption option{.kind = static_cast<CanonOption::Kind>(code)};
    if (option.has_index()) option.index = TRY(u32("an index"));
    options.push_back(option);
  }
  return options;
}

Result<> ComponentReader::core_func_sort(std::string_view what) {
  const uint8_t code = TRY(byte(what));
  if (code != 0) return bad_byte(code, what);
  return {};
}

Result<Canon> ComponentReader::canon() {
  const uint8_t code = TRY(byte("canonical function"));
  const CanonRow* row = canon_row(code);
  if (!row || !has(row->feature)) return bad_byte(code, "canonical function");
  Canon canon{.kind = row->kind};
  switch (row->form) {
    case CanonForm::none: break;
    case CanonForm::lift:
      TRY(core_func_sort("canonical function lift"));
      canon.func = TRY(u32("a core function index"));
      canon.options = TRY(canon_options());
      canon.type = TRY(u32("a type index"));
      break;
    case CanonForm::lower:
      TRY(core_func_sort("canonical function lower"));
      canon.func = TRY(u32("a function index"));
      canon.options = TRY(canon_options());
      break;
    case CanonForm::type: canon.type = TRY(u32("a type index")); break;
    case CanonForm::async_flag: canon.flag = TRY(flag("`async`")); break;
    case CanonForm::result_options:
      canon.result = TRY(result_list());
      canon.options = TRY(canon_options());
      break;
    case CanonForm::slot:
      canon.core_type = TRY(val_type());
      canon.slot = TRY(u32("a slot"));
      break;
    case CanonForm::type_options:
      canon.type = TRY(u32("a type index"));
      canon.options = TRY(canon_options());
      break;
    case CanonForm::type_async:
      canon.type = TRY(u32("a type index"));
      canon.flag = TRY(flag("`async`"));
      break;
    case CanonForm::options: canon.options = TRY(canon_options()); break;
    case CanonForm::cancellable: canon.flag = TRY(flag("`cancellable`")); break;
    case CanonForm::cancellable_memory:
      canon.flag = TRY(flag("`cancellable`"));
      canon.memory = TRY(u32("a memory index"));
      break;
    case CanonForm::core_type_table:
      canon.type = TRY(u32("a core type index"));
      canon.table = TRY(u32("a table index"));
      break;
    case CanonForm::shared: canon.flag = TRY(flag("`shared`")); break;
    case CanonForm::shared_core_type:
      canon.flag = TRY(flag("`shared`"));
      canon.type = TRY(u32("a core type index"));
      break;
    case CanonForm::shared_core_type_table:
      canon.flag = TRY(flag("`shared`"));
      canon.type = TRY(u32("a core type index"));
      canon.table = TRY(u32("a table index"));
      break;
  }
  return canon;
}

}  // namespace cairn::component
