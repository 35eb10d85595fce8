// Programs in JavaScript, with SpiderMonkey inside, as `cairn new -t js` begins them. CAIRN_JCO in
// the environment leads to `node_modules/.bin/jco`, where componentize-js is installed, too; else
// the tests are skipped.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "actor_server.hpp"
#include "command.hpp"
#include "conversation.hpp"
#include "http_peer.hpp"

namespace cairn::functional {
namespace {

namespace fs = std::filesystem;

class JavaScript : public testing::Test {
 protected:
  void SetUp() override {
    const char* const jco = std::getenv("CAIRN_JCO");
    modules_ = fs::path(jco != nullptr ? jco : "").parent_path().parent_path();
    if (jco == nullptr || !fs::exists(modules_ / "@bytecodealliance/componentize-js"))
      GTEST_SKIP() << "CAIRN_JCO leads to no componentize-js; skipped";
    const Outcome made = cairn(folder_, {"new", "-t", "js", "app"});
    ASSERT_EQ(made.code, 0) << made.err;
    folder_.symlink(modules_.string(), "app/node_modules");
  }
  /// With packages that are there already.
  void build() const {
    const Outcome built =
        cairn(folder_, {"-s", "-C", "app", "-o", "node_modules"}, {.binary = "/usr/bin/make"});
    EXPECT_EQ(built.code, 0) << built.out << built.err;
  }

  Folder folder_;
  fs::path modules_;
};

TEST_F(JavaScript, RunsWhatTheTemplateBuilds) {
  build();
  const Outcome ran = cairn(folder_, {"run", "--invoke", "greet(\"you\")", "app/app.wasm"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "\"Hello, you\"\n");
}

/// The heap with all its objects is the state, and what the engine has opened of WASI goes with it.
TEST_F(JavaScript, LivesOnAsAResidentActor) {
  folder_.write("counter.js", R"(const seen = [];
const texts = { decoder: new TextDecoder(), encoder: new TextEncoder() };
export const residentHandler = {
  init() { console.log("it begins"); },
  handle({ payload }) {
    seen.push(texts.decoder.decode(payload.data));
    console.log(`it was told ${seen.at(-1)}`);
    return { data: texts.encoder.encode(seen.join(",")), mediaType: { tag: "text" } };
  },
};
)");
  const std::string wit = CAIRN_SOURCE_DIR "/actor/wit";
  const Outcome built = cairn(folder_,
                              {"counter.js", "--wit", wit, "--world-name", "resident-actor",
                               "--out", "counter.wasm", "--disable", "http", "fetch-event"},
                              {.binary = (modules_ / ".bin/componentize-js").string()});
  ASSERT_EQ(built.code, 0) << built.out << built.err;
  folder_.write("cairn.toml", R"(data = "data"
origin = "test.example"
[components.counter]
path = "counter.wasm"
grants = ["cairn:actor", "wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:random"]
limits = { memory = "64MiB", fuel = 100_000_000, time = "60s" }
[actors.counter]
component = "counter"
)");
  std::string key, log;
  for (const std::string said : {"one", "one,two", "one,two,three"}) {
    ActorServer server(folder_, {});
    key = server.key();
    EXPECT_EQ(server.tell("counter", said.substr(said.rfind(',') + 1)).body, said);
    log += server.stop();
  }
  EXPECT_NE(log.find("counter: it begins\n"), std::string::npos) << log;
  EXPECT_NE(log.find("counter: it was told three\n"), std::string::npos) << log;
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", key, "-o", "json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  const auto report = nlohmann::json::parse(verified.out);
  EXPECT_EQ(report["not_replayed"], 0);
  EXPECT_EQ(report["replayed"], 4) << "init and three messages";
}

TEST_F(JavaScript, ServesEventsOfFetch) {
  ASSERT_EQ(cairn(folder_, {"new", "-t", "c-http", "http/app"}).code, 0);
  // componentize-js knows this version of the interfaces alone.
  fs::remove_all(folder_ / "app/wit");
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder_ / "http/app/wit")) {
    if (entry.is_directory()) continue;
    const std::string name = fs::relative(entry.path(), folder_ / "http").string();
    std::string text = folder_.read("http/" + name);
    for (size_t at = 0; (at = text.find("@0.2.0", at)) != std::string::npos;)
      text.replace(at, 6, "@0.2.10");
    folder_.make_directory(fs::path(name).parent_path().string());
    folder_.write(name, text);
  }
  folder_.write("app/library.js", R"(addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  event.respondWith(new Response(`Hello from ${url.pathname}`, { status: 203 }));
});
)");
  build();
  Conversation server(folder_.path(), {"serve-http", "--addr", "127.0.0.1:0", "app/app.wasm"});
  const uint16_t port = port_in(server.read_line(2));
  ASSERT_NE(port, 0) << server.rest(2);
  HttpClient client(port);
  for (const char* const path : {"/a", "/b"}) {
    const HttpReply reply = client.ask("GET", path);
    EXPECT_EQ(reply.status, 203);
    EXPECT_EQ(reply.body, std::string("Hello from ") + path);
  }
  EXPECT_EQ(server.end(SIGTERM), std::pair(0, std::string()));
}

}  // namespace
}  // namespace cairn::functional
