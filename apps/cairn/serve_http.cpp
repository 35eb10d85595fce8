// `cairn serve-http`: threads that serve a component, each with an event loop of its own.

#include <fmt/format.h>
#include <unistd.h>
#include <cairn/component/linker.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "commands.hpp"
#include "compiler.hpp"
#include "failure.hpp"
#include "input.hpp"
#include "line_writer.hpp"
#include "listen_address.hpp"
#include "run_component.hpp"
#include "serve_http_options.hpp"
#include "signals.hpp"
#include "terminal.hpp"
#include "world.hpp"

namespace cairn::cli {
namespace {

constexpr uint64_t ns_per_ms = 1'000'000;
/// For threads to end when they were told to: those whose guests are in a loop cannot.
constexpr uint64_t end_ns_max = 500 * ns_per_ms;

/// Ends guests that run too long without waiting for anything: the loop cannot.
class Watchdog {
 public:
  Watchdog(Clock& clock, uint64_t limit_ns) : clock_(clock), limit_ns_(limit_ns) {}

  /// From the thread that serves: this guest runs now, or none.
  void set(engine::Store* store) {
    const std::scoped_lock lock(mutex_);
    store_ = store;
    since_ns_ = store ? clock_.monotonic_ns() : 0;
  }
  /// From the thread that watches.
  void look() {
    const std::scoped_lock lock(mutex_);
    if (store_ && clock_.monotonic_ns() - since_ns_ >= limit_ns_) store_->interrupt();
  }

 private:
  Clock& clock_;
  uint64_t limit_ns_;
  std::mutex mutex_;
  engine::Store* store_ = nullptr;
  uint64_t since_ns_ = 0;
};

/// One thread that serves.
class Worker {
 public:
  /// `tls` may be null.
  Worker(const ServeOptions& options, engine::Engine& engine, component::ComponentPre component,
         wasi::TlsContext* tls, LineWriter& lines)
      : options_(options),
        engine_(engine),
        component_(std::move(component)),
        tls_(tls),
        lines_(lines) {}

  Result<> open() {
    TRY(world_.open(options_.guest));
    world_.config().log = &guest_log_;
    wasi::HttpServerConfig config;
    config.loop = &world_.loop();
    config.engine = &engine_;
    config.component = component_;
    config.make_guest = [this]() -> Result<std::shared_ptr<wasi::Guest>> {
      return world_.make_guest();
    };
    config.store_limits = options_.guest.limits;
    config.fuel = options_.guest.fuel;
    config.reuse = options_.reuse;
    config.limits = options_.limits;
    config.server_limits = options_.server_limits;
    config.tls = tls_;
    config.log = &log_;
    if (options_.access_log) config.access = access_log(lines_);
    if (options_.guest.timeout_ns) {
      watchdog_.emplace(clock_, *options_.guest.timeout_ns);
      config.running = [this](engine::Store* store) { watchdog_->set(store); };
    }
    server_ = TRY(wasi::HttpServer::make(std::move(config)));
    return {};
  }

  void start(std::shared_ptr<wasi::Socket> socket) {
    server_->listen(std::move(socket));
    thread_ = std::thread([this] {
      while (!server_->has_ended()) {
        const Result<bool> ran = world_.loop().run_one();
        if (!ran || !*ran) break;
      }
      server_.reset();
      ended_ = true;
    });
  }
  bool has_ended() const { return ended_; }

  /// From another thread: finish what runs, or end it at once.
  void shut_down(bool at_once) {
    world_.loop().post([this, at_once] {
      if (!server_) return;
      server_->shut_down();
      if (at_once) return server_->abort();
      deadline_ =
          world_.loop().at(clock_.monotonic_ns() + options_.grace_ns, [this] { server_->abort(); });
    });
    // A guest that is in a loop does not let ours go on.
    if (at_once && watchdog_) watchdog_->look();
  }
  void look() {
    if (watchdog_) watchdog_->look();
  }
  void join() { thread_.join(); }

 private:
  const ServeOptions& options_;
  engine::Engine& engine_;
  component::ComponentPre component_;
  wasi::TlsContext* tls_;
  LineWriter& lines_;
  RealClock clock_;
  ServerLog log_{LogLevel::warning, lines_}, guest_log_{LogLevel::debug, lines_};
  ComponentWorld world_;
  std::optional<Watchdog> watchdog_;
  std::unique_ptr<wasi::HttpServer> server_;
  EventLoop::Ticket deadline_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

class Serve {
 public:
  explicit Serve(ServeOptions options) : options_(std::move(options)) {}

  int run(Input& input) {
    if (const Result<> opened = open(input); !opened) {
      if (opened.error().kind == ErrorKind::usage)
        return usage_error("serve-http", opened.error().message);
      lines_.write(error_line(opened.error().to_string()));
      lines_.end();
      hint_of_actor(opened.error(), input.path);
      return exit_failure;
    }
    wait();
    for (const auto& worker : workers_) worker->join();
    return exit_ok;
  }

 private:
  Result<> open(Input& input) {
    engine::Settings settings = options_.guest.settings;
    settings.interruption = options_.guest.timeout_ns.has_value();
    engine_.emplace(std::move(settings));
    const component::Component component =
        TRY(named(input.is_binary() ? component::Component::load(*engine_, input.bytes)
                                    : component::Component::load_text(*engine_, input.text())));
    component::ComponentLinker linker(*engine_);
    wasi::add_wasi(linker);
    const component::ComponentPre prepared = TRY(named(linker.prepare(component)));
    TRY(open_tls());
    wasi::SocketAddress address = options_.address;
    std::vector<std::shared_ptr<wasi::Socket>> sockets;
    for (uint32_t i = 0; i < options_.threads; ++i) {
      workers_.push_back(
          std::make_unique<Worker>(options_, *engine_, prepared, tls_.get(), lines_));
      TRY(named(workers_.back()->open()));
      auto socket = TRY(listen_in(i, options_.threads, address));
      sockets.push_back(std::move(socket));
    }
    for (uint32_t i = 0; i < options_.threads; ++i) workers_[i]->start(std::move(sockets[i]));
    lines_.write(fmt::format("serving {} on http{}://{}\n", options_.guest.file, tls_ ? "s" : "",
                             text_of(address)));
    return {};
  }

  Result<> open_tls() {
    if (!options_.tls_certificate) return {};
    constexpr uint64_t bytes_max = 1 << 20;
    RealFiles files;
    const Bytes chain = TRY(files.read_file(*options_.tls_certificate, bytes_max));
    const Bytes key = TRY(files.read_file(*options_.tls_key, bytes_max));
    auto made = wasi::TlsContext::server(as_text(chain), as_text(key));
    if (!made) {
      made.error().path = *options_.tls_certificate;
      return std::unexpected(std::move(made).error());
    }
    tls_ = *std::move(made);
    return {};
  }

  /// An error of the component gets the name of its file.
  template <class T>
  Result<T> named(Result<T> result) {
    if (!result && result.error().path.empty() && result.error().kind != ErrorKind::usage)
      result.error().path = options_.guest.file;
    return result;
  }

  void wait() {
    const bool watches = options_.guest.timeout_ns.has_value();
    const uint64_t pause_ns =
        std::clamp<uint64_t>(options_.guest.timeout_ns.value_or(0) / 4, ns_per_ms, 50 * ns_per_ms);
    const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(pause_ns)};
    bool stopping = false;
    uint64_t end_ns = UINT64_MAX;
    const auto all_ended = [this] {
      return std::ranges::all_of(workers_, [](const auto& worker) { return worker->has_ended(); });
    };
    while (!all_ended()) {
      const timespec step{.tv_sec = watches || stopping ? 0 : 3600, .tv_nsec = pause.tv_nsec};
      const int signal = sigtimedwait(&signals_, nullptr, &step);
      for (const auto& worker : workers_) worker->look();
      const uint64_t now = clock_.monotonic_ns();
      if (signal < 0) {
        if (now >= end_ns) give_up();
        continue;
      }
      for (const auto& worker : workers_) worker->shut_down(stopping);
      const uint64_t grace_ns = stopping ? 0 : options_.grace_ns;
      end_ns =
          std::min(end_ns, grace_ns < UINT64_MAX - now - end_ns_max ? now + grace_ns + end_ns_max
                                                                    : UINT64_MAX);
      stopping = true;
    }
  }

  /// Without `--timeout`, guests run code that nothing can stop but the end of the process.
  [[noreturn]] void give_up() {
    lines_.write(error_line("a guest did not stop"));
    lines_.end();
    std::_Exit(exit_failure);
  }

  const sigset_t signals_ = hold_signals({SIGINT, SIGTERM});  // before there are threads
  LineWriter lines_{STDERR_FILENO};
  RealClock clock_;
  ServeOptions options_;
  std::optional<engine::Engine> engine_;
  std::unique_ptr<wasi::TlsContext> tls_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace

int serve_http_command(Args args) {
  ServeOptions options;
  if (const auto code = parse_serve_options(args, options)) return *code;
  std::optional<Input> input =
      read_input(options.guest.file, options.guest.settings.limits.module_bytes);
  if (!input) return exit_failure;
  if (!is_component(*input)) {
    print_error(fmt::format("{}: only components can be served", input->path));
    print_hint("`cairn component new` makes one of a core module");
    return exit_failure;
  }
  return Serve(std::move(options)).run(*input);
}

}  // namespace cairn::cli
