#include <cairn/platform/manifest.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "manifest_reader.hpp"

namespace cairn::platform {
namespace {

std::string contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

const std::string folder = std::string(CAIRN_SOURCE_DIR) + "/platform/";

Error error_of(std::string_view toml) {
  const auto manifest = Manifest::parse(toml, "cairn.toml");
  EXPECT_FALSE(manifest.has_value()) << toml;
  return manifest ? Error{} : manifest.error();
}

TEST(Manifest, HasWhatItSays) {
  const auto manifest = Manifest::parse(contents(folder + "fuzz/corpus/manifest/bank"), "bank");
  ASSERT_TRUE(manifest.has_value()) << manifest.error().to_string();
  EXPECT_EQ(manifest->origin, "bank.example");
  EXPECT_EQ(manifest->workers, 2u);
  EXPECT_EQ(manifest->scheduling, actor::Policy::priority);
  EXPECT_EQ(manifest->request_timeout_ns, 10'000'000'000u);
  ASSERT_EQ(manifest->components.size(), 1u);
  const ComponentManifest& account = manifest->components[0];
  EXPECT_EQ(account.name, "account");
  EXPECT_EQ(account.path, "account.wasm");
  EXPECT_EQ(account.on_limit, actor::Directive::resume);
  EXPECT_EQ(account.on_error, actor::Directive::restart);
  EXPECT_EQ(account.on_contract, actor::Directive::escalate);
  EXPECT_EQ(account.supervision.strategy, actor::Strategy::rest_for_one);
  EXPECT_EQ(account.supervision.intensity.max_restarts, 7u);
  EXPECT_EQ(account.supervision.intensity.period_ns, 60'000'000'000u);
  EXPECT_EQ(account.supervision.backoff.kind, actor::Backoff::Kind::linear);
  EXPECT_EQ(account.supervision.backoff.initial_ns, 20'000'000u);
  EXPECT_EQ(account.supervision.auto_shutdown, actor::AutoShutdown::all_significant);
  EXPECT_EQ(account.settings.priority, actor::Priority::high);
  EXPECT_EQ(account.env, (std::vector<std::string>{"LANG=en", "EMPTY="}));
  EXPECT_EQ(account.settings.limits.memory_bytes, 16u << 20);
  EXPECT_EQ(account.settings.limits.fuel_per_message, 50'000'000u);
  EXPECT_EQ(account.settings.limits.message_time_ns, 2'000'000'000u);
  EXPECT_EQ(account.settings.limits.payload_bytes, 65'536u);
  EXPECT_EQ(account.handler_limits.state_bytes_max, 1u << 20);
  EXPECT_EQ(account.settings.mailbox.capacity, 100u);
  EXPECT_EQ(account.settings.mailbox.overflow[1], actor::Overflow::fail);
  EXPECT_EQ(account.settings.mailbox.overflow[2], actor::Overflow::block);
  EXPECT_EQ(account.settings.mailbox.time_to_live_ns, 60'000'000'000u);
  EXPECT_EQ(account.settings.health.threshold, 2u);
  EXPECT_EQ(account.settings.timeouts.start_ns, 1'000'000'000u);
  EXPECT_EQ(account.settings.error_rate.failures, 3u);
  ASSERT_EQ(manifest->supervisors.size(), 1u);
  const SupervisorManifest& bank = manifest->supervisors[0];
  EXPECT_EQ(bank.strategy, actor::Strategy::one_for_all);
  EXPECT_EQ(bank.intensity.max_restarts, 3u);
  EXPECT_EQ(bank.backoff.kind, actor::Backoff::Kind::exponential);
  EXPECT_EQ(bank.backoff.multiplier, 1.5);
  ASSERT_EQ(manifest->actors.size(), 2u);
  EXPECT_EQ(manifest->actors[0].name, "alice");  // in the order of the file
  EXPECT_EQ(manifest->actors[0].argument.text(),
            R"({"owner":"Alice","balance":100,"tags":["a",1.5,true]})");
  EXPECT_EQ(manifest->actors[0].argument.media_type(), actor::json);
  EXPECT_EQ(manifest->actors[1].argument.media_type(), actor::plain_text);
  EXPECT_EQ(manifest->actors[1].topics, (std::vector<std::string>{"news.>", "bank.*"}));
  EXPECT_EQ(manifest->actors[1].restart, actor::Restart::transient);
  ASSERT_EQ(manifest->routes.size(), 2u);
  EXPECT_EQ(manifest->routes[1].path, "/bob/*");
  ASSERT_EQ(manifest->schedules.size(), 1u);
  EXPECT_EQ(manifest->schedules[0].every_ns, 3'600'000'000'000u);
  EXPECT_EQ(manifest->retention.age_ns, 720u * 3'600'000'000'000u);
  EXPECT_EQ(manifest->retention.records, 1'000'000u);
}

TEST(Manifest, NamesStandInTheOrderOfTheFile) {
  const auto manifest = Manifest::parse(
      "[components.c]\npath='c'\n[actors.z]\ncomponent='c'\n"
      "[actors.a]\ncomponent='c'\n",
      "");
  ASSERT_TRUE(manifest.has_value()) << manifest.error().to_string();
  EXPECT_EQ(manifest->actors[0].name, "z");
  EXPECT_EQ(manifest->actors[1].name, "a");
}

TEST(Manifest, ErrorsSayWhatWhereAndWhatWasExpected) {
  const auto says = [](std::string_view toml, uint32_t line, std::string_view what) {
    const Error error = error_of(toml);
    EXPECT_NE(error.message.find(what), std::string::npos) << error.to_string();
    ASSERT_TRUE(error.at.has_value()) << error.to_string();
    EXPECT_EQ(error.at->line, line) << error.to_string();
    EXPECT_EQ(error.path, "cairn.toml");
  };
  says("\nlisen = '127.0.0.1:1'", 2, "unknown key 'lisen'; did you mean 'listen'?");
  says("[components.a]\npaht='x'", 2, "unknown key 'paht' in components.a; did you mean 'path'?");
  says("[components.a]\nwholly='x'", 2, "expected one of path, grants");
  says("[components.a]\n", 1, "components.a has no 'path'");
  says("durable = 'yes'", 1, "durable: found the text \"yes\", expected true or false");
  says("workers = -1", 1, "workers: found the number -1, expected a whole number from 0 to 256");
  says("workers = 257", 1, "from 0 to 256");
  says("scheduling = 'fair'", 1, "expected one of \"round_robin\", \"priority\", \"cooperative\"");
  says("[retention]\nage = '0s'", 2, "retention.age: found the text \"0s\", expected a time above");
  says("[retention]\nrecords = 0", 2, "retention.records: found the number 0");
  says("request_timeout = 5", 1, "found the number 5, expected a time");
  for (const char* const listen : {"8080", "localhost", "bank.example:80", "127.0.0.1:", "[::1]",
                                   "127.0.0.1:65536", "127.0.0.1:1x"}) {
    says("\nlisten = '" + std::string(listen) + "'", 2, "an address, as \"127.0.0.1:8080\"");
  }
  says("origin = 'two words'", 1, "without white space");
  says("witnesses = ['w']", 1, "NAME+KEYID+KEY");
  std::string many = "witnesses = [";
  for (int i = 0; i < 64; ++i) many += "'w', ";
  says(many + "]", 1, "at most 63 keys");
  says("hosts = ['http://x']", 1, "a host's name in lower case");
  says("hosts = 'x'", 1, "an array");
  says("[components.a]\npath=''", 2, "components.a.path: found the text \"\"");
  says("[components.a]\npath='x'\nlimits={payload='2GiB'}", 3, "components.a.limits.payload");
  says("[components.a]\npath='x'\nlimits={image='4GiB'}", 3, "at most 4294967295");
  says("[components.a]\npath='x'\non_trap='panic'", 3, "expected one of \"stop\", \"resume\"");
  says("[components.a]\npath='x'\non_error='panic'", 3, "expected one of \"stop\", \"resume\"");
  says("[components.a]\npath='x'\n[components.a.supervision]\nsupervisor='b'", 4,
       "unknown key 'supervisor' in components.a.supervision");
  says("[components.a]\npath='x'\n[components.a.supervision]\nstrategy='simple_one_for_one'", 4,
       "expected one of \"one_for_one\"");
  says("[components.a]\npath='x'\ngrants=[1]", 3, "an array of names");
  says("[components.a]\npath='x'\ngrants=['net:a']", 3, "HOST:PORT behind \"net:\"");
  says("[components.a]\npath='x'\nenv=['A=b']", 3, "a table of texts");
  says("[components.a]\npath='x'\nenv={A=1}", 3, "components.a.env.A: found the number 1");
  says("[components.a]\npath='x'\nenv={A=\"a\\u0000b\"}", 3, "a text without zeros");
  says("[components.a]\npath='x'\nenv={'A=B'='c'}", 3, "a name without '='");
  says("[actors.a]\ncomponent='b'", 2, "actors.a.component: there is no 'b'");
  says("[components.counter]\npath='x'\n[actors.a]\ncomponent='conter'", 4,
       "did you mean 'counter'?");
  says("[supervisors.a]\nsupervisor='b'\n[supervisors.b]\nsupervisor='a'", 2, "supervises itself");
  says("[supervisors.a]\nsupervisor='a'", 2, "supervises itself");
  const std::string significant =
      "[components.c]\npath='x'\n[actors.a]\ncomponent='c'\n"
      "significant=true\nsupervisor='s'\n[supervisors.s]\n";
  says(significant, 5, "actors.a.significant: found true, expected a supervisor");
  says(significant + "auto_shutdown='any_significant'", 5, "a permanent child");
  says("[components.c]\npath='x'\n[supervisors.a]\n[actors.a]\ncomponent='c'", 4,
       "there is a supervisor of that name");
  says("[components.c]\npath='x'\n[actors.a]\ncomponent='c'\ntopics=['a..b']", 5, "patterns of");
  says("[components.c]\npath='x'\n[actors.a]\ncomponent='c'\ntopics='a'", 5, "patterns of");
  says("[routes]\n'/' = 'a'", 2, "routes./: there is no 'a'");
  says("[routes]\n'/*/x' = 'a'", 2, "'/*/x' is no path");
  says("[routes]\n'x' = 'a'", 2, "'x' is no path");
  says("[schedules.s]\nactor='a'\nevery='1us'", 3, "at least \"1ms\"");
  says("[actors.'#7.1']\ncomponent='c'", 1, "is no name");
  says("[actors.'a/b']\ncomponent='c'", 1, "'a/b' is no name");
  says("[actors.\"a\\u0007\\u202e\"]\ncomponent='c'", 1, R"('a\07\e2\80\ae' is no name)");
  for (const char* const step : {".", ".."}) {
    says("[actors.'" + std::string(step) + "']\ncomponent='c'", 1, "neither '.' nor '..'");
  }
  says("\nrequest_timeout = '0s'", 2,
       "request_timeout: found the text \"0s\", expected a time above");
  says("\ndata = ''", 2, "data: found the text \"\", expected the path of a folder");
  for (const char* const path : {"/livez", "/v1", "/v1/*", "/v1/zzz", "/tile/*", "/metrics"}) {
    says("[routes]\n'" + std::string(path) + "' = 'a'", 2, "the server's own interface");
  }
  for (const char* const path : {"/a%zz", "/a b", "/a?x", "/a#b", "/a%2"}) {
    says("[routes]\n'" + std::string(path) + "' = 'a'", 2, "is no path: expected one as in");
  }
  says(
      "[components.a]\npath='x'\nerror_rate={failures=5, window=1}", 3,
      "components.a.error_rate.failures: found the number 5, expected at most as many as 'window'");
  says("[supervisors.a]\nbackoff={kind='linear', initial='10s', max='1s'}", 2,
       "supervisors.a.backoff.initial: found the text \"10s\", expected at most 'max'");
  says("[supervisors.a]\nbackoff={kind='linear', max='1ms'}", 2, "at least 'initial'");
  for (const char* const grant : {"", "cairn", "cairn:actors", "cairn:actor/x", "wasi:clii",
                                  "wasi:sockets", "wasi:cli/", "wasi:cli/exit@0.2.0", "*"}) {
    says("[components.a]\npath='x'\ngrants=['" + std::string(grant) + "']", 3,
         "expected cairn:actor, ");
  }
  says("a = [", 1, "");
  // Keys of many parts are tables in tables.
  const auto parts = [](int count) {
    std::string key = "a";
    for (int i = 1; i < count; ++i) key += ".a";
    return key;
  };
  says("\n" + parts(100'000) + " = 1", 2, "a key has more than 256 parts");
  says("[" + parts(100'000) + "]", 1, "a key has more than 256 parts");
  says("a = {b = 'x', c = \"\"\"a\"\"\"\"\", " + parts(100'000) + " = 1}", 1,
       "more than 256 parts");
  says("a = '" + parts(1'000) + "'\nb = \"\"\"" + parts(1'000) + "\"\"\" # " + parts(1'000), 1,
       "unknown key 'a'");
  says("a = 1\na = 2", 2, "");
  EXPECT_EQ(error_of("a = [").kind, ErrorKind::malformed);
  EXPECT_EQ(error_of("workers = -1").kind, ErrorKind::invalid);
}

TEST(Manifest, OneComponentIsEnough) {
  const Manifest manifest = Manifest::of_component("some/where/counter.wasm");
  ASSERT_EQ(manifest.actors.size(), 1u);
  EXPECT_EQ(manifest.actors[0].name, "counter");
  EXPECT_EQ(manifest.components[0].path, "some/where/counter.wasm");
  EXPECT_TRUE(manifest.components[0].settings.grants.has("cairn:actor/messaging"));
  EXPECT_EQ(manifest.routes[0].path, "/");
  EXPECT_EQ(Manifest::of_component(".wasm").actors[0].name, "main");
}

TEST(Manifest, SchemaHasTheSameKeys) {
  const auto schema = nlohmann::json::parse(contents(folder + "manifest.schema.json"));
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  std::set<std::string> of_schema;
  const auto add = [&](const std::string& table, const nlohmann::json& object) {
    if (!object.contains("properties")) return;
    EXPECT_EQ(object["additionalProperties"], false) << table;
    for (const auto& [key, value] : object["properties"].items()) {
      of_schema.insert(table + "." + key);
      EXPECT_TRUE(value.contains("description") || value.contains("$ref")) << table << "." << key;
    }
  };
  add("", schema);
  for (const auto& [name, object] : schema["$defs"].items()) add(name, object);
  std::set<std::string> of_parser;
  for (const auto& [table, keys] : manifest_keys()) {
    for (const std::string_view key : keys) {
      of_parser.insert(std::string(table) + "." + std::string(key));
    }
  }
  EXPECT_EQ(of_schema, of_parser);
}

TEST(Manifest, SeedsAreReadOrRefused) {
  size_t good = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "fuzz/corpus/manifest")) {
    const auto manifest = Manifest::parse(contents(entry.path()), entry.path().string());
    if (manifest) {
      ++good;
    } else {
      EXPECT_TRUE(manifest.error().at.has_value()) << manifest.error().to_string();
    }
  }
  EXPECT_EQ(good, 2u);
}

}  // namespace
}  // namespace cairn::platform
