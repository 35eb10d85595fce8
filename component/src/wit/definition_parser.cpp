#include "wit/file_parser.hpp"

namespace cairn::component::wit {

using ast::Head;
using FuncKind = Function::Kind;

bool FileParser::at_type_definition() const {
  for (const char* word : {"type", "record", "flags", "variant", "enum", "resource"}) {
    if (reader_.at_keyword(word)) return true;
  }
  return false;
}

Result<ast::TypeDef> FileParser::type_definition(Head head) {
  using Kind = ast::TypeDef::Kind;
  const Token word = TRY(reader_.advance());
  ast::TypeDef type{.head = std::move(head), .name = TRY(reader_.name())};
  if (word.text == "type") {
    TRY(reader_.expect_sign("="));
    type.type = TRY(types_.type());
    TRY(reader_.expect_sign(";"));
    return type;
  }
  if (word.text == "resource") {
    type.kind = Kind::resource;
    TRY(resource(type));
    return type;
  }
  type.kind = word.text == "record"    ? Kind::record
              : word.text == "flags"   ? Kind::flags
              : word.text == "variant" ? Kind::variant
                                       : Kind::enum_;
  TRY(members(type));
  return type;
}

Result<> FileParser::members(ast::TypeDef& type) {
  using Kind = ast::TypeDef::Kind;
  TRY(reader_.expect_sign("{"));
  const auto one = [&]() -> Result<> {
    ast::Member member{.docs = reader_.take_docs(), .name = TRY(reader_.name())};
    if (type.kind == Kind::record) {
      TRY(reader_.expect_sign(":"));
      member.type = TRY(types_.type());
    } else if (type.kind == Kind::variant && TRY(reader_.eat_sign("("))) {
      member.type = TRY(types_.type());
      TRY(reader_.expect_sign(")"));
    }
    type.members.push_back(std::move(member));
    return {};
  };
  return list("}", one);
}

Result<> FileParser::resource(ast::TypeDef& type) {
  if (TRY(reader_.eat_sign(";"))) return {};
  if (!reader_.at_sign("{")) return reader_.expected("`;` or `{`");
  TRY(reader_.advance());
  while (!TRY(reader_.eat_sign("}"))) {
    Head head = TRY(this->head());
    type.functions.push_back(TRY(resource_function(std::move(head))));
  }
  return {};
}

Result<ast::Func> FileParser::resource_function(Head head) {
  if (reader_.at_keyword("constructor")) {
    const Token word = TRY(reader_.advance());
    ast::Func func{
        .head = std::move(head), .name = {word.text, word.begin}, .kind = FuncKind::constructor};
    TRY(params(func));
    return func;
  }
  if (!peek().is_name()) return reader_.expected("`constructor`, the name of a method or `}`");
  const ast::Name name = TRY(reader_.name());
  TRY(reader_.expect_sign(":"));
  const bool is_static = TRY(reader_.eat_keyword("static"));
  return function(std::move(head), name, is_static ? FuncKind::static_ : FuncKind::method);
}

/// From `async` or `func` on, with the semicolon.
Result<ast::Func> FileParser::function(Head head, ast::Name name, FuncKind kind) {
  ast::Func func{.head = std::move(head), .name = name, .kind = kind};
  func.is_async = TRY(reader_.eat_keyword("async"));
  if (!reader_.at_keyword("func")) {
    return reader_.expected(func.is_async ? "`func`" : "`func` or `async func`");
  }
  TRY(reader_.advance());
  TRY(params(func));
  return func;
}

Result<> FileParser::params(ast::Func& func) {
  TRY(reader_.expect_sign("("));
  const auto one = [&]() -> Result<> {
    const ast::Name name = TRY(reader_.name("the name of a parameter"));
    TRY(reader_.expect_sign(":"));
    func.params.push_back({name, TRY(types_.type())});
    return {};
  };
  TRY(list(")", one));
  if (TRY(reader_.eat_sign("->"))) func.result = TRY(types_.type());
  return reader_.expect_sign(";");
}

}  // namespace cairn::component::wit
