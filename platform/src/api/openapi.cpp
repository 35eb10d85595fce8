// /openapi.json: the table of operations, and the schemas that it names.

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "api/call.hpp"
#include "api/json.hpp"

namespace cairn::platform {
namespace {

constexpr std::string_view schemas = R"({
"Problem":{"type":"object","description":"RFC 9457","required":["type","title","status","detail"],"properties":{
  "type":{"type":"string","format":"uri-reference"},"title":{"type":"string"},"status":{"type":"integer"},
  "detail":{"type":"string"},"code":{"type":"string","description":"of a rejection"},
  "sequence":{"type":"integer","description":"of the record that says so"},"hash":{"type":"string"}}},
"Name":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}},
"Content":{"type":"object","required":["media_type","bytes","digest"],"properties":{
  "media_type":{"type":"string"},"bytes":{"type":"integer"},"digest":{"type":["string","null"]},
  "json":{"description":"the content, if it is JSON and still there"},"text":{"type":"string"},
  "base64":{"type":"string"}}},
"Actor":{"type":"object",
  "required":["name","id","component","parent","queued","running","restarts","chain"],"properties":{
  "name":{"type":"string"},"id":{"type":"string","description":"empty: it does not run"},
  "component":{"type":"string"},"parent":{"type":"string"},"queued":{"type":"integer"},
  "running":{"type":"boolean"},"restarts":{"type":"integer"},
  "chain":{"type":["object","null"],"required":["sequence","hash","state"],"properties":{
    "sequence":{"type":"integer"},"hash":{"type":"string"},
    "state":{"type":"object","required":["media_type","bytes"],"properties":{
      "media_type":{"type":"string"},"bytes":{"type":"integer"}}}}}}},
"Actors":{"type":"object","required":["actors","next"],"properties":{
  "actors":{"type":"array","items":{"$ref":"#/components/schemas/Actor"}},
  "next":{"type":["string","null"],"description":"for `after`; null: there are no more"}}},
"Spawn":{"type":"object","required":["name"],"additionalProperties":false,"properties":{
  "name":{"type":"string"},"component":{"type":"string",
  "description":"not needed below a supervisor of simple_one_for_one"},
  "argument":{"description":"what its init is told, as JSON"},"argument_text":{"type":"string"},
  "supervisor":{"type":"string","description":"of the manifest; none: the system itself"},
  "restart":{"type":"string","enum":["permanent","transient","temporary"],"default":"transient"},
  "shutdown_ms":{"type":"integer","minimum":0,"maximum":3600000,"default":5000},
  "significant":{"type":"boolean","default":false}}},
"Upgrade":{"type":"object","required":["component"],"additionalProperties":false,
  "properties":{"component":{"type":"string"}}},
"Fork":{"type":"object","required":["at","name"],"additionalProperties":false,
  "properties":{"at":{"type":"integer","minimum":0},"name":{"type":"string"}}},
"Revert":{"type":"object","required":["at"],"additionalProperties":false,
  "properties":{"at":{"type":"integer","minimum":0}}},
"Record":{"type":"object","required":["sequence","index","hash","parent","kind","at","module"],
  "properties":{"sequence":{"type":"integer"},"index":{"type":"integer"},"hash":{"type":"string"},
  "parent":{"type":"string"},"kind":{"type":"string","enum":["genesis","init","message","rejection",
  "restart","upgrade","supervision","snapshot","fork","stop"]},
  "at":{"type":"string","format":"date-time"},"module":{"type":"string"},"name":{"type":"string"},
  "manifest":{"type":"object"},"limits":{"type":"object"},"sender":{"type":"string"},
  "cause":{"type":"integer"},"topic":{"type":"string"},
  "input":{"$ref":"#/components/schemas/Content"},
  "rejection":{"type":"string","enum":["contract","trap","limit","error"]},
  "old_state":{"$ref":"#/components/schemas/Content"},
  "new_state":{"$ref":"#/components/schemas/Content"},
  "reply":{"$ref":"#/components/schemas/Content"},"effects":{"type":"integer"},
  "fuel":{"type":"integer"},"reason":{"type":"string"}}},
"Records":{"type":"object","required":["records","next"],"properties":{
  "records":{"type":"array","items":{"$ref":"#/components/schemas/Record"}},
  "next":{"type":["integer","null"],"description":"for `from`; null: there are no more"}}},
"Component":{"type":"object","required":["name","digest","bytes","style"],"properties":{
  "name":{"type":"string"},"digest":{"type":"string"},"bytes":{"type":"integer"},
  "style":{"type":"string","enum":["explicit","resident"]},
  "denied":{"type":"string","description":"why it is not spawned: it imports what is not granted by default; who runs by a component with such grants may be upgraded to it"}}},
"Components":{"type":"object","required":["components"],"properties":{
  "components":{"type":"array","items":{"$ref":"#/components/schemas/Component"}}}},
"Event":{"type":"object","required":["kind","at","actor","name","text"],
  "additionalProperties":false,"properties":{
  "kind":{"type":"string","enum":["transition","event","log"]},
  "at":{"type":"string","format":"date-time"},
  "actor":{"type":"string","description":"none: who asked from outside, and is answered late"},
  "name":{"type":"string","description":"of a transition: the kind of its record; of an event of a life: what happened; of a log: how bad it is",
    "enum":["init","message","rejection","restart","upgrade","supervision","snapshot","fork","stop",
    "spawned","registered","ready","failed","ended","removed","restarting","restarted","gave_up",
    "escalated","auto_shutdown","unhealthy","throttled","dead_letter","late_reply","halted","deadlock",
    "log_flood","debug","info","warning","error"]},
  "text":{"type":"string","description":"why; of a deadlock: who waits for whom"},
  "sequence":{"type":"integer","description":"of a transition's record"},
  "hash":{"type":"string","description":"of a transition's record"},
  "reason":{"type":"string","description":"how a run ended, or why nobody got a message","enum":["normal",
    "shutdown","killed","error","trap","limit","unhealthy","escalated","no such actor","stopped",
    "mailbox full","expired","too large","failed","timed out","deadlock","rejected"]},
  "other":{"type":"string","description":"who decided, sent, answered or was asked; none: nobody of the system"},
  "delay_ns":{"type":"integer","description":"until it starts anew, or goes on"},
  "count":{"type":"integer","description":"failures, of health checks or of children"}}},
"Publication":{"type":"object","required":["topic","media_type","message"],
  "additionalProperties":false,"properties":{"topic":{"type":"string"},
  "media_type":{"type":"string"},
  "message":{"description":"JSON as it is, a text, or an object with a member base64"}}},
"DeadLetters":{"type":"object","required":["dead_letters"],"properties":{
  "dead_letters":{"type":"array","description":"the newest at the end","items":{"type":"object",
  "required":["at","actor","reason","media_type","bytes"],"properties":{
  "at":{"type":"string","format":"date-time"},"actor":{"type":"string"},
  "from":{"type":"string","description":"none: from outside"},"reason":{"type":"string"},
  "media_type":{"type":"string"},"bytes":{"type":"integer"}}}}}},
"Prune":{"type":"object","additionalProperties":false,"description":"neither: all are thrown away that are not needed",
  "properties":{"age":{"type":"string","description":"those of younger records are kept: 720h"},
  "records":{"type":"integer","minimum":0,"description":"those of the last ones are kept"}}},
"Pruned":{"type":"object","required":["bytes","before"],"properties":{
  "bytes":{"type":"integer","description":"of the disk, that are free now"},
  "before":{"type":"integer","description":"the index of a record; from there on all contents are kept"}}},
"Published":{"type":"object","required":["subscribers"],
  "properties":{"subscribers":{"type":"integer"}}},
"Answer":{"type":"object","required":["hash","sequence","state","reply"],"properties":{
  "hash":{"type":["string","null"]},"sequence":{"type":["integer","null"]},
  "state":{},"reply":{}}}})";

constexpr std::string_view parameters = R"({
"after":{"name":"after","in":"query","schema":{"type":"string"},"description":"names behind this one"},
"limit":{"name":"limit","in":"query","schema":{"type":"integer","minimum":1}},
"from":{"name":"from","in":"query","schema":{"type":"integer","minimum":0},"description":"sequence number"},
"at":{"name":"at","in":"query","schema":{"type":"integer","minimum":0},"description":"sequence number"},
"lastEventId":{"name":"Last-Event-ID","in":"header","schema":{"type":"integer","minimum":0},
  "description":"of the last event that was seen: begins with the records behind it, at most the last thousand"},
"quorum":{"name":"quorum","in":"query","schema":{"type":"integer","minimum":1,"maximum":63},"description":"how many witnesses have cosigned it; without it, one"},
"now":{"name":"now","in":"query","schema":{"type":"boolean"},"description":"what it has accepted is dropped"},
"idempotencyKey":{"name":"Idempotency-Key","in":"header","schema":{"type":"string","minLength":1,"maxLength":255},
  "description":"the same message with the same key is handled once"},
"prefer":{"name":"Prefer","in":"header","schema":{"type":"string"},"description":"respond-async: 202 at once. That is no promise: until it is handled the message is in memory only, and gone if the server ends; with an Idempotency-Key it can be sent again"},
"priority":{"name":"Cairn-Priority","in":"header",
  "schema":{"type":"string","enum":["low","normal","high","critical"]}},
"timeout":{"name":"Cairn-Timeout-Ms","in":"header","schema":{"type":"integer","minimum":1,"maximum":3600000},
  "description":"how long the answer may take"},
"routingKey":{"name":"Cairn-Routing-Key","in":"header","schema":{"type":"string"},
  "description":"messages to a pool of consistent_hash with the same key go to the same member; to any pool, if they have an Idempotency-Key"},
"timeToLive":{"name":"Cairn-Time-To-Live-Ms","in":"header","schema":{"type":"integer","minimum":1,"maximum":3600000},
  "description":"how long it may wait in the mailbox; after that it is not handled any more"}})";

void write_reference(JsonWriter& to, std::string_view kind, std::string_view name) {
  to.begin_object().key("$ref").string(fmt::format("#/components/{}/{}", kind, name)).end_object();
}

/// What a body is: one of our schemas, or something else.
void write_content(JsonWriter& to, std::string_view schema) {
  const bool is_stream = schema == "Event" || schema == "Publication";
  const auto media = [&] -> std::string_view {
    if (schema == "text") return actor::plain_text;
    if (schema == "bytes") return "*/*";
    if (is_stream) return "text/event-stream";
    return actor::json;
  }();
  const bool is_ours = media == actor::json && schema != "any";
  to.key("content").begin_object().key(media).begin_object().key("schema");
  if (is_ours) {
    write_reference(to, "schemas", schema);
  } else {
    to.begin_object();
    if (is_stream) {
      to.key("type").string("string").key("description").string("the data of each event");
      to.key("contentMediaType").string(actor::json).key("contentSchema");
      write_reference(to, "schemas", schema);
    }
    to.end_object();
  }
  to.end_object().end_object();
}

void write_answer(JsonWriter& to, std::string_view answer) {
  const size_t space = std::min(answer.find(' '), answer.size());
  const std::string_view status = answer.substr(0, space);
  const std::string_view schema = answer.substr(std::min(space + 1, answer.size()));
  to.key(status);
  if (status >= "400") return write_reference(to, "responses", "Problem");
  to.begin_object().key("description").string(schema.empty() ? "without a body" : schema);
  if (!schema.empty()) write_content(to, schema);
  to.end_object();
}

/// With those that the server itself gives, whatever is asked: to what comes too slowly, is too
/// long, is of another host, or is too much; and to a WebSocket of another version.
std::vector<std::string_view> answers_of(const Operation& operation) {
  std::vector<std::string_view> answers = split(operation.answers, ',');
  const auto has = [&](std::string_view answer) {
    return std::ranges::find(answers, answer) != answers.end();
  };
  const bool has_websocket = has("101");
  const auto add = [&](std::string_view answer) {
    if (!has(answer)) answers.push_back(answer);
  };
  for (const std::string_view answer : {"400", "408", "414", "421", "431", "503"}) add(answer);
  if (!operation.body.empty()) add("413");
  if (has_websocket) add("426");
  return answers;
}

void write_operation(JsonWriter& to, const Operation& operation) {
  to.begin_object();
  to.key("operationId").string(operation.id);
  to.key("summary").string(operation.summary);
  to.key("parameters").begin_array();
  if (const size_t open = operation.pattern.find('{'); open != operation.pattern.npos) {
    const size_t close = operation.pattern.find('}');
    to.begin_object();
    to.key("name").string(operation.pattern.substr(open + 1, close - open - 1));
    to.key("in").string("path").key("required").boolean(true);
    to.key("schema").begin_object().key("type").string("string").end_object().end_object();
  }
  for (const std::string_view name : split(operation.parameters, ' '))
    write_reference(to, "parameters", name);
  to.end_array();
  if (!operation.body.empty()) {
    to.key("requestBody").begin_object();
    to.key("required").boolean(true);
    write_content(to, operation.body);
    to.end_object();
  }
  to.key("responses").begin_object();
  for (const std::string_view answer : answers_of(operation)) write_answer(to, answer);
  write_answer(to, "default");
  to.end_object().end_object();
}

/// Operations of one path stand together.
void write_paths(JsonWriter& to) {
  const auto all = operations();
  to.begin_object();
  for (const Operation& first : all) {
    const auto is_same = [&](const Operation& other) { return other.pattern == first.pattern; };
    if (&*std::ranges::find_if(all, is_same) != &first) continue;
    to.key(first.pattern).begin_object();
    for (const Operation& operation : all) {
      if (!is_same(operation)) continue;
      std::string method(operation.method);
      std::ranges::transform(method, method.begin(),
                             [](char c) { return static_cast<char>(c | 0x20); });
      write_operation(to.key(method), operation);
    }
    to.end_object();
  }
  to.end_object();
}

std::string make() {
  JsonWriter json;
  json.begin_object();
  json.key("openapi").string("3.1.0");
  json.key("info").begin_object();
  json.key("title").string("Cairn").key("version").string("1");
  json.key("description").string("Actors whose every step can be proven; see docs/serve.md.");
  json.end_object();
  write_paths(json.key("paths"));
  json.key("components").begin_object();
  json.key("schemas").raw(schemas).key("parameters").raw(parameters);
  json.key("responses").begin_object().key("Problem").begin_object();
  json.key("description").string("what is wrong");
  json.key("content").begin_object().key("application/problem+json").begin_object().key("schema");
  write_reference(json, "schemas", "Problem");
  json.end_object().end_object().end_object().end_object();
  return json.end_object().end_object().take();
}

}  // namespace

std::string_view Api::openapi() {
  static const std::string text = make();
  return text;
}

void get_openapi(const CallPtr& call) {
  call->respond(json_response(200, std::string(Api::openapi())));
}

}  // namespace cairn::platform
