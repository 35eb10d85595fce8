// Packages of several files, and what they need from `deps`.

#include <cairn/component/binary.hpp>
#include <cairn/component/wit_binary.hpp>

#include <cerrno>

#include "wit/test_support.hpp"

namespace cairn::component::wit {
namespace {

using Tree = std::map<std::string, std::string>;

void fill(SimulatedFiles& files, const Tree& tree) {
  for (const auto& [path, text] : tree) ASSERT_TRUE(files.write_file(path, as_bytes(text)));
}

/// The text of all packages, or the error as it is shown.
std::string load_tree(const Tree& tree, const std::string& path = "wit") {
  SimulatedFiles files;
  fill(files, tree);
  Sources sources;
  const LoadOptions options;
  const Result<Loaded> loaded = load(files, path, options, sources);
  return loaded ? printed(*loaded) : sources.render(loaded.error());
}

const Tree split = {{"wit/a.wit", "package a:b;\nuse c:d/i;\ninterface j { use i.{t}; }"},
                    {"wit/b.wit", "world w { import j; import here; }"},
                    {"wit/c.wit", "package a:b; interface here { use j.{t}; }"},
                    {"wit/README.md", "no WIT"},
                    {"wit/deps/cd/one.wit", "package c:d; interface i { use e:f/k@1.0.0.{t}; }"},
                    {"wit/deps/cd/two.wit", "interface unused {}"},
                    {"wit/deps/cd/deps/x.wit", "package never:read;"},
                    {"wit/deps/ef.wit", "package e:f@1.0.0; interface k { type t = u8; }"},
                    {"wit/deps/notes.txt", "no WIT"}};

TEST(WitLoad, ReadsDirectories) {
  EXPECT_EQ(load_tree(split), R"(package a:b;

interface j {
  use c:d/i.{t};
}

interface here {
  use j.{t};
}

world w {
  import e:f/k@1.0.0;
  import c:d/i;
  import j;
  import here;
}

package e:f@1.0.0 {
  interface k {
    type t = u8;
  }
}

package c:d {
  interface i {
    use e:f/k@1.0.0.{t};
  }

  interface unused {
  }
}
)");
}

TEST(WitLoad, ReadsSingleFiles) {
  EXPECT_EQ(load_tree({{"one.wit", "package a:b; interface i {}"}, {"two.wit", "bad"}}, "one.wit"),
            "package a:b;\n\ninterface i {\n}\n");
}

TEST(WitLoad, KeepsNamesOfTopLevelUseInTheirFile) {
  EXPECT_EQ(load_tree({{"wit/a.wit", "package a:b; use i as j; interface i { type t = u8; }"},
                       {"wit/b.wit", "interface k { use j.{t}; }"}}),
            "wit/b.wit:1:19: error: there is no interface or world `j` in the package `a:b`\n"
            "  interface k { use j.{t}; }\n"
            "                    ^\n");
}

TEST(WitLoad, ReportsWhatDoesNotFit) {
  EXPECT_EQ(load_tree({{"wit/a.wit", "package a:b;"}, {"wit/b.wit", "package a:c;"}}),
            "wit/b.wit:1:9: error: this file is of the package `a:c`, others beside it are of "
            "`a:b`\n  package a:c;\n          ^\n");
  EXPECT_EQ(load_tree({{"wit/a.txt", ""}}),
            "wit: error: there is no file `*.wit` in this directory\n");
  EXPECT_EQ(load_tree({{"wit/a.wit", "interface i {}"}}),
            "wit: error: no file begins with `package namespace:name;`\n");
  EXPECT_EQ(load_tree({{"wit/a.wit", "package a:b;"}, {"wit/deps/x.wit", "interface i {}"}}),
            "wit/deps/x.wit: error: no file begins with `package namespace:name;`\n");
  EXPECT_EQ(load_tree({{"wit/a.wit", "package a:b;"},
                       {"wit/deps/x.wit", "package c:d; interface i { use e:f/j.{t}; }"},
                       {"wit/deps/y.wit", "package e:f; interface j { use c:d/i.{t}; }"}}),
            "wit/deps/x.wit:1:9: error: the package `c:d` refers to itself: `c:d` → `e:f` → `c:d`\n"
            "  package c:d; interface i { use e:f/j.{t}; }\n"
            "          ^\n");
  EXPECT_NE(load_tree({}, "nothing").find("nothing: error: "), std::string::npos);
}

TEST(WitLoad, JoinsDocumentationOfFiles) {
  EXPECT_EQ(
      load_tree({{"wit/a.wit", "/// One.\npackage a:b;"}, {"wit/b.wit", "/// Two.\npackage a:b;"}}),
      "/// One.\n///\n/// Two.\npackage a:b;\n");
}

TEST(WitLoad, TakesEncodedPackages) {
  const Loaded theirs = resolved(
      "package c:d@1.0.0; /// Docs.\ninterface i { use e:f/k.{t}; record r { x: t } } "
      "world w { import i; } package e:f { interface k { type t = u8; type u = u8; } }");
  const Bytes encoded = encode(encode_package(theirs.resolve, theirs.root));
  Tree tree = {{"wit/a.wit",
                "package a:b; interface j { use c:d/i@1.0.0.{r}; } "
                "world w { include c:d/w@1.0.0; }"},
               {"wit/deps/cd.wasm", std::string(as_text(encoded))}};
  const std::string text = load_tree(tree);
  EXPECT_NE(text.find("  /// Docs.\n  interface i {"), std::string::npos) << text;
  EXPECT_NE(text.find("package e:f {\n  interface k {\n    type t = u8;\n    type u = u8;\n  }\n}"),
            std::string::npos)
      << text;
  tree["wit/deps/ef.wit"] =
      "package e:f; interface other {} interface k { type u = u8; type t = "
      "u8; }";
  EXPECT_NE(load_tree(tree).find("interface other"), std::string::npos);
  tree["wit/deps/ef.wit"] = "package e:f; interface k { type u = u8; }";
  EXPECT_EQ(load_tree(tree),
            "wit/deps/cd.wasm: error: a type `t` is expected in the interface "
            "`e:f/k`, which has none\n");
  tree["wit/deps/cd.wit"] = "package c:d@1.0.0;";
  EXPECT_EQ(load_tree(tree),
            "wit/deps/cd.wit:1:9: error: the package `c:d@1.0.0` is defined here "
            "and in `wit/deps/cd.wasm`\n  package c:d@1.0.0;\n          ^\n");
  EXPECT_EQ(load_tree({{"one.wasm", std::string(as_text(encoded))}}, "one.wasm").substr(0, 20),
            "package c:d@1.0.0;\n\n");
}

/// The order in which packages are first spoken of need not be the order in which they are used.
TEST(WitLoad, TakesEncodedPackagesInAnyOrder) {
  const Loaded theirs = resolved(
      "package c:d; interface a { type t = u8; } interface b { use e:f/k.{u}; use a.{t}; } "
      "world w { import b; import i: interface { use e:f/k.{u}; } } "
      "package e:f { interface k { type u = u8; } }");
  const Bytes encoded = encode(encode_package(theirs.resolve, theirs.root));
  EXPECT_EQ(load_tree({{"wit/a.wit", "package a:b; world v { include c:d/w; }"},
                       {"wit/deps/cd.wasm", std::string(as_text(encoded))}}),
            R"(package a:b;

world v {
  import e:f/k;
  import c:d/a;
  import c:d/b;

  import i: interface {
    use e:f/k.{u};
  }
}

package e:f {
  interface k {
    type u = u8;
  }
}

package c:d {
  interface a {
    type t = u8;
  }

  interface b {
    use e:f/k.{u};
    use a.{t};
  }

  world w {
    import e:f/k;
    import a;
    import b;

    import i: interface {
      use e:f/k.{u};
    }
  }
}
)");
}

TEST(WitLoad, PassesOnWhatTheDiskSays) {
  for (uint64_t n = 0;; ++n) {
    SimulatedFiles files;
    fill(files, split);
    const uint64_t before = files.calls();
    files.fail_on(n, EIO);
    Sources sources;
    const Result<Loaded> loaded = load(files, "wit", {}, sources);
    if (files.calls() - before <= n) {
      EXPECT_TRUE(loaded);
      EXPECT_GT(n, 5u);
      break;
    }
    ASSERT_FALSE(loaded) << n;
    EXPECT_EQ(loaded.error().kind, ErrorKind::io);
  }
}

}  // namespace
}  // namespace cairn::component::wit
