// What the command says, and to whom: messages, output that cannot be written, and texts of hostile
// modules that must not reach the terminal as they are.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>

#include "command.hpp"
#include "http_peer.hpp"

namespace cairn::functional {
namespace {

const std::string module_text = R"((module (func $f (export "f") (result i32) i32.const 7)))";

TEST(Terminal, OutputThatCannotBeWrittenIsAnError) {
  const Folder folder;
  folder.write("m.wat", module_text);
  folder.write("s.wast", "(assert_return (invoke \"f\"))");
  for (const std::vector<std::string>& args : {std::vector<std::string>{"--help"},
                                               {"--version"},
                                               {"run", "--help"},
                                               {"run", "--invoke", "f", "m.wat"},
                                               {"features"},
                                               {"completion", "bash"},
                                               {"print", "m.wat"},
                                               {"parse", "m.wat", "-o", "-"},
                                               {"inspect", "m.wat"},
                                               {"inspect", "-d", "m.wat"},
                                               {"inspect", "--json", "m.wat"},
                                               {"wast", "s.wast"}}) {
    const Outcome outcome = cairn(folder, args, {.output = "/dev/full"});
    EXPECT_EQ(outcome.code, 1) << args[0];
    EXPECT_EQ(outcome.err, "error: standard output: No space left on device\n") << args[0];
  }
  const Outcome file = cairn(folder, {"print", "m.wat", "-o", "/dev/full"});
  EXPECT_EQ(file.code, 1);
  EXPECT_EQ(file.err, "error: /dev/full: No space left on device\n");
}

TEST(Terminal, WrongCommandLinesAreNamedInOurWords) {
  const Folder folder;
  const auto error = [&](const std::vector<std::string>& args) {
    const Outcome outcome = cairn(folder, args);
    EXPECT_EQ(outcome.code, 2);
    return outcome.err.substr(0, outcome.err.find('\n'));
  };
  EXPECT_EQ(error({"validate", "--bogus", "x"}), "error: unknown option '--bogus'");
  EXPECT_EQ(error({"parse", "a", "b"}), "error: unexpected argument 'b'");
  EXPECT_EQ(error({"run", "--fuel"}), "error: --fuel needs a value");
  EXPECT_EQ(error({"run", "--fuel", "1", "--fuel", "2", "x"}), "error: --fuel is given twice");
  EXPECT_EQ(error({"run", "--fuel", "many", "x"}), "error: --fuel 'many' is not a number");
  EXPECT_EQ(error({"run", "--fuel", "9223372036854775808", "x"}),
            "error: --fuel 9223372036854775808 is more than 9223372036854775807");
  EXPECT_EQ(error({"run", "--timeout", "soon", "x"}),
            "error: --timeout 'soon' is not like 5s, 300ms or 2m");
  EXPECT_EQ(error({"run", "--max-memory", "lots", "x"}),
            "error: --max-memory 'lots' is not like 4096, 64KiB or 16MiB");
  EXPECT_EQ(error({"inspect", "x.wasm", "f"}), "error: FUNCTIONS need -d");
  EXPECT_EQ(error({"parse"}), "error: FILE is missing");
  EXPECT_EQ(error({"wast"}), "error: FILES are missing");
  folder.write("m.wat", module_text);
  EXPECT_EQ(error({"run", "--listen", "here", "m.wat"}),
            "error: --listen 'here' is not like 127.0.0.1:8080 or [::1]:8080");
}

TEST(Terminal, EmptyTextsAreNotLeftOut) {
  const Folder folder;
  folder.write("m.wat", module_text);
  for (const std::string option :
       {"--fuel", "--timeout", "--max-memory", "--call-depth", "--tier-threshold", "--tier",
        "--dispatch", "--cache", "--profile", "--dir", "--env", "--listen", "--enable"}) {
    const Outcome outcome = cairn(folder, {"run", option, "", "m.wat"});
    EXPECT_EQ(outcome.code, 2) << option;
    EXPECT_NE(outcome.err.find("''"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(cairn(folder, {"wast", "--fuel", "", "m.wat"}).code, 2);
  for (const std::string command : {"run", "validate", "print", "inspect", "parse"}) {
    EXPECT_EQ(cairn(folder, {command, ""}).err, "error: '': No such file or directory\n");
  }
  for (const std::string command : {"print", "parse"}) {
    EXPECT_EQ(cairn(folder, {command, "m.wat", "-o", ""}).err,
              "error: '': No such file or directory\n");
  }
}

TEST(Terminal, WrongValuesAreShownWhatIsExpected) {
  const Folder folder;
  folder.write("m.wat", R"((module
    (func (export "i") (param i32))
    (func (export "f") (param f32) (result f32) local.get 0)
    (func (export "d") (param f64) (result f64) local.get 0)
    (func (export "v") (param v128))
    (func (export "r") (param externref))
    (func (export "n") (param (ref func)))))");
  const auto call = [&](const std::string& name, const std::string& value) {
    const Outcome outcome = cairn(folder, {"run", "--invoke", name, "m.wat", value});
    return outcome.code == 0 ? outcome.out : outcome.err.substr(0, outcome.err.find('\n'));
  };
  EXPECT_EQ(call("i", "4294967296"),
            "error: '4294967296' is no i32: expected a number from -2147483648 to 4294967295");
  EXPECT_EQ(call("f", "one"), "error: 'one' is no f32: expected a number, inf, nan or nan:0x…");
  EXPECT_EQ(call("v", "1"), "error: '1' is no v128: expected 0x and up to 32 hexadecimal digits");
  EXPECT_EQ(call("r", "1"), "error: '1' is no externref: expected null");
  EXPECT_EQ(call("n", "null"), "error: 'null' is no (ref func): nothing can be given here");
  EXPECT_EQ(call("f", "nan"), "nan\n");
  EXPECT_EQ(call("f", "-nan"), "-nan\n");
  EXPECT_EQ(call("f", "nan:0x200001"), "nan:0x200001\n");
  EXPECT_EQ(call("d", "-nan:0x8000000000001"), "-nan:0x8000000000001\n");
  for (const std::string nan : {"nan:0x0", "nan:0x800000", "nan:200000", "nan:0x", "+-nan"}) {
    EXPECT_TRUE(call("f", nan).starts_with("error: ")) << nan;
  }
}

TEST(Terminal, FilesThatAreNoModulesAreNamedSo) {
  const Folder folder;
  const std::string elf(
      "\x7f"
      "ELF\2\1\1\0\0\0\0\0",
      12);
  folder.write("elf", elf);
  for (const std::string command : {"run", "validate", "print", "inspect", "parse"}) {
    const Outcome outcome = cairn(folder, {command, "elf"});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.err,
              "error: elf: this is no WebAssembly: expected a binary (00 61 73 6d …) or text, "
              "found 7f 45 4c 46 02 01 01 00\n");
  }
  folder.write("later.wasm", std::string("\0asm\x0e\0\1\0", 8));
  EXPECT_TRUE(cairn(folder, {"validate", "later.wasm"})
                  .err.starts_with("error: later.wasm: unknown binary version"));
  folder.write("short.wasm", std::string("\0asm", 4));
  EXPECT_EQ(cairn(folder, {"validate", "short.wasm"}).err,
            "error: short.wasm: unexpected end: expected 01 00 00 00, found nothing (at offset "
            "0x4)\n");
  folder.write("words.wat", "no module\n");
  EXPECT_TRUE(cairn(folder, {"validate", "words.wat"}).err.starts_with("words.wat:1:1: error: "));
}

TEST(Terminal, NamesOfModulesCannotWriteToTheTerminal) {
  const Folder folder;
  const auto clean = [](const Outcome& outcome) {
    for (const char c : outcome.out + outcome.err) {
      if (static_cast<uint8_t>(c) < 0x20 && c != '\n') return false;
    }
    return true;
  };
  folder.write("export.wat", R"((module (func (export "\1b]0;title\07") unreachable)))");
  folder.write("import.wat", R"((module (import "\1b[31m" "\0d\e2\80\ae" (func))))");
  folder.write("trap.wat", R"((module (func (@name "\1b[2J") (export "f") unreachable)))");
  const Outcome exports = cairn(folder, {"run", "export.wat"});
  EXPECT_TRUE(clean(exports)) << exports.err;
  EXPECT_NE(exports.err.find("\\1b]0;title\\07"), std::string::npos) << exports.err;
  const Outcome imports = cairn(folder, {"run", "import.wat"});
  EXPECT_EQ(imports.err,
            "error: import.wat: unknown import: \"\\1b[31m\" \"\\0d\\e2\\80\\ae\" is not there, "
            "expected func\n");
  ASSERT_EQ(cairn(folder, {"parse", "trap.wat"}).code, 0);
  EXPECT_TRUE(clean(cairn(folder, {"run", "--invoke", "f", "trap.wasm"})));
  for (const char* name : {"export.wat", "import.wat", "trap.wat"}) {
    EXPECT_TRUE(clean(cairn(folder, {"inspect", name}))) << name;
    EXPECT_TRUE(clean(cairn(folder, {"inspect", "-f", "-d", name}))) << name;
  }
}

/// A name of 100 bytes that stands for one of 2²⁰ template arguments.
TEST(Terminal, NamesThatStandForEndlessOnesAreCut) {
  const Folder folder;
  std::string name = "_Z1f1XIccE";
  for (int i = 0; i < 20; ++i) {
    const std::string last = "S" + std::string(1, "0123456789ABCDEFGHIJ"[i]) + "_";
    name += "S_I" + last + last + "E";
  }
  folder.write("m.wat", "(module (func (@name \"" + name + "\") (export \"f\") unreachable))");
  const Outcome outcome = cairn(folder, {"run", "--invoke", "f", "m.wat"});
  EXPECT_EQ(outcome.code, 134);
  EXPECT_NE(outcome.err.find("at f(X<char, char>, X<X<char, char>, X<char, char> >"),
            std::string::npos)
      << outcome.err;
  EXPECT_LT(outcome.err.size(), 1'200u);
}

TEST(Terminal, LongListsAreCut) {
  const Folder folder;
  std::string many = "(module (func)";
  for (int i = 0; i < 1'000; ++i) many += " (export \"f" + std::to_string(i) + "\" (func 0))";
  folder.write("many.wat", many + ")");
  const Outcome outcome = cairn(folder, {"run", "many.wat"});
  EXPECT_NE(outcome.err.find("f0, f1, f2, f3, f4, f5, f6, f7, f8, f9 and 990 more\n"),
            std::string::npos)
      << outcome.err;
  folder.write("deep.wat", "(module (func $f (export \"f\") (call $f)))");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "f", "--call-depth", "100", "deep.wat"}).err,
            "error: wasm trap: call stack exhausted\n    at f (deep.wat:1:32), 64 times\n"
            "    … and more\n");
}

/// 100,000 nested blocks, and one type with 1,000 parameters for 20,000 functions: listings that
/// grow faster than the module would take gigabytes.
TEST(Terminal, ListingsOfHostileModulesStaySmall) {
  const Folder folder;
  std::string deep = "(module (func";
  for (int i = 0; i < 100'000; ++i) deep += " block";
  for (int i = 0; i < 100'000; ++i) deep += " end";
  folder.write("deep.wat", deep + "))");
  const Outcome listing = cairn(folder, {"inspect", "-d", "deep.wat"});
  EXPECT_EQ(listing.code, 0);
  EXPECT_LT(listing.out.size(), 30'000'000u);
  const Outcome unknown = cairn(folder, {"inspect", "-d", "deep.wat", "nothing"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_EQ(unknown.err, "error: deep.wat: there is no function nothing with code\n");

  std::string params, wide = "(module";
  for (int i = 0; i < 1'000; ++i) params += " i32";
  wide += " (type (func (param" + params + ")))";
  for (int i = 0; i < 20'000; ++i) {
    wide += " (func (export \"f" + std::to_string(i) + "\") (type 0))";
  }
  folder.write("wide.wat", wide + ")");
  for (const char* what : {"-e", "-f", "-d", "--json"}) {
    const Outcome outcome = cairn(folder, {"inspect", what, "wide.wat"});
    EXPECT_EQ(outcome.code, 0) << what;
    EXPECT_LT(outcome.out.size(), 30'000'000u) << what;
  }
  EXPECT_NE(cairn(folder, {"inspect", "-d", "wide.wat", "f7"}).out.find("func[7] (i32, "),
            std::string::npos);
  const std::string import = " (import \"\" \"\" (func (param" + params + ")))";
  folder.write("import.wat", "(module" + import + ")");
  EXPECT_LT(cairn(folder, {"run", "import.wat"}).err.size(), 2'100u);
}

/// A terminal that nobody looks at, and what a program writes to it.
class Screen {
 public:
  Screen() : fd_(posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_EQ(grantpt(fd_), 0);
    EXPECT_EQ(unlockpt(fd_), 0);
    // Were it closed by the program, nothing would be kept.
    held_ = ::open(path().c_str(), O_RDWR | O_NOCTTY);
  }
  ~Screen() {
    ::close(held_);
    ::close(fd_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::string path() const {
    std::string name(64, 0);
    EXPECT_EQ(ptsname_r(fd_, name.data(), name.size()), 0);
    return name.c_str();
  }
  /// What has come; nothing within half a minute: an empty text.
  std::string read() const {
    pollfd item{fd_, POLLIN, 0};
    if (poll(&item, 1, 30'000) <= 0) return "";
    std::string bytes(4096, 0);
    const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
    bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return bytes;
  }

 private:
  int fd_ = -1, held_ = -1;
};

TEST(Terminal, EmptyPathsAreNamed) {
  const Folder folder;
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"serve", ""}, {"config", "validate", ""}, {"new", ""}}) {
    const Outcome outcome = cairn(folder, args);
    EXPECT_EQ(outcome.code, 2) << args[0];
    EXPECT_NE(outcome.err.find(" is empty"), std::string::npos) << outcome.err;
  }
}

TEST(Terminal, CoreModulesAreToldFromActors) {
  const Folder folder;
  folder.write("m.wasm", std::string("\0asm\1\0\0\0", 8));
  const Outcome outcome = cairn(folder, {"serve", "--no-chain", "m.wasm"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("`cairn component new` makes"), std::string::npos) << outcome.err;
}

TEST(Terminal, HintsCanBeTypedAgain) {
  const Folder folder;
  const Outcome made = cairn(folder, {"new", "an odd $x"});
  EXPECT_NE(made.out.find("make -C 'an odd $x'"), std::string::npos) << made.out;
}

TEST(Terminal, GrantsAreLookedAtWhoeverGetsThem) {
  const Folder folder;
  folder.write("m.wat", "(module)");
  EXPECT_EQ(cairn(folder, {"run", "--allow-net", "1.2.3.4/99:80", "m.wat"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run", "--bucket", "a", "--bucket", "a=b", "m.wat"}).code, 2);
  const Outcome bucket = cairn(folder, {"run", "--bucket", "a", "m.wat"});
  EXPECT_EQ(bucket.code, 2) << bucket.err;
  EXPECT_NE(bucket.err.find("to components"), std::string::npos) << bucket.err;
}

/// The signal that the system sends then would end the process without a word.
TEST(Terminal, FilesThatMayNotGrowAreErrors) {
  const Folder folder;
  folder.write("m.wat", "(module)");
  const Outcome outcome =
      cairn(folder, {"-c", "ulimit -f 0; exec \"$0\" parse m.wat -o m.wasm", CAIRN_BINARY},
            {.binary = "/bin/sh"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("File too large"), std::string::npos) << outcome.err;
}

/// What a guest says is for its reader, and not for the terminal.
TEST(Terminal, GuestsDoNotReachIt) {
  const std::string hostile = "\x1b]0;mine\x07\x1b[2Jbalance\n7\n";
  const auto answer = [&](const std::string& method, const std::string& path) {
    return nlohmann::json{
        {"method", method},
        {"path", path},
        {"response",
         {{"status", 200},
          {"headers",
           {{"content-type", "text/plain"}, {"cairn-sequence", "2"}, {"cairn-hash", "ab"}}},
          {"body", hostile}}}};
  };
  const HttpEndpoints server(nlohmann::json::array(
      {answer("GET", "/v1/actors/alice/state"), answer("POST", "/v1/actors/alice/messages")}));
  const Folder folder;
  const std::vector<std::string> env = {"CAIRN_SERVER=http://" + server.address()};
  for (const std::vector<std::string>& args : {std::vector<std::string>{"actor", "state", "alice"},
                                               {"actor", "request", "alice", "get"}}) {
    const Screen screen;
    const Outcome shown = cairn(folder, args, {.env = env, .output = screen.path()});
    EXPECT_EQ(shown.code, 0) << shown.err;
    EXPECT_EQ(screen.read(), "\\1b]0;mine\\07\\1b[2Jbalance\r\n7\r\n") << args[1];
    // Another program gets it as it is.
    EXPECT_EQ(cairn(folder, args, {.env = env}).out, hostile);
  }
}

}  // namespace
}  // namespace cairn::functional
