// Guests that are built with bindings of `cairn bindgen`, made components by `cairn component new`,
// composed, and called with values of all kinds.

#include <gtest/gtest.h>
#include <cairn/base/files.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>
#include <cairn/component/streams.hpp>
#include <cairn/wasi/guest.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "command.hpp"

namespace cairn::functional {
namespace {

using component::Value;

const std::string guests = std::string(CAIRN_SOURCE_DIR) + "/tests/functional/guests";

std::vector<std::string> compiler_flags(const std::string& output) {
  return {"--target=wasm32-wasi",
          "--no-wasm-opt",
          "-Wno-deprecated",
          "-Wall",
          "-Wextra",
          "-Werror",
          "-O1",
          "-mexec-model=reactor",
          "-I.",
          "-o",
          output};
}

/// Whether clang finds a C library for WebAssembly.
bool has_toolchain(const Folder& folder) {
  folder.write("probe.c", "#include <stdlib.h>\nint f(void) { return abs(1); }\n");
  std::vector<std::string> args = compiler_flags("probe.wasm");
  args.push_back("probe.c");
  return cairn(folder, args, {.binary = CAIRN_GUEST_CC}).code == 0;
}

/// Builds `WORLD.wasm` of the bindings and of the guest's own source.
void build(const Folder& folder, const std::string& language, const std::string& world,
           const std::string& wit = "/echo.wit") {
  const std::string ending = language == "c" ? ".c" : ".cpp";
  const Outcome bound = cairn(folder, {"bindgen", language, guests + wit, "--world", world});
  ASSERT_EQ(bound.code, 0) << bound.err;
  std::vector<std::string> args = compiler_flags(world + ".core.wasm");
  if (language == "cpp") args.insert(args.end(), {"-std=c++23", "-fno-exceptions"});
  std::string file = world;
  std::ranges::replace(file, '-', '_');
  args.insert(args.end(), {file + ending, guests + "/" + file + ending});
  const std::string compiler = language == "c" ? CAIRN_GUEST_CC : CAIRN_GUEST_CXX;
  const Outcome compiled = cairn(folder, args, {.binary = compiler});
  ASSERT_EQ(compiled.code, 0) << compiled.err;
  const Outcome made =
      cairn(folder, {"component", "new", world + ".core.wasm", "-o", world + ".wasm"});
  ASSERT_EQ(made.code, 0) << made.err;
}

Value number(uint64_t bits) { return Value::number(bits); }
Value point(int32_t x, double y) {
  return Value::sequence({Value::number(int64_t{x}), Value::f64(y)});
}

/// One of each case of `shape`.
std::vector<Value> shapes() {
  return {Value::variant(0, point(-1, 2.5)),
          Value::variant(1, Value::string("größer")),
          Value::variant(1, Value::string("")),
          Value::variant(2, Value::sequence({point(1, 1), point(2, -0.0)})),
          Value::variant(2, Value::sequence({})),
          Value::variant(3, Value::f32(1.5F)),
          Value::variant(4, number(uint64_t{1} << 63)),
          Value::variant(5)};
}

Value everything(const Value& shape, bool some) {
  return Value::sequence(
      {number(some), Value::number(int64_t{-128}), number(65535), number(0x1F600),
       Value::string("text"), Value::sequence({Value::string("a"), Value::string("")}),
       some ? Value::variant(1, point(7, 8)) : Value::variant(0),
       some ? Value::variant(0, Value::string("well")) : Value::variant(1, Value::variant(2)),
       Value::sequence({number(255), number(~uint64_t{0})}), number(5), shape});
}

/// A component that was built, in a store of its own.
class Guest {
 public:
  explicit Guest(const std::string& path, const component::RuntimeLimits& limits = {})
      : store_(engine_, {}, limits) {
    const Result<Bytes> bytes = RealFiles().read_file(path);
    EXPECT_TRUE(bytes);
    const Result<component::Component> loaded = component::Component::load(engine_, *bytes);
    EXPECT_TRUE(loaded) << loaded.error().to_string();
    // The library of C++ imports WASI for its last words; nothing is called here.
    component::ComponentLinker linker(engine_);
    wasi::add_wasi(linker);
    const auto instance = linker.instantiate(store_, *loaded);
    EXPECT_TRUE(instance) << instance.error().to_string();
    if (instance) instance_ = *instance;
  }

  Value call(std::string_view name, const std::vector<Value>& args) {
    return result(instance_.instance("test:echo/values@1.0.0").func(name).call(store_, args));
  }
  Value call_root(std::string_view name, const std::vector<Value>& args) {
    return result(instance_.func(name).call(store_, args));
  }

 private:
  static Value result(const Result<std::vector<Value>>& values) {
    EXPECT_TRUE(values) << values.error().to_string();
    return values && !values->empty() ? (*values)[0] : Value();
  }

  engine::Engine engine_;
  component::Store store_;
  component::Instance instance_;
};

void expect_echoes(Guest& guest) {
  for (const Value& shape : shapes()) {
    EXPECT_EQ(guest.call("shapes", {shape}), shape);
    for (const bool some : {true, false}) {
      const Value all = everything(shape, some);
      EXPECT_EQ(guest.call("all", {all}), all);
    }
    const uint32_t tag = shape.variant().index;
    const Value told = tag == 5 ? Value::variant(0) : Value::variant(1, number(tag));
    EXPECT_EQ(guest.call("maybe", {Value::variant(1, shape)}), Value::variant(0, told));
  }
  EXPECT_EQ(guest.call("maybe", {Value::variant(0)}), Value::variant(1, Value::string("nothing")));
  EXPECT_EQ(guest.call("text", {Value::string("κόσμε")}), Value::string("κόσμε"));
  const Value points = Value::sequence({point(3, 4), point(-5, 6)});
  EXPECT_EQ(guest.call("points", {points}), points);
  EXPECT_EQ(guest.call("colors", {Value::variant(1), number(6)}),
            Value::sequence({Value::variant(1), number(6)}));
  EXPECT_EQ(guest.call("void-result", {number(1)}), Value::variant(0));
  EXPECT_EQ(guest.call("void-result", {number(0)}), Value::variant(1));
  const Value sum = guest.call(
      "scalars", {number(1), Value::number(int64_t{-2}), number(3), Value::number(int64_t{-4}),
                  number(5), Value::number(int64_t{-6}), number(7), Value::number(int64_t{-8}),
                  number(9), Value::f32(0.5F), Value::f64(0.25), number('A')});
  EXPECT_EQ(sum, Value::f64(1 - 2 + 3 - 4 + 5 - 6 + 7 - 8 + 9 + 0.75 + 'A'));
  guest.call("nothing", {});
}

class Bindgen : public testing::TestWithParam<std::string> {};

TEST_P(Bindgen, PassesValuesThroughTwoGuests) {
  const Folder folder;
  if (!has_toolchain(folder)) GTEST_SKIP() << "clang has no C library for WebAssembly";
  for (const std::string world : {"provider", "forwarder"}) {
    ASSERT_NO_FATAL_FAILURE(build(folder, GetParam(), world));
  }
  const Outcome whole = cairn(folder, {"component", "compose", "forwarder.wasm", "--plug",
                                       "provider.wasm", "-o", "whole.wasm"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  Guest guest(folder / "whole.wasm");
  expect_echoes(guest);
  EXPECT_EQ(guest.call_root("use-counters", {number(100)}),
            Value::sequence({number(100), number(101), number(10), number(122)}));
}

TEST_P(Bindgen, PassesErrorsThroughTwoGuests) {
  const Folder folder;
  if (!has_toolchain(folder)) GTEST_SKIP() << "clang has no C library for WebAssembly";
  for (const std::string world : {"failing", "failing-user"})
    ASSERT_NO_FATAL_FAILURE(build(folder, GetParam(), world, "/errors.wit"));
  const Outcome whole = cairn(folder, {"component", "compose", "failing-user.wasm", "--plug",
                                       "failing.wasm", "-o", "whole.wasm"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  // Neither of the two keeps any.
  Guest guest(folder / "whole.wasm", {.handles_max = 20});
  EXPECT_EQ(guest.call_root("run", {number(1)}), Value::string("it broke"));
  EXPECT_EQ(guest.call_root("run", {number(1000)}), Value::string("it broke"));
}

INSTANTIATE_TEST_SUITE_P(Languages, Bindgen, testing::Values("c", "cpp"),
                         [](const auto& info) { return info.param; });

TEST(BindgenCli, SaysWhatItCannotBind) {
  const Folder folder;
  folder.write("a.wit",
               "package a:b;\nworld w { export i: interface { resource r; f: func(l: "
               "list<borrow<r>>); } }\n");
  const Outcome outcome = cairn(folder, {"bindgen", "cpp", "a.wit"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "error: a.wit: bindings for C++ have borrowed handles as parameters only, not inside "
            "of values\n");
  EXPECT_EQ(cairn(folder, {"bindgen", "c", "a.wit"}).code, 0);
  EXPECT_EQ(cairn(folder, {"bindgen", "c", "a.wit", "-o", "gen/new"}).code, 0) << "it makes it";
  EXPECT_EQ(cairn(folder, {"bindgen", "fortran", "a.wit"}).code, 2);
  EXPECT_EQ(cairn(folder, {"bindgen", "--help"}).code, 0);
}

// ---- Streams and futures -----------------------------------------------------------------------

class GuestOfStreams {
 public:
  explicit GuestOfStreams(const std::string& path) {
    const Result<Bytes> bytes = RealFiles().read_file(path);
    EXPECT_TRUE(bytes);
    const auto loaded = component::Component::load(engine_, *bytes);
    EXPECT_TRUE(loaded) << loaded.error().to_string();
    component::ComponentLinker linker(engine_);
    wasi::add_wasi(linker);
    const auto made = linker.instantiate(store, *loaded);
    EXPECT_TRUE(made) << made.error().to_string();
    if (made) instance = *made;
  }
  component::Func func(std::string_view name) {
    return instance.instance("test:streams/numbers@1.0.0").func(name);
  }

 private:
  engine::Engine engine_;

 public:
  component::Store store{engine_};
  component::Instance instance;
};

class BindgenStreams : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Languages, BindgenStreams, testing::Values("c", "cpp"),
                         [](const auto& info) { return info.param; });

TEST_P(BindgenStreams, GuestsServeAndReadStreams) {
  const Folder folder;
  if (!has_toolchain(folder)) GTEST_SKIP() << "clang has no C library for WebAssembly";
  ASSERT_NO_FATAL_FAILURE(build(folder, GetParam(), "stream-source", "/streams.wit"));
  ASSERT_NO_FATAL_FAILURE(build(folder, GetParam(), "stream-user", "/streams.wit"));
  const Outcome composed = cairn(folder, {"component", "compose", "stream-user.wasm", "--plug",
                                          "stream-source.wasm", "-o", "whole.wasm"});
  ASSERT_EQ(composed.code, 0) << composed.err;
  GuestOfStreams whole(folder / "whole.wasm");
  const auto run = [&](uint32_t count, uint32_t unread) {
    const auto result =
        whole.instance.func("run").call(whole.store, std::vector{number(count), number(unread)});
    EXPECT_TRUE(result) << result.error().to_string();
    return result ? (*result)[0] : Value();
  };
  EXPECT_EQ(run(1000, 0), Value::sequence({number(499500), number(1000)}));
  EXPECT_EQ(run(0, 0), Value::sequence({number(0), number(0)}));
  EXPECT_EQ(run(1000, 990), Value::sequence({number(45), number(10)})) << "the reader went early";
}

TEST_P(BindgenStreams, GuestsTakeStreamsOfTheHost) {
  const Folder folder;
  if (!has_toolchain(folder)) GTEST_SKIP() << "clang has no C library for WebAssembly";
  ASSERT_NO_FATAL_FAILURE(build(folder, GetParam(), "stream-source", "/streams.wit"));
  GuestOfStreams guest(folder / "stream-source.wasm");
  component::Store& store = guest.store;

  const component::Func measure = guest.func("measure");
  Value words;
  {
    auto writer = component::Writer::make(store, measure, 0, words);
    ASSERT_TRUE(writer);
    std::vector<Value> args;
    args.push_back(std::move(words));
    auto call = component::PendingCall::start(store, measure, std::move(args));
    ASSERT_TRUE(call) << call.error().to_string();
    const std::vector<Value> values = {Value::string("one"), Value::string(""),
                                       Value::string("three"), Value::string("größer")};
    EXPECT_EQ(writer->write(store, values).value(), 4u);
    {
      const auto dropped = std::move(*writer);
    }
    const auto result = call->wait(store);
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ((*result)[0], Value::sequence({number(16), Value::variant(1, Value::string("one"))}));
  }
  const component::Func successor = guest.func("successor");
  Value future;
  auto writer = component::Writer::make(store, successor, 0, future);
  ASSERT_TRUE(writer);
  std::vector<Value> args;
  args.push_back(std::move(future));
  auto call = component::PendingCall::start(store, successor, std::move(args));
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_FALSE(call->is_done());
  EXPECT_EQ(writer->write(store, std::vector{number(41)}).value(), 1u);
  const auto result = call->wait(store);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ((*result)[0], number(42));

  const auto entry = [](uint32_t key, const char* name) {
    return Value::sequence({number(key), Value::string(name)});
  };
  const auto inverted = guest.func("invert").call(
      store, std::vector{Value::sequence({entry(7, "seven"), entry(1, "")})});
  ASSERT_TRUE(inverted) << inverted.error().to_string();
  // The entries of a map are in any order.
  const Value::Sequence& entries = (*inverted)[0].items();
  EXPECT_EQ(entries.size(), 2u);
  for (const Value& wanted : {Value::sequence({Value::string("seven"), number(7)}),
                              Value::sequence({Value::string(""), number(1)})})
    EXPECT_NE(std::ranges::find(entries, wanted), entries.end());
}

}  // namespace
}  // namespace cairn::functional
