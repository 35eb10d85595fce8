#include "world.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cairn/wasi/sandbox/host.hpp>

#include <algorithm>
#include <csignal>

#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// One on disk may be larger: it need not fit into memory.
constexpr uint64_t disk_bucket_bytes_max = uint64_t{16} << 30;

using Buckets = std::map<std::string, std::shared_ptr<wasi::KeyValueBucket>>;

/// "NAME": in memory; "NAME=FILE": in that file.
Result<Buckets> open_buckets(const std::vector<std::string>& grants) {
  Buckets buckets;
  for (const std::string& grant : grants) {
    const size_t equals = grant.find('=');
    const std::string name = grant.substr(0, equals);
    if (equals == std::string::npos) {
      buckets.insert_or_assign(name, std::make_shared<wasi::MemoryBucket>());
      continue;
    }
    const std::string path = grant.substr(equals + 1);
    auto bucket = wasi::make_disk_bucket(TRY(database::Database::open(path)),
                                         {.bytes_max = disk_bucket_bytes_max});
    if (!bucket) {
      bucket.error().path = path;
      return std::unexpected(std::move(bucket).error());
    }
    buckets.insert_or_assign(name, *std::move(bucket));
  }
  return buckets;
}

Result<std::vector<wasi::Preopen>> open_directories(const std::vector<DirectoryGrant>& grants) {
  std::vector<wasi::Preopen> preopens;
  for (const DirectoryGrant& grant : grants) {
    preopens.push_back({grant.guest,
                        TRY(wasi::open_host_directory(grant.host, {.read_only = grant.read_only})),
                        grant.read_only});
  }
  return preopens;
}

/// An address that is none gets the name of its option.
template <class T>
Result<T> of_option(std::string_view option, Result<T> opened) {
  if (!opened && opened.error().kind == ErrorKind::usage) {
    opened.error().message = fmt::format("{} {}", option, opened.error().message);
  }
  return opened;
}

Result<std::vector<std::shared_ptr<wasi::Handle>>> open_sockets(const RunOptions& options) {
  std::vector<std::shared_ptr<wasi::Handle>> sockets;
  for (const std::string& address : options.listen) {
    sockets.push_back(TRY(of_option("--listen", wasi::listen_tcp(address))));
    // With port 0 the system chose one, and nobody else knows it.
    if (address.ends_with(":0")) {
      write(stderr, fmt::format("listening on {}\n", TRY(wasi::local_address(*sockets.back()))));
    }
  }
  for (const std::string& address : options.connect) {
    sockets.push_back(TRY(of_option("--tcp", wasi::connect_tcp(address))));
  }
  return sockets;
}

}  // namespace

Result<std::string> read_roots(Files& files, const std::vector<std::string>& own) {
  constexpr uint64_t bytes_max = uint64_t{16} << 20;
  constexpr const char* places[] = {
      "/etc/ssl/certs/ca-certificates.crt",
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
      "/etc/pki/tls/certs/ca-bundle.crt",
      "/etc/ssl/ca-bundle.pem",
      "/etc/ssl/cert.pem",
  };
  std::string roots;
  const auto append = [&](const std::string& path) -> Result<> {
    const Bytes bytes = TRY(files.read_file(path, bytes_max));
    roots.append(bytes.begin(), bytes.end()).push_back('\n');
    return {};
  };
  for (const std::string& path : own) TRY(append(path));
  const auto* const found =
      std::ranges::find_if(places, [&](const char* path) { return files.exists(path); });
  if (found != std::end(places)) TRY(append(*found));
  return roots;
}

Result<std::unique_ptr<World>> World::open(const RunOptions& options) {
  if (!options.buckets.empty())
    return fail(ErrorKind::usage, "--bucket gives buckets to components; modules have --dir");
  std::unique_ptr<World> world(new World(options.timeout_ns.has_value()));
  wasi::Preview1Config config;
  config.args.push_back(options.program_name.value_or(options.file));
  config.args.insert(config.args.end(), options.args.begin(), options.args.end());
  config.env = options.env;
  config.standard_input = wasi::host_stream(STDIN_FILENO);
  config.standard_output = wasi::host_stream(STDOUT_FILENO);
  config.standard_error = wasi::host_stream(STDERR_FILENO);
  config.preopens = TRY(open_directories(options.directories));
  config.sockets = TRY(open_sockets(options));
  config.clock = &world->clock_;
  config.random = &world->random_;
  config.waiter = &world->waiter_;
  world->context_ = std::make_unique<wasi::Preview1>(std::move(config));
  return world;
}

Result<> ComponentWorld::open(const RunOptions& options) {
  // A pipe whose reader has gone is an error for the guest that writes, and not our end.
  std::signal(SIGPIPE, SIG_IGN);
  wasi::GuestConfig& config = config_;
  config.args.push_back(options.program_name.value_or(options.file));
  config.args.insert(config.args.end(), options.args.begin(), options.args.end());
  config.env = options.env;
  config.standard_input = wasi::host_stream(STDIN_FILENO);
  config.standard_output = wasi::host_stream(STDOUT_FILENO);
  config.standard_error = wasi::host_stream(STDERR_FILENO);
  config.preopens = TRY(open_directories(options.directories));
  config.loop = loop_.get();
  config.random = &random_;
  config.log = &log_;
  for (const std::string& value : options.values)
    config.values.emplace(value.substr(0, value.find('=')), value.substr(value.find('=') + 1));
  config.buckets = TRY(open_buckets(options.buckets));
  config.network = network_.get();
  tls_ = wasi::TlsContext::client(
      [this, own = options.tls_roots] { return read_roots(files_, own); }, clock_);
  config.tls = tls_.get();
  config.network_policy = TRY(wasi::NetworkPolicy::parse(options.allow_net, options.listen));
  if (!options.connect.empty())
    return fail(ErrorKind::usage,
                "--tcp hands connections to modules; components have --allow-net");
  return {};
}

Result<> ComponentWorld::enter(component::Store& store, const RunOptions& options) {
  TRY(open(options));
  config_.alone = true;
  guest_ = make_guest();
  wasi::Guest::enter(store, guest_);
  return {};
}

void World::add_to(engine::Linker& linker, const engine::Module& module) const {
  context_->add_to(linker, module);
}

}  // namespace cairn::cli
