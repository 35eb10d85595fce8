// Actors and components: what there is, and what is done to them.

#include <fmt/format.h>
#include <cairn/base/units.hpp>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "api/call.hpp"
#include "api/json.hpp"

namespace cairn::platform {
namespace {

using nlohmann::json;

constexpr uint64_t actors_default = 100, actors_max = 1'000;

// ---- Bodies -----------------------------------------------------------------------------------

/// An object that has no members but these.
Outcome<json> object_of(const wasi::HttpRequest& request,
                        std::initializer_list<std::string_view> members) {
  const std::string* const type = request.field("content-type");
  if (type && !is_json_type(*type))
    return refuse(problems::bad_media, fmt::format("Content-Type: expected {}", actor::json));
  const std::string_view text = as_text(request.body);
  if (const auto fault = json_fault(text))
    return refuse(problems::bad_request, "expected an object as JSON: " + *fault);
  json body = json::parse(text, nullptr, false);
  if (!body.is_object())
    return refuse(problems::bad_request,
                  fmt::format("expected an object as JSON, found {}", body.type_name()));
  for (const auto& [name, value] : body.items())
    if (std::ranges::find(members, name) == members.end())
      return refuse(problems::bad_request,
                    fmt::format("'{}': unknown, expected {}", name, fmt::join(members, ", ")));
  return body;
}

Outcome<std::string> string_in(const json& body, std::string_view name) {
  const auto found = body.find(name);
  if (found == body.end() || !found->is_string())
    return refuse(problems::bad_request, fmt::format("'{}': expected a string", name));
  return found->get<std::string>();
}

Outcome<uint64_t> number_in(const json& body, std::string_view name) {
  const auto found = body.find(name);
  if (found == body.end() || !found->is_number_unsigned())
    return refuse(problems::bad_request, fmt::format("'{}': expected a number", name));
  return found->get<uint64_t>();
}

Outcome<actor::Payload> argument_in(const json& body) {
  const bool has_text = body.contains("argument_text");
  const auto value = body.find("argument");
  if (has_text && value != body.end())
    return refuse(problems::bad_request, "expected 'argument' or 'argument_text', not both");
  if (has_text) return actor::Payload(TRY(string_in(body, "argument_text")));
  if (value == body.end()) return actor::Payload();
  return actor::Payload(value->dump(), actor::json);
}

Outcome<SpawnOptions> spawn_options_in(const json& body) {
  SpawnOptions options;
  if (body.contains("supervisor")) options.supervisor = TRY(string_in(body, "supervisor"));
  if (body.contains("restart")) {
    const std::string word = TRY(string_in(body, "restart"));
    constexpr auto all = std::to_array(
        {actor::Restart::permanent, actor::Restart::transient, actor::Restart::temporary});
    const auto found = std::ranges::find_if(
        all, [&](actor::Restart restart) { return actor::to_string(restart) == word; });
    if (found == all.end())
      return refuse(problems::bad_request, "'restart': expected permanent, transient or temporary");
    options.restart = *found;
  }
  if (body.contains("shutdown_ms")) {
    constexpr uint64_t ns_per_ms = 1'000'000, most = 3'600'000;
    const uint64_t ms = TRY(number_in(body, "shutdown_ms"));
    if (ms > most)
      return refuse(problems::bad_request, fmt::format("'shutdown_ms': expected 0 to {}", most));
    options.shutdown_ns = ms * ns_per_ms;
  }
  if (const auto found = body.find("significant"); found != body.end()) {
    if (!found->is_boolean())
      return refuse(problems::bad_request, "'significant': expected true or false");
    options.significant = found->get<bool>();
  }
  return options;
}

// ---- Answers ----------------------------------------------------------------------------------

/// Errors of the deployment about the actor that the path names.
std::unexpected<Problem> failed(const Call& call, const Error& error) {
  Problem problem = problem_of(error);
  if (error.kind == ErrorKind::not_found && !call.deployment().actor(call.parameter))
    problem.kind = problems::no_such_actor;
  return std::unexpected(std::move(problem));
}

void write_chain(JsonWriter& to, const ActorStatus& actor) {
  to.key("chain");
  if (!actor.chain) {
    to.null();
    return;
  }
  to.begin_object();
  to.key("sequence").number(actor.chain->sequence);
  to.key("hash").string(to_hex(actor.chain->head));
  to.key("state").begin_object();
  to.key("media_type").string(actor.chain->media_type);
  to.key("bytes").number(actor.chain->state.size);
  to.end_object().end_object();
}

void write_actor(JsonWriter& to, const ActorStatus& actor) {
  to.begin_object();
  to.key("name").string(actor.name);
  to.key("id").string(actor.id);
  to.key("component").string(actor.component);
  to.key("parent").string(actor.parent);
  to.key("queued").number(actor.queued);
  to.key("running").boolean(actor.is_running);
  to.key("restarts").number(actor.restarts);
  write_chain(to, actor);
  to.end_object();
}

/// What was asked for is under way.
Outcome<> under_way(const Call& call, const Result<>& begun) {
  if (!begun) return failed(call, begun.error());
  JsonWriter json;
  json.begin_object().key("name").string(call.parameter).end_object();
  return json_response(202, json.take());
}

/// As it is by now: it may have ended, or not begun.
Outcome<> created(const Call& call, const std::string& name) {
  JsonWriter json;
  write_actor(json, call.deployment().actor(name).value_or(ActorStatus{.name = name}));
  return json_response(201, json.take(), {{"Location", "/v1/actors/" + encode_uri(name)}});
}

void write_component(JsonWriter& to, const Deployment::ComponentStatus& component) {
  to.begin_object();
  to.key("name").string(component.name);
  to.key("digest").string(to_hex(component.digest));
  to.key("bytes").number(component.bytes);
  to.key("style").string(component.is_resident ? "resident" : "explicit");
  if (!component.denied.empty()) to.key("denied").string(component.denied);
  to.end_object();
}

// ---- Operations -------------------------------------------------------------------------------

Outcome<> list(const Call& call) {
  const std::string after = TRY(call.text("after"));
  const uint64_t limit = TRY(call.number("limit", actors_default, actors_max));
  auto actors = call.deployment().actors(after, limit + 1);
  const bool has_more = actors.size() > limit;
  if (has_more) actors.resize(limit);
  JsonWriter json;
  json.begin_object().key("actors").begin_array();
  for (const ActorStatus& actor : actors) write_actor(json, actor);
  json.end_array().key("next");
  if (has_more)
    json.string(actors.back().name);
  else
    json.null();
  return json_response(200, json.end_object().take());
}

/// Of what is answered later, unless something is wrong with it at once.
using Begun = Outcome<void>;

Begun spawn(const CallPtr& call) {
  const json body =
      TRY(object_of(call->request, {"name", "component", "argument", "argument_text", "supervisor",
                                    "restart", "shutdown_ms", "significant"}));
  const std::string name = TRY(string_in(body, "name"));
  const SpawnOptions options = TRY(spawn_options_in(body));
  // Some supervisors say which.
  const bool says_component = options.supervisor.empty() || body.contains("component");
  const std::string component = says_component ? TRY(string_in(body, "component")) : "";
  actor::Payload argument = TRY(argument_in(body));
  const auto answer = [call, name](const Result<>& started) {
    if (started) return call->respond(created(*call, name));
    Problem problem = problem_of(started.error());
    if (started.error().kind == ErrorKind::exception) problem.kind = problems::not_started;
    call->respond(std::unexpected(std::move(problem)));
  };
  const Result<> spawned =
      call->deployment().spawn(name, component, std::move(argument), answer, options);
  if (!spawned) return std::unexpected(problem_of(spawned.error()));
  return {};
}

Outcome<> get(const Call& call) {
  const auto actor = call.deployment().actor(call.parameter);
  if (!actor) return failed(call, actor.error());
  JsonWriter json;
  write_actor(json, *actor);
  return json_response(200, json.take());
}

Outcome<> stop(const Call& call) {
  const std::string now = TRY(call.text("now"));
  if (!now.empty() && now != "true" && now != "false")
    return refuse(problems::bad_request, "now: expected true or false");
  return under_way(call, call.deployment().stop(call.parameter, now == "true"));
}

Outcome<> restart(const Call& call) {
  return under_way(call, call.deployment().restart(call.parameter));
}

Outcome<> upgrade(const Call& call) {
  const json body = TRY(object_of(call.request, {"component"}));
  const std::string component = TRY(string_in(body, "component"));
  return under_way(call, call.deployment().upgrade(call.parameter, component));
}

Begun make_fork(const CallPtr& call) {
  const json body = TRY(object_of(call->request, {"at", "name"}));
  const uint64_t at = TRY(number_in(body, "at"));
  const std::string name = TRY(string_in(body, "name"));
  const Result<> begun =
      call->deployment().fork(call->parameter, at, name, [call, name](const Result<>& forked) {
        if (!forked) return call->respond(std::unexpected(problem_of(forked.error())));
        call->respond(created(*call, name));
      });
  if (!begun) return failed(*call, begun.error());
  return {};
}

Outcome<> revert(const Call& call) {
  const json body = TRY(object_of(call.request, {"at"}));
  const uint64_t at = TRY(number_in(body, "at"));
  return under_way(call, call.deployment().revert(call.parameter, at));
}

Outcome<> components(const Call& call) {
  JsonWriter json;
  json.begin_object().key("components").begin_array();
  for (const auto& component : call.deployment().components()) write_component(json, component);
  return json_response(200, json.end_array().end_object().take());
}

Outcome<> prune(const Call& call) {
  const json body = TRY(object_of(call.request, {"age", "records"}));
  RetentionManifest keeps;
  if (body.contains("age")) {
    const auto age_ns = parse_duration_ns(TRY(string_in(body, "age")));
    if (!age_ns) return refuse(problems::bad_request, "'age': expected a time, as in \"720h\"");
    keeps.age_ns = *age_ns;
  }
  if (body.contains("records")) keeps.records = TRY(number_in(body, "records"));
  const auto pruned = call.deployment().prune(keeps);
  if (!pruned) return std::unexpected(problem_of(pruned.error()));
  JsonWriter json;
  json.begin_object().key("bytes").number(pruned->bytes);
  json.key("before").number(pruned->before).end_object();
  return json_response(200, json.take());
}

Outcome<> upload(Call& call) {
  const auto before = call.deployment().components();
  const bool is_new = std::ranges::none_of(
      before, [&](const auto& component) { return component.name == call.parameter; });
  const auto uploaded = call.deployment().upload(call.parameter, std::move(call.request.body));
  if (!uploaded) {
    Problem problem = problem_of(uploaded.error());
    // The name is checked by the same words; what is no component is no bad request.
    const bool is_of_disk = !uploaded.error().path.empty();
    if (uploaded.error().kind == ErrorKind::limit && !is_of_disk) problem.kind = problems::unfit;
    return std::unexpected(std::move(problem));
  }
  JsonWriter json;
  write_component(json, *uploaded);
  return json_response(is_new ? 201 : 200, json.take());
}

}  // namespace

void list_actors(const CallPtr& call) { call->respond(list(*call)); }
void get_actor(const CallPtr& call) { call->respond(get(*call)); }
void list_components(const CallPtr& call) { call->respond(components(*call)); }

// Those that change something may have to wait for each other, and for the disk.

namespace {

void apart(const CallPtr& call, std::function<void()> work) {
  if (const auto& changes = call->api->settings.changes) return changes(std::move(work));
  work();
}

void answer_later(const CallPtr& call, Begun (*work)(const CallPtr&)) {
  apart(call, [call, work] {
    if (auto begun = work(call); !begun) call->respond(std::unexpected(std::move(begun).error()));
  });
}

void answer(const CallPtr& call, Outcome<> (*work)(const Call&)) {
  apart(call, [call, work] { call->respond(work(*call)); });
}

}  // namespace

void spawn_actor(const CallPtr& call) { answer_later(call, &spawn); }
void fork_actor(const CallPtr& call) { answer_later(call, &make_fork); }
void stop_actor(const CallPtr& call) { answer(call, &stop); }
void restart_actor(const CallPtr& call) { answer(call, &restart); }
void upgrade_actor(const CallPtr& call) { answer(call, &upgrade); }
void revert_actor(const CallPtr& call) { answer(call, &revert); }

void prune_contents(const CallPtr& call) {
  const auto work = [call] { call->respond(prune(*call)); };
  if (const auto& apart_from_all = call->api->settings.apart) return apart_from_all(work);
  work();
}

void upload_component(const CallPtr& call) {
  const std::shared_ptr<ApiState>& api = call->api;
  if (api->uploads.fetch_add(1) >= api->settings.uploads_max) {
    api->uploads.fetch_sub(1);
    return call->respond(refuse(problems::busy, "too many components are being uploaded"));
  }
  const auto work = [call] {
    Outcome<> done = upload(*call);
    call->api->uploads.fetch_sub(1);
    call->respond(std::move(done));
  };
  if (api->settings.apart) return api->settings.apart(work);
  work();
}

}  // namespace cairn::platform
