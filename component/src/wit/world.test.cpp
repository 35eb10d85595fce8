// Worlds: what they import beyond what is written, and what they include.

#include "wit/test_support.hpp"

namespace cairn::component::wit {
namespace {

/// "import a:b/x, export f" of the last world.
std::string items(const std::string& text, const LoadOptions& options = {}) {
  const Loaded loaded = resolved("package a:b; " + text, options);
  printed(loaded, options);
  std::string all;
  const auto add = [&](std::string_view word, const std::vector<WorldItem>& list) {
    for (const WorldItem& item : list) {
      if (!all.empty()) all += ", ";
      all += std::string(word) + " " + loaded.resolve.name_of(item);
    }
  };
  const World& world = loaded.resolve[loaded.resolve[loaded.root].worlds.back()];
  add("import", world.imports);
  add("export", world.exports);
  return all;
}

const std::string chain =
    "interface x { resource t; } interface y { use x.{t}; type u = u8; } "
    "interface z { use y.{u}; f: func() -> u; } ";

TEST(WitWorld, ImportsWhatInterfacesUse) {
  EXPECT_EQ(items(chain + "world w { import z; }"), "import a:b/x, import a:b/y, import a:b/z");
  EXPECT_EQ(items(chain + "world w { export z; }"), "import a:b/x, import a:b/y, export a:b/z");
  EXPECT_EQ(items(chain + "world w { export z; export y; }"),
            "import a:b/x, export a:b/y, export a:b/z");
  EXPECT_EQ(items(chain + "world w { import mine: z; }"),
            "import a:b/x, import a:b/y, import mine");
  EXPECT_EQ(items(chain + "world w { use y.{u}; export f: func() -> u; }"),
            "import a:b/x, import a:b/y, import u, export f");
  EXPECT_EQ(items(chain + "world w { export i: interface { use z.{u}; } }"),
            "import a:b/x, import a:b/y, import a:b/z, export i");
}

TEST(WitWorld, OrdersItems) {
  EXPECT_EQ(items(chain + "world w { export y; import f: func(a: v); resource r { m: func(); } "
                          "export g: func(); type v = u; use y.{u}; import x; }"),
            "import a:b/x, import a:b/y, import u, import r, import v, import f, "
            "import [method]r.m, export g, export a:b/y");
}

TEST(WitWorld, MayNotNeedAnExportAsImport) {
  EXPECT_EQ(message("package a:b; interface x { type t = u8; } interface y { use x.{t}; } "
                    "interface z { use y.{t}; } world w { export x; export z; }"),
            "test.wit:1:114: the world `w` exports `a:b/x`, but would have to import it as well: "
            "`a:b/z` uses `a:b/y` uses `a:b/x`, and `a:b/y` is not exported");
  EXPECT_EQ(message("package a:b; interface x { type t = u8; } interface y { use x.{t}; } "
                    "interface z { use y.{t}; } world w { export z; export x; }"),
            "test.wit:1:124: the world `w` exports `a:b/x`, but has to import it as well, as "
            "another export uses an interface that is not exported and uses `a:b/x`");
}

TEST(WitWorld, Includes) {
  const std::string worlds =
      "interface i { type t = u8; } "
      "world one { import i; import f: func(); export g: func(); resource r { m: func(); } } ";
  EXPECT_EQ(items(worlds + "world two { include one; }"),
            "import a:b/i, import r, import f, import [method]r.m, export g");
  EXPECT_EQ(items(worlds + "world two { import i; include one with { f as ff, r as rr } }"),
            "import a:b/i, import rr, import ff, import [method]rr.m, export g");
  EXPECT_EQ(items(worlds + "world two { include one; include one with { f as f2, g as g2, r as r2 "
                           "}; }"),
            "import a:b/i, import r, import r2, import f, import f2, import [method]r.m, import "
            "[method]r2.m, export g, export g2");
}

TEST(WitWorld, IncludesOfOtherPackages) {
  const Loaded loaded = resolved(R"(
    package a:b@0.1.0;
    world mine { include c:d/theirs@2.0.0; import h: interface { use c:d/i@2.0.0.{t}; } }
    package c:d@2.0.0 {
      @since(version = 2.0.0)
      interface i { type t = u8; }
      @since(version = 1.5.0)
      world theirs {
        @since(version = 2.0.0)
        import i;
        @since(version = 1.5.0)
        import f: func();
        type v = list<u8>;
        import g: interface { f: func(); }
      }
    })");
  EXPECT_EQ(print(loaded.resolve, loaded.root), R"(package a:b@0.1.0;

world mine {
  import c:d/i@2.0.0;

  import h: interface {
    use c:d/i@2.0.0.{t};
  }

  import g: interface {
    f: func();
  }

  type v = list<u8>;

  import f: func();
}
)");
}

TEST(WitWorld, ReportsClashes) {
  const std::pair<const char*, const char*> cases[] = {
      {"world w { import f: func(); import f: func(); }",
       "1:51: the world imports a function `f` already"},
      {"world w { import f: func(); import F: func(); }",
       "1:51: the world imports a function `f` already, and `F` differs from it in upper and lower "
       "case only"},
      {"world w { type t = u8; import t: func(); }", "1:46: the world imports a type `t` already"},
      {"interface i {} world w { import i; import i; }",
       "1:58: the world imports an interface `a:b/i` already"},
      {"interface i {} world w { export i; export j: i; export j: func(); }",
       "1:71: the world exports an interface `j` already"},
      {"world v { import f: func(); } world w { include v; import f: func(); }",
       "1:64: the world imports a function `f` already"},
      {"world v {} world w { include v with { f as g } }",
       "1:54: the world `v` has no import or export with the plain name `f` (interfaces cannot be "
       "renamed)"},
      {"interface v {} world w { include v; }", "1:49: `v` is an interface, expected a world"},
      {"world v {} world w { import v; }", "1:44: `v` is a world, expected an interface"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(message(std::string("package a:b;   ") + text), std::string("test.wit:") + expected)
        << text;
  }
}

// ---- Gates -----------------------------------------------------------------------------------

const std::string gated = R"(package a:b@1.1.0;
@unstable(feature = fancy)
interface i { type t = u8; }
interface j {
  @since(version = 1.0.0)
  @deprecated(version = 1.1.0)
  f: func();
  @unstable(feature = fancy)
  g: func();
  @unstable(feature = more)
  resource r {
    @unstable(feature = more)
    m: func();
  }
}
world w {
  import j;
  @unstable(feature = fancy)
  import i;
  @unstable(feature = more)
  include v;
}
world v { import plain: func(); }
)";

TEST(WitGates, LeaveOutWhatIsNotChosen) {
  EXPECT_EQ(printed(resolved(gated)), R"(package a:b@1.1.0;

interface j {
  @since(version = 1.0.0)
  @deprecated(version = 1.1.0)
  f: func();
}

world v {
  import plain: func();
}

world w {
  import j;
}
)");
  const std::string fancy =
      printed(resolved(gated, with_features({"fancy"})), with_features({"fancy"}));
  EXPECT_NE(fancy.find("  @unstable(feature = fancy)\n  import i;\n"), std::string::npos);
  EXPECT_EQ(fancy.find("resource r"), std::string::npos);
  const LoadOptions all{.gates = {.all_features = true}};
  const std::string everything = printed(resolved(gated, all), all);
  EXPECT_NE(everything.find("resource r"), std::string::npos);
  EXPECT_NE(everything.find("import plain"), std::string::npos);
}

TEST(WitGates, AreNeededByWhatRefersToThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"interface i { @unstable(feature = x) type t = u8; type u = t; }",
       "1:79: `t` is left out: its gate @unstable(feature = x) is not chosen, and what refers to "
       "it "
       "has no such gate"},
      {"@unstable(feature = x) interface i { type t = u8; } interface j { use i.{t}; }",
       "1:90: `i` is left out: its gate @unstable(feature = x) is not chosen, and what refers to "
       "it "
       "has no such gate"},
      {"interface i { @unstable(feature = x) type t = u8; } interface j { use i.{t}; }",
       "1:93: `t` is left out: its gate @unstable(feature = x) is not chosen"},
      {"@unstable(feature = x) world v {} world w { include v; }",
       "1:72: `v` is left out: its gate @unstable(feature = x) is not chosen, and what refers to "
       "it "
       "has no such gate"},
      {"@since(version = 1.0.1) interface i {}",
       "1:54: @since(version = 1.0.1) is a later version than that of the package `a:b@1.0.0`"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(message(std::string("package a:b@1.0.0; ") + text),
              std::string("test.wit:") + expected)
        << text;
  }
  EXPECT_EQ(message("package a:b; @since(version = 1.0.0) interface i {}"),
            "test.wit:1:48: @since(version = 1.0.0) needs a version of the package, and `a:b` has "
            "none");
}

}  // namespace
}  // namespace cairn::component::wit
