// What comes in, what goes out, and what both are counted as.

#include <cairn/platform/api.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "api/call.hpp"
#include "api/json.hpp"

namespace cairn::platform {
namespace {

/// "http://HOST", as browsers say where a page is from that asks.
bool is_same_origin(std::string_view origin, std::string_view authority) {
  const size_t scheme = origin.find("://");
  return scheme != origin.npos && origin.substr(scheme + 3) == authority;
}

bool is_reading(const wasi::HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

/// Pages of others may make a browser send requests, and open WebSockets, but not read answers:
/// what changes nothing is safe.
bool is_foreign(const wasi::HttpRequest& request) {
  if (is_reading(request) && !request.wants_websocket) return false;
  const std::string* const origin = request.field("origin");
  return origin && !is_same_origin(*origin, request.authority);
}

/// The host of "host:port", "[v6]:port", "host".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool equal_words(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// A page whose name was made to mean this machine would be of the same origin for its browser
/// (DNS rebinding), but has it say that name.
bool is_own_host(const wasi::HttpRequest& request, const Deployment& deployment) {
  const std::string_view host = host_of(request.authority);
  const bool is_address =
      host.starts_with('[') || host.find_first_not_of("0123456789.") == host.npos;
  if (is_address || equal_words(host, "localhost")) return true;
  const auto& hosts = deployment.manifest()->hosts;
  return std::ranges::any_of(
      hosts, [&](const std::string& own) { return own == "*" || equal_words(host, own); });
}

/// Each of the operation's own, once: what somebody has mistyped, or said twice, is not left out.
/// Those of routes, and of what monitors ask, are anybody's.
Outcome<void> check_query(const Operation& operation, std::string_view query) {
  if (!operation.pattern.starts_with("/v1/")) return {};
  std::set<std::string_view> seen;
  for (const std::string_view pair : split(query, '&')) {
    const std::string_view name = pair.substr(0, pair.find('='));
    if (pair.empty()) continue;
    if (!takes_query(operation, name))
      return refuse(problems::bad_request, fmt::format("'{}': unknown in the query", name));
    if (!seen.insert(name).second)
      return refuse(problems::bad_request, fmt::format("'{}': twice in the query", name));
  }
  return {};
}

/// What we act upon is said once, and bodies come as they are.
Outcome<void> check_fields(const wasi::HttpRequest& request) {
  TRY(check_once(request, {"Content-Type", "Last-Event-ID"}));
  const std::string* const coding = request.field("content-encoding");
  if (coding && !request.body.empty() && !equal_words(*coding, "identity"))
    return refuse(problems::bad_media, "Content-Encoding: expected identity");
  return {};
}

void respond_unknown(const CallPtr& call, std::string allow) {
  if (allow.empty() && !actor_at(call->deployment(), call->request.path).empty()) allow = "POST";
  if (allow.empty()) return call->respond(refuse(problems::no_such_path, call->request.path));
  call->respond(std::unexpected(Problem{.kind = problems::bad_method,
                                        .detail = "expected one of: " + allow,
                                        .fields = {{"Allow", allow}}}));
}

}  // namespace

ApiState::ApiState(Deployment& deployment_in, Clock& clock_in, ApiSettings settings_in)
    : deployment(deployment_in),
      clock(clock_in),
      settings(std::move(settings_in)),
      metrics(operations().size()) {}

// ---- The handler ------------------------------------------------------------------------------

Api::Api(Deployment& deployment, Clock& clock, ApiSettings settings)
    : state_(std::make_shared<ApiState>(deployment, clock, std::move(settings))) {}

Api::~Api() = default;

uint64_t Api::body_bytes_max(const wasi::HttpRequest& head) {
  const Operation* const operation = match(head.method, head.path).operation;
  const bool is_upload = operation && operation->run == &upload_component;
  return is_upload ? state_->settings.component_bytes_max : state_->settings.body_bytes_max;
}

/// An actor, or all uploads.
std::string Api::body_owner(const wasi::HttpRequest& head) {
  const Match found = match(head.method, head.path);
  if (found.operation && found.operation->run == &upload_component) return "/v1/components";
  if (found.operation && found.operation->run != &send_by_route) return head.path;
  return "/v1/actors/" + actor_at(state_->deployment, head.path) + "/messages";
}

void Api::handle(wasi::HttpRequest request, std::shared_ptr<wasi::HttpResponder> responder) {
  const auto call = std::make_shared<Call>(state_, std::move(request), std::move(responder));
  if (!is_own_host(call->request, state_->deployment))
    return call->respond(refuse(problems::misdirected,
                                "the manifest's `hosts` do not name the host that was asked"));
  const Match found = match(call->request.method, call->request.path);
  call->operation = found.operation;
  const std::string routed = !found.operation && found.allow.empty()
                                 ? actor_at(state_->deployment, call->request.path)
                                 : std::string();
  const bool is_for_http = !routed.empty() && state_->deployment.serves_http(routed);
  if (!found.operation && !is_for_http) return respond_unknown(call, found.allow);
  if (is_foreign(call->request))
    return call->respond(
        refuse(problems::forbidden, "the request is from a page of another origin"));
  if (is_for_http) return send_to(call, routed);
  auto parameter = decode_uri(found.parameter);
  if (!parameter)
    return call->respond(refuse(problems::bad_request, "the path is not percent-encoded"));
  call->parameter = *std::move(parameter);
  if (auto good = check_query(*found.operation, call->request.query); !good)
    return call->respond(std::unexpected(std::move(good).error()));
  if (auto good = check_fields(call->request); !good)
    return call->respond(std::unexpected(std::move(good).error()));
  if (state_->is_draining && !is_reading(call->request))
    return call->respond(refuse(problems::draining, "nothing new is taken"));
  found.operation->run(call);
}

wasi::HttpResponse Api::refusal(uint16_t status, std::string_view reason) {
  state_->metrics.count(operations().size(), status, 0);
  if (const ProblemKind kind = kind_of(status); status == problems::too_large.status)
    state_->deployment.tell_refused("", kind.name, std::string(reason));
  return response_of({.kind = kind_of(status), .detail = std::string(reason)});
}

void Api::drain() { state_->is_draining = true; }

// ---- Calls ------------------------------------------------------------------------------------

Call::Call(std::shared_ptr<ApiState> api_in, wasi::HttpRequest request_in,
           std::shared_ptr<wasi::HttpResponder> responder)
    : api(std::move(api_in)),
      request(std::move(request_in)),
      responder_(std::move(responder)),
      started_ns_(api->clock.monotonic_ns()) {}

void Call::count(uint16_t status) {
  const size_t row = operation ? operation - operations().data() : operations().size();
  api->metrics.count(row, status, api->clock.monotonic_ns() - started_ns_);
}

void Call::respond(wasi::HttpResponse response) {
  count(response.status);
  responder_->respond(std::move(response));
}

/// Who was refused what is part of the system's history; that nobody could be served is not, nor
/// what was asked about it.
void Call::tell_refused(const Problem& problem) const {
  const bool is_change = operation != nullptr && operation->method != "GET";
  if (!is_change || problem.is_recorded || problem.kind.status >= 500) return;
  // Components and topics may have the name of an actor.
  const bool is_actor = operation->pattern.starts_with("/v1/actors/");
  deployment().tell_refused(is_actor ? parameter : "", problem.kind.name,
                            fmt::format("{}: {}", operation->id, problem.detail));
}

void Call::respond(Outcome<> outcome) {
  if (!outcome) tell_refused(outcome.error());
  respond(outcome ? *std::move(outcome) : response_of(std::move(outcome).error()));
}

std::shared_ptr<wasi::HttpStream> Call::stream(wasi::HttpResponse begin,
                                               wasi::HttpStreamSettings settings) {
  count(begin.status);
  return responder_->stream(std::move(begin), std::move(settings));
}

std::shared_ptr<wasi::HttpStream> Call::upgrade(wasi::HttpStreamSettings settings) {
  count(101);
  return responder_->upgrade(std::move(settings));
}

Outcome<chain::Store*> Call::store() const {
  if (chain::Store* const store = deployment().store()) return store;
  return refuse(problems::unsupported,
                "there is no chain: that is what durable = false says, or --no-chain");
}

Outcome<void> check_once(const wasi::HttpRequest& request,
                         std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (request.count_fields(name) > 1)
      return refuse(problems::bad_request, fmt::format("{}: expected once", name));
  return {};
}

std::optional<std::string_view> Call::query(std::string_view name) const {
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) return pair.substr(std::min(equals + 1, pair.size()));
  }
  return std::nullopt;
}

Outcome<std::optional<uint64_t>> Call::number(std::string_view name) const {
  const auto value = query(name);
  if (!value) return std::nullopt;
  uint64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto [read, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || read != end)
    return refuse(problems::bad_request, fmt::format("{}: expected a number", name));
  return number;
}

Outcome<uint64_t> Call::number(std::string_view name, uint64_t otherwise, uint64_t most) const {
  const uint64_t value = TRY(number(name)).value_or(otherwise);
  if (value == 0 || value > most)
    return refuse(problems::bad_request, fmt::format("{}: expected 1 to {}", name, most));
  return value;
}

Outcome<std::string> Call::text(std::string_view name) const {
  auto decoded = decode_uri(query(name).value_or(""));
  if (!decoded)
    return refuse(problems::bad_request, fmt::format("{}: is not percent-encoded", name));
  return *std::move(decoded);
}

// ---- Responses --------------------------------------------------------------------------------

wasi::HttpResponse json_response(uint16_t status, std::string json,
                                 std::vector<wasi::HttpField> fields) {
  fields.push_back({"Content-Type", std::string(actor::json)});
  return {.status = status, .fields = std::move(fields), .body = std::move(json)};
}

wasi::HttpResponse payload_response(const actor::Payload& payload) {
  const std::string_view type = payload.media_type();
  wasi::HttpResponse response{.body = std::string(payload.text())};
  const bool is_field = !type.empty() && std::ranges::all_of(type, [](char c) {
    return static_cast<uint8_t>(c) >= 0x20 && static_cast<uint8_t>(c) < 0x7f;
  });
  response.fields.push_back({"Content-Type", std::string(is_field ? type : actor::octet_stream)});
  response.fields.push_back({"X-Content-Type-Options", "nosniff"});
  if (type != actor::json && type != actor::octet_stream && type != actor::plain_text)
    response.fields.push_back({"Content-Security-Policy", "sandbox"});
  return response;
}

std::string to_hex(ByteSpan bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

// ---- Health -----------------------------------------------------------------------------------

void get_liveness(const CallPtr& call) {
  call->respond({.fields = {{"Content-Type", "text/plain"}}, .body = "ok\n"});
}

void get_readiness(const CallPtr& call) {
  if (call->api->is_draining)
    return call->respond(refuse(problems::draining, "nothing new is taken"));
  const chain::Store* const store = call->deployment().store();
  if (const auto failure = store ? store->failure() : std::nullopt)
    return call->respond(
        refuse(problems::unavailable, "the log cannot be written: " + failure->to_string()));
  call->respond({.fields = {{"Content-Type", "text/plain"}}, .body = "ready\n"});
}

}  // namespace cairn::platform
