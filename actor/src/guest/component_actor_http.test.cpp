// Components of `wasi:http` 0.3 as actors: those of the official suite. What 0.2 does, the tests of
// `cairn serve` see.

#include "guest/guests_testing.hpp"
#include "testing.hpp"

#include <cairn/component/text.hpp>

#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

using testing::ms;

class HttpActors : public ::testing::Test {
 protected:
  static Bytes service(const std::string& name) {
    RealFiles files;
    const auto bytes =
        files.read_file(CAIRN_TESTSUITES "/wasi/rust/wasm32-wasip3/" + name + ".wasm");
    EXPECT_TRUE(bytes) << bytes.error().message;
    return bytes.value_or(Bytes());
  }
  static KindSettings settings(uint64_t fuel) {
    KindSettings settings;
    ActorSettings own;
    own.grants = Grants({"wasi:cli", "wasi:clocks", "wasi:http", "wasi:random"});
    own.limits.fuel_per_message = fuel;
    settings.settings = std::make_shared<const ActorSettings>(own);
    settings.on_trap = settings.on_limit = Directive::resume;
    return settings;
  }
  void start(const std::string& name, uint64_t fuel = 50'000'000) {
    bytes_ = service(name);
    const auto kind = ComponentKind::load(
        engine_, bytes_,
        {.clock = &simulation_.clock(), .random = &simulation_.random(), .journal = &journal_},
        settings(fuel));
    ASSERT_TRUE(kind) << kind.error().message;
    EXPECT_TRUE((*kind)->serves_http());
    id_ = *simulation_.system().spawn((*kind)->spec("site", Payload()));
    simulation_.run();
  }
  std::string ask(std::string_view request) {
    auto answer = std::make_shared<std::string>("nothing");
    simulation_.system().request(
        id_, Payload(request), 1000 * ms,
        [answer](const Message& message) { *answer = message.payload.text(); });
    simulation_.run();
    return *answer;
  }
  const std::vector<Transition>& records() { return journal_.chains.at("site").transitions; }
  void expect_replays() {
    const auto kind = ComponentKind::load(engine_, bytes_, {}, settings(50'000'000));
    ASSERT_TRUE(kind) << kind.error().message;
    for (const Transition& record : records()) {
      const auto made = replay(**kind, "site", record, record.kind == TransitionKind::init);
      ASSERT_TRUE(made) << made.error().message;
      EXPECT_EQ(difference(record, *made), "") << record.input.text();
    }
  }

  engine::Engine engine_{{.fuel = true, .deterministic = true}};
  testing::MemoryJournal journal_;
  Simulation simulation_{1};
  Bytes bytes_;
  ActorId id_;
};

TEST_F(HttpActors, GoOnWithTheBodyWhenTheHandlerHasReturned) {
  start("http-service-echo");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello, echo"),
            "HTTP/1.1 200 \r\ncontent-type: application/octet-stream\r\ncontent-length: 11\r\n\r\n"
            "hello, echo");
  const std::string large(300'000, 'x');
  const std::string echo =
      ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + large);
  EXPECT_TRUE(echo.ends_with("\r\n\r\n" + large)) << echo.size();
  EXPECT_TRUE(ask("GET /reflect-header HTTP/1.1\r\nHost: a\r\nx-echo: ping\r\n\r\n")
                  .contains("x-echoed: ping\r\n"));
  EXPECT_TRUE(ask("GET /other HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_EQ(ask("nonsense").substr(0, 11), "bad-request");
  EXPECT_EQ(records().back().rejection, Rejection::error);
  expect_replays();
}

TEST_F(HttpActors, UseFuelAfterTheHandlerHasReturned) {
  start("http-service-echo");
  const std::string small = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  ask(small);
  const uint64_t fuel = records().back().fuel_used;
  const std::string large = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" +
                            std::string(300'000, 'x');
  ask(large);
  EXPECT_GT(records().back().fuel_used, fuel);
  simulation_.system().stop(id_);
  simulation_.run();
  journal_.chains.clear();
  start("http-service-echo", fuel);
  EXPECT_TRUE(ask(small).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask(large).starts_with("out of fuel"));
  EXPECT_EQ(records().back().rejection, Rejection::limit);
}

TEST_F(HttpActors, HaveAHandlerOfItsType) {
  const auto component = component::parse_text(R"((component
    (import "wasi:clocks/system-clock@0.3.0" (instance))
    (core module $m (func (export "handle")))
    (core instance $i (instantiate $m))
    (func $f (canon lift (core func $i "handle")))
    (instance $none (export "handle" (func $f)))
    (export "wasi:http/handler@0.3.0" (instance $none))))");
  ASSERT_TRUE(component) << component.error().message;
  const auto kind =
      ComponentKind::load(engine_, component::encode(*component), {}, settings(1'000'000));
  ASSERT_FALSE(kind);
  EXPECT_EQ(kind.error().message,
            "the component's 'wasi:http/handler@0.3.0#handle' is not of its "
            "type");
}

}  // namespace
}  // namespace cairn::actor
