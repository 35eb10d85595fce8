#include "serve_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "listen_address.hpp"

namespace cairn::cli {
namespace {

/// The options as texts, before they are looked at.
struct Raw {
  std::vector<std::string> listen;
  std::optional<std::string> threads, workers;
  std::string grace = "10s", log = "info";
  bool no_watch = false;
  EngineOptions engine;
};

void add_options(CLI::App& app, Raw& raw, ActorServeOptions& options) {
  app.add_option("FILE", options.file, "A manifest, or a component alone (cairn.toml)")
      ->type_name("");
  add_text(app, "--data", options.data, "Where everything is kept")->type_name("DIR");
  add_list(app, "--listen", raw.listen, "Where to listen; port 0: one that is free")
      ->type_name("HOST:PORT");
  app.add_flag("--no-chain", options.no_chain, "Keep nothing: no log, no proofs, no disk");
  add_text(app, "--workers", raw.workers, "Threads that run actors (one for each processor)")
      ->type_name("N");
  add_text(app, "--threads", raw.threads, "Threads that serve HTTP (one for each processor)")
      ->type_name("N");
  app.add_option("--grace", raw.grace,
                 "How long what was accepted may take after SIGTERM or SIGINT")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_flag("--no-watch", raw.no_watch, "Look at changed files on SIGHUP only");
  app.add_option("--log", raw.log, "What to tell: debug, info, warning, error or off")
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_flag("--access-log", options.access_log, "Print a line for each request");
  raw.engine.add_to(app);
}

constexpr const char* footer =
    "FILE is a manifest (docs/serve.md; `cairn config schema` prints its JSON Schema) or a "
    "component\nof cairn:actor, which becomes one actor, at `POST /`.\n\n"
    "Examples:\n"
    "  cairn serve counter.wasm\n"
    "  cairn serve --data /var/lib/bank --listen 127.0.0.1:8000 bank/cairn.toml\n\n"
    "Changed files are taken when they are at rest, and on SIGHUP. SIGTERM or SIGINT end it once "
    "what\nwas accepted is done; a second one at once, which loses nothing that was acknowledged.";

Result<uint32_t> number(std::string_view option, const std::string& text) {
  const uint64_t value = TRY(parse_count(option, text, 1024));
  if (value == 0) return fail(ErrorKind::usage, fmt::format("{} cannot be 0", option));
  return static_cast<uint32_t>(value);
}

Result<LogLevel> log_level(const std::string& text) {
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::off}) {
    if (to_string(level) == text) return level;
  }
  return fail(ErrorKind::usage,
              fmt::format("--log is debug, info, warning, error or off, not '{}'", text));
}

Result<> take(const Raw& raw, ActorServeOptions& options) {
  if (options.file.empty()) return fail(ErrorKind::usage, "FILE is empty");
  for (const std::string& address : raw.listen)
    options.addresses.push_back(TRY(parse_address("--listen", address)));
  options.http_threads = raw.threads ? TRY(number("--threads", *raw.threads))
                                     : std::max(1U, std::thread::hardware_concurrency());
  if (raw.workers) options.workers = TRY(number("--workers", *raw.workers));
  options.grace_ns = TRY(parse_duration_ns("--grace", raw.grace));
  options.log = TRY(log_level(raw.log));
  options.watch = !raw.no_watch;
  options.engine = TRY(raw.engine.settings());
  // What a message costs and does is the same wherever it is run again.
  options.engine.fuel = true;
  options.engine.deterministic = true;
  return {};
}

}  // namespace

std::optional<int> parse_serve_options(Args args, ActorServeOptions& options) {
  Parser parser("serve", "[OPTIONS] [FILE]",
                "Serve actors: supervised, with contracts, each step durable and provable.");
  Raw raw;
  add_options(parser.app(), raw, options);
  parser.footer(footer);
  if (const auto code = parser.parse(args)) return code;
  if (const Result<> taken = take(raw, options); !taken)
    return usage_error("serve", taken.error().message);
  return std::nullopt;
}

}  // namespace cairn::cli
