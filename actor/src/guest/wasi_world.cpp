#include "guest/wasi_world.hpp"

#include "guest/activation.hpp"

#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/guest.hpp>
#include <cairn/wasi/object_keeper.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

namespace cairn::actor {

namespace {

using component::HostCall;

/// What is logged at once if nobody ends the line.
constexpr size_t line_bytes_max = 4096;

/// Both clocks. While the guest is made they stand at zero.
class SessionClock final : public Clock {
 public:
  explicit SessionClock(const Session& session) : session_(session) {}
  uint64_t realtime_ns() override {
    return session_.activation == nullptr ? made_ns_ : session_.activation->now_ns();
  }
  uint64_t monotonic_ns() override { return realtime_ns(); }
  uint64_t process_cpu_ns() override { return 0; }
  uint64_t thread_cpu_ns() override { return 0; }
  uint64_t realtime_resolution_ns() override { return 1; }
  uint64_t monotonic_resolution_ns() override { return 1; }
  void sleep_until(uint64_t deadline_ns) override {
    if (deadline_ns == UINT64_MAX) return;  // never
    if (session_.activation == nullptr) {
      made_ns_ = std::max(made_ns_, deadline_ns);
    } else {
      session_.activation->sleep_until(deadline_ns);
    }
  }

 private:
  const Session& session_;
  uint64_t made_ns_ = 0;
};

/// What a guest draws while it is made is the same for all.
class SessionRandom final : public Random {
 public:
  explicit SessionRandom(const Session& session) : session_(session), unchanging_(0) {}
  void fill(MutableByteSpan out) override {
    if (session_.activation == nullptr) return unchanging_.fill(out);
    session_.activation->fill_random(out);
  }

 private:
  const Session& session_;
  SeededRandom unchanging_;
};

/// A stream whose lines are those of the actor's log.
class LogHandle final : public wasi::Handle {
 public:
  LogHandle(const Session& session, LogLevel level)
      : Handle(wasi::FileType::character_device), session_(session), level_(level) {}

  wasi::Outcome<size_t> write(wasi::WriteBuffers buffers) override {
    size_t count = 0;
    for (const iovec& buffer : buffers) {
      const std::string_view text(static_cast<const char*>(buffer.iov_base), buffer.iov_len);
      for (const char c : text) {
        if (c == '\n' || line_.size() == line_bytes_max) end_line();
        if (c != '\n') line_ += c;
      }
      count += text.size();
    }
    return count;
  }
  void end_line() {
    if (!line_.empty() && session_.activation != nullptr) session_.activation->log(level_, line_);
    line_.clear();
  }

 private:
  const Session& session_;
  LogLevel level_;
  std::string line_;
};

/// The network, as far as it is one of requests and answers.
class SessionHttp final : public wasi::HttpRelay {
 public:
  explicit SessionHttp(const Session& session) : session_(session) {}
  bool take(size_t bytes) override {
    return session_.activation == nullptr || session_.activation->take_http_bytes(bytes);
  }
  std::shared_ptr<void> ask(wasi::HttpQuestion question, Done done) override {
    if (session_.activation != nullptr) {
      return session_.activation->ask_http(std::move(question), std::move(done));
    }
    done(wasi::http_denied());
    return nullptr;
  }

 private:
  const Session& session_;
};

/// Packages that mean something to an actor.
constexpr auto known = std::to_array<std::string_view>(
    {"wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:http/", "wasi:io/", "wasi:random/"});

bool is_of_wasi(std::string_view name) { return name.starts_with("wasi:"); }

/// The first import of WASI that begins like none of these; empty: there is none.
std::string_view first_other(const component::Component& component,
                             std::span<const std::string_view> beginnings) {
  for (const component::NamedExtern& item : component.type().imports) {
    const std::string_view name = item.name;
    const auto begins = [&](std::string_view beginning) { return name.starts_with(beginning); };
    if (is_of_wasi(name) && std::ranges::none_of(beginnings, begins)) return name;
  }
  return {};
}

using Variables = std::vector<std::tuple<std::string, std::string>>;

/// The manifest may be another one when this is run again, so it is an answer to be recorded:
/// "NAME=value", and a zero behind each.
Result<Variables> environment(HostCall& call) {
  Activation* const activation = call.context().find<Session>()->activation;
  if (activation == nullptr) return Variables();
  const Bytes recorded = TRY(activation->answer("wasi:cli/environment#get-environment", [&] {
    Bytes bytes;
    for (const std::string& variable : activation->kind().settings().env) {
      bytes.insert(bytes.end(), variable.begin(), variable.end());
      bytes.push_back(0);
    }
    return bytes;
  }));
  Variables variables;
  std::string_view rest = as_text(recorded);
  while (!rest.empty()) {
    const size_t end = rest.find('\0');
    const size_t equals = rest.find('=');
    if (end == std::string_view::npos || equals >= end) {
      return fail(ErrorKind::invalid, "a recorded environment that is none");
    }
    variables.emplace_back(rest.substr(0, equals), rest.substr(equals + 1, end - equals - 1));
    rest.remove_prefix(end + 1);
  }
  return variables;
}

/// Other instances go on where this one is, so nothing but its memory may remember it.
std::tuple<uint64_t, uint64_t> seed(HostCall& call) {
  Random& random = wasi::Guest::of(call).random();
  const uint64_t first = random.next_u64();
  return {first, random.next_u64()};
}

}  // namespace

bool imports_wasi(const component::Component& component) {
  return !first_other(component, {}).empty();
}

Result<> check_wasi_imports(const component::Component& component) {
  const std::string_view name = first_other(component, known);
  if (name.empty()) return {};
  return fail(ErrorKind::unlinkable,
              fmt::format("the component imports '{}', which actors do not have", name));
}

void add_wasi_imports(component::ComponentLinker& linker) {
  wasi::add_wasi(linker);
  for (const std::string_view version : {"0.2.12", "0.3.0"}) {
    linker.interface(fmt::format("wasi:cli/environment@{}", version))
        .func("get-environment", &environment);
  }
  linker.interface("wasi:random/insecure-seed@0.2.12").func("insecure-seed", &seed);
  linker.interface("wasi:random/insecure-seed@0.3.0").func("get-insecure-seed", &seed);
}

struct WasiWorld::Parts {
  explicit Parts(std::shared_ptr<const Session> of)
      : session(std::move(of)),
        clock(*session),
        random(*session),
        http(*session),
        loop(clock),
        output(std::make_shared<LogHandle>(*session, LogLevel::info)),
        error(std::make_shared<LogHandle>(*session, LogLevel::warning)) {}
  std::shared_ptr<const Session> session;
  SessionClock clock;
  SessionRandom random;
  SessionHttp http;
  SimulatedEventLoop loop;
  std::shared_ptr<LogHandle> output, error;
  std::shared_ptr<wasi::Guest> guest;
  std::optional<wasi::GuestObjectKeeper> keeper;
};

WasiWorld::WasiWorld(std::shared_ptr<const Session> session)
    : parts_(std::make_unique<Parts>(std::move(session))) {}

WasiWorld::~WasiWorld() = default;

void WasiWorld::enter(component::Store& store) {
  wasi::GuestConfig config;
  config.args = {"actor"};
  config.standard_output = parts_->output;
  config.standard_error = parts_->error;
  config.loop = &parts_->loop;
  config.alone = true;
  config.random = &parts_->random;
  config.http_relay = &parts_->http;
  parts_->guest = std::make_shared<wasi::Guest>(std::move(config));
  parts_->keeper.emplace(*parts_->guest);
  wasi::Guest::enter(store, parts_->guest);
}

Result<bool> WasiWorld::let_time_pass() { return parts_->loop.run_one(); }

bool WasiWorld::has_exited() const { return parts_->guest->exit_code().has_value(); }

EventLoop& WasiWorld::loop() { return parts_->loop; }

component::ObjectKeeper& WasiWorld::keeper() {
  parts_->keeper->renew_permissions();
  return *parts_->keeper;
}

void WasiWorld::end_lines() {
  parts_->output->end_line();
  parts_->error->end_line();
}

}  // namespace cairn::actor
