#include "wit/test_support.hpp"

namespace cairn::component::wit {
namespace {

TEST(WitParser, ReadsTheWholeGrammar) {
  const Loaded loaded = resolved(R"(
    /// About the package.
    package my:everything@1.2.3-rc.1;

    use types as t;
    use my:other/more@0.1.0 as others;

    interface types {
      record point { x: s32, %record: option<string>, }
      variant shape { nothing, circle(f64), polygon(list<point>) }
      enum color { red, GREEN, blue-ish }
      flags permissions { read, write }
      type numbers = tuple<u8, u16, u32, u64, s8, s16, s32, s64, f32, f64, bool, char,>;
      type fixed = list<u8, 16>;
      type table = map<string, list<u8>>;
      type r0 = result;
      type r1 = result<u8>;
      type r2 = result<_, color>;
      type r3 = result<u8, color>;
      type s = stream<u8>;
      type s0 = stream;
      type f = future<result>;
      type f0 = future;
      type e = error-context;
      resource empty;
      @external-id("db \"x\"")
      resource file {
        constructor(name: string) -> result<file, color>;
        read: func(n: u32) -> list<u8>;
        write: async func(data: stream<u8>);
        open: static func() -> own<file>;
        both: static async func(a: borrow<file>, b: file);
      }
      type handle = own<file>;
      type document = file;
    }

    interface user {
      use t.{point, color as colour};
      use others.{thing};
      go: func(p: point) -> colour;
      wait: async func() -> thing;
    }

    world everything {
      import user;
      import others;
      import second: others;
      import third: my:other/more@0.1.0;
      import run: func();
      import in-place: interface { use t.{point}; go: func() -> point; }
      use t.{file};
      type mine = list<file>;
      resource own-one { constructor(); m: func(); }
      export start: async func(f: mine) -> own-one;
      export user;
      include small with { a as b, c as d }
      include my:other/big@0.1.0;
    }
    world small { import a: func(); export c: func(); }

    package my:other@0.1.0 {
      interface more { type thing = u8; }
      world big { export big: func(); }
    }
  )");
  const std::string text = printed(loaded);
  EXPECT_NE(text.find("both: static async func(a: borrow<file>, b: file);"), std::string::npos);
  EXPECT_NE(text.find("constructor(name: string) -> result<file, color>;"), std::string::npos);
  EXPECT_NE(text.find("type handle = own<file>;"), std::string::npos);
  EXPECT_NE(text.find("  %record: option<string>,"), std::string::npos);
  EXPECT_NE(text.find("use my:other/more@0.1.0.{thing};"), std::string::npos);
  EXPECT_NE(text.find("import b: func();"), std::string::npos);
  EXPECT_NE(text.find("export d: func();"), std::string::npos);
}

TEST(WitParser, TakesNestedNamesOfPackages) {
  const Loaded loaded = resolved(
      "package a:b:c/d@1.0.0;\n"
      "package x:y:z { interface i { type t = u8; } }\n"
      "package x:y/z { interface i { type t = u8; } }\n"
      "interface j { use x:y:z/i.{t}; use x:y/z/i.{t as u}; }");
  EXPECT_EQ(loaded.resolve[loaded.root].name.to_string(), "a:b:c/d@1.0.0");
  printed(loaded);
}

TEST(WitParser, TellsLabelsFromPackages) {
  const std::string more = "interface b {} package a:p { interface b {} }";
  const Loaded label = resolved("package x:y; world w { import a: b; } " + more);
  EXPECT_EQ(label.resolve.worlds[0].imports[0].name() == nullptr, false);
  const Loaded path = resolved("package x:y; world w { import a:p/b; } " + more);
  EXPECT_EQ(path.resolve.worlds[0].imports[0].name(), nullptr);
  EXPECT_EQ(message("package x:y; world w { import a:b; } " + more),
            "test.wit:1:34: expected `/` and the name of an interface or world in the package "
            "`a:b`, found `;`");
  EXPECT_EQ(message("package x:y; world w { import a: p/b; } " + more),
            "test.wit:1:34: expected the name of an interface; of the interface in a package, "
            "`a:p/…` is written without blanks");
  EXPECT_EQ(message("package x:y; world w { import a:func(); import c:interface {} } " + more), "");
}

TEST(WitParser, ShowsThePlace) {
  EXPECT_EQ(shown_error("package a:b;\n\ninterface i {\n  f: func(x: u32 y: u32);\n}\n"),
            "test.wit:4:18: error: expected `,` or `)`, found identifier `y`\n"
            "    f: func(x: u32 y: u32);\n"
            "                   ^\n");
}

TEST(WitParser, SaysWhatIsExpected) {
  const std::pair<const char*, const char*> cases[] = {
      {"interface", "expected an identifier, found the end of the file"},
      {"interface i", "expected `{`, found the end of the file"},
      {"foo", "expected `interface`, `world`, `use` or `package`, found identifier `foo`"},
      {"interface record {}",
       "expected an identifier, found keyword `record` (as a name it is written `%record`)"},
      {"interface i { 1 }", "expected a function, a type, `use` or `}`, found number `1`"},
      {"interface i { f func(); }", "expected `:`, found keyword `func`"},
      {"interface i { f: async static func(); }", "expected `func`, found keyword `static`"},
      {"interface i { f: u8; }", "expected `func` or `async func`, found keyword `u8`"},
      {"interface i { f: func() }", "expected `;`, found `}`"},
      {"interface i { f: func() -> (); }", "expected a type, found `(`"},
      {"interface i { f: func() -> interface; }", "expected a type, found keyword `interface`"},
      {"interface i { type t = list; }", "expected `<`, found `;`"},
      {"interface i { type t = list<u8, 0>; }",
       "the length of a list is a number from 1 to 4294967295, found `0`"},
      {"interface i { type t = list<u8, 4294967296>; }",
       "the length of a list is a number from 1 to 4294967295, found `4294967296`"},
      {"interface i { type t = list<u8, x>; }",
       "expected the length of the list, found identifier `x`"},
      {"interface i { type t = map<u8>; }", "expected `,`, found `>`"},
      {"interface i { type t = tuple<>; }", "a tuple needs at least one type"},
      {"interface i { type t = borrow<u8>; }",
       "expected the name of a resource, found keyword `u8` (as a name it is written `%u8`)"},
      {"interface i { resource r { f: record; } }",
       "expected `func` or `async func`, found keyword `record`"},
      {"interface i { resource r { type t = u8; } }",
       "expected `constructor`, the name of a method or `}`, found keyword `type`"},
      {"interface i { resource r }", "expected `;` or `{`, found `}`"},
      {"interface i { variant v { a(u8, b } }", "expected `)`, found `,`"},
      {"interface i { enum e { a(u8) } }", "expected `,` or `}`, found `(`"},
      {"interface i { use j; }", "expected `.`, found `;`"},
      {"world w { import u8; }",
       "expected an identifier, found keyword `u8` (as a name it is written `%u8`)"},
      {"world w { import a: ; }",
       "expected `func`, `async func`, `interface` or the name of an interface, found `;`"},
      {"world w { f: func(); }",
       "expected `import`, `export`, `include`, `use`, a type or `}`, found identifier `f`"},
      {"world w { include v with { a } }", "expected `as`, found `}`"},
      {"package c:d;", "expected `{`, found `;`"},
      {"package c:D {}", "expected lower-case letters in the name of a package, found `D`"},
      {"use C:d/i;", "expected lower-case letters in the namespace of a package, found `C`"},
      {"use c:d/E/i;", "expected lower-case letters in the name of a package, found `E`"},
      {"package c:d { package e:f {} }",
       "packages cannot stand inside of packages, expected them at the top of the file"},
      {"@since(version = 1.0.0) package c:d {}", "a package cannot have attributes"},
      {"@since(version = 1.0.0) use i;",
       "a `use` outside of interfaces and worlds cannot have attributes"},
      {"@foo interface i {}", "expected `(`, found keyword `interface`"},
      {"@foo() interface i {}",
       "unknown attribute `@foo`, expected @since, @unstable, @deprecated or @external-id"},
      {"@since(version = 1) interface i {}", "not a version: unexpected end of input"},
      {"@since(version) interface i {}", "expected `=`, found `)`"},
      {"@since(feature = x) interface i {}", "expected `version`, found identifier `feature`"},
      {"@unstable(feature = 1) interface i {}", "expected the name of a feature, found number `1`"},
      {"@external-id(x) interface i {}", "expected a string, found identifier `x`"},
      {"@deprecated(version = 1.0.0) interface i {}",
       "@deprecated needs @since or @unstable as well"},
      {"@since(version = 1.0.0) @unstable(feature = x) interface i {}",
       "an item has either @since or @unstable, not both"},
      {"@since(version = 1.0.0) @since(version = 1.0.0) interface i {}",
       "@since stands twice at one item"},
  };
  for (const auto& [text, expected] : cases) {
    const std::string found = message(std::string("package a:b@1.0.0;\n") + text);
    const size_t place = found.find(": ");
    EXPECT_EQ(found.substr(std::min(found.size(), place + 2)), expected) << text;
  }
}

TEST(WitParser, BoundsTypesInsideEachOther) {
  const auto nested = [](int depth) {
    std::string type = "u8";
    for (int i = 0; i < depth; ++i) type = "list<" + type + ">";
    return "package a:b; interface i { type t = " + type + "; }";
  };
  EXPECT_EQ(message(nested(99)), "");
  EXPECT_EQ(message(nested(100)), "test.wit:1:537: more than 100 types inside each other");
  EXPECT_EQ(message(nested(100'000)), "test.wit:1:537: more than 100 types inside each other");
}

/// As components are held to: such a type has two billion nodes.
TEST(WitParser, BoundsTypesThatAreWrittenOut) {
  const auto doubled = [](int times) {
    std::string text = "package a:b; interface i { type t0 = u8;";
    for (int i = 1; i <= times; ++i)
      text += "type t" + std::to_string(i) + " = tuple<t" + std::to_string(i - 1) + ", t" +
              std::to_string(i - 1) + ">;";
    return text + "}";
  };
  // 2^(n+1) - 1 nodes.
  EXPECT_EQ(message(doubled(18)), "");
  EXPECT_NE(message(doubled(19)).find("a type is too large: the limit is 1000000 nodes"),
            std::string::npos);
  EXPECT_NE(message(doubled(30)).find("a type is too large: the limit is 1000000 nodes"),
            std::string::npos);
}

TEST(WitParser, KeepsDocumentation) {
  const std::string text = R"(/// Of the package.
package a:b@1.0.0;

/// Of the interface,
///
///   indented.
interface i {
  /// Of the record.
  record r {
    /// Of the field.
    f: u8,
  }

  /// Of a function.
  @since(version = 1.0.0)
  f: func();
}

/// Of the world.
world w {
  /// Of the import.
  import i;

  /// Of what is in place.
  export x: interface {
    /// Inside.
    f: func();
  }
}
)";
  EXPECT_EQ(printed(resolved(text)), text);
}

}  // namespace
}  // namespace cairn::component::wit
