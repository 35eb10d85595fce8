#include "serve_http_options.hpp"

#include <fmt/format.h>

#include <thread>

#include "listen_address.hpp"

namespace cairn::cli {
namespace {

/// The options as texts, before they are looked at.
struct Raw {
  std::string address = "127.0.0.1:8080";
  std::optional<std::string> threads, reuse, body, head, requests, connections, idle, grace;
};

void add_server_options(CLI::App& app, Raw& raw, ServeOptions& options) {
  const char* group = "The server";
  app.add_option("--addr", raw.address, "Where to listen; port 0: one that is free")
      ->type_name("HOST:PORT")
      ->capture_default_str()
      ->group(group);
  add_text(app, "--tls-cert", options.tls_certificate,
           "Serve https with this chain of certificates, as PEM")
      ->type_name("FILE")
      ->group(group);
  add_text(app, "--tls-key", options.tls_key, "The certificate's private key, as PEM")
      ->type_name("FILE")
      ->group(group);
  add_text(app, "--threads", raw.threads, "How many threads serve (one for each processor)")
      ->type_name("N")
      ->group(group);
  add_text(app, "--reuse", raw.reuse,
           "How many requests an instance serves, a service of 0.3 several at a time (1)")
      ->type_name("N")
      ->group(group);
  add_text(app, "--max-body", raw.body, "Of a request; more is answered by 413 (1GiB)")
      ->type_name("SIZE")
      ->group(group);
  add_text(app, "--max-head", raw.head, "Start line and fields; more is answered by 431 (64KiB)")
      ->type_name("SIZE")
      ->group(group);
  add_text(app, "--max-requests", raw.requests,
           "At the same time, for each thread; more are answered by 503 (1000)")
      ->type_name("N")
      ->group(group);
  add_text(app, "--max-connections", raw.connections, "For each thread; more wait (10000)")
      ->type_name("N")
      ->group(group);
  add_text(app, "--idle-timeout", raw.idle, "How long a connection may do nothing (60s)")
      ->type_name("TIME")
      ->group(group);
  add_text(app, "--grace", raw.grace, "How long requests may go on after SIGTERM or SIGINT (10s)")
      ->type_name("TIME")
      ->group(group);
  app.add_flag("--access-log", options.access_log, "Print a line for each request")->group(group);
}

constexpr const char* footer =
    "FILE is a component of the world wasi:http/proxy (0.2) or wasi:http/service (0.3). Each "
    "request\n"
    "gets an instance of its own, unless --reuse says otherwise. --timeout, --fuel and\n"
    "--max-memory hold for each of them. A guest that traps is answered by 500, one that takes "
    "too\n"
    "long by 504.\n\n"
    "Examples:\n"
    "  cairn serve-http hello.wasm\n"
    "  cairn serve-http --addr 0.0.0.0:80 --timeout 5s --max-memory 64MiB app.wasm\n"
    "  cairn serve-http --allow-net api.example.org:443 --env MODE=test proxy.wasm\n"
    "  cairn serve-http --addr 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem app.wasm\n\n"
    "SIGTERM or SIGINT end it once running requests are finished; a second one at once.";

Result<uint32_t> number(std::string_view option, const std::string& text) {
  const uint64_t value = TRY(parse_count(option, text, UINT32_MAX));
  if (value == 0) return fail(ErrorKind::usage, fmt::format("{} cannot be 0", option));
  return static_cast<uint32_t>(value);
}

Result<> take(const Raw& raw, ServeOptions& options) {
  options.address = TRY(parse_address("--addr", raw.address));
  if (options.tls_certificate.has_value() != options.tls_key.has_value())
    return fail(ErrorKind::usage, "--tls-cert and --tls-key need each other");
  options.threads = raw.threads ? TRY(number("--threads", *raw.threads))
                                : std::max(1U, std::thread::hardware_concurrency());
  if (raw.reuse) options.reuse = TRY(number("--reuse", *raw.reuse));
  if (raw.body) options.limits.body_bytes_max = TRY(parse_size("--max-body", *raw.body));
  if (raw.head) {
    const uint64_t bytes = TRY(parse_size("--max-head", *raw.head));
    if (bytes < 64 || bytes > (64 << 20))
      return fail(ErrorKind::usage, "--max-head is at least 64 bytes and at most 64MiB");
    options.limits.head_bytes_max = static_cast<uint32_t>(bytes);
  }
  wasi::HttpServerLimits& limits = options.server_limits;
  if (raw.requests) limits.requests_max = TRY(number("--max-requests", *raw.requests));
  if (raw.connections) limits.connections_max = TRY(number("--max-connections", *raw.connections));
  if (raw.idle) limits.idle_timeout_ns = TRY(parse_duration_ns("--idle-timeout", *raw.idle));
  options.grace_ns = TRY(parse_duration_ns("--grace", raw.grace.value_or("10s")));
  limits.request_timeout_ns = options.guest.timeout_ns;
  return {};
}

}  // namespace

std::optional<int> parse_serve_options(Args args, ServeOptions& options) {
  Parser parser("serve-http", "[OPTIONS] FILE", "Serve a component over HTTP/1.1.");
  Raw raw;
  GuestOptions guest;
  parser->add_option("FILE", options.guest.file, "The component")->required();
  add_server_options(parser.app(), raw, options);
  guest.add_world_to(parser.app(), true);
  guest.add_limits_to(parser.app());
  parser.footer(footer);
  if (const auto code = parser.parse(args)) return code;
  Result<> taken = guest.take(options.guest);
  if (taken) taken = take(raw, options);
  if (!taken) return usage_error("serve-http", taken.error().message);
  return std::nullopt;
}

}  // namespace cairn::cli
