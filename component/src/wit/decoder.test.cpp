// The WIT of components that are no packages.

#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/wit_binary.hpp>
#include <cairn/wasm/text.hpp>

#include <algorithm>
#include <filesystem>

#include "wit/test_support.hpp"

namespace cairn::component::wit {
namespace {

/// The WIT of a component in text form, which is parsed to the same again; or the error.
std::string wit_of(std::string_view text) {
  const Result<syntax::Component> component = component::parse_text(text);
  if (!component) return wasm::render_error(component.error(), text, "test.wat");
  const Result<Decoded> decoded = decode_component(*component);
  if (!decoded) return decoded.error().message;
  return printed({decoded->resolve, decoded->root});
}

TEST(WitDecoder, ReadsImportsAndExports) {
  EXPECT_EQ(wit_of(R"((component
    (import "wasi:io/poll@0.2.0" (instance $poll
      (export "pollable" (type $p (sub resource)))
      (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/clock@0.2.0" (instance
      (alias outer 1 $pollable (type $outer))
      (export "pollable" (type $p (eq $outer)))
      (type $t u64)
      (export "instant" (type $i (eq $t)))
      (export "subscribe" (func (param "when" $i) (result (own $p))))))
    (import "log" (func $log (param "message" string)))
    (import "local" (instance (export "f" (func async))))
    (export "again" (func $log))))"),
            R"(package root:component;

world root {
  import wasi:io/poll@0.2.0;
  import wasi:clocks/clock@0.2.0;

  import local: interface {
    f: async func();
  }

  import log: func(message: string);

  export again: func(message: string);
}

package wasi:io@0.2.0 {
  interface poll {
    resource pollable {
      ready: func() -> bool;
    }
  }
}

package wasi:clocks@0.2.0 {
  interface clock {
    use wasi:io/poll@0.2.0.{pollable};

    type instant = u64;

    subscribe: func(when: instant) -> pollable;
  }
}
)");
}

/// Tools export interfaces through a component that gives their types new names.
TEST(WitDecoder, FollowsInstantiations) {
  EXPECT_EQ(wit_of(R"((component
    (type $point (record (field "x" s32)))
    (type $f (func (param "at" $point)))
    (core module $m (func (export "f") (param i32)))
    (core instance $i (instantiate $m))
    (func $lifted (type $f) (canon lift (core func $i "f")))
    (component $shim
      (type $point (record (field "x" s32)))
      (import "import-type-point" (type $p (eq $point)))
      (import "import-func-f" (func $f (param "at" $p)))
      (export $named "point" (type $p))
      (export "f" (func $f) (func (param "at" $named))))
    (instance $shim (instantiate $shim
      (with "import-func-f" (func $lifted)) (with "import-type-point" (type $point))))
    (export "my:app/shapes" (instance $shim))
    (instance $inline (export "go" (func $lifted)) (export "dot" (type $point)))
    (export "direct" (instance $inline))))"),
            R"(package root:component;

world root {
  export my:app/shapes;

  export direct: interface {
    record dot {
      x: s32,
    }

    go: func(at: dot);
  }
}

package my:app {
  interface shapes {
    record point {
      x: s32,
    }

    f: func(at: point);
  }
}
)");
}

/// A record that is exported twice is two records, as far as others can see; a resource is one.
TEST(WitDecoder, KnowsResourcesThatAreExportedTwice) {
  EXPECT_EQ(wit_of(R"((component
    (type $r (resource (rep i32)))
    (instance $one (export "r" (type $r)))
    (export "a:b/one" (instance $one))
    (instance $two (export "s" (type $r)))
    (export "a:b/two" (instance $two))))"),
            R"(package root:component;

world root {
  export a:b/one;
  export a:b/two;
}

package a:b {
  interface one {
    resource r;
  }

  interface two {
    use one.{r as s};
  }
}
)");
}

TEST(WitDecoder, ReadsAttributes) {
  EXPECT_EQ(wit_of(R"((component
    (import "one" (implements "a:b/i") (external-id "//1") (instance (export "f" (func))))
    (import "a:b/i" (instance (export "f" (func))))
    (import "c:d/j@0.2" (versionsuffix ".6") (instance (export "g" (func))))
    (import "e:f/k@1" (instance))))"),
            R"(package root:component;

world root {
  @external-id("//1")
  import one: a:b/i;

  import a:b/i;
  import c:d/j@0.2.6;
  import e:f/k@1.0.0;
}

package a:b {
  interface i {
    f: func();
  }
}

package c:d@0.2.6 {
  interface j {
    g: func();
  }
}

package e:f@1.0.0 {
  interface k {
  }
}
)");
}

TEST(WitDecoder, ReportsWhatWitCannotSay) {
  const std::pair<const char*, const char*> cases[] = {
      {R"((component (import "m" (core module))))",
       "`m` is a module, a component or a value, which WIT has no words for"},
      {R"((component (import "c" (component))))",
       "`c` is a module, a component or a value, which WIT has no words for"},
      {R"((component (import "i" (instance (export "j" (instance))))))",
       "`j` is no function and no type, and WIT has nothing else in interfaces"},
      {R"((component (type $r (record (field "a" u8))) (import "f" (func (param "a" $r)))))",
       "a record, variant, enum or flags type has no name here, and needs one in WIT"},
      {R"((component (import "[method]r.m" (func))))",
       "there is no resource `r` for `[method]r.m`"},
      {R"((component (import "r" (type (sub resource))) (import "[method]r.m" (func))))",
       "`[method]r.m` has no parameter `self` that borrows its resource"},
      {R"((component (type (component (export "a:b/i" (instance)))) (export "j" (type 0))))",
       "the type `j` holds the interface `i`"},
      {R"((component (type (component)) (export "j" (type 0))))",
       "expected one export in the type `j`, found 0"},
      {R"((component (type u8) (export "j" (type 0))))",
       "expected the type of a component as the export `j` of a package"},
      {R"((component
        (type (component (export "a:b/i" (instance)))) (export "i" (type 0))
        (type (component (export "a:c/j" (instance)))) (export "j" (type 2))))",
       "a package has items of `a:b` and of `a:c`"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(wit_of(text), expected) << text;
}

/// Functions may speak of types of other interfaces; WIT needs a `use` for that.
TEST(WitDecoder, BringsTypesIntoScope) {
  EXPECT_EQ(wit_of(R"((component
    (import "a:b/i" (instance $i
      (type $r (record (field "x" u8)))
      (export "t" (type (eq $r)))
      (export "r" (type (sub resource)))))
    (alias export $i "t" (type $t))
    (alias export $i "r" (type $r))
    (import "f" (func (param "x" $t) (result (own $r))))
    (import "c:d/j" (instance
      (alias outer 1 $t (type $t))
      (type $u u8)
      (export "t" (type (eq $u)))
      (export "g" (func (param "x" $t)))))))"),
            R"(package root:component;

world root {
  import a:b/i;
  import c:d/j;

  use a:b/i.{t, r};

  import f: func(x: t) -> r;
}

package a:b {
  interface i {
    record t {
      x: u8,
    }

    resource r;
  }
}

package c:d {
  interface j {
    use a:b/i.{t as t-2};

    type t = u8;

    g: func(x: t-2);
  }
}
)");
  EXPECT_EQ(wit_of(R"((component
    (import "i" (instance $i (export "r" (type (sub resource)))))
    (alias export $i "r" (type $r))
    (import "f" (func (param "x" (own $r))))))"),
            "the type `r` is used outside of its world or of an interface without a name, which "
            "WIT cannot say");
}

TEST(WitDecoder, ReadsNestedNames) {
  const Loaded loaded = resolved("package a:b/c; interface i { f: func(); }");
  const Result<Decoded> decoded = decode_component(encode_package(loaded.resolve, loaded.root));
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_EQ(print(decoded->resolve, decoded->root), print(loaded.resolve, loaded.root));
}

/// Each instantiation counts, however short the text is.
TEST(WitDecoder, BoundsInstantiations) {
  std::string text = "(component (component $c0)";
  for (int i = 1; i < 40; ++i) {
    const std::string inner = "(instance (instantiate $c" + std::to_string(i - 1) + "))";
    text += "(component $c" + std::to_string(i) + " (alias outer 1 $c" + std::to_string(i - 1) +
            " (component $c" + std::to_string(i - 1) + "))" + inner + inner + ")";
  }
  text += "(instance (instantiate $c39)) (import \"f\" (func)))";
  EXPECT_EQ(wit_of(text), "more than 5000000 definitions, those of instantiations counted");
}

/// Components that others made: those of the WASI 0.3 suite.
TEST(WitDecoder, ReadsComponentsOfTheSuite) {
  const std::filesystem::path folder =
      std::filesystem::path(CAIRN_TESTSUITES) / "wasi/rust/wasm32-wasip3";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  RealFiles files;
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".wasm") continue;
    const Result<Bytes> bytes = files.read_file(entry.path());
    ASSERT_TRUE(bytes);
    const Result<syntax::Component> component = component::decode(*bytes);
    ASSERT_TRUE(component) << entry.path() << component.error().to_string();
    const Result<Decoded> decoded = decode_component(*component);
    ASSERT_TRUE(decoded) << entry.path() << decoded.error().to_string();
    const std::string text = printed({decoded->resolve, decoded->root});
    EXPECT_NE(text.find("export wasi:"), std::string::npos) << entry.path();
    ++count;
  }
  EXPECT_EQ(count, 55);
}

}  // namespace
}  // namespace cairn::component::wit
