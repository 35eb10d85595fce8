#pragma once
/// The parser of files: parser.cpp has the items, definition_parser.cpp types and functions.

#include <fmt/format.h>

#include "wit/parser.hpp"

namespace cairn::component::wit {

class FileParser {
 public:
  FileParser(const Sources& sources, uint32_t file, const Limits& limits)
      : file_(file),
        text_(sources.text(file)),
        reader_(sources, file, limits),
        types_(reader_, limits) {}

  Result<ast::File> run();

 private:
  // Parts that several items have.
  Result<ast::Head> head();
  Result<ast::Attributes> attributes();
  Result<> attribute(ast::Attributes& attributes);
  Result<Version> version_argument();
  Result<> check_lower(const ast::Name& name, std::string_view what) const;
  Result<ast::PackageRef> package_parts(const ast::Name& first);
  Result<ast::PackageRef> package_name();
  Result<ast::UsePath> use_path();
  Result<ast::UsePath> use_path_after(ast::Name first);
  Result<std::vector<ast::Rename>> renames(bool new_name_needed);
  /// `,`-separated items up to `end`, which is eaten; a comma may stand behind the last one.
  template <class F>
  Result<> list(std::string_view end, const F& item);

  // Items.
  Result<> file_items(ast::File& file);
  Result<> nested_package(ast::File& file);
  Result<ast::Item> item();
  Result<ast::Interface> interface(ast::Head head);
  Result<std::vector<ast::InterfaceItem>> interface_items();
  Result<ast::World> world(ast::Head head);
  Result<ast::WorldItem> world_item();
  Result<ast::Extern> extern_item(ast::Head head);
  Result<> extern_of(ast::Extern& item, ast::Name name);
  Result<ast::TopLevelUse> top_level_use();
  Result<ast::Use> use(ast::Head head);
  Result<ast::Include> include(ast::Head head);

  // Types and functions.
  bool at_type_definition() const;
  Result<ast::TypeDef> type_definition(ast::Head head);
  Result<> members(ast::TypeDef& type);
  Result<> resource(ast::TypeDef& type);
  Result<ast::Func> resource_function(ast::Head head);
  Result<ast::Func> function(ast::Head head, ast::Name name, Function::Kind kind);
  Result<> params(ast::Func& func);

  const Token& peek() const { return reader_.peek(); }

  uint32_t file_;
  std::string_view text_;
  TokenReader reader_;
  TypeParser types_;
};

template <class F>
Result<> FileParser::list(std::string_view end, const F& item) {
  while (!reader_.at_sign(end)) {
    TRY(item());
    if (!TRY(reader_.eat_sign(","))) {
      if (!reader_.at_sign(end)) return reader_.expected(fmt::format("`,` or `{}`", end));
      break;
    }
  }
  return reader_.expect_sign(end);
}

}  // namespace cairn::component::wit
