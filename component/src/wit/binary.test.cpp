// WIT in components, both ways.

#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/wit_binary.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include "wit/test_support.hpp"

namespace cairn::component::wit {
namespace {

/// The component of a text, which must be fine.
syntax::Component component_of(std::string_view text) {
  Result<syntax::Component> component = component::parse_text(text);
  EXPECT_TRUE(component) << wasm::render_error(component.error(), text, "expected.wat");
  return component ? *std::move(component) : syntax::Component{};
}

/// Without custom sections.
syntax::Component types_of(syntax::Component component) {
  std::erase_if(component.definitions, [](const syntax::Definition& definition) {
    return std::holds_alternative<syntax::Custom>(definition.what);
  });
  return component;
}

/// A package becomes this component, and is the same again when it is read back.
void expect_encoded(const std::string& text, std::string_view expected) {
  const Loaded loaded = resolved(text);
  const syntax::Component component = encode_package(loaded.resolve, loaded.root);
  EXPECT_EQ(types_of(component), component_of(expected)) << text;
  const Result<syntax::Component> read = component::decode(component::encode(component));
  ASSERT_TRUE(read) << read.error().to_string();
  const Result<Decoded> decoded = decode_component(*read);
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_FALSE(decoded->world);
  EXPECT_EQ(print(decoded->resolve, decoded->root), print(loaded.resolve, loaded.root));
  EXPECT_EQ(encode_package(decoded->resolve, decoded->root), component);
}

TEST(WitBinary, EncodesInterfaces) {
  expect_encoded(R"(package local:demo@1.0.0;
    interface types {
      resource file { read: func(off: u32, n: u32) -> list<u8>; }
      record stat { size: u64, name: option<string> }
      type size = u64;
    }
    interface names {
      use types.{file};
      open: async func(name: string) -> result<file>;
    })",
                 R"((component
    (type (component
      (type (instance
        (export "file" (type (sub resource)))
        (type (option string))
        (type (record (field "size" u64) (field "name" 1)))
        (export "stat" (type (eq 2)))
        (type u64)
        (export "size" (type (eq 4)))
        (type (borrow 0))
        (type (list u8))
        (type (func (param "self" 6) (param "off" u32) (param "n" u32) (result 7)))
        (export "[method]file.read" (func (type 8)))))
      (export "local:demo/types@1.0.0" (instance (type 0)))))
    (export "types" (type 0))
    (type (component
      (type (instance
        (export "file" (type (sub resource)))
        (type (option string))
        (type (record (field "size" u64) (field "name" 1)))
        (export "stat" (type (eq 2)))
        (type u64)
        (export "size" (type (eq 4)))))
      (import "local:demo/types@1.0.0" (instance (type 0)))
      (alias export 0 "file" (type))
      (type (instance
        (alias outer 1 1 (type))
        (export "file" (type (eq 0)))
        (type (own 1))
        (type (result 2))
        (type (func async (param "name" string) (result 3)))
        (export "open" (func (type 4)))))
      (export "local:demo/names@1.0.0" (instance (type 2)))))
    (export "names" (type 2))))");
}

TEST(WitBinary, EncodesWorlds) {
  expect_encoded(R"(package a:b;
    interface i { type t = u8; }
    world w {
      import i;
      @external-id("//other")
      import other: i;
      import run: func();
      export go: interface { use i.{t}; f: func(x: t); }
    })",
                 R"((component
    (type (component
      (type (instance (type u8) (export "t" (type (eq 0)))))
      (export "a:b/i" (instance (type 0)))))
    (export "i" (type 0))
    (type (component
      (type (component
        (type (instance (type u8) (export "t" (type (eq 0)))))
        (import "a:b/i" (instance (type 0)))
        (type (instance (type u8) (export "t" (type (eq 0)))))
        (import "other" (implements "a:b/i") (external-id "//other") (instance (type 1)))
        (type (func))
        (import "run" (func (type 2)))
        (alias export 0 "t" (type))
        (type (instance
          (alias outer 1 3 (type))
          (export "t" (type (eq 0)))
          (type (func (param "x" 1)))
          (export "f" (func (type 2)))))
        (export "go" (instance (type 4)))))
      (export "a:b/w" (component (type 0)))))
    (export "w" (type 2))))");
}

TEST(WitBinary, TakesTypesOfExportsWhereTheyAreExported) {
  const Loaded loaded = resolved(
      "package a:b; interface x { resource r; } interface y { use x.{r}; } "
      "world w { import y; export x; export y; }");
  const syntax::Component component = encode_package(loaded.resolve, loaded.root);
  const auto& wrapper =
      std::get<syntax::ComponentType>(std::get<syntax::Type>(component.definitions[4].what).what);
  const auto& world =
      std::get<syntax::ComponentType>(std::get<syntax::Type>(wrapper.declarators[0].what).what);
  std::string aliased;
  for (const syntax::Declarator& declarator : world.declarators) {
    const auto* alias = std::get_if<syntax::Alias>(&declarator.what);
    if (alias == nullptr) continue;
    const auto& target = std::get<syntax::Alias::Export>(alias->target);
    aliased += std::to_string(target.instance) + target.name + " ";
  }
  EXPECT_EQ(aliased, "0r 2r ") << "the import's type for the import, the export's for the export";
}

TEST(WitBinary, KeepsEveryKindOfType) {
  const Loaded loaded = resolved(R"(package a:b;
    interface i {
      resource r { constructor() -> result<r, string>; s: static async func(); }
      variant v { a, b(u8), c(own<r>) }
      flags f { x, y }
      enum e { p, q }
      type t0 = tuple<bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string>;
      type t1 = list<u8, 4>;
      type t2 = map<string, list<v>>;
      type t3 = stream<u8>;
      type t4 = stream;
      type t5 = future<result<_, error-context>>;
      type t6 = future;
      type t7 = t6;
      type t8 = own<r>;
      type t9 = r;
      g: func(a: borrow<r>, b: borrow<t9>, c: list<f>) -> option<e>;
    })");
  const std::string text = printed(loaded);
  const Result<Decoded> decoded = decode_component(encode_package(loaded.resolve, loaded.root));
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_EQ(print(decoded->resolve, decoded->root), text);
}

TEST(WitBinary, KeepsDocumentationAndGates) {
  const LoadOptions all{.gates = {.all_features = true}};
  const Loaded loaded = resolved(R"(/// P
package a:b@1.1.0;
/// I
@since(version = 1.0.0)
interface i {
  /// R
  record r {
    /// F
    f: u8,
    g: u8,
  }
  /// E
  enum e { /** C */ c }
  /// X
  @unstable(feature = x)
  @deprecated(version = 1.1.0)
  resource x { /** M */ m: func(); }
  /// G
  g: func();
}
/// W
world w {
  /// Import
  @since(version = 1.1.0)
  import i;
  /// Named
  import j: i;
  /// T
  type t = u8;
  /// H
  import h: func();
  /// H2
  export h: func();
  /// K
  export k: interface { /** in K */ f: func(); }
}
)",
                                 all);
  const std::string text = printed(loaded, all);
  const Result<Decoded> decoded = decode_component(encode_package(loaded.resolve, loaded.root));
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_EQ(print(decoded->resolve, decoded->root), text);
}

std::string docs_error(const std::string& json, uint8_t version = 1) {
  const Loaded loaded = resolved("package a:b; interface i { f: func(); } world w { import i; }");
  syntax::Component component = encode_package(loaded.resolve, loaded.root);
  auto& custom = std::get<syntax::Custom>(component.definitions.back().what);
  custom.payload = {version};
  append(custom.payload, as_bytes(json));
  const Result<Decoded> decoded = decode_component(component);
  return decoded ? "" : decoded.error().message;
}

TEST(WitBinary, ChecksTheSectionOfDocumentation) {
  EXPECT_EQ(docs_error(R"({"docs":"P","interfaces":{"i":{"funcs":{"f":"old form"}}}})", 0), "");
  EXPECT_EQ(docs_error("{}", 2), "the section `package-docs` is of an unknown version");
  EXPECT_EQ(docs_error("{"), "the section `package-docs` is no JSON");
  EXPECT_EQ(docs_error("[]"), "malformed section `package-docs`: expected an object");
  EXPECT_EQ(docs_error(R"({"docs":1})"), "malformed section `package-docs`: expected a string");
  EXPECT_EQ(docs_error(R"({"worlds":[]})"),
            "malformed section `package-docs`: expected an object as `worlds`");
  EXPECT_EQ(docs_error(R"({"worlds":{"v":{}}})"),
            "the section `package-docs` speaks of the world `v`, which is not there");
  EXPECT_EQ(docs_error(R"({"interfaces":{"i":{"types":{"t":{}}}}})"),
            "the section `package-docs` speaks of the type `t`, which is not there");
  EXPECT_EQ(docs_error(R"({"interfaces":{"i":{"stability":{"stable":{"since":"1"}}}}})"),
            "not a version: unexpected end of input");
  EXPECT_EQ(docs_error(R"({"interfaces":{"i":{"stability":{"stable":{}}}}})"),
            "malformed section `package-docs`: expected `since` or `feature`");
}

TEST(WitBinary, EncodesWorldsForCoreModules) {
  const Loaded loaded = resolved(
      "package a:b@0.1.0; interface i { f: func(); } world v { import i; export go: func(); } "
      "world w { import h: func(); export i; }");
  const auto module_with = [&](std::vector<StringEncoding> strings) {
    wasm::Module module = *wasm::parse_text("(module)");
    std::vector<Bytes> sections;
    for (size_t i = 0; i < strings.size(); ++i) {
      const WorldId world = loaded.resolve[loaded.root].worlds[i];
      sections.push_back(component::encode(encode_world(loaded.resolve, world, strings[i])));
      module.customs.push_back(
          {.name = "component-type:" + std::to_string(i), .payload = sections.back()});
    }
    return wasm::encode(module);
  };
  const auto one = decode_module(module_with({StringEncoding::utf16}));
  ASSERT_TRUE(one && *one) << one.error().to_string();
  EXPECT_EQ((*one)->strings, StringEncoding::utf16);
  EXPECT_EQ((*one)->resolve.name_of(*(*one)->world), "a:b/v@0.1.0");
  const auto two = decode_module(module_with({StringEncoding::utf8, StringEncoding::utf8}));
  ASSERT_TRUE(two && *two) << two.error().to_string();
  EXPECT_EQ(print((*two)->resolve, (*two)->root), R"(package root:root;

world root {
  import a:b/i@0.1.0;

  import h: func();

  export go: func();
  export a:b/i@0.1.0;
}
)");
  const auto none = decode_module(module_with({}));
  EXPECT_TRUE(none && !*none);
  const auto mixed = decode_module(module_with({StringEncoding::utf8, StringEncoding::utf16}));
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().message, "two sections `component-type` pass strings in different ways");
}

}  // namespace
}  // namespace cairn::component::wit
