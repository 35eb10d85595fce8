// `cairn run` of components, as its users see it.

#include <gtest/gtest.h>

#include <filesystem>

#include "command.hpp"
#include "conversation.hpp"

namespace cairn::functional {
namespace {

const std::string guests = std::string(CAIRN_SOURCE_DIR) + "/tests/functional/guests/";
const std::string cat = guests + "cat.wat";

TEST(RunComponent, CopiesAndWaitsWithBlockingCalls) {
  const Folder folder;
  for (const char* const tier : {"interpret", "baseline"}) {
    const Outcome outcome =
        cairn(folder, {"run", "--tier", tier, cat, " and more"}, {.input = "Hello, world!"});
    EXPECT_EQ(outcome.code, 13) << outcome.err;
    EXPECT_EQ(outcome.out, "Hello, world! and more");
  }
  const Outcome failed = cairn(folder, {"run", cat});
  EXPECT_EQ(failed.code, 1) << "`run` gave an error";
  EXPECT_EQ(failed.err, "");
}

TEST(RunComponent, WaitsForItsInputWithoutABusyLoop) {
  const Folder folder;
  Conversation guest(folder.path(), {"run", cat, "!"});
  guest.write("one");
  EXPECT_EQ(guest.read(1, 3), "one");
  guest.write("two");
  EXPECT_EQ(guest.read(1, 3), "two");
  EXPECT_EQ(guest.wait(), 6);
  EXPECT_EQ(guest.rest(1), "!");
}

TEST(RunComponent, IsStoppedByATimeoutWhileItWaits) {
  const Folder folder;
  Conversation guest(folder.path(), {"run", "--timeout", "50ms", cat, "!"});
  EXPECT_EQ(guest.read(2, 27), "error: the time is over (50");
}

TEST(RunComponent, HasConfigurationLogsAndBuckets) {
  const Folder folder;
  const std::string guest = guests + "config.wat";
  const Outcome outcome =
      cairn(folder, {"run", "--config", "greeting=Good\x1b[1m day", "--bucket", "numbers", guest});
  EXPECT_EQ(outcome.code, 42) << outcome.err;
  EXPECT_EQ(outcome.err, "cairn: warning: guest: Good [1m day\n");
  EXPECT_EQ(cairn(folder, {"run", guest}).code, 1) << "nothing was given";
  EXPECT_EQ(cairn(folder, {"run", "--config", "greeting=x", guest}).code, 1) << "no bucket";
  EXPECT_EQ(cairn(folder, {"run", "--config", "greeting", guest}).code, 2);
}

TEST(RunComponent, InvokesFunctionsWithValuesInWave) {
  const Folder folder;
  const std::string guest = guests + "invoke.wat";
  const auto invoke = [&](const std::string& call) {
    return cairn(folder, {"run", "--invoke", call, guest});
  };
  const auto prints = [&](const std::string& call, const std::string& out) {
    const Outcome outcome = invoke(call);
    EXPECT_EQ(outcome.code, 0) << call << ": " << outcome.err;
    EXPECT_EQ(outcome.out, out) << call;
  };
  prints("add(1, some(2))", "3\n");
  prints("add(7)", "7\n");
  prints(R"(echo("a\tb ö"))", "\"a\\tb ö\"\n");
  prints("same({y: -2, x: 1})", "{x: 1, y: -2}\n");
  prints("none()", "");
  prints("none", "");
  prints("nothing()", "");
  prints("a:b/more@1.0.0#twin()", "");
  const auto fails = [&](const std::string& call, int code, const std::string& err) {
    const Outcome outcome = invoke(call);
    EXPECT_EQ(outcome.code, code) << call;
    EXPECT_NE(outcome.err.find(err), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "") << call;
  };
  fails("add(1, \"x\")", 2, "expected a number of type u32");
  fails("add()", 2, "the argument `a` is missing");
  fails("missing(1)", 1, "there is no exported function \"missing\"");
  fails("twin()", 1, "more than one exported function is called \"twin\"");
  fails("trap()", 134, "unreachable");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "add", guest, "1"}).code, 2);
}

TEST(RunComponent, KeepsBucketsInFiles) {
  const Folder folder;
  const std::string guest = guests + "config.wat";
  const auto run = [&](const std::string& bucket) {
    return cairn(folder, {"run", "--config", "greeting=x", "--bucket", bucket, guest});
  };
  for (int sum = 42; sum <= 126; sum += 42) EXPECT_EQ(run("numbers=state.db").code, sum);
  EXPECT_EQ(run("numbers=other.db").code, 42);
  folder.write("text", std::string(5000, 'x'));
  const Outcome text = run("numbers=text");
  EXPECT_EQ(text.code, 1);
  EXPECT_EQ(text.err, "error: text: file is not a database\n");
  EXPECT_EQ(run("numbers=").code, 2);
}

/// The official components make sockets without being told where they may.
TEST(RunComponent, MakesNoSocketsByDefault) {
  const std::string suite = std::string(CAIRN_TESTSUITES) + "/wasi/rust/wasm32-wasip3/";
  if (!std::filesystem::exists(suite)) GTEST_SKIP() << "the official WASI suite is not there";
  const Folder folder;
  const auto run = [&](const std::vector<std::string>& options) {
    std::vector<std::string> args = {"run", "--timeout", "5s"};
    args.insert(args.end(), options.begin(), options.end());
    args.push_back(suite + "sockets-udp-connect.wasm");
    return cairn(folder, args);
  };
  EXPECT_EQ(run({}).code, 134) << "its first connection fails";
  EXPECT_EQ(
      run({"--allow-net", "127.0.0.1:*", "--allow-net", "[::1]:*", "--listen", "localhost:*"}).code,
      0);
}

TEST(RunComponent, TellsWhatIsNotThere) {
  const Folder folder;
  folder.write("other.wat",
               "(component (import \"a:b/c@1.0.0\" (instance (export \"f\" (func)))))");
  const Outcome other = cairn(folder, {"run", "other.wat"});
  EXPECT_EQ(other.code, 1);
  EXPECT_EQ(other.err, "error: other.wat: unknown import: instance `a:b/c@1.0.0`\n");
  folder.write("empty.wat", "(component)");
  const Outcome empty = cairn(folder, {"run", "empty.wat"});
  EXPECT_EQ(empty.code, 1);
  EXPECT_EQ(empty.err,
            "error: empty.wat: the component is no program: it exports no interface wasi:cli/run\n"
            "hint: `cairn component wit empty.wat` shows what it exports\n");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "f", "empty.wat"}).code, 1);
  EXPECT_EQ(cairn(folder, {"run", "--tcp", "127.0.0.1:1", "empty.wat"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run", "--allow-net", "nowhere", "empty.wat"}).code, 2);
}

}  // namespace
}  // namespace cairn::functional
