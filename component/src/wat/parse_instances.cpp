// Components inside of components, and instances (Explainer.md, "Instance Definitions").

#include <fmt/format.h>

#include "wat/component_parser.hpp"

namespace cairn::component::text {

using namespace syntax;

Result<> ComponentParser::component_field() {
  const OptionalId id = take_id();
  const Inline names = TRY(inline_names());
  if (names.import) return import_in_place(Sort::component, id, names);
  const auto& list = in_.tokens().list;
  const uint32_t close = in_.token().match;
  const bool is_alias = at_alias() && list[close].kind == TokenKind::rparen &&
                        list[close + 1].kind == TokenKind::rparen &&
                        in_.tokens().text(list[in_.position() + 2]) == "export" &&
                        list[close - 1].kind == TokenKind::string;
  if (is_alias) return alias_in_place(Sort::component, id, names);
  auto nested = std::make_shared<const Component>(TRY(component_body(id)));
  const uint32_t index = TRY(define(NestedComponent{std::move(nested)}, Sort::component));
  TRY(bind(id, Sort::component, index));
  return export_inline(names, Sort::component, index);
}

Result<> ComponentParser::instance_field() {
  const OptionalId id = take_id();
  const Inline names = TRY(inline_names());
  if (names.import) return import_in_place(Sort::instance, id, names);
  if (at_alias()) return alias_in_place(Sort::instance, id, names);
  const uint32_t index = TRY(define(TRY(instance_expr()), Sort::instance));
  TRY(bind(id, Sort::instance, index));
  return export_inline(names, Sort::instance, index);
}

Result<Instance> ComponentParser::instance_expr() {
  if (in_.at_open("instantiate")) return Instance{TRY(instantiate())};
  return Instance{TRY(inline_exports())};
}

/// `(instantiate component (with "name" item)*)`.
Result<Instantiate> ComponentParser::instantiate() {
  TRY(in_.expect_open("instantiate"));
  Instantiate made{.target = TRY(index_ref(Sort::component)), .args = {}};
  while (in_.take_open("with")) {
    Argument argument{.name = TRY(name()), .item = {}};
    const auto& list = in_.tokens().list;
    const bool is_bag =
        in_.at_open("instance") && (list[in_.position() + 2].kind == TokenKind::lparen ||
                                    list[in_.position() + 2].kind == TokenKind::rparen);
    if (is_bag) {
      in_.seek(in_.position() + 2);
      argument.item.sort = Sort::instance;
      argument.item.index = TRY(define(Instance{TRY(inline_exports())}, Sort::instance));
      TRY(in_.expect_close());
    } else {
      argument.item = TRY(sort_index());
    }
    made.args.push_back(std::move(argument));
    TRY(in_.expect_close());
    if (made.args.size() > options_.limits.arguments) {
      return in_.error(
          ErrorKind::limit, in_.token(),
          fmt::format("too many arguments: the limit is {}", options_.limits.arguments));
    }
  }
  TRY(in_.expect_close());
  return made;
}

/// A run of `(export "name" attribute* item)`.
Result<std::vector<InlineExport>> ComponentParser::inline_exports() {
  std::vector<InlineExport> exports;
  while (in_.take_open("export")) {
    InlineExport entry{.name = TRY(extern_name()), .item = {}};
    entry.item = TRY(sort_index());
    exports.push_back(std::move(entry));
    TRY(in_.expect_close());
  }
  return exports;
}

}  // namespace cairn::component::text
