// Core modules, instances, functions and aliases inside of components (Explainer.md, "Instance
// Definitions", "Type Definitions").

#include <fmt/format.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include "wat/in_scope.hpp"

namespace cairn::component::text {

using namespace syntax;

/// `(core …`: the parenthesis and `core` have been read.
Result<> ComponentParser::core_field() {
  const Token& open = in_.tokens().list[in_.position() - 2];
  if (in_.take_keyword("module")) return core_module_field(open);
  if (in_.take_keyword("instance")) return core_instance_field();
  if (in_.take_keyword("type")) return core_type_field();
  if (in_.take_keyword("rec")) return core_rec_field();
  if (in_.take_keyword("func")) return core_func_field();
  return core_alias_field(TRY(core_sort_word()));
}

/// `(core memory id? (alias core export …))`.
Result<> ComponentParser::core_alias_field(Sort sort) {
  const OptionalId id = take_id();
  return alias_in_place(sort, id, {});
}

Result<> ComponentParser::core_func_field() {
  const OptionalId id = take_id();
  if (at_alias()) return alias_in_place(Sort::core_func, id, {});
  TRY(in_.expect_open("canon"));
  Canon canon = TRY(canon_body());
  TRY(in_.expect_close());
  return bind(id, Sort::core_func, TRY(define(std::move(canon), Sort::core_func)));
}

// ---- Modules -----------------------------------------------------------------------------------

Result<> ComponentParser::core_module_field(const Token& open) {
  const OptionalId id = take_id();
  const Inline names = TRY(inline_names());
  if (names.import) return import_in_place(Sort::core_module, id, names);
  if (at_alias()) return alias_in_place(Sort::core_module, id, names);
  CoreModule module = TRY(core_module(open, in_.position()));
  const uint32_t index = TRY(define(std::move(module), Sort::core_module));
  TRY(bind(id, Sort::core_module, index));
  return export_inline(names, Sort::core_module, index);
}

/// The module between `open` and its closing parenthesis; its fields begin at the token `body`.
Result<CoreModule> ComponentParser::core_module(const Token& open, uint32_t body) {
  const std::vector<Token>& list = in_.tokens().list;
  const Token& close = list[open.match];
  if (close.kind == TokenKind::eof) return error(open, "unclosed '(core module'");
  Result<wasm::Module> module;
  if (in_.take_keyword("binary")) {
    std::string bytes;
    in_.take_strings(bytes);
    module = wasm::decode(Bytes(bytes.begin(), bytes.end()), options_.core_features,
                          options_.limits.core);
    if (!module) return error(list[body], module.error().message);
  } else {
    // The module's own text, in which its fields keep their columns: what stands before them is for
    // the component alone, and at least as long.
    const size_t before = list[body].begin - open.begin;
    std::string text = "(module";
    text.append(before - text.size(), ' ');
    text += in_.tokens().source.substr(list[body].begin, close.end - list[body].begin);
    module = wasm::parse_text(text, options_.core_features, nullptr, options_.limits.core);
    if (!module) {
      Error problem = std::move(module).error();
      const SourceLocation from = wasm::text::locate(in_.tokens().source, list[body].begin);
      if (problem.at) {
        if (problem.at->line == 1) {
          problem.at->column += from.column - 1 - static_cast<uint32_t>(before);
        }
        problem.at->line += from.line - 1;
      }
      return std::unexpected(std::move(problem));
    }
    in_.seek(open.match);
  }
  return CoreModule{std::make_shared<const wasm::Module>(*std::move(module))};
}

// ---- Instances ---------------------------------------------------------------------------------

Result<> ComponentParser::core_instance_field() {
  const OptionalId id = take_id();
  if (at_alias()) return alias_in_place(Sort::core_instance, id, {});
  CoreInstance instance;
  if (in_.take_open("instantiate")) {
    Instantiate made{.target = TRY(index_ref(Sort::core_module, false)), .args = {}};
    while (in_.take_open("with")) {
      Argument argument{.name = TRY(name()), .item = {.sort = Sort::core_instance}};
      TRY(in_.expect_open("instance"));
      if (at_index()) {
        argument.item.index = TRY(projected_index(Sort::core_instance));
      } else {
        CoreInstance bag{TRY(core_inline_exports())};
        argument.item.index = TRY(define(std::move(bag), Sort::core_instance));
      }
      TRY(in_.expect_close());
      TRY(in_.expect_close());
      made.args.push_back(std::move(argument));
    }
    TRY(in_.expect_close());
    instance.what = std::move(made);
  } else {
    instance.what = TRY(core_inline_exports());
  }
  return bind(id, Sort::core_instance, TRY(define(std::move(instance), Sort::core_instance)));
}

Result<std::vector<CoreInlineExport>> ComponentParser::core_inline_exports() {
  std::vector<CoreInlineExport> exports;
  while (in_.take_open("export")) {
    CoreInlineExport entry{.name = TRY(name()), .item = {}};
    entry.item = TRY(core_sort_index());
    exports.push_back(std::move(entry));
    TRY(in_.expect_close());
  }
  return exports;
}

}  // namespace cairn::component::text
