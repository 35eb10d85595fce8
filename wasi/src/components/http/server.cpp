// Serving components: sockets, instances, time.

#include "components/http/server.hpp"

#include <fmt/chrono.h>

#include "components/http/native_request.hpp"

namespace cairn::wasi {

namespace {
constexpr uint64_t ns_per_ms = 1'000'000;
constexpr uint64_t sweep_ns_max = 1'000 * ns_per_ms;
/// After an error of the listening socket that passes, for instance too many open files.
constexpr uint64_t accept_pause_ns = 50 * ns_per_ms;
/// Between two lines of the log about that.
constexpr uint64_t shortage_pause_ns = 60'000 * ns_per_ms;
}  // namespace

// ---- Instances --------------------------------------------------------------------------------

ServedInstance::ServedInstance(HttpServer::State& of, std::shared_ptr<Guest> with)
    : server(of),
      guest(std::move(with)),
      store(*of.config.engine, of.config.store_limits, of.config.runtime_limits) {
  Guest::enter(store, guest);
  // Others are served by the loop that it would run.
  store.set_idle([]() -> Result<bool> { return false; });
  store.core().set_fuel(of.config.fuel.value_or(INT64_MAX));
}

Result<> ServedInstance::find_handler(const component::Instance& instance) {
  if (const auto service = instance.instance("wasi:http/handler@0.3.0")) {
    handle = service.func("handle");
    return {};
  }
  if (const auto proxy = instance.instance("wasi:http/incoming-handler@0.2.0")) {
    handle = proxy.func("handle");
    is_02 = true;
    return {};
  }
  return cairn::fail(ErrorKind::unlinkable,
                     "the component serves no HTTP: it exports neither wasi:http/handler@0.3 nor "
                     "wasi:http/incoming-handler@0.2");
}

/// A guest that was stopped would go on with the next tick, which nobody wants. Only a call can say
/// that it was.
std::optional<Error> ServedInstance::stopped() {
  if (!server.config.fuel && !server.config.running) return std::nullopt;
  const HttpServer::State::Running guard(server, store);
  const auto all = requests;
  for (const auto& request : all) {
    if (!request->call || request->call->has_ended()) continue;
    if (Result<> waited = request->call->wait_for_end(store); !waited)
      return std::move(waited).error();
  }
  return std::nullopt;
}

void ServedInstance::run() {
  const auto self = shared_from_this();
  const HttpServer::State::Scope scope(server);
  for (const auto& request : requests)
    if (request->connection) request->connection->writer().cork();
  const auto tick_all = [this]() -> Result<bool> {
    const HttpServer::State::Running guard(server, store);
    bool any = false;
    while (TRY(store.tick())) any = true;
    return any;
  };
  const auto look_at_all = [this] {
    const auto all = requests;
    for (const auto& request : all) request->look();
  };
  const auto end_with = [&](const Error& error) {
    broken = true;
    const bool known = !requests.empty() && requests.front()->connection;
    server.log_error(error, known ? requests.front()->connection->describe() : "a guest");
    look_at_all();
  };
  // Others may have left it broken.
  if (broken) look_at_all();
  for (bool again = !broken; again && !broken;) {
    running = true;
    const Result<bool> ran = tick_all();
    const std::optional<Error> why = ran ? stopped() : std::optional(ran.error());
    if (why)
      end_with(*why);
    else
      look_at_all();
    // What is woken from here on is told again. What came of looking may let threads go on, too.
    running = false;
    woken = false;
    if (broken) break;
    const Result<bool> more = tick_all();
    if (!more) end_with(more.error());
    again = more && *more;
  }
  const auto corked = requests;
  for (const auto& request : corked)
    if (request->connection) request->connection->writer().uncork();
}

void ServedInstance::run_soon() {
  server.loop().post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->run();
  });
}

bool ServedInstance::has_others() const {
  return server.shared.get() == this || requests.size() > 1;
}

Result<std::shared_ptr<ServedInstance>> HttpServer::State::make_instance() {
  auto made = std::make_shared<ServedInstance>(*this, TRY(config.make_guest()));
  const std::weak_ptr<ServedInstance> weak = made;
  made->store.set_wake([weak, to = made.get(), loop = config.loop] {
    if (to->running || to->woken.exchange(true)) return;
    loop->post([weak] {
      if (const auto instance = weak.lock()) instance->run();
    });
  });
  const Running guard(*this, made->store);
  TRY(made->find_handler(TRY(config.component->instantiate(made->store))));
  return made;
}

Result<std::shared_ptr<ServedInstance>> HttpServer::State::take_instance() {
  if (shared && !shared->broken &&
      shared->requests.size() < (shared->is_02 ? 1 : config.server_limits.instance_requests_max)) {
    ++shared->served;
    auto taken = shared;
    if (taken->served >= config.reuse) shared.reset();
    taken->store.core().set_fuel(config.fuel.value_or(INT64_MAX));
    return taken;
  }
  auto made = TRY(make_instance());
  made->served = 1;
  if (config.reuse > 1) shared = made;
  return made;
}

Result<std::shared_ptr<Handling>> HttpServer::State::take_handling(
    std::shared_ptr<ServerConnection> of) {
  if (config.handler) return std::make_shared<NativeRequest>(*this, std::move(of));
  auto request = std::make_shared<ServedRequest>();
  request->instance = TRY(take_instance());
  request->loop = config.loop;
  request->connection = std::move(of);
  request->instance->requests.push_back(request);
  return request;
}

void HttpServer::State::release(const std::shared_ptr<ServedRequest>& request) {
  const auto instance = std::exchange(request->instance, nullptr);
  if (!instance) return;
  --requests;
  std::erase(instance->requests, request);
  std::erase(afterwards, request);
  if (shared == instance && instance->broken) shared.reset();
  request->call.reset();
  retired.push_back(request);
  retired.push_back(instance);
}

void HttpServer::State::clear() {
  // What goes away may take something along.
  ++depth;
  while (!retired.empty()) const auto gone = std::exchange(retired, {});
  --depth;
}

// ---- Connections ------------------------------------------------------------------------------

void HttpServer::State::accept() {
  const Scope scope(*this);
  while (!stopping && connections.size() < config.server_limits.connections_max) {
    Outcome<std::shared_ptr<Socket>> socket = listener->accept();
    if (socket) {
      clear();
      serve(*std::move(socket));
      continue;
    }
    if (socket.error() != Errno::again) {
      tell_shortage(socket.error());
      accepting = loop().at(now_ns() + accept_pause_ns, [this] { accept(); });
      return;
    }
    accepting =
        loop().when_ready(listener->wait_fd(), EventLoop::Direction::read, [this] { accept(); });
    return;
  }
  // Who leaves makes room.
  accepting = nullptr;
}

void HttpServer::State::tell_shortage(Errno why) {
  const bool is_shortage =
      why == Errno::mfile || why == Errno::nfile || why == Errno::nobufs || why == Errno::nomem;
  const uint64_t now = now_ns();
  const bool is_told = shortage_told_ns && now - *shortage_told_ns < shortage_pause_ns;
  if (!is_shortage || is_told || !config.log) return;
  shortage_told_ns = now;
  config.log->log(
      LogLevel::warning, "who connects has to wait: {}, with {} connections open",
      why == Errno::mfile ? "the process may open no more files (ulimit -n)" : to_string(why),
      connections.size());
}

void HttpServer::State::serve(std::shared_ptr<Socket> socket) {
  const auto connection = std::make_shared<ServerConnection>(*this, std::move(socket));
  connections.insert(connection);
  connection->run();
}

uint64_t HttpServer::State::sweep_ns() const {
  const HttpServerLimits& limits = config.server_limits;
  uint64_t least = std::min({limits.head_timeout_ns, limits.idle_timeout_ns,
                             limits.stall_timeout_ns, limits.body_timeout_ns});
  if (limits.request_timeout_ns) least = std::min(least, *limits.request_timeout_ns);
  return std::clamp<uint64_t>(least / 4, ns_per_ms, sweep_ns_max);
}

void HttpServer::State::sweep() {
  const Scope scope(*this);
  const uint64_t now = now_ns();
  const std::vector<std::shared_ptr<ServerConnection>> all(connections.begin(), connections.end());
  for (const auto& connection : all) connection->check_time(now);
  const auto going_on = afterwards;
  for (const auto& request : going_on)
    if (now - request->sent_ns >= config.server_limits.afterwards_ns) request->end_guest();
  if (listener && !accepting && !stopping) accept();
  if (!stopping || !connections.empty() || requests > 0)
    sweeping = loop().at(now + sweep_ns(), [this] { sweep(); });
}

const std::string& HttpServer::State::date() {
  const uint64_t now_s = loop().clock().realtime_ns() / 1'000'000'000;
  if (now_s != date_s) {
    date_s = now_s;
    date_text =
        fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(now_s)));
  }
  return date_text;
}

void HttpServer::State::log_error(const Error& error, std::string_view what) const {
  if (config.log) config.log->log(LogLevel::error, "{}: {}", what, error.to_string());
}

// ---- The server -------------------------------------------------------------------------------

Result<std::unique_ptr<HttpServer>> HttpServer::make(HttpServerConfig config) {
  auto state = std::make_shared<State>(std::move(config));
  if (state->config.handler) {
    state->arrivals = std::make_shared<Arrivals>(state->loop());
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
  }
  const auto first = TRY(state->make_instance());
  const auto& types = first->handle.types();
  const auto& type = first->handle.type();
  const bool fits =
      first->handle &&
      (first->is_02
           ? component::has_signature<void, HostOwn<IncomingRequest2>, HostOwn<ResponseOutparam>>(
                 types, type)
           : component::has_signature<std::expected<HostOwn<Response3>, HttpError>,
                                      HostOwn<Request3>>(types, type));
  if (!fits)
    return cairn::fail(ErrorKind::unlinkable, "the handler is not of the type that WASI gives it");
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::~HttpServer() {
  abort();
  state_->clear();
  if (state_->arrivals) state_->arrivals->close();
}

void HttpServer::listen(std::shared_ptr<Socket> socket) {
  state_->listener = std::move(socket);
  state_->sweep();
}

void HttpServer::serve(std::shared_ptr<Socket> socket) {
  const State::Scope scope(*state_);
  state_->serve(std::move(socket));
  if (!state_->sweeping) state_->sweep();
}

void HttpServer::shut_down() {
  const State::Scope scope(*state_);
  state_->stopping = true;
  state_->accepting.reset();
  state_->listener.reset();
  const std::vector<std::shared_ptr<ServerConnection>> all(state_->connections.begin(),
                                                           state_->connections.end());
  for (const auto& connection : all) connection->shut_down();
}

void HttpServer::abort() {
  const State::Scope scope(*state_);
  state_->stopping = true;
  state_->accepting.reset();
  state_->sweeping.reset();
  state_->listener.reset();
  const std::vector<std::shared_ptr<ServerConnection>> all(state_->connections.begin(),
                                                           state_->connections.end());
  for (const auto& connection : all) connection->close();
  const auto going_on = state_->afterwards;
  for (const auto& request : going_on) state_->release(request);
  state_->shared.reset();
}

bool HttpServer::has_ended() const {
  return state_->stopping && state_->connections.empty() && state_->requests == 0;
}

}  // namespace cairn::wasi
