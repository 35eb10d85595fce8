// What lasts: states, records, the tree and its checkpoints.

#include <fmt/format.h>
#include <cairn/chain/tiles.hpp>
#include <cairn/crypto/base64.hpp>

#include "api/call.hpp"
#include "api/json.hpp"
#include "system_chain.hpp"

namespace cairn::platform {
namespace {

constexpr uint64_t records_default = 50, records_max = 1'000;
/// Inputs are in the answer: so many at a time are read …
constexpr uint64_t records_step = 16;
/// … until it is as large.
constexpr size_t answer_bytes_max = size_t{8} << 20;

/// Damage is for the operator, who hears of it, and no fault of the client.
Problem problem_of_store(const Call& call, const Error& error) {
  if (error.kind != ErrorKind::malformed) return problem_of(error);
  call.deployment().complain("reading the log for a client: " + error.to_string());
  return {.kind = problems::broken,
          .detail = "the log is damaged there: the server's log says where"};
}

std::unexpected<Problem> failed(const Call& call, const Error& error) {
  Problem problem = problem_of_store(call, error);
  if (error.kind == ErrorKind::not_found) {
    const auto actor = call.deployment().actor(call.parameter);
    if (!actor) return refuse(problems::no_such_actor, actor.error().message);
  }
  return std::unexpected(std::move(problem));
}

// ---- States -----------------------------------------------------------------------------------

Outcome<> state(const Call& call) {
  Deployment& deployment = call.deployment();
  std::optional<uint64_t> at = TRY(call.number("at"));
  const auto actor = deployment.actor(call.parameter);
  if (!actor) return failed(call, actor.error());
  std::optional<chain::Digest> hash;
  if (!at && actor->chain) {
    at = actor->chain->sequence;
    hash = actor->chain->head;
  } else if (at) {
    const chain::Store* const store = TRY(call.store());
    const auto record = store->record(call.parameter, *at);
    if (!record) return failed(call, record.error());
    hash = record->hash;
  }
  const auto found = deployment.state(call.parameter, at);
  if (!found) return failed(call, found.error());
  wasi::HttpResponse response = payload_response(*found);
  if (hash) {
    response.fields.push_back({"Cairn-Sequence", std::to_string(*at)});
    response.fields.push_back({"Cairn-Hash", to_hex(*hash)});
  }
  return response;
}

// ---- Records ----------------------------------------------------------------------------------

void write_digest(JsonWriter& to, const chain::Content& content) {
  to.key("bytes").number(content.size);
  to.key("digest");
  if (content.size == 0)
    to.null();
  else
    to.string(to_hex(content.digest));
}

/// With the bytes themselves, if they are still there and wanted.
void write_content(JsonWriter& to, std::string_view name, const chain::TypedContent& content,
                   const std::optional<ByteSpan>& bytes = std::nullopt) {
  to.key(name).begin_object();
  to.key("media_type").string(content.media_type);
  write_digest(to, content.content);
  if (bytes) {
    const std::string_view text = as_text(*bytes);
    if (is_json_type(content.media_type) && is_json(text))
      to.key("json").raw(text);
    else if (is_text(text))
      to.key("text").string(text);
    else
      to.key("base64").string(crypto::to_base64(*bytes));
  }
  to.end_object();
}

void write_genesis(JsonWriter& to, const chain::Record& record) {
  to.key("name").string(record.name);
  to.key("manifest").begin_object();
  write_digest(to, record.manifest);
  to.end_object();
  to.key("limits").begin_object();
  to.key("fuel").number(record.fuel_max);
  to.key("memory").number(record.memory_max);
  to.key("payload").number(record.payload_max);
  to.end_object();
}

void write_transition(JsonWriter& to, const chain::StoredRecord& stored) {
  const chain::Record& record = stored.record;
  if (record.source) {
    to.key("sender").string(record.source->name);
    to.key("cause").number(record.source->cause);
  }
  if (record.input) {
    if (!record.input->topic.empty()) to.key("topic").string(record.input->topic);
    write_content(to, "input", record.input->payload, stored.content(chain::Slot::input));
  }
  if (record.rejection) to.key("rejection").string(chain::to_string(*record.rejection));
  write_content(to, "old_state", record.old_state);
  if (record.new_state) write_content(to, "new_state", *record.new_state);
  if (record.reply) write_content(to, "reply", *record.reply, stored.content(chain::Slot::reply));
  to.key("effects").number(record.effects.count);
  to.key("fuel").number(record.fuel_used);
  if (!record.reason.empty()) to.key("reason").string(record.reason);
}

void write_record(JsonWriter& to, const chain::StoredRecord& stored) {
  const chain::Record& record = stored.record;
  to.begin_object();
  to.key("sequence").number(record.sequence);
  to.key("index").number(stored.index);
  to.key("hash").string(to_hex(stored.hash));
  to.key("parent").string(to_hex(record.parent));
  to.key("kind").string(chain::to_string(record.kind));
  to.key("at").string(rfc3339(record.at_ns));
  to.key("module").string(to_hex(record.module));
  if (record.kind == chain::RecordKind::genesis)
    write_genesis(to, record);
  else
    write_transition(to, stored);
  to.end_object();
}

Outcome<> records(const Call& call, std::string_view name) {
  const chain::Store* const store = TRY(call.store());
  uint64_t next = TRY(call.number("from")).value_or(0);
  uint64_t left = TRY(call.number("limit", records_default, records_max));
  const auto chain = store->chain(name);
  if (!chain) return failed(call, chain.error());
  JsonWriter json;
  json.begin_object().key("records").begin_array();
  while (left > 0 && next <= chain->sequence && json.size() < answer_bytes_max) {
    const auto some = store->records(name, next, std::min(left, records_step));
    if (!some) return failed(call, some.error());
    if (some->empty()) break;
    for (const chain::StoredRecord& record : *some) write_record(json, record);
    next += some->size();
    left -= some->size();
  }
  json.end_array().key("next");
  if (next <= chain->sequence)
    json.number(next);
  else
    json.null();
  return json_response(200, json.end_object().take());
}

// ---- The tree ---------------------------------------------------------------------------------

wasi::HttpResponse text_response(std::string text) {
  return {.fields = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(text)};
}

Outcome<> checkpoint(const Call& call) {
  const chain::Store* const store = TRY(call.store());
  std::string note = store->checkpoint();
  if (note.empty()) return refuse(problems::not_found, "nothing is signed yet");
  return text_response(std::move(note));
}

Outcome<> cosigned_checkpoint(const Call& call) {
  const chain::Store* const store = TRY(call.store());
  // The log's own signature is one of them.
  const uint64_t quorum = TRY(call.number("quorum", 1, chain::note_signatures_max - 1));
  std::string note = store->cosigned_checkpoint(quorum);
  if (note.empty())
    return refuse(problems::not_found,
                  fmt::format("no checkpoint has cosignatures of {} witnesses yet", quorum));
  return text_response(std::move(note));
}

Outcome<> tile(const Call& call) {
  const chain::Store* const store = TRY(call.store());
  const auto tile = chain::Tile::parse("tile/" + call.parameter);
  if (!tile) return std::unexpected(problem_of(tile.error()));
  const auto bytes = store->tile(*tile);
  if (!bytes) return std::unexpected(problem_of_store(call, bytes.error()));
  return wasi::HttpResponse{.fields = {{"Content-Type", std::string(actor::octet_stream)},
                                       {"Cache-Control", "public, max-age=31536000, immutable"}},
                            .body = std::string(as_text(*bytes))};
}

}  // namespace

void get_state(const CallPtr& call) { call->respond(state(*call)); }
void list_records(const CallPtr& call) { call->respond(records(*call, call->parameter)); }
/// Where nothing was decided or refused yet, there is no chain, and no record either.
void list_system_records(const CallPtr& call) {
  const auto store = call->store();
  if (!store) return call->respond(std::unexpected(store.error()));
  if (!(*store)->chain(system_chain_name))
    return call->respond(json_response(200, R"({"records":[],"next":null})"));
  call->respond(records(*call, system_chain_name));
}
void get_checkpoint(const CallPtr& call) { call->respond(checkpoint(*call)); }
void get_cosigned_checkpoint(const CallPtr& call) { call->respond(cosigned_checkpoint(*call)); }
void get_tile(const CallPtr& call) { call->respond(tile(*call)); }

void sign_checkpoint(const CallPtr& call) {
  const auto store = call->store();
  if (!store) return call->respond(std::unexpected(store.error()));
  (*store)->sign_checkpoint([call](Result<std::string> note) {
    if (!note) return call->respond(std::unexpected(problem_of(note.error())));
    call->respond(text_response(*std::move(note)));
  });
}

void add_cosignatures(const CallPtr& call) {
  const auto store = call->store();
  if (!store) return call->respond(std::unexpected(store.error()));
  (*store)->add_cosignatures(std::string(as_text(call->request.body)),
                             [call](const Result<>& done) {
                               if (!done)
                                 return call->respond(std::unexpected(problem_of(done.error())));
                               call->respond(wasi::HttpResponse{.status = 202});
                             });
}

}  // namespace cairn::platform
