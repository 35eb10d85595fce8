// `cairn serve`: a deployment of actors behind HTTP.

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cairn/platform/api.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "commands.hpp"
#include "file_watch.hpp"
#include "http_sender.hpp"
#include "http_threads.hpp"
#include "line_writer.hpp"
#include "listen_address.hpp"
#include "manifest_file.hpp"
#include "serve_options.hpp"
#include "signals.hpp"
#include "task_thread.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr uint64_t ns_per_ms = 1'000'000, ns_per_s = 1'000 * ns_per_ms;
constexpr uint64_t look_ns = ns_per_s;
/// For actors of the manifest to start, before requests are taken.
constexpr uint64_t start_ns_max = 5 * ns_per_s, start_look_ns = ns_per_ms / 5;
/// While everything ends.
constexpr uint64_t end_look_ns = 10 * ns_per_ms;
/// For answers to go out when all actors have ended; event streams end then.
constexpr uint64_t answers_ns_max = 500 * ns_per_ms;
/// For threads to end when they were told to.
constexpr uint64_t end_ns_max = 2 * ns_per_s;
/// A reload that failed is tried again after 1 s, 2 s, 4 s, …: somebody may have been stopping.
constexpr uint32_t retries_max = 6;

/// For what may be in the way of a reload and go by itself; what a file says wrongly stays wrong.
bool may_pass(const Error& error) {
  return error.kind == ErrorKind::usage || error.kind == ErrorKind::limit ||
         error.kind == ErrorKind::io || error.kind == ErrorKind::not_found;
}

class Serve {
 public:
  explicit Serve(ActorServeOptions options)
      : options_(std::move(options)), log_(options_.log, lines_), watch_(files_) {}

  int run() {
    std::signal(SIGPIPE, SIG_IGN);
    if (const Result<> opened = open(); !opened) {
      if (opened.error().kind == ErrorKind::usage)
        return usage_error("serve", opened.error().message);
      lines_.write(error_line(opened.error().to_string()));
      lines_.end();
      const bool is_bare = options_.file.ends_with(".wasm");
      if (is_bare && opened.error().kind == ErrorKind::denied)
        print_hint(
            "a component alone is granted cairn:actor, a manifest grants more; what is no actor "
            "is for `cairn run`, or `cairn serve-http`");
      return exit_failure;
    }
    const int code = wait();
    sender_.stop();
    return code;
  }

 private:
  /// With what the command line says instead.
  Result<platform::Manifest> read() {
    watch_.begin();
    watch_.add(options_.file);
    auto found = ManifestFile::read(files_, options_.file);
    if (found) {
      for (const std::string& path : found->files()) watch_.add(path);
    }
    watch_.end(found.has_value());
    ManifestFile file = TRY(std::move(found));
    folder_ = file.folder;
    platform::Manifest& manifest = file.manifest;
    if (options_.data) manifest.data = std::filesystem::absolute(*options_.data).string();
    if (options_.no_chain) manifest.durable = false;
    if (options_.workers) manifest.workers = *options_.workers;
    if (manifest.workers == 0) manifest.workers = std::max(1U, std::thread::hardware_concurrency());
    return std::move(manifest);
  }

  Result<> open() {
    platform::Manifest manifest = TRY(read());
    if (manifest.actors.empty() && manifest.components.empty())
      print_warning(options_.file + ": it names neither actors nor components");
    // Whatever it writes is its own, wherever: SQLite has no mode for the files that it makes.
    umask(S_IRWXG | S_IRWXO);
    HttpThreadsSettings http = {.addresses = options_.addresses, .threads = options_.http_threads};
    if (options_.access_log) http.access = access_log(lines_);
    if (http.addresses.empty()) http.addresses = {TRY(parse_address("listen", manifest.listen))};
    engine_.emplace(options_.engine);
    changes_ = std::make_shared<TaskThread>();
    background_.emplace();
    const auto changes = [to = std::weak_ptr(changes_)](std::function<void()> task) {
      if (const auto thread = to.lock()) thread->post(std::move(task));
    };
    deployment_ = TRY(platform::Deployment::open(
        {.engine = &*engine_,
         .clock = &clock_,
         .random = &random_,
         .disk = &disk_,
         .files = &files_,
         .log = &log_,
         .http = &sender_,
         .folder = folder_,
         .apart = changes,
         .background = [this](std::function<void()> task) { background_->post(std::move(task)); }},
        std::move(manifest)));
    if (chain::Store* const store = deployment_->store()) committer_.emplace(*store, clock_);
    tasks_.emplace();
    api_.emplace(*deployment_, clock_,
                 platform::ApiSettings{
                     .resident_bytes = [this] { return resident_bytes(); },
                     .apart = [this](std::function<void()> task) { tasks_->post(std::move(task)); },
                     .changes = changes});
    // Nobody begins where nobody could be asked: the address may be somebody else's.
    http_ = TRY(HttpThreads::open(*api_, log_, std::move(http)));
    workers_.emplace(deployment_->system());
    TRY(deployment_->start());
    await_actors();
    http_->start(log_);
    announce();
    return {};
  }

  /// Who asks at once finds them there. What keeps one from starting is in the log.
  void await_actors() {
    const uint64_t until_ns = clock_.monotonic_ns() + start_ns_max;
    for (const platform::ActorManifest& actor : deployment_->manifest()->actors) {
      for (;;) {
        const auto status = deployment_->actor(actor.name);
        const uint64_t now_ns = clock_.monotonic_ns();
        if ((status && status->is_running) || now_ns >= until_ns) break;
        clock_.sleep_until(now_ns + start_look_ns);
      }
    }
  }

  uint64_t resident_bytes() {
    // The second number is that of pages (proc(5)).
    constexpr uint64_t text_bytes_max = 256;
    const Result<Bytes> text = files_.read_file("/proc/self/statm", text_bytes_max);
    if (!text) return 0;
    const std::string numbers(as_text(*text));
    const size_t space = std::min(numbers.find(' '), numbers.size());
    return std::strtoull(numbers.c_str() + space, nullptr, 10) *
           static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  }

  void announce() {
    std::string where;
    for (const wasi::SocketAddress& address : http_->addresses())
      where += fmt::format("{}http://{}", where.empty() ? "" : ", ", text_of(address));
    lines_.write(fmt::format("serving {} on {}\n", printable(options_.file), where));
    const chain::Store* const store = deployment_->store();
    if (store == nullptr) return;
    lines_.write(fmt::format("the log's key is {}\n", store->verifier().to_string()));
  }

  /// Compiling takes long, and signals and timers do not wait for it: until it is done, what stands
  /// below `is_reloading_` is that thread's.
  void begin_reload(std::string why, bool is_retry = false) {
    is_reloading_ = true;
    tasks_->post([this, why = std::move(why), is_retry] {
      reload(why, is_retry);
      is_reloading_ = false;
    });
  }

  void reload(std::string_view why, bool is_retry) {
    Result<> done = {};
    if (Result<platform::Manifest> manifest = read()) {
      done = deployment_->apply(*std::move(manifest));
    } else {
      done = std::unexpected(manifest.error());
    }
    if (done) {
      retry_ns_ = 0;
      return log_.log(LogLevel::info, "{} was read again: {}", options_.file, why);
    }
    // Said once, and not with each try.
    const std::string error = done.error().to_string();
    retry_ns_ = 0;
    if (!is_retry || error != failure_) {
      log_.log(LogLevel::error, "{} could not be applied ({}), and nothing was changed: {}",
               options_.file, why, error);
      failure_ = error;
      retries_ = 0;
    }
    if (may_pass(done.error()) && retries_ < retries_max)
      retry_ns_ = clock_.monotonic_ns() + (ns_per_s << retries_++);
  }

  int wait() {
    uint64_t next_look_ns = clock_.monotonic_ns() + look_ns;
    while (!has_ended()) {
      const uint64_t due_ns = deployment_->tick();
      const uint64_t now_ns = clock_.monotonic_ns();
      const uint64_t until_ns = std::min(due_ns, is_ending_ ? now_ns + end_look_ns : next_look_ns);
      const uint64_t pause_ns = until_ns > now_ns ? until_ns - now_ns : 0;
      const timespec pause = {.tv_sec = static_cast<time_t>(pause_ns / ns_per_s),
                              .tv_nsec = static_cast<long>(pause_ns % ns_per_s)};
      const int signal = sigtimedwait(&signals_, nullptr, &pause);
      if (signal == SIGHUP) is_asked_ = true;
      if (signal == SIGINT || signal == SIGTERM) {
        // Whatever was acknowledged is on the disk.
        if (is_ending_) end_at_once();
        begin_to_end();
      }
      // Half a server helps nobody.
      if (http_->has_failed() && !is_ending_) begin_to_end();
      const bool is_due = clock_.monotonic_ns() >= next_look_ns;
      if (is_due) next_look_ns = clock_.monotonic_ns() + look_ns;
      if (is_ending_ || is_reloading_) continue;
      if (std::exchange(is_asked_, false)) {
        begin_reload("SIGHUP");
      } else if (is_due && options_.watch && watch_.look()) {
        begin_reload("it was changed");
      } else if (is_due && retry_ns_ != 0 && retry_ns_ <= next_look_ns - look_ns) {
        begin_reload("it was tried again", true);
      }
    }
    return http_->has_failed() ? exit_failure : exit_ok;
  }

  void begin_to_end() {
    is_ending_ = true;
    const uint64_t now_ns = clock_.monotonic_ns();
    const uint64_t grace_ns = std::min(options_.grace_ns, UINT64_MAX - now_ns - end_ns_max);
    end_ns_ = now_ns + grace_ns + end_ns_max;
    // Who comes now is told so, until nobody is left who could do anything.
    api_->drain();
    deployment_->drain(grace_ns);
  }

  /// First the actors, then whoever still takes an answer; after its time, everything.
  bool has_ended() {
    if (!is_ending_) return false;
    const uint64_t now_ns = clock_.monotonic_ns();
    if (now_ns >= end_ns_) {
      lines_.write(error_line("not everything ended in time"));
      end_at_once();
    }
    if (!deployment_->ended()) return false;
    if (!std::exchange(is_closed_, true)) http_->shut_down();
    if (http_->have_ended()) return true;
    if (abort_ns_ == 0) abort_ns_ = now_ns + answers_ns_max;
    if (now_ns >= abort_ns_ && !std::exchange(is_aborted_, true)) http_->abort();
    return false;
  }

  [[noreturn]] void end_at_once() {
    lines_.end();
    std::_Exit(exit_failure);
  }

  const sigset_t signals_ = hold_signals({SIGINT, SIGTERM, SIGHUP});  // before there are threads
  LineWriter lines_{STDERR_FILENO};
  RealClock clock_;
  RealRandom random_;
  RealDisk disk_;
  RealFiles files_;
  ActorServeOptions options_;
  ServerLog log_;
  bool is_asked_ = false;  ///< to read the files again
  std::atomic<bool> is_reloading_ = false;
  std::string folder_;
  FileWatch watch_;
  std::string failure_;  ///< of the last reload that failed …
  uint32_t retries_ = 0;
  uint64_t retry_ns_ = 0;  ///< … which is due then; 0: never
  bool is_ending_ = false, is_closed_ = false, is_aborted_ = false;
  uint64_t end_ns_ = 0, abort_ns_ = 0;

  // Each is used by those below it.
  std::optional<engine::Engine> engine_;
  HttpSender sender_;
  std::unique_ptr<platform::Deployment> deployment_;
  std::optional<TaskThread> background_;
  std::optional<chain::Committer> committer_;
  std::optional<actor::Workers> workers_;
  // Actors and the committer give it something to do, and may go on doing so after it has ended.
  std::shared_ptr<TaskThread> changes_;
  std::optional<TaskThread> tasks_;
  std::optional<platform::Api> api_;
  std::unique_ptr<HttpThreads> http_;
};

}  // namespace

int serve_command(Args args) {
  ActorServeOptions options;
  if (const auto code = parse_serve_options(args, options)) return *code;
  return Serve(std::move(options)).run();
}

}  // namespace cairn::cli
