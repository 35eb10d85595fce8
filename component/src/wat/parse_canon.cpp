// Functions and canonical definitions (Explainer.md, "Canonical Definitions").

#include <fmt/format.h>

#include "wat/in_scope.hpp"

namespace cairn::component::text {

using namespace syntax;

/// `(func id? (export …)* …)`: an import, an alias, or a type and `(canon lift …)`.
Result<> ComponentParser::func_field() {
  const OptionalId id = take_id();
  const Inline names = TRY(inline_names());
  if (names.import) return import_in_place(Sort::func, id, names);
  if (at_alias()) return alias_in_place(Sort::func, id, names);
  const uint32_t type = TRY(func_type_use());
  TRY(in_.expect_open("canon"));
  TRY(in_.expect_keyword("lift"));
  Canon canon = TRY(lift_body());
  TRY(in_.expect_close());
  canon.type = type;
  const uint32_t index = TRY(define(std::move(canon), Sort::func));
  TRY(bind(id, Sort::func, index));
  return export_inline(names, Sort::func, index);
}

/// `(canon … (func id? type))` or `(canon … (core func id?))`.
Result<> ComponentParser::canon_field() {
  if (in_.take_keyword("lift")) {
    Canon canon = TRY(lift_body());
    OptionalId id;
    const Token& token = in_.token();
    const ExternDesc desc = TRY(extern_desc(&id));
    const auto* func = std::get_if<ExternDesc::Func>(&desc.what);
    if (!func) return error(token, "unexpected token, expected '(func'");
    canon.type = func->type;
    return bind(id, Sort::func, TRY(define(std::move(canon), Sort::func)));
  }
  Canon canon = TRY(canon_body());
  TRY(in_.expect_open("core"));
  TRY(in_.expect_keyword("func"));
  const OptionalId id = take_id();
  TRY(in_.expect_close());
  return bind(id, Sort::core_func, TRY(define(std::move(canon), Sort::core_func)));
}

Result<Canon> ComponentParser::lift_body() {
  Canon canon{.kind = CanonKind::lift};
  canon.func = TRY(index_ref(Sort::core_func));
  canon.options = TRY(canon_options());
  return canon;
}

namespace {

struct OptionWord {
  std::string_view word;
  CanonOption::Kind kind;
  Sort sort = Sort::core_func;
};
constexpr OptionWord plain_options[] = {
    {"string-encoding=utf8", CanonOption::Kind::utf8},
    {"string-encoding=utf16", CanonOption::Kind::utf16},
    {"string-encoding=latin1+utf16", CanonOption::Kind::latin1_utf16},
    {"async", CanonOption::Kind::async},
};
constexpr OptionWord index_options[] = {
    {"memory", CanonOption::Kind::memory, Sort::core_memory},
    {"realloc", CanonOption::Kind::realloc},
    {"post-return", CanonOption::Kind::post_return},
    {"callback", CanonOption::Kind::callback},
};

}  // namespace

Result<std::vector<CanonOption>> ComponentParser::canon_options() {
  std::vector<CanonOption> options;
  const bool async = options_.features.has(Feature::async);
  const auto is_on = [&](CanonOption::Kind kind) {
    return async || (kind != CanonOption::Kind::async && kind != CanonOption::Kind::callback);
  };
  for (bool more = true; more;) {
    more = false;
    for (const OptionWord& entry : plain_options) {
      if (!is_on(entry.kind) || !in_.take_keyword(entry.word)) continue;
      options.push_back({.kind = entry.kind});
      more = true;
    }
    for (const OptionWord& entry : index_options) {
      if (!is_on(entry.kind) || !in_.take_open(entry.word)) continue;
      options.push_back({.kind = entry.kind, .index = TRY(index_ref(entry.sort))});
      TRY(in_.expect_close());
      more = true;
    }
    if (options.size() > options_.limits.canon_options) {
      return in_.error(ErrorKind::limit, in_.token(),
                       fmt::format("too many canonical options: the limit is {}",
                                   options_.limits.canon_options));
    }
  }
  return options;
}

/// The name and the immediates of a canonical definition other than `lift`.
Result<Canon> ComponentParser::canon_body() {
  const CanonRow* row = in_.kind() == TokenKind::keyword ? canon_row(in_.text()) : nullptr;
  const bool known = row && row->kind != CanonKind::lift &&
                     (!row->feature || options_.features.has(*row->feature));
  if (!known) return in_.unexpected("a canonical definition such as 'lower'");
  in_.advance();
  Canon canon{.kind = row->kind};
  const auto core_type_and_table = [&]() -> Result<> {
    canon.type = TRY(index_ref(Sort::core_type));
    canon.table = TRY(index_ref(Sort::core_table));
    return {};
  };
  switch (row->form) {
    case CanonForm::none:
    case CanonForm::lift: break;
    case CanonForm::lower:
      canon.func = TRY(index_ref(Sort::func));
      canon.options = TRY(canon_options());
      break;
    case CanonForm::type: canon.type = TRY(index_ref(Sort::type)); break;
    case CanonForm::async_flag: canon.flag = in_.take_keyword("async"); break;
    case CanonForm::result_options:
      if (in_.take_open("result")) {
        canon.result = TRY(val_type());
        TRY(in_.expect_close());
      }
      canon.options = TRY(canon_options());
      break;
    case CanonForm::slot:
      canon.core_type = TRY(with_core_types([this] { return core_types_.value_type(); }));
      canon.slot = TRY(in_.expect_u32());
      break;
    case CanonForm::type_options:
      canon.type = TRY(index_ref(Sort::type));
      canon.options = TRY(canon_options());
      break;
    case CanonForm::type_async:
      canon.type = TRY(index_ref(Sort::type));
      canon.flag = in_.take_keyword("async");
      break;
    case CanonForm::options: canon.options = TRY(canon_options()); break;
    case CanonForm::cancellable: canon.flag = in_.take_keyword("cancellable"); break;
    case CanonForm::cancellable_memory:
      canon.flag = in_.take_keyword("cancellable");
      TRY(in_.expect_open("memory"));
      canon.memory = TRY(index_ref(Sort::core_memory));
      TRY(in_.expect_close());
      break;
    case CanonForm::core_type_table: TRY(core_type_and_table()); break;
    case CanonForm::shared: canon.flag = in_.take_keyword("shared"); break;
    case CanonForm::shared_core_type:
      canon.flag = in_.take_keyword("shared");
      canon.type = TRY(index_ref(Sort::core_type));
      break;
    case CanonForm::shared_core_type_table:
      canon.flag = in_.take_keyword("shared");
      TRY(core_type_and_table());
      break;
  }
  return canon;
}

}  // namespace cairn::component::text
