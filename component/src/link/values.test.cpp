// Value definitions, imports and exports, and start functions of components (Explainer.md, "Value
// Definitions", "Start Definitions").

#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>

#include <thread>

namespace cairn::component {
namespace {

class Values : public testing::Test {
 protected:
  Result<Instance> make(std::string_view text) {
    return linker_.instantiate(store_, TRY(Component::load_text(engine_, text)));
  }
  engine::Engine engine_;
  ComponentLinker linker_{engine_};
  Store store_{engine_};
};

Value number(int64_t n) { return Value::number(n); }
Value list(Value::Sequence items) { return Value::sequence(std::move(items)); }

TEST_F(Values, OfEveryTypeAreExported) {
  const Result<Instance> instance = make(R"((component
    (value $a bool true) (value $g s16 -6) (value $i s64 -8) (value $e u64 18446744073709551615)
    (value $k f64 9.5) (value $l char 'a') (value $m string "h\c3\b6")
    (type $variant' (variant (case "a" bool) (case "b" u8)))
    (export $variant "variant" (type $variant'))
    (value $o $variant (binary "\01\01"))
    (value $p (list (result (option u8))) (list error (ok (some 1)) (ok none)))
    (value $q (tuple u8 s32) (tuple 1 -2))
    (type $flags' (flags "a" "b" "c"))
    (export $flags "flags" (type $flags'))
    (value $r $flags (binary "\05"))
    (type $enum' (enum "a" "b" "c"))
    (export $enum "enum" (type $enum'))
    (value $s $enum (binary "\01"))
    (value $u string (binary "\07example"))
    (export "a" (value $a)) (export "g" (value $g)) (export "i" (value $i))
    (export "e" (value $e)) (export "k" (value $k)) (export "l" (value $l))
    (export "m" (value $m)) (export "o" (value $o)) (export "p" (value $p))
    (export "q" (value $q)) (export "r" (value $r)) (export "s" (value $s))
    (export "u" (value $u))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  const auto get = [&](std::string_view name) { return *instance->value(name); };
  EXPECT_EQ(get("a"), number(1));
  EXPECT_EQ(get("g"), number(-6));
  EXPECT_EQ(get("i"), number(-8));
  EXPECT_EQ(get("e"), Value::number(UINT64_MAX));
  EXPECT_EQ(get("k"), Value::f64(9.5));
  EXPECT_EQ(get("l"), number('a'));
  EXPECT_EQ(get("m"), Value::string("hö"));
  EXPECT_EQ(get("o"), Value::variant(1, number(1)));
  EXPECT_EQ(get("p"), list({Value::variant(1), Value::variant(0, Value::variant(1, number(1))),
                            Value::variant(0, Value::variant(0))}));
  EXPECT_EQ(get("q"), list({number(1), number(-2)}));
  EXPECT_EQ(get("r"), number(5));
  EXPECT_EQ(get("s"), Value::variant(1));
  EXPECT_EQ(get("u"), Value::string("example"));
  EXPECT_EQ(instance->value("b"), nullptr);
}

/// `start` adds 1 to what it gets; of strings it gives the length.
constexpr std::string_view starter = R"((component
  (import "n" (value $n u32))
  (import "text" (value $text string))
  (core module $M (memory (export "mem") 1)
    (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "size") (param i32 i32) (result i32) (local.get 1))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
  (core instance $m (instantiate $M))
  (func $inc (param "n" u32) (result u32) (canon lift (core func $m "inc")))
  (func $size (param "s" string) (result u32) (canon lift (core func $m "size")
    (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
  (start $inc (value $n) (result (value $n1)))
  (start $inc (value $n1) (result (value $n2)))
  (start $size (value $text) (result (value $length)))
  (export "n" (value $n2))
  (export "length" (value $length))))";

TEST_F(Values, GoThroughStartFunctions) {
  linker_.root().value("n", number(40)).value("text", Value::string("four"));
  const Result<Instance> instance = make(starter);
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_EQ(*instance->value("n"), number(42));
  EXPECT_EQ(*instance->value("length"), number(4));
}

TEST_F(Values, OfTheHostAreChecked) {
  linker_.root().value("n", number(40));
  EXPECT_EQ(make(starter).error().message, "unknown import: value `text`");
  for (const Value& wrong : {number(4), Value::string("\xff"), list({})}) {
    linker_.root().value("text", wrong);
    const Result<Instance> instance = make(starter);
    ASSERT_FALSE(instance);
    EXPECT_EQ(instance.error().kind, ErrorKind::unlinkable);
    EXPECT_EQ(instance.error().message,
              "the host's value `text` is not of the import's type string");
  }
  linker_.root().value("text", Value::string("")).value("n", number(-1));
  EXPECT_EQ(make(starter).error().message, "the host's value `n` is not of the import's type u32");
}

TEST_F(Values, PassFromComponentToComponent) {
  const Result<Instance> instance = make(R"((component
    (component $Giver
      (value $v (list u8) (list 1 2 3))
      (export "v" (value $v)))
    (component $Taker
      (import "got" (value $got (list u8)))
      (export "given" (value $got)))
    (instance $giver (instantiate $Giver))
    (instance $taker (instantiate $Taker (with "got" (value $giver "v"))))
    (alias export $taker "given" (value $v))
    (export "v" (value $v))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_EQ(*instance->value("v"), list({number(1), number(2), number(3)}));
}

constexpr std::string_view starts_with_host = R"((component
  (import "ask" (func $ask (param "q" string) (result u32)))
  (value $q string "?")
  (start $ask (value $q) (result (value $a)))
  (export "answer" (value $a))))";

TEST_F(Values, StartWithFunctionsOfTheHost) {
  linker_.root().func(
      "ask", [](HostCall&, const std::string& q) -> uint32_t { return q == "?" ? 42 : 0; });
  const Result<Instance> instance = make(starts_with_host);
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_EQ(*instance->value("answer"), number(42));
}

TEST_F(Values, StartWithFunctionsThatWait) {
  std::thread other;
  linker_.root().func("ask", HostFunction([&](HostCall& call) -> Result<std::optional<Value>> {
                        other = std::thread([completion = call.suspend()] {
                          completion->complete(std::optional(number(42)));
                        });
                        return std::nullopt;
                      }));
  const Result<Instance> instance = make(starts_with_host);
  other.join();
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_EQ(*instance->value("answer"), number(42));
}

TEST_F(Values, StartFunctionsMayTrap) {
  const Result<Instance> instance = make(R"((component
    (core module $M (func (export "f") unreachable))
    (core instance $m (instantiate $M))
    (func $f (canon lift (core func $m "f")))
    (start $f)))");
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().message, "unreachable");
}

TEST_F(Values, AResultOfTheWrongTypeIsAnError) {
  linker_.root().func("ask", HostFunction([](HostCall&) -> Result<std::optional<Value>> {
                        return Value::string("no number");
                      }));
  EXPECT_EQ(make(starts_with_host).error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace cairn::component
