#pragma once
/// One request to the API on its way, and what all of them share.

#include <cairn/platform/api.hpp>

#include <array>
#include <atomic>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/metrics.hpp"
#include "api/problem.hpp"

namespace cairn::platform {

class Call;
using CallPtr = std::shared_ptr<Call>;

/// A row of the table of what can be asked; /openapi.json is made of it.
struct Operation {
  std::string_view method;
  std::string_view pattern;  ///< at most one "{name}"; "{path}" stands for the rest, slashes too
  std::string_view id;
  std::string_view summary;
  std::string_view parameters;  ///< names in `components.parameters`, but for that of the pattern
  std::string_view body;        ///< its schema; "bytes": anything; empty: none
  /// "200 Actor" is a status and its schema ("text", "bytes", "events", "": nothing), separated by
  /// commas. Above 399 they are problems.
  std::string_view answers;
  void (*run)(const CallPtr& call);
};

/// All rows, in the order in which they are looked at.
std::span<const Operation> operations();

/// May its query have a parameter of that name?
bool takes_query(const Operation& operation, std::string_view name);

/// The parts of a list.
std::vector<std::string_view> split(std::string_view text, char by);
/// Percent-decoded; none: malformed.
std::optional<std::string> decode_uri(std::string_view text);
/// For a segment of a path, or a value of a query.
std::string encode_uri(std::string_view text);

/// Is a path, or all that lies below it, the API's own, so that no route leads there?
bool is_reserved(std::string_view path);

/// What a path means.
struct Match {
  const Operation* operation = nullptr;  ///< null: nothing, or only by other methods
  std::string_view parameter;            ///< still encoded
  std::string allow;                     ///< those methods: "GET, HEAD"
};
Match match(std::string_view method, std::string_view path);

/// Used from all threads, by all calls, which may outlast the `Api`.
class ApiState {
 public:
  ApiState(Deployment& deployment_in, Clock& clock_in, ApiSettings settings_in);

  Deployment& deployment;
  Clock& clock;
  const ApiSettings settings;
  Metrics metrics;
  std::atomic<uint32_t> watchers = 0;
  std::atomic<uint32_t> uploads = 0;
  std::atomic<bool> is_draining = false;
};

class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(std::shared_ptr<ApiState> api_in, wasi::HttpRequest request_in,
       std::shared_ptr<wasi::HttpResponder> responder);

  const std::shared_ptr<ApiState> api;
  wasi::HttpRequest request;
  const Operation* operation = nullptr;
  std::string parameter;  ///< decoded: the name of an actor, a component or a topic, or a path

  Deployment& deployment() const { return api->deployment; }
  /// The store, or why there is none.
  Outcome<chain::Store*> store() const;
  /// A number of the query; none when it is not there.
  Outcome<std::optional<uint64_t>> number(std::string_view name) const;
  Outcome<uint64_t> number(std::string_view name, uint64_t otherwise, uint64_t most) const;
  Outcome<std::string> text(std::string_view name) const;

  // One of these, once, from any thread.

  void respond(wasi::HttpResponse response);
  void respond(Outcome<> outcome);
  std::shared_ptr<wasi::HttpStream> stream(wasi::HttpResponse begin,
                                           wasi::HttpStreamSettings settings);
  std::shared_ptr<wasi::HttpStream> upgrade(wasi::HttpStreamSettings settings);

 private:
  std::optional<std::string_view> query(std::string_view name) const;
  void count(uint16_t status);
  void tell_refused(const Problem& problem) const;

  std::shared_ptr<wasi::HttpResponder> responder_;
  uint64_t started_ns_;
};

/// Fields that would mean two things if they were there twice.
Outcome<void> check_once(const wasi::HttpRequest& request,
                         std::initializer_list<std::string_view> names);
/// With a body that a writer has made.
wasi::HttpResponse json_response(uint16_t status, std::string json,
                                 std::vector<wasi::HttpField> fields = {});
/// A payload as it is. Its media type is a guest's word: a browser must not run it as ours.
wasi::HttpResponse payload_response(const actor::Payload& payload);
std::string to_hex(ByteSpan bytes);

// The operations, by their topics.

void send_message(const CallPtr& call);
void send_by_route(const CallPtr& call);
void publish(const CallPtr& call);
/// By the routes of the manifest: the one that says most of the path. Empty: none leads anywhere
/// from there.
std::string actor_at(const Deployment& deployment, std::string_view path);
/// The request, as routes do it, to that actor.
void send_to(const CallPtr& call, const std::string& actor);

void list_actors(const CallPtr& call);
void spawn_actor(const CallPtr& call);
void get_actor(const CallPtr& call);
void stop_actor(const CallPtr& call);
void restart_actor(const CallPtr& call);
void upgrade_actor(const CallPtr& call);
void fork_actor(const CallPtr& call);
void revert_actor(const CallPtr& call);
void list_components(const CallPtr& call);
void upload_component(const CallPtr& call);

void get_state(const CallPtr& call);
void list_records(const CallPtr& call);
void list_system_records(const CallPtr& call);
void get_checkpoint(const CallPtr& call);
void get_cosigned_checkpoint(const CallPtr& call);
void sign_checkpoint(const CallPtr& call);
void add_cosignatures(const CallPtr& call);
void get_tile(const CallPtr& call);
void prune_contents(const CallPtr& call);

void watch_actor(const CallPtr& call);
void watch_all(const CallPtr& call);
void watch_topic(const CallPtr& call);
void list_dead_letters(const CallPtr& call);

void get_liveness(const CallPtr& call);
void get_readiness(const CallPtr& call);
void get_metrics(const CallPtr& call);
void get_openapi(const CallPtr& call);

}  // namespace cairn::platform
