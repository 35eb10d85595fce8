// Components of `wasi:http` 0.3 as actors: those of the official suite. What 0.2 does, the tests of
// `cairn serve` see.

#include "guest/guests_testing.hpp"
#include "testing.hpp"

#include <cairn/component/text.hpp>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

namespace cairn::actor {
namespace {

using testing::ms;

/// What is asked, and answers when somebody says so.
class AskedNetwork final : public wasi::HttpClient {
 public:
  struct Asked {
    std::string message;
    bool is_wanted = true;
    Done done;
  };
  std::shared_ptr<void> send(wasi::HttpQuestion question, const wasi::NetworkPolicy& policy,
                             uint64_t, Done done) override {
    may_look_up = policy.may_look_up("main");
    asked.push_back(std::make_shared<Asked>(
        Asked{.message = std::string(as_text(question.message)), .done = std::move(done)}));
    return {nullptr, [sent = asked.back()](void*) { sent->is_wanted = false; }};
  }
  /// The last one that was asked.
  void answer(std::string_view response) const {
    Bytes bytes = {0};
    append(bytes, as_bytes(response));
    asked.back()->done(std::move(bytes));
  }
  std::vector<std::shared_ptr<Asked>> asked;
  bool may_look_up = false;
};

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
  void start(const std::string& name, uint64_t fuel = 50'000'000) { start(name, settings(fuel)); }
  void start(const std::string& name, KindSettings settings) {
    bytes_ = service(name);
    const auto kind = ComponentKind::load(engine_, bytes_,
                                          {.clock = &simulation_.clock(),
                                           .random = &simulation_.random(),
                                           .journal = &journal_,
                                           .http = &network_},
                                          std::move(settings));
    ASSERT_TRUE(kind) << kind.error().message;
    EXPECT_TRUE((*kind)->serves_http());
    id_ = *simulation_.system().spawn((*kind)->spec("site", Payload()));
    simulation_.run();
  }
  /// With a server "main".
  static KindSettings asking(std::string grant = "net:main:80") {
    KindSettings own = settings(50'000'000);
    ActorSettings actors = *own.settings;
    std::vector<std::string> names = actors.grants.names();
    names.push_back(std::move(grant));
    actors.grants = Grants(std::move(names));
    own.settings = std::make_shared<const ActorSettings>(actors);
    own.env = {"HTTP_SERVER_MAIN=main:80"};
    return own;
  }
  static constexpr std::string_view page = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  /// Begins the request; what it is answered, later.
  std::shared_ptr<std::string> begin() {
    auto answer = std::make_shared<std::string>("nothing");
    simulation_.system().request(id_, Payload(page), 1000 * ms, [answer](const Message& message) {
      *answer = message.payload.text();
    });
    simulation_.run();
    return answer;
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

  AskedNetwork network_;
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

TEST_F(HttpActors, WaitForTheNetworkAndRunAgainWithoutIt) {
  start("http-client-status", asking());
  const auto reply = begin();
  for (const std::string_view status : {"200", "201", "418", "500", "404"}) {
    EXPECT_EQ(*reply, "nothing");
    const std::string body = status == "201" ? "made" : status == "500" ? "nope" : "";
    network_.answer(
        fmt::format("HTTP/1.1 {} \r\ncontent-length: {}\r\n\r\n{}", status, body.size(), body));
    simulation_.run();
  }
  EXPECT_TRUE(reply->starts_with("HTTP/1.1 200 ")) << *reply;
  ASSERT_EQ(network_.asked.size(), 5u);
  EXPECT_TRUE(network_.asked[0]->message.starts_with("GET /ok HTTP/1.1\r\nHost: main:80\r\n"))
      << network_.asked[0]->message;
  EXPECT_TRUE(network_.may_look_up);
  std::vector<std::string> names;
  for (const HostResult& result : records().back().host_results) {
    if (result.name.starts_with("wasi:http")) names.push_back(result.name);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"wasi:http#send", "wasi:http#send 2", "wasi:http#send 3",
                                      "wasi:http#send 4", "wasi:http#send 5"}));
  expect_replays();
  EXPECT_EQ(network_.asked.size(), 5u);

  // Another question has that answer.
  Transition forged = records().back();
  for (HostResult& result : forged.host_results) {
    if (result.name == "wasi:http#send 2") result.bytes[7] ^= 1;
  }
  const auto kind = ComponentKind::load(engine_, bytes_, {}, settings(50'000'000));
  ASSERT_TRUE(kind);
  EXPECT_EQ(replay(**kind, "site", forged, false).error().message,
            "it asks over HTTP for something else than it did before");
  // What is no answer is an error for the guest, which then does something else.
  forged = records().back();
  for (HostResult& result : forged.host_results) {
    if (result.name == "wasi:http#send 4") result.bytes.resize(40);
  }
  const auto made = replay(**kind, "site", forged, false);
  EXPECT_TRUE(!made || !difference(forged, *made).empty());
}

TEST_F(HttpActors, AskNobodyWithoutAGrant) {
  KindSettings own = settings(50'000'000);
  own.env = {"HTTP_SERVER_MAIN=main:80"};
  start("http-client-status", own);
  EXPECT_FALSE(begin()->starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(network_.asked.empty());
  const Transition& record = records().back();
  const auto denied = std::ranges::find(record.host_results, "wasi:http#send", &HostResult::name);
  ASSERT_NE(denied, record.host_results.end());
  EXPECT_TRUE(std::ranges::equal(ByteSpan(denied->bytes).subspan(32), wasi::http_denied()));
  // Who runs it again grants everything, and knows no hosts.
  expect_replays();
  EXPECT_EQ(ComponentKind::load(engine_, bytes_, {}, asking("net:a")).error().kind,
            ErrorKind::usage);
}

TEST_F(HttpActors, AskSoManyTimesAndSoMuchAtMost) {
  KindSettings own = asking();
  own.handler_limits.http_requests_max = 0;
  start("http-client-status", own);
  EXPECT_EQ(*begin(), "a message led to more than 0 requests over HTTP");
  EXPECT_EQ(records().back().rejection, Rejection::limit);
  expect_replays();
  simulation_.system().stop(id_);
  simulation_.run();
  journal_.chains.clear();
  own = asking();
  own.handler_limits.effect_bytes_max = 10;
  start("http-client-status", own);
  EXPECT_EQ(*begin(), "a message led to more than 10 bytes of effects");
  expect_replays();
  EXPECT_TRUE(network_.asked.empty());
}

/// Whoever does not get it in time wants no answer any more.
TEST_F(HttpActors, GiveUpWhatTheyAskWithTheMessage) {
  KindSettings own = asking();
  ActorSettings actors = *own.settings;
  actors.limits.message_time_ns = 50 * ms;
  own.settings = std::make_shared<const ActorSettings>(actors);
  start("http-client-status", own);
  const auto reply = begin();
  ASSERT_EQ(network_.asked.size(), 1u);
  EXPECT_TRUE(network_.asked[0]->is_wanted);
  simulation_.advance(60 * ms);
  simulation_.run();
  EXPECT_EQ(*reply, "the handling of one message took too long");
  EXPECT_FALSE(network_.asked[0]->is_wanted);
  network_.answer("HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n");
  simulation_.run();
  expect_replays();
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
