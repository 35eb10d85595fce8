#pragma once
/// WIT as it was written: what the parser makes and the resolver takes. Names are parts of the
/// text, `at` is a byte offset in it.

#include <cairn/component/wit.hpp>

#include <memory>
#include <string_view>
#include <variant>
#include <vector>

namespace cairn::component::wit::ast {

struct Name {
  std::string_view text;
  uint32_t at = 0;
};

struct Attributes {
  Stability stability = {};
  std::optional<std::string> external_id = {};
};

/// In front of every item.
struct Head {
  std::string docs = {};
  Attributes attributes = {};
};

struct TypeExpr {
  enum class Kind : uint8_t {
    primitive,
    name,
    own,
    borrow,
    list,
    map,
    option,
    result,
    tuple,
    stream,
    future,
  };
  Kind kind = Kind::primitive;
  uint32_t at = 0;
  Primitive primitive = Primitive::bool_;
  Name name = {};                       ///< of a named type, or of a handle's resource
  std::vector<TypeExpr> parts = {};     ///< what is written between < and >, without `_`
  bool no_ok = false;                   ///< result<_, e>: the only part is the error
  std::optional<uint32_t> length = {};  ///< of a list
};

struct Param {
  Name name;
  TypeExpr type;
};

struct Func {
  Head head;
  Name name;
  Function::Kind kind = Function::Kind::freestanding;
  bool is_async = false;
  std::vector<Param> params = {};
  std::optional<TypeExpr> result = {};
};

/// A field, flag, case.
struct Member {
  std::string docs;
  Name name;
  std::optional<TypeExpr> type = {};
};

struct TypeDef {
  enum class Kind : uint8_t { alias, record, flags, variant, enum_, resource };
  Kind kind = Kind::alias;
  Head head;
  Name name;
  TypeExpr type = {};                ///< of an alias
  std::vector<Member> members = {};  ///< of a record, flags, variant, enum
  std::vector<Func> functions = {};  ///< of a resource
};

struct PackageRef {
  PackageName name;
  uint32_t at = 0;
};

/// `name` or `ns:package/name@version`.
struct UsePath {
  std::optional<PackageRef> package = {};
  Name item;
};

struct Rename {
  Name from;
  std::optional<Name> to = {};
  const Name& local() const { return to ? *to : from; }
};

struct Use {
  Head head;
  UsePath from;
  std::vector<Rename> names = {};
};

struct Include {
  Head head;
  UsePath from;
  std::vector<Rename> names = {};
};

using InterfaceItem = std::variant<Use, TypeDef, Func>;

/// An import or export of a world.
struct Extern {
  Head head;
  bool is_import = true;
  std::optional<Name> label = {};  ///< missing: the name of the interface
  /// A function, an interface written in place, or another interface.
  std::variant<Func, std::vector<InterfaceItem>, UsePath> what;
};

using WorldItem = std::variant<Use, TypeDef, Include, Extern>;

struct Interface {
  Head head;
  Name name;
  std::vector<InterfaceItem> items = {};
};

struct World {
  Head head;
  Name name;
  std::vector<WorldItem> items = {};
};

struct TopLevelUse {
  UsePath path;
  std::optional<Name> as = {};
  const Name& local() const { return as ? *as : path.item; }
};

using Item = std::variant<Interface, World, TopLevelUse>;

struct PackageDecl {
  std::string docs;
  PackageRef ref;
};

/// The items between the braces of one package, or all of a file that are in no other package.
struct Body {
  uint32_t file = 0;
  std::vector<Item> items = {};
};

struct NestedPackage {
  PackageDecl decl;
  Body body;
};

struct File {
  std::optional<PackageDecl> package = {};
  Body body = {};
  std::vector<NestedPackage> nested = {};
};

}  // namespace cairn::component::wit::ast
