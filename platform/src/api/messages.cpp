// Messages to actors, by their names, by routes, and to topics.

#include <fmt/format.h>
#include <cairn/actor/topic.hpp>
#include <cairn/base/utf8.hpp>
#include <cairn/wasi/http_exchange.hpp>

#include <algorithm>
#include <charconv>

#include "api/call.hpp"
#include "api/json.hpp"
#include "keys.hpp"

namespace cairn::platform {
namespace {

constexpr size_t media_type_bytes_max = 255;
constexpr uint64_t ns_per_ms = 1'000'000, wait_ms_max = 3'600'000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text.substr(0, text.find_last_not_of(spaces) + 1);
}

std::string_view field_of(const wasi::HttpRequest& request, std::string_view name) {
  const std::string* const value = request.field(name);
  return value ? trimmed(*value) : std::string_view();
}

// ---- Requests ---------------------------------------------------------------------------------

Outcome<actor::Priority> priority_of(const wasi::HttpRequest& request) {
  const std::string_view word = field_of(request, "cairn-priority");
  if (request.field("cairn-priority") == nullptr || word == "normal")
    return actor::Priority::normal;
  if (word == "low") return actor::Priority::low;
  if (word == "high") return actor::Priority::high;
  if (word == "critical") return actor::Priority::critical;
  return refuse(problems::bad_request, "Cairn-Priority: expected low, normal, high or critical");
}

/// 0: the request does not say.
Outcome<uint64_t> wait_ns_of(const wasi::HttpRequest& request, std::string_view field,
                             std::string_view name) {
  if (request.field(field) == nullptr) return 0;
  const std::string_view text = field_of(request, field);
  uint64_t ms = 0;
  const auto [read, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || read != text.data() + text.size() || ms == 0 || ms > wait_ms_max)
    return refuse(problems::bad_request, fmt::format("{}: expected 1 to {}", name, wait_ms_max));
  return ms * ns_per_ms;
}

/// Of what is published, too.
Outcome<MessageOptions> mailbox_options_of(const wasi::HttpRequest& request) {
  TRY(check_once(request, {"Cairn-Priority", "Cairn-Time-To-Live-Ms"}));
  MessageOptions options;
  options.priority = TRY(priority_of(request));
  options.time_to_live_ns =
      TRY(wait_ns_of(request, "cairn-time-to-live-ms", "Cairn-Time-To-Live-Ms"));
  return options;
}

Outcome<MessageOptions> options_of(const wasi::HttpRequest& request) {
  TRY(check_once(request, {"Idempotency-Key", "Cairn-Timeout-Ms", "Cairn-Routing-Key"}));
  MessageOptions options = TRY(mailbox_options_of(request));
  options.timeout_ns = TRY(wait_ns_of(request, "cairn-timeout-ms", "Cairn-Timeout-Ms"));
  if (const std::string* const key = request.field("idempotency-key")) {
    options.idempotency_key = trimmed(*key);
    if (const Result<> good = check_key(options.idempotency_key); !good)
      return refuse(problems::bad_request, "Idempotency-Key: " + good.error().message);
  }
  return options;
}

Outcome<actor::Payload> message_of(const wasi::HttpRequest& request) {
  std::string_view type = field_of(request, "content-type");
  if (type.size() > media_type_bytes_max)
    return refuse(problems::bad_request,
                  fmt::format("Content-Type: expected at most {} bytes", media_type_bytes_max));
  // Guests get it as a text.
  const bool is_text = is_utf8(type) && std::ranges::none_of(type, [](char c) {
                         return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                       });
  if (!is_text)
    return refuse(problems::bad_request, "Content-Type: expected UTF-8 without control characters");
  if (type.empty()) type = actor::octet_stream;
  // JSON has no parameters (RFC 8259, 11), whatever is said.
  if (type.starts_with(actor::json) && type.substr(actor::json.size()).starts_with(';'))
    type = actor::json;
  return actor::Payload(ByteSpan(request.body), type);
}

/// Of a body that has to be JSON. What curl and forms say when nobody told them is let through: the
/// bytes decide.
Outcome<actor::Payload> json_message_of(const wasi::HttpRequest& request) {
  const std::string_view type = field_of(request, "content-type");
  const bool may_be = type.empty() || is_json_type(type) ||
                      type == "application/x-www-form-urlencoded" || type.starts_with("text/plain");
  if (!may_be)
    return refuse(problems::bad_media, fmt::format("Content-Type: expected {}", actor::json));
  // Whoever reads a member that is there twice may take either.
  if (const auto fault = json_fault(as_text(request.body)))
    return refuse(problems::bad_request, "expected JSON: " + *fault);
  return actor::Payload(ByteSpan(request.body), actor::json);
}

bool wants_no_answer(const wasi::HttpRequest& request) {
  std::string_view rest = field_of(request, "prefer");
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    if (trimmed(rest.substr(0, end)) == "respond-async") return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

// ---- Answers ----------------------------------------------------------------------------------

/// "code: what is wrong", as contracts say it.
std::string code_of(std::string_view why) {
  const std::string_view code = why.substr(0, why.find(": "));
  const bool is_code =
      !code.empty() && code.size() <= 64 && code.size() < why.size() && !code.contains(' ');
  return std::string(is_code ? code : "rejected");
}

ProblemKind kind_of(const Refused& refused, bool is_durable) {
  switch (refused.refusal) {
    case actor::Refusal::no_such_actor: return problems::no_such_actor;
    case actor::Refusal::stopped: return problems::stopped;
    case actor::Refusal::mailbox_full: return problems::mailbox_full;
    case actor::Refusal::expired:
    case actor::Refusal::timed_out: return problems::timed_out;
    case actor::Refusal::too_large: return problems::too_large;
    case actor::Refusal::deadlock: return problems::deadlock;
    case actor::Refusal::failed: return problems::failed;
    case actor::Refusal::rejected: break;
  }
  if (refused.key_was_used) return problems::key_used;
  // What a contract or a handler has rejected is in the chain, unless there was no room for it.
  return is_durable && !refused.receipt ? problems::unavailable : problems::rejected;
}

Problem problem_of(const Refused& refused, bool is_durable) {
  Problem problem{.kind = kind_of(refused, is_durable), .detail = refused.why, .is_recorded = true};
  if (problem.detail.empty()) problem.detail = actor::to_string(refused.refusal);
  if (problem.kind.status == problems::mailbox_full.status)
    problem.fields.push_back({"Retry-After", "1"});
  if (problem.kind.status == problems::rejected.status) {
    JsonWriter code;
    code.string(code_of(refused.why));
    problem.members = R"(,"code":)" + code.take();
  }
  if (refused.receipt)
    problem.members += fmt::format(R"(,"sequence":{},"hash":"{}")", refused.receipt->sequence,
                                   to_hex(refused.receipt->head));
  return problem;
}

std::unexpected<Problem> refusal(const Call& call, const Refused& refused) {
  return std::unexpected(problem_of(refused, call.deployment().store() != nullptr));
}

/// Who is to get it: of a pool, a member.
std::string addressee(const CallPtr& call, const std::string& name, const actor::Payload& message,
                      const MessageOptions& options) {
  return call->deployment().addressee(name, message, field_of(call->request, "cairn-routing-key"),
                                      options.idempotency_key);
}

/// Which record tells of it.
void add_receipt(const Answer& answer, wasi::HttpResponse& response) {
  if (answer.receipt) {
    response.fields.push_back({"Cairn-Sequence", std::to_string(answer.receipt->sequence)});
    response.fields.push_back({"Cairn-Hash", to_hex(answer.receipt->head)});
  }
  if (answer.is_repeated) response.fields.push_back({"Cairn-Repeated", "true"});
}

/// Who of a pool it was.
void add_member(const std::string& asked, const std::string& member, wasi::HttpResponse& response) {
  if (member != asked) response.fields.push_back({"Cairn-Actor", encode_uri(member)});
}

wasi::HttpResponse response_of(const Answer& answer) {
  wasi::HttpResponse response = payload_response(answer.reply);
  add_receipt(answer, response);
  return response;
}

/// Accepts a message whose answer nobody waits for.
Outcome<> accept(const CallPtr& call, const std::string& name, actor::Payload message,
                 MessageOptions options) {
  Deployment& deployment = call->deployment();
  const std::string actor = addressee(call, name, message, options);
  const auto status = deployment.actor(actor);
  if (const auto sent = deployment.send(actor, std::move(message), std::move(options)); !sent)
    return refusal(*call, sent.error());
  std::string where = "/v1/actors/" + encode_uri(actor) + "/chain";
  if (status && status->chain) where += fmt::format("?from={}", status->chain->sequence + 1);
  return wasi::HttpResponse{
      .status = 202,
      .fields = {{"Location", std::move(where)}, {"Preference-Applied", "respond-async"}}};
}

}  // namespace

void send_message(const CallPtr& call) {
  auto options = options_of(call->request);
  if (!options) return call->respond(std::unexpected(std::move(options).error()));
  auto message = message_of(call->request);
  if (!message) return call->respond(std::unexpected(std::move(message).error()));
  if (wants_no_answer(call->request))
    return call->respond(accept(call, call->parameter, *std::move(message), *std::move(options)));
  const std::string to = addressee(call, call->parameter, *message, *options);
  call->deployment().request(to, *std::move(message), *std::move(options),
                             [call, to](const std::expected<Answer, Refused>& answer) {
                               if (!answer) return call->respond(refusal(*call, answer.error()));
                               wasi::HttpResponse response = response_of(*answer);
                               add_member(call->parameter, to, response);
                               call->respond(std::move(response));
                             });
}

// ---- Routes -----------------------------------------------------------------------------------

namespace {

/// Exactly, or below "/folder/*", which is also "/folder".
bool fits(const RouteManifest& route, std::string_view path) {
  if (!route.path.ends_with("/*")) return route.path == path;
  const std::string_view folder(route.path.data(), route.path.size() - 2);
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string describe(const Deployment& deployment, std::string_view actor, const Answer& answer) {
  JsonWriter json;
  json.begin_object();
  if (answer.receipt) {
    json.key("hash").string(to_hex(answer.receipt->head));
    json.key("sequence").number(answer.receipt->sequence);
  } else {
    json.key("hash").null().key("sequence").null();
  }
  json.key("state");
  const auto at = answer.receipt ? std::optional(answer.receipt->sequence) : std::nullopt;
  if (const auto state = deployment.state(actor, at))
    write_payload(json, *state);
  else
    json.null();
  json.key("reply");
  write_payload(json, answer.reply);
  return json.end_object().take();
}

/// The request as it is, to a component of `wasi:http`, and its response as it is.
void hand_over(const CallPtr& call, const std::string& name, MessageOptions options) {
  actor::Payload message(wasi::http_message_of(call->request), wasi::http_message_type);
  const std::string to = addressee(call, name, message, options);
  call->deployment().request(
      to, std::move(message), std::move(options),
      [call](const std::expected<Answer, Refused>& answer) {
        if (!answer) return call->respond(refusal(*call, answer.error()));
        auto response = wasi::http_response_of(answer->reply.bytes());
        if (!response) return call->respond(refuse(problems::broken, response.error().message));
        add_receipt(*answer, *response);
        call->respond(*std::move(response));
      });
}

}  // namespace

std::string actor_at(const Deployment& deployment, std::string_view path) {
  const auto manifest = deployment.manifest();
  const RouteManifest* best = nullptr;
  for (const RouteManifest& route : manifest->routes) {
    if (!fits(route, path)) continue;
    if (route.path == path) return route.actor;
    if (!best || route.path.size() > best->path.size()) best = &route;
  }
  return best ? best->actor : std::string();
}

void send_by_route(const CallPtr& call) {
  const std::string to = actor_at(call->deployment(), call->request.path);
  if (to.empty()) return call->respond(refuse(problems::no_such_path, call->request.path));
  send_to(call, to);
}

void send_to(const CallPtr& call, const std::string& to) {
  auto options = options_of(call->request);
  if (!options) return call->respond(std::unexpected(std::move(options).error()));
  if (call->deployment().serves_http(to)) return hand_over(call, to, *std::move(options));
  auto message = json_message_of(call->request);
  if (!message) return call->respond(std::unexpected(std::move(message).error()));
  if (wants_no_answer(call->request))
    return call->respond(accept(call, to, *std::move(message), *std::move(options)));
  const std::string member = addressee(call, to, *message, *options);
  call->deployment().request(member, *std::move(message), *std::move(options),
                             [call, to, member](const std::expected<Answer, Refused>& answer) {
                               if (!answer) return call->respond(refusal(*call, answer.error()));
                               wasi::HttpResponse response = json_response(
                                   200, describe(call->deployment(), member, *answer));
                               add_member(to, member, response);
                               if (answer->is_repeated)
                                 response.fields.push_back({"Cairn-Repeated", "true"});
                               call->respond(std::move(response));
                             });
}

// ---- Topics -----------------------------------------------------------------------------------

void publish(const CallPtr& call) {
  if (const Result<> good = actor::check_topic(call->parameter); !good)
    return call->respond(std::unexpected(problem_of(good.error())));
  // Guests get it as a text.
  if (!is_utf8(call->parameter))
    return call->respond(refuse(problems::bad_request, "the topic: expected UTF-8"));
  // Whoever sends one trusts that a repetition does no harm.
  if (call->request.field("idempotency-key") != nullptr)
    return call->respond(refuse(problems::bad_request,
                                "Idempotency-Key: expected none, what is published again is "
                                "handled again; send to each actor instead"));
  const auto options = mailbox_options_of(call->request);
  if (!options) return call->respond(std::unexpected(options.error()));
  auto message = message_of(call->request);
  if (!message) return call->respond(std::unexpected(std::move(message).error()));
  const size_t subscribers =
      call->deployment().publish(call->parameter, *std::move(message), *options);
  JsonWriter json;
  json.begin_object().key("subscribers").number(subscribers).end_object();
  call->respond(json_response(202, json.take()));
}

}  // namespace cairn::platform
