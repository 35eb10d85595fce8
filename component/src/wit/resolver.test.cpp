// Names, types and packages: what is resolved, and what is refused.

#include "wit/test_support.hpp"

namespace cairn::component::wit {
namespace {

TEST(WitResolver, PutsTypesIntoOrder) {
  const Loaded loaded = resolved(
      "package a:b; interface i { f: func(x: c); record c { x: b, y: list<a> } type b = a; "
      "resource r { m: func(); } type a = u32; g: func(); }");
  EXPECT_EQ(printed(loaded), R"(package a:b;

interface i {
  resource r {
    m: func();
  }

  type a = u32;
  type b = a;

  record c {
    x: b,
    y: list<a>,
  }

  f: func(x: c);
  g: func();
}
)");
}

TEST(WitResolver, PutsInterfacesIntoOrder) {
  const Loaded loaded = resolved(
      "package a:b; interface x { use y.{t}; } interface y { use z.{t}; } interface z { type t = "
      "u8; }");
  std::string order;
  for (const InterfaceId id : loaded.resolve[loaded.root].interfaces) {
    order += loaded.resolve[id].name;
  }
  EXPECT_EQ(order, "zyx");
  printed(loaded);
}

TEST(WitResolver, MakesHandlesOfResources) {
  const Loaded loaded = resolved(
      "package a:b; interface i { resource r; type s = r; f: func(a: r, b: borrow<s>) -> own<s>; "
      "}");
  const Function& function = loaded.resolve.interfaces[0].functions[0];
  const auto kind = [&](const Type& type) {
    return loaded.resolve[std::get<TypeId>(type)].kind.index();
  };
  EXPECT_EQ(kind(function.params[0].type), TypeKind(Own{}).index());
  EXPECT_EQ(kind(function.params[1].type), TypeKind(Borrow{}).index());
  EXPECT_EQ(kind(*function.result), TypeKind(Own{}).index());
  EXPECT_TRUE(loaded.resolve.has_borrow(function.params[1].type));
}

TEST(WitResolver, FindsNamesOfFilesAndPackages) {
  printed(resolved(R"(
    package a:b@1.0.0;
    use c:d/types@0.2.0 as theirs;
    use mine as ours;
    interface mine { type t = u8; }
    interface user {
      use theirs.{t};
      use ours.{t as u};
      use a:b/mine@1.0.0.{t as v};
    }
    package c:d@0.2.0 { interface types { type t = u16; } }
  )"));
}

TEST(WitResolver, ReportsBadNames) {
  const std::pair<const char*, const char*> cases[] = {
      {"interface i { type t = u; }", "1:37: there is no type `u` here"},
      {"interface i { type t = float64; }",
       "1:37: there is no type `float64` here; the 64-bit float is `f64`"},
      {"interface i { f: func(); g: func(x: f); }", "1:50: `f` is a function, expected a type"},
      {"interface i { type t = u8; type t = u8; }", "1:46: the name `t` is taken already"},
      {"interface i { type t = u8; type T = u8; }",
       "1:46: the name `T` differs from `t` in upper and lower case only"},
      {"interface i { type t = u8; t: func(); }", "1:41: the name `t` is taken already"},
      {"interface i {} interface i {}",
       "1:39: the package `a:b` has an interface or world `i` already"},
      {"interface i {} world I {}",
       "1:35: the name `I` differs from `i` in upper and lower case only"},
      {"use i as j; interface i {} interface j {}", "1:23: this file has the name `j` already"},
      {"interface i { use j.{t}; }",
       "1:32: there is no interface or world `j` in the package `a:b`"},
      {"interface i { use j.{t}; } interface j {}",
       "1:35: there is no type `t` in the interface `a:b/j`"},
      {"interface i { use j.{t}; } interface j { t: func(); }",
       "1:35: `t` is a function, `use` takes types only"},
      {"interface i { use j.{}; } interface j {}", "1:32: this `use` names no type"},
      {"interface i { use w.{t}; } world w {}", "1:32: `w` is a world, expected an interface"},
      {"interface i { use c:d/j.{t}; }", "1:32: there is no package `c:d`; there are `a:b`"},
      {"interface i { use c:d/j.{t}; } package c:d@1.0.0 {}",
       "1:32: there is no package `c:d`, but `c:d@1.0.0`"},
      {"interface i { use c:d/j.{t}; } package c:d { interface k {} world l {} }",
       "1:36: there is no interface or world `j` in the package `c:d`, which has `k`, `l`"},
      {"interface i { use c:d/j.{t}; } package c:d {}",
       "1:36: there is no interface or world `j` in the package `c:d`, which is empty"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(message(std::string("package a:b; ") + text), std::string("test.wit:") + expected)
        << text;
  }
}

TEST(WitResolver, ReportsCycles) {
  EXPECT_EQ(message("package a:b; interface i { record t { x: option<u> } type u = t; }"),
            "test.wit:1:35: the type `t` is made of itself: `t` → `u` → `t`");
  EXPECT_EQ(message("package a:b; interface i { use j.{t}; } interface j { use i.{u}; }"),
            "test.wit:1:24: the interface `i` uses itself: `i` → `j` → `i`");
  EXPECT_EQ(message("package a:b; world v { include w; } world w { include v; }"),
            "test.wit:1:20: the world `v` includes itself: `v` → `w` → `v`");
  EXPECT_EQ(message("package a:b; interface i { use c:d/j.{t}; } "
                    "package c:d { interface j { use a:b/i.{t}; } }"),
            "test.wit:1:9: the package `a:b` refers to itself: `a:b` → `c:d` → `a:b`");
}

TEST(WitResolver, ReportsBadTypes) {
  const std::pair<const char*, const char*> cases[] = {
      {"record r {}", "1:35: `r` has no field, expected at least one"},
      {"flags f {}", "1:34: `f` has no flag, expected at least one"},
      {"enum e {}", "1:33: `e` has no case, expected at least one"},
      {"record r { a: u8, A: u8 }", "1:46: `r` has the field `a` already"},
      {"variant v { a, a }", "1:43: `v` has the case `a` already"},
      {"type t = u8; type u = borrow<t>;", "1:57: `t` is no resource, and only those have handles"},
      {"type t = map<f32, u8>;", "1:41: the keys of a map are bool, char, string or integers"},
      {"resource r; type t = stream<borrow<r>>;",
       "1:56: streams and futures cannot carry borrowed handles"},
      {"resource r; f: func() -> list<borrow<r>>;",
       "1:53: the result of `f` holds a borrowed handle, which would outlive the call"},
      {"f: func(a: u8, A: u8);", "1:43: this function has a parameter `a` already"},
      {"resource r { m: func(self: u8); }", "1:49: this function has a parameter `self` already"},
      {"resource r { constructor() -> r; }",
       "1:58: a constructor gives `r` (with nothing written) or `result<r, …>`"},
      {"resource r { constructor(); constructor(); }", "1:56: `r` has a constructor already"},
      {"resource r { m: func(); M: static func(); }", "1:52: `r` has a function `M` already"},
      {"resource r { R: func(); }",
       "1:41: a function of the resource `r` cannot have the same name"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(message(std::string("package a:b; interface i { ") + text + " }"),
              std::string("test.wit:") + expected)
        << text;
  }
  const auto flags = [](int count) {
    std::string text = "package a:b; interface i { flags f {";
    for (int i = 0; i < count; ++i) text += "x" + std::to_string(i) + ",";
    return message(text + "} }");
  };
  EXPECT_EQ(flags(32), "");
  EXPECT_EQ(flags(33), "test.wit:1:155: `f` has more than 32 flags");
}

TEST(WitResolver, NeedsAPackageName) {
  EXPECT_EQ(message("interface i {}"), "test.wit: no file begins with `package namespace:name;`");
  EXPECT_EQ(message("package a:b { interface i {} }"),
            "test.wit: no file begins with `package namespace:name;`");
}

TEST(WitResolver, TakesAPackageTwiceIfItIsTheSame) {
  const std::string first = "package a:b; package c:d { interface i { type t = u8; } } ";
  EXPECT_EQ(message(first + "package c:d { /* the same */ interface i { type  t = u8; } }"), "");
  EXPECT_EQ(message(first + "package c:d { interface i { type t = u16; } }"),
            "test.wit:1:67: the package `c:d` is defined elsewhere in another way (test.wit:1:22)");
}

TEST(WitResolver, SelectsWorlds) {
  const Loaded loaded = resolved(
      "package a:b; world one {} package c:d@1.0.0 { world two {} world three {} } package "
      "c:d@2.0.0 "
      "{ world two {} }");
  const auto select = [&](std::string_view name) {
    const Result<WorldId> world = select_world(loaded.resolve, loaded.root, name);
    return world ? loaded.resolve.name_of(*world) : world.error().message;
  };
  EXPECT_EQ(select(""), "a:b/one");
  EXPECT_EQ(select("one"), "a:b/one");
  EXPECT_EQ(select("c:d/two@1.0.0"), "c:d/two@1.0.0");
  EXPECT_EQ(select("c:d/three"), "c:d/three@1.0.0");
  EXPECT_EQ(select("c:d/two"), "more than one world `c:d/two`: `c:d/two@1.0.0`, `c:d/two@2.0.0`");
  EXPECT_EQ(select("four"),
            "there is no world `four`; there are `a:b/one`, `c:d/two@1.0.0`, "
            "`c:d/three@1.0.0`, `c:d/two@2.0.0`");
}

TEST(WitResolver, BoundsWhatPackagesHold) {
  LoadOptions options;
  options.limits.types = 3;
  EXPECT_EQ(message("package a:b; interface i { type t = u8; type u = u8; type v = u8; }", options),
            "");
  EXPECT_EQ(
      message("package a:b; interface i { type t = u8; type u = u8; type v = list<list<u8>>; }",
              options),
      "test.wit:1:59: more than 3 types");
  options.limits.world_items = 4;
  EXPECT_EQ(
      message("package a:b; interface i {} world v { import i; } world w { include v; }", options),
      "");
  EXPECT_EQ(message("package a:b; interface i {} world v { import i; } world w { include v; export "
                    "i; }",
                    options),
            "test.wit:1:69: more than 4 imports and exports of worlds");
}

/// Nothing grows with the square of the input, or on the native stack.
TEST(WitResolver, TakesLongInputs) {
  std::string chain = "package a:b;\ninterface i0 { type t = u8; }\n";
  for (int i = 1; i < 3'000; ++i) {
    chain += "interface i" + std::to_string(i) + " { use i" + std::to_string(i - 1) + ".{t}; }\n";
  }
  EXPECT_EQ(message(chain + "world w { import i2999; export i2998; }"), "");
  std::string types = "package a:b;\ninterface i {\n type t0 = u8;\n";
  for (int i = 1; i < 20'000; ++i) {
    types += "type t" + std::to_string(i) + " = t" + std::to_string(i - 1) + ";\n";
  }
  EXPECT_EQ(message(types + "}"), "");
}

}  // namespace
}  // namespace cairn::component::wit
