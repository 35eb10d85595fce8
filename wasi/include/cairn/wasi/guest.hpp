#pragma once
/// WASI 0.2 and 0.3: what a component sees of the world. A guest reaches nothing but what its
/// `GuestConfig` hands in.
///
///   component::ComponentLinker linker(engine);
///   wasi::add_wasi(linker);                        // once for all guests
///   component::Store store(engine);
///   const auto guest = std::make_shared<wasi::Guest>(std::move(config));
///   guest->enter(store);                           // before anything runs in it

#include <cairn/base/event_loop.hpp>
#include <cairn/base/log.hpp>
#include <cairn/base/random.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/wasi/http_limits.hpp>
#include <cairn/wasi/key_value.hpp>
#include <cairn/wasi/limits.hpp>
#include <cairn/wasi/preview1.hpp>
#include <cairn/wasi/sandbox/byte_stream.hpp>
#include <cairn/wasi/sandbox/handle.hpp>
#include <cairn/wasi/sandbox/network.hpp>

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace cairn::wasi {

class InputStream;
class OutputStream;
struct FieldsBudget;
class TlsContext;
class HttpRelay;

struct GuestConfig {
  std::vector<std::string> args;  ///< args[0] is the program's name
  std::vector<std::string> env;   ///< "NAME=value"
  std::shared_ptr<Handle> standard_input, standard_output, standard_error;  ///< null: closed
  std::vector<Preopen> preopens;
  /// The injected world; outlives the guest. The loop's clock is the guest's.
  EventLoop* loop = nullptr;
  /// Nobody else's guests run on the loop: calls that let nothing else of the guest run either
  /// (those of 0.2) may wait for a disk themselves.
  bool alone = false;
  Random* random = nullptr;
  Network* network = nullptr;  ///< null: none
  NetworkPolicy network_policy = {};
  TlsContext* tls = nullptr;                  ///< of requests over `https`; null: there are none
  HttpRelay* http_relay = nullptr;            ///< sends requests in place of these; null: nobody
  Log* log = nullptr;                         ///< of `wasi:logging`; null: nowhere
  std::map<std::string, std::string> values;  ///< of `wasi:config`
  /// Of `wasi:keyvalue`, by the names that guests open them by.
  std::map<std::string, std::shared_ptr<KeyValueBucket>> buckets;
  GuestLimits limits = {};
  HttpLimits http_limits = {};
};

/// The world of the guests in one store. For one thread, that of the loop.
class Guest {
 public:
  explicit Guest(GuestConfig config);
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  /// Makes this the world of the guests in the store, which keeps it, and lets the loop run when
  /// none of them can.
  static void enter(component::Store& store, std::shared_ptr<Guest> guest);
  /// That of the store which calls.
  static Guest& of(const component::HostCall& call);

  /// What the program gave to `exit`. It ends the call with an error of kind `usage`, so a caller
  /// asks here first when a call has failed.
  std::optional<uint32_t> exit_code() const { return exit_code_; }
  Error exit(uint32_t code);
  /// A message of the guest's, which cannot do anything to a terminal.
  void log(LogLevel level, std::string_view context, std::string_view message) const;
  /// Waits until all that was written to the standard streams is written.
  Result<> flush();

  /// Counts what the guest has opened until it is closed; `mfile` above the limit.
  Outcome<> count(Handle& opened);
  /// The same of streams and of names that are being looked up: counted as long as the place is
  /// kept.
  using Place = std::shared_ptr<void>;
  Outcome<Place> stream_place() { return take_place(streams_, config_.limits.streams_max); }
  Outcome<Place> lookup_place() { return take_place(lookups_, config_.limits.lookups_max); }
  Outcome<std::unique_ptr<ByteSource>> count(Outcome<std::unique_ptr<ByteSource>> source);
  Outcome<std::unique_ptr<ByteSink>> count(Outcome<std::unique_ptr<ByteSink>> sink);

  const GuestConfig& config() const { return config_; }
  EventLoop& loop() const { return *config_.loop; }
  /// Who waits for disks while a function without `async` runs.
  DiskWork disk_work() const { return config_.alone ? DiskWork::at_once : DiskWork::in_threads; }
  Clock& clock() const { return config_.loop->clock(); }
  Random& random() const { return *config_.random; }
  /// The same each time.
  std::tuple<uint64_t, uint64_t> insecure_seed();
  NetworkPolicy& network_policy() { return config_.network_policy; }
  /// The standard streams of 0.2, made when they are first asked for.
  const std::shared_ptr<InputStream>& input();
  const std::shared_ptr<OutputStream>& output();
  const std::shared_ptr<OutputStream>& error();
  const HttpLimits& http_limits() const { return config_.http_limits; }
  /// What all `fields` of `wasi:http` take together.
  const std::shared_ptr<FieldsBudget>& fields_budget();

  /// Something that goes on without a call that it belongs to. It lives until it ends, at most as
  /// long as the guest.
  using Background = std::list<std::shared_ptr<void>>::iterator;
  Background begin_background() { return background_.emplace(background_.end()); }
  void end_background(Background which) { background_.erase(which); }

 private:
  GuestConfig config_;
  std::optional<std::tuple<uint64_t, uint64_t>> seed_;
  using Count = std::shared_ptr<uint32_t>;
  static Outcome<Place> take_place(const Count& count, uint32_t most);
  Count open_ = std::make_shared<uint32_t>(0), streams_ = std::make_shared<uint32_t>(0),
        lookups_ = std::make_shared<uint32_t>(0);
  std::optional<uint32_t> exit_code_;
  std::shared_ptr<OutputStream> make_output(const std::shared_ptr<Handle>& handle) const;
  std::shared_ptr<InputStream> input_;
  std::shared_ptr<OutputStream> output_, error_;
  std::shared_ptr<FieldsBudget> fields_budget_;
  std::list<std::shared_ptr<void>> background_;
};

/// Defines all interfaces of WASI 0.2 and 0.3 that this host has.
void add_wasi(component::ComponentLinker& linker);

}  // namespace cairn::wasi
