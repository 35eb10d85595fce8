#include "run_options.hpp"

#include <fmt/format.h>
#include <cairn/wasi/sandbox/network.hpp>

#include <cstdlib>
#include <set>

#include "perf_map.hpp"
#include "terminal.hpp"

// POSIX has it in no header; glibc's has it under _GNU_SOURCE.
extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace cairn::cli {

/// The options as texts, before they are looked at.
struct GuestOptions::Raw {
  EngineOptions engine;
  std::optional<std::string> fuel, timeout, max_memory, call_depth, program_name;
  std::vector<std::string> dirs, env, extra_args, listen, connect, allow_net, tls_roots, values,
      buckets;
  bool inherit_env = false;
};

GuestOptions::GuestOptions() : raw_(std::make_unique<Raw>()) {}
GuestOptions::~GuestOptions() = default;

void GuestOptions::add_limits_to(CLI::App& app) {
  Raw& raw = *raw_;
  const char* group = "Limits";
  add_text(app, "--fuel", raw.fuel, "Stop after N units of work (about one for each instruction)")
      ->type_name("N")
      ->group(group);
  add_text(app, "--timeout", raw.timeout, "Stop after a time: 300ms, 5s, 2m")
      ->type_name("TIME")
      ->group(group);
  add_text(app, "--max-memory", raw.max_memory,
           "Memory for the guest's memories, its objects, its tables, each: 16MiB, 1GiB")
      ->type_name("SIZE")
      ->group(group);
  add_text(app, "--call-depth", raw.call_depth, "How deep calls may nest (20000)")
      ->type_name("N")
      ->group(group);
  raw.engine.add_to(app);
}

void GuestOptions::add_world_to(CLI::App& app, bool serves) {
  Raw& raw = *raw_;
  const char* group = "What the guest may see";
  add_list(app, "--dir", raw.dirs, "Let it use a directory, under another name, or read it only")
      ->type_name("HOST[::GUEST[::ro]]")
      ->group(group);
  add_list(app, "--env", raw.env, "Set a variable, or hand on ours")
      ->type_name("NAME[=VALUE]")
      ->group(group);
  app.add_flag("--inherit-env", raw.inherit_env, "Hand on all our variables")->group(group);
  add_list(app, "--allow-net", raw.allow_net,
           "Let a component connect to a host or a range of addresses, or to all (*)")
      ->type_name("HOST:PORT")
      ->group(group);
  add_list(app, "--tls-ca", raw.tls_roots,
           "Trust the certificates of a PEM file besides the system's, for requests over https")
      ->type_name("FILE")
      ->group(group);
  add_list(app, "--config", raw.values, "Give a component a value of wasi:config")
      ->type_name("NAME=VALUE")
      ->group(group);
  add_list(app, "--bucket", raw.buckets,
           "Give a component a bucket of wasi:keyvalue, in memory or in a file")
      ->type_name("NAME[=FILE]")
      ->group(group);
  if (serves) return;
  add_list(app, "--arg", raw.extra_args, "Give an argument, before those behind FILE")
      ->type_name("ARG")
      ->group(group);
  add_text(app, "--argv0", raw.program_name, "The program's name for itself (FILE)")
      ->type_name("NAME")
      ->group(group);
  add_list(app, "--listen", raw.listen,
           "Hand it a TCP socket that listens, as 127.0.0.1:8080; let a component listen there")
      ->type_name("ADDRESS")
      ->group(group);
  add_list(app, "--tcp", raw.connect, "Hand it a TCP connection, as 127.0.0.1:8080")
      ->type_name("ADDRESS")
      ->group(group);
}

namespace {

constexpr const char* footer =
    "Everything behind FILE belongs to the guest, so options come before it. A guest sees nothing "
    "of\n"
    "this machine but its arguments, the standard streams, and what these options hand to it.\n"
    "Sockets get descriptors behind those of the directories, which start at 3.\n\n"
    "Arguments of --invoke are read by the function's type: 7, -1, 0xff, 1.5, nan, inf, null.\n"
    "Those of a component stand in parentheses, in WAVE: --invoke 'f({x: 1}, [\"a\"], none)'.\n\n"
    "Examples:\n"
    "  cairn run hello.wasm one two\n"
    "  cairn run --dir data::/data::ro --env LANG app.wasm --verbose\n"
    "  cairn run --fuel 1000000 --max-memory 16MiB --timeout 2s untrusted.wasm\n"
    "  cairn run --invoke add add.wat 1 2\n\n"
    "Exit code: the program's own; 134 when it trapped or was stopped by a limit, 1 when it could\n"
    "not be run, 2 for a wrong command line.";

Result<std::string> environment_entry(const std::string& text) {
  const size_t equals = text.find('=');
  if (text.empty() || equals == 0) {
    return fail(ErrorKind::usage, fmt::format("--env '{}' is not like NAME=value", text));
  }
  if (equals != std::string::npos) return text;
  const char* value = std::getenv(text.c_str());
  if (value == nullptr) {
    return fail(ErrorKind::usage, fmt::format("--env {}: there is no such variable", text));
  }
  return text + "=" + value;
}

}  // namespace

Result<> GuestOptions::take_limits(RunOptions& options) const {
  const Raw& raw = *raw_;
  if (raw.fuel) {
    options.fuel = TRY(parse_count("--fuel", *raw.fuel, INT64_MAX));
    options.settings.fuel = true;
  }
  if (raw.timeout) options.timeout_ns = TRY(parse_duration_ns("--timeout", *raw.timeout));
  if (raw.max_memory) {
    const uint64_t bytes = TRY(parse_size("--max-memory", *raw.max_memory));
    engine::StoreLimits& limits = options.limits;
    limits.memory_bytes_max = bytes;
    limits.gc_heap_bytes_max = std::min(limits.gc_heap_bytes_max, bytes);
    limits.table_elements_max = std::min(limits.table_elements_max, bytes / sizeof(engine::Ref));
  }
  if (raw.call_depth) {
    const uint64_t depth = TRY(parse_count("--call-depth", *raw.call_depth, UINT32_MAX));
    if (depth == 0) return fail(ErrorKind::usage, "--call-depth 0 leaves no call at all");
    options.limits.call_depth_max = static_cast<uint32_t>(depth);
    // Deeper calls need more room than the default has.
    options.limits.stack_bytes_max = std::max(options.limits.stack_bytes_max, depth * 1024);
  }
  return {};
}

Result<> GuestOptions::take_world(RunOptions& options) const {
  Raw& raw = *raw_;
  for (const std::string& dir : raw.dirs) {
    options.directories.push_back(TRY(parse_directory_grant(dir)));
  }
  if (raw.inherit_env) {
    for (char** entry = environ; *entry != nullptr; ++entry) options.env.emplace_back(*entry);
  }
  for (const std::string& entry : raw.env) {
    options.env.push_back(TRY(environment_entry(entry)));
  }
  options.listen = std::move(raw.listen);
  options.connect = std::move(raw.connect);
  // Also where a module would not ask.
  TRY(wasi::NetworkPolicy::parse(raw.allow_net, {}));
  options.allow_net = std::move(raw.allow_net);
  options.tls_roots = std::move(raw.tls_roots);
  for (const std::string& value : raw.values) {
    if (value.find('=') == std::string::npos || value.starts_with('='))
      return fail(ErrorKind::usage, fmt::format("--config '{}' is not like NAME=value", value));
  }
  options.values = std::move(raw.values);
  std::set<std::string> names;
  for (const std::string& bucket : raw.buckets) {
    if (bucket.empty() || bucket.starts_with('=') || bucket.ends_with('='))
      return fail(ErrorKind::usage,
                  fmt::format("--bucket '{}' is not like NAME or NAME=FILE", bucket));
    if (!names.insert(bucket.substr(0, bucket.find('='))).second)
      return fail(ErrorKind::usage, fmt::format("--bucket '{}': it was given already", bucket));
  }
  options.buckets = std::move(raw.buckets);
  options.args = std::move(raw.extra_args);
  options.program_name = std::move(raw.program_name);
  return {};
}

Result<> GuestOptions::take(RunOptions& options) {
  options.settings = TRY(raw_->engine.settings());
  TRY(take_limits(options));
  return take_world(options);
}

namespace {

Result<std::shared_ptr<engine::CodeObserver>> observer(const std::optional<std::string>& profile) {
  if (!profile) return nullptr;
  if (profile == "perfmap") return make_perf_map();
  if (profile == "gdb") return engine::make_gdb_observer();
  return fail(ErrorKind::usage, fmt::format("--profile is perfmap or gdb, not '{}'", *profile));
}

}  // namespace

Result<DirectoryGrant> parse_directory_grant(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorKind::usage,
                fmt::format("--dir '{}' is not like HOST, HOST::GUEST or HOST::GUEST::ro", text));
  };
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find("::", begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) break;
    begin = end + 2;
  }
  if (parts.size() > 3 || parts[0].empty()) return wrong();
  DirectoryGrant grant{parts[0], parts.size() > 1 ? parts[1] : parts[0], false};
  if (grant.guest.empty()) return wrong();
  if (parts.size() == 3) {
    if (parts[2] != "ro") return wrong();
    grant.read_only = true;
  }
  return grant;
}

std::optional<int> parse_run_options(Args args, RunOptions& options) {
  Parser parser("run", "[OPTIONS] FILE [ARGS…]",
                "Run a WebAssembly program (.wasm, .wat or .cairn), or one function of a module.");
  GuestOptions guest;
  std::optional<std::string> profile;
  parser->prefix_command();  // stops at FILE
  add_text(parser.app(), "--invoke", options.invoke, "Call this function and print its results")
      ->type_name("NAME");
  parser->add_flag("--stats", options.stats, "Print times, memory and fuel to standard error");
  add_text(parser.app(), "--profile", profile,
           "Name compiled functions: to perf (/tmp/perf-PID.map) or to a debugger")
      ->type_name("perfmap|gdb");
  guest.add_world_to(parser.app(), false);
  guest.add_limits_to(parser.app());
  parser.footer(footer);
  if (const auto code = parser.parse(args)) return code;

  std::vector<std::string> rest = parser->remaining();
  if (!rest.empty() && rest[0] == "--")
    rest.erase(rest.begin());
  else if (!rest.empty() && rest[0].size() > 1 && rest[0][0] == '-') {
    return usage_error("run", fmt::format("unknown option '{}'", rest[0]));
  }
  if (rest.empty()) return usage_error("run", "FILE is missing");
  options.file = rest[0];
  if (const Result<> taken = guest.take(options); !taken)
    return usage_error("run", taken.error().message);
  auto code_observer = observer(profile);
  if (!code_observer) return usage_error("run", code_observer.error().message);
  options.settings.code_observer = *std::move(code_observer);
  options.args.insert(options.args.end(), rest.begin() + 1, rest.end());
  return std::nullopt;
}

}  // namespace cairn::cli
