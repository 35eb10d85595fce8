#include "wit/environment.hpp"
#include "wit/file_parser.hpp"

namespace cairn::component::wit {

using ast::Attributes;
using ast::Head;
using FuncKind = Function::Kind;

Result<ast::File> FileParser::run() {
  TRY(reader_.start());
  ast::File file;
  file.body.file = file_;
  // Only the first declaration may be without braces.
  if (reader_.at_keyword("package")) {
    ast::PackageDecl decl{.docs = reader_.take_docs(), .ref = {}};
    TRY(reader_.advance());
    decl.ref = TRY(package_name());
    if (TRY(reader_.eat_sign(";"))) {
      file.package = std::move(decl);
    } else if (reader_.at_sign("{")) {
      file.nested.push_back({.decl = std::move(decl), .body = {.file = file_}});
      TRY(nested_package(file));
    } else {
      return reader_.expected("`;` or `{`");
    }
  }
  TRY(file_items(file));
  return file;
}

Result<> FileParser::file_items(ast::File& file) {
  while (peek().kind != TokenKind::eof) {
    if (!reader_.at_keyword("package")) {
      file.body.items.push_back(TRY(item()));
      continue;
    }
    ast::PackageDecl decl{.docs = reader_.take_docs(), .ref = {}};
    TRY(reader_.advance());
    decl.ref = TRY(package_name());
    file.nested.push_back({.decl = std::move(decl), .body = {.file = file_}});
    TRY(nested_package(file));
  }
  return {};
}

Result<> FileParser::nested_package(ast::File& file) {
  TRY(reader_.expect_sign("{"));
  std::vector<ast::Item> items;
  while (!TRY(reader_.eat_sign("}"))) {
    if (reader_.at_keyword("package")) {
      return reader_.error(ErrorKind::malformed, peek().begin,
                           "packages cannot stand inside of packages, expected them at the top "
                           "of the file");
    }
    items.push_back(TRY(item()));
  }
  file.nested.back().body.items = std::move(items);
  return {};
}

// ---- Parts -----------------------------------------------------------------------------------

Result<Head> FileParser::head() {
  Head head{.docs = reader_.take_docs()};
  head.attributes = TRY(attributes());
  if (head.docs.empty()) head.docs = reader_.take_docs();  // between attributes and the item
  return head;
}

Result<Attributes> FileParser::attributes() {
  Attributes attributes;
  const uint32_t at = peek().begin;
  while (reader_.at_sign("@")) {
    TRY(reader_.advance());
    TRY(attribute(attributes));
  }
  const Stability& stability = attributes.stability;
  if (stability.since && !stability.feature.empty()) {
    return reader_.error(ErrorKind::malformed, at,
                         "an item has either @since or @unstable, not both");
  }
  if (stability.deprecated && !stability.since && stability.feature.empty()) {
    return reader_.error(ErrorKind::malformed, at, "@deprecated needs @since or @unstable as well");
  }
  return attributes;
}

Result<> FileParser::attribute(Attributes& attributes) {
  const ast::Name name = TRY(reader_.name("the name of an attribute"));
  const auto twice = [&] {
    return reader_.error(ErrorKind::malformed, name.at,
                         fmt::format("@{} stands twice at one item", name.text));
  };
  TRY(reader_.expect_sign("("));
  Stability& stability = attributes.stability;
  if (name.text == "since") {
    if (stability.since) return twice();
    stability.since = TRY(version_argument());
  } else if (name.text == "deprecated") {
    if (stability.deprecated) return twice();
    stability.deprecated = TRY(version_argument());
  } else if (name.text == "unstable") {
    if (!stability.feature.empty()) return twice();
    const Token field = peek();
    if (field.text != "feature") return reader_.expected("`feature`");
    TRY(reader_.advance());
    TRY(reader_.expect_sign("="));
    stability.feature = TRY(reader_.name("the name of a feature")).text;
  } else if (name.text == "external-id") {
    if (attributes.external_id) return twice();
    attributes.external_id = TRY(reader_.string());
  } else {
    return reader_.error(ErrorKind::malformed, name.at,
                         fmt::format("unknown attribute `@{}`, expected @since, @unstable, "
                                     "@deprecated or @external-id",
                                     name.text));
  }
  return reader_.expect_sign(")");
}

Result<Version> FileParser::version_argument() {
  if (peek().text != "version") return reader_.expected("`version`");
  TRY(reader_.advance());
  return reader_.version_after("=");
}

/// Names of packages and namespaces have no upper-case letters (Explainer.md, `words`).
Result<> FileParser::check_lower(const ast::Name& name, std::string_view what) const {
  if (name.text == lower_case(name.text)) return {};
  return reader_.error(
      ErrorKind::malformed, name.at,
      fmt::format("expected lower-case letters in {}, found `{}`", what, name.text));
}

/// `namespace:package`, from the colon on; with nested namespaces there are more of them.
Result<ast::PackageRef> FileParser::package_parts(const ast::Name& first) {
  TRY(check_lower(first, "the namespace of a package"));
  ast::PackageRef ref{.name = {.space = std::string(first.text), .name = {}}, .at = first.at};
  TRY(reader_.expect_sign(":"));
  while (true) {
    const ast::Name part = TRY(reader_.name("the name of a package"));
    TRY(check_lower(part, "the name of a package"));
    ref.name.name = part.text;
    if (!TRY(reader_.eat_sign(":"))) return ref;
    ref.name.space += ":" + ref.name.name;
  }
}

Result<ast::PackageRef> FileParser::package_name() {
  ast::PackageRef ref = TRY(package_parts(TRY(reader_.name("the namespace of a package"))));
  while (TRY(reader_.eat_sign("/"))) {
    const ast::Name part = TRY(reader_.name("the name of a package"));
    TRY(check_lower(part, "the name of a package"));
    ref.name.name += fmt::format("/{}", part.text);
  }
  if (reader_.at_sign("@")) ref.name.version = TRY(reader_.version_after("@"));
  return ref;
}

Result<ast::UsePath> FileParser::use_path() {
  return use_path_after(TRY(reader_.name("the name of an interface or world")));
}

Result<ast::UsePath> FileParser::use_path_after(ast::Name first) {
  if (!reader_.at_sign(":")) return ast::UsePath{.item = first};
  ast::PackageRef ref = TRY(package_parts(first));
  if (!reader_.at_sign("/")) {
    return reader_.expected(
        fmt::format("`/` and the name of an interface or world in the package "
                    "`{}`",
                    ref.name.to_string()));
  }
  ast::UsePath path;
  while (TRY(reader_.eat_sign("/"))) {
    if (!path.item.text.empty()) {
      TRY(check_lower(path.item, "the name of a package"));
      ref.name.name += fmt::format("/{}", path.item.text);
    }
    path.item = TRY(reader_.name("the name of an interface or world"));
  }
  if (reader_.at_sign("@")) ref.name.version = TRY(reader_.version_after("@"));
  path.package = std::move(ref);
  return path;
}

Result<std::vector<ast::Rename>> FileParser::renames(bool new_name_needed) {
  std::vector<ast::Rename> names;
  TRY(reader_.expect_sign("{"));
  const auto one = [&]() -> Result<> {
    ast::Rename rename{.from = TRY(reader_.name())};
    if (new_name_needed && !reader_.at_keyword("as")) return reader_.expected("`as`");
    if (TRY(reader_.eat_keyword("as"))) rename.to = TRY(reader_.name());
    names.push_back(rename);
    return {};
  };
  TRY(list("}", one));
  return names;
}

// ---- Items -----------------------------------------------------------------------------------

Result<ast::Item> FileParser::item() {
  Head head = TRY(this->head());
  if (reader_.at_keyword("interface")) return TRY(interface(std::move(head)));
  if (reader_.at_keyword("world")) return TRY(world(std::move(head)));
  if (reader_.at_keyword("package")) {
    return reader_.error(ErrorKind::malformed, peek().begin, "a package cannot have attributes");
  }
  if (!reader_.at_keyword("use")) {
    return reader_.expected("`interface`, `world`, `use` or `package`");
  }
  const Attributes& attributes = head.attributes;
  if (!attributes.stability.unknown() || attributes.external_id) {
    return reader_.error(ErrorKind::malformed, peek().begin,
                         "a `use` outside of interfaces and worlds cannot have attributes");
  }
  return TRY(top_level_use());
}

Result<ast::TopLevelUse> FileParser::top_level_use() {
  TRY(reader_.advance());
  ast::TopLevelUse use{.path = TRY(use_path())};
  if (TRY(reader_.eat_keyword("as"))) use.as = TRY(reader_.name());
  TRY(reader_.expect_sign(";"));
  return use;
}

Result<ast::Interface> FileParser::interface(Head head) {
  TRY(reader_.advance());
  ast::Interface interface{.head = std::move(head), .name = TRY(reader_.name())};
  interface.items = TRY(interface_items());
  return interface;
}

Result<std::vector<ast::InterfaceItem>> FileParser::interface_items() {
  std::vector<ast::InterfaceItem> items;
  TRY(reader_.expect_sign("{"));
  while (!TRY(reader_.eat_sign("}"))) {
    Head head = TRY(this->head());
    if (reader_.at_keyword("use")) {
      items.emplace_back(TRY(use(std::move(head))));
    } else if (at_type_definition()) {
      items.emplace_back(TRY(type_definition(std::move(head))));
    } else if (peek().is_name()) {
      const ast::Name name = TRY(reader_.name());
      TRY(reader_.expect_sign(":"));
      items.emplace_back(TRY(function(std::move(head), name, FuncKind::freestanding)));
    } else {
      return reader_.expected("a function, a type, `use` or `}`");
    }
  }
  return items;
}

Result<ast::World> FileParser::world(Head head) {
  TRY(reader_.advance());
  ast::World world{.head = std::move(head), .name = TRY(reader_.name())};
  TRY(reader_.expect_sign("{"));
  while (!TRY(reader_.eat_sign("}"))) world.items.push_back(TRY(world_item()));
  return world;
}

Result<ast::WorldItem> FileParser::world_item() {
  Head head = TRY(this->head());
  if (reader_.at_keyword("import") || reader_.at_keyword("export")) {
    return TRY(extern_item(std::move(head)));
  }
  if (reader_.at_keyword("use")) return TRY(use(std::move(head)));
  if (reader_.at_keyword("include")) return TRY(include(std::move(head)));
  if (at_type_definition()) return TRY(type_definition(std::move(head)));
  return reader_.expected("`import`, `export`, `include`, `use`, a type or `}`");
}

Result<ast::Extern> FileParser::extern_item(Head head) {
  ast::Extern item{
      .head = std::move(head), .is_import = reader_.at_keyword("import"), .what = ast::UsePath{}};
  TRY(reader_.advance());
  const ast::Name name = TRY(reader_.name());
  if (!reader_.at_sign(":")) {
    item.what = ast::UsePath{.item = name};
    TRY(reader_.expect_sign(";"));
    return item;
  }
  // `a:b` without a blank is the beginning of a package's name, `a: b` is a label and what it
  // names (WIT.md, "Item: world").
  const uint32_t after = peek().end;
  const bool attached = after < text_.size() && text_.substr(after).find_first_of(" \t\r\n/") != 0;
  if (attached) {
    const std::string_view rest = text_.substr(after);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r\n(/{;:"));
    if (word != "func" && word != "async" && word != "interface") {
      item.what = TRY(use_path_after(name));
      TRY(reader_.expect_sign(";"));
      return item;
    }
  }
  TRY(reader_.advance());
  TRY(extern_of(item, name));
  return item;
}

/// What is behind the colon.
Result<> FileParser::extern_of(ast::Extern& item, ast::Name name) {
  item.label = name;
  if (reader_.at_keyword("func") || reader_.at_keyword("async")) {
    // The function has the attributes; the item keeps a copy for those who look at all items.
    item.what = TRY(function(item.head, name, FuncKind::freestanding));
    return {};
  }
  if (TRY(reader_.eat_keyword("interface"))) {
    item.what = TRY(interface_items());
    return {};
  }
  if (!peek().is_name()) {
    return reader_.expected("`func`, `async func`, `interface` or the name of an interface");
  }
  ast::Name second = TRY(reader_.name());
  if (reader_.at_sign("/")) {
    return reader_.error(ErrorKind::malformed, second.at,
                         fmt::format("expected the name of an interface; of the interface in a "
                                     "package, `{}:{}/…` is written without blanks",
                                     name.text, second.text));
  }
  item.what = TRY(use_path_after(second));
  return reader_.expect_sign(";");
}

Result<ast::Use> FileParser::use(Head head) {
  TRY(reader_.advance());
  ast::Use use{.head = std::move(head), .from = TRY(use_path())};
  TRY(reader_.expect_sign("."));
  use.names = TRY(renames(false));
  TRY(reader_.expect_sign(";"));
  return use;
}

Result<ast::Include> FileParser::include(Head head) {
  TRY(reader_.advance());
  ast::Include include{.head = std::move(head), .from = TRY(use_path())};
  if (TRY(reader_.eat_keyword("with"))) {
    include.names = TRY(renames(true));
    TRY(reader_.eat_sign(";"));
  } else {
    TRY(reader_.expect_sign(";"));
  }
  return include;
}

Result<ast::File> parse_file(const Sources& sources, uint32_t file, const Limits& limits) {
  return FileParser(sources, file, limits).run();
}

}  // namespace cairn::component::wit
