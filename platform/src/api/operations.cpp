// What can be asked, in one table.

#include <algorithm>

#include "api/call.hpp"

namespace cairn::platform {
namespace {

// The one that is asked most comes first, and the one that takes all other paths last.
constexpr Operation rows[] = {
    {"POST", "/v1/actors/{name}/messages", "sendMessage", "Send a message, wait for the reply",
     "idempotencyKey prefer priority timeout timeToLive routingKey", "bytes",
     "200 bytes,202,400,403,404,409,413,415,422,429,500,503,504,508", send_message},

    {"GET", "/v1/actors", "listActors", "All actors, in the order of their names", "after limit",
     "", "200 Actors,400", list_actors},
    {"POST", "/v1/actors", "spawnActor", "Spawn an actor", "", "Spawn",
     "201 Actor,400,403,404,409,413,415,422,500,501,503", spawn_actor},
    {"GET", "/v1/actors/{name}", "getActor", "One actor", "", "", "200 Actor,400,404", get_actor},
    {"DELETE", "/v1/actors/{name}", "stopActor", "Stop an actor", "now", "",
     "202 Name,400,403,404,409,503", stop_actor},
    {"POST", "/v1/actors/{name}/restart", "restartActor", "Start it anew from its last state", "",
     "", "202 Name,400,403,404,409,503", restart_actor},
    {"POST", "/v1/actors/{name}/upgrade", "upgradeActor", "Another component runs it from now on",
     "", "Upgrade", "202 Name,400,403,404,409,413,415,422,501,503", upgrade_actor},
    {"POST", "/v1/actors/{name}/fork", "forkActor", "A new actor from an earlier state", "", "Fork",
     "201 Actor,400,403,404,409,413,415,422,501,503", fork_actor},
    {"POST", "/v1/actors/{name}/revert", "revertActor", "Go on from an earlier state", "", "Revert",
     "202 Name,400,403,404,409,413,415,422,501,503", revert_actor},
    {"GET", "/v1/actors/{name}/state", "getState", "The state, now or after a record", "at", "",
     "200 bytes,400,404,500,501,503", get_state},
    {"GET", "/v1/actors/{name}/chain", "listRecords", "Records of the chain", "from limit", "",
     "200 Records,400,404,500,501,503", list_records},
    {"GET", "/v1/actors/{name}/events", "watchActor",
     "What happens to it from now on: Server-Sent Events, or a WebSocket", "lastEventId", "",
     "101,200 Event,400,403,404,503", watch_actor},
    {"GET", "/v1/events", "watchAll", "What happens to all actors from now on", "", "",
     "101,200 Event,403,503", watch_all},
    {"GET", "/v1/system/chain", "listSystemRecords",
     "Records of what was decided about actors, and refused", "from limit", "",
     "200 Records,400,404,500,501,503", list_system_records},
    {"GET", "/v1/dead-letters", "listDeadLetters", "The last messages that nobody handled", "", "",
     "200 DeadLetters", list_dead_letters},

    {"GET", "/v1/components", "listComponents", "All components", "", "", "200 Components",
     list_components},
    {"PUT", "/v1/components/{name}", "uploadComponent", "Add or replace a component", "", "bytes",
     "200 Component,201 Component,400,403,409,413,415,422,501,503", upload_component},

    {"POST", "/v1/topics/{topic}", "publish", "Publish to those who subscribe now",
     "priority timeToLive", "bytes", "202 Published,400,403,413,415,503", publish},
    {"GET", "/v1/topics/{topic}/events", "watchTopic",
     "What is published from now on; the topic may have wildcards", "", "",
     "101,200 Publication,400,403,503", watch_topic},

    {"GET", "/v1/checkpoint", "getCheckpoint", "The last signed checkpoint", "", "",
     "200 text,404,501", get_checkpoint},
    {"POST", "/v1/checkpoint", "signCheckpoint", "Sign the log as it is", "", "",
     "200 text,403,500,501,503", sign_checkpoint},
    {"GET", "/v1/checkpoint/cosigned", "getCosignedCheckpoint",
     "The largest signed checkpoint that a witness, or so many, have cosigned", "quorum", "",
     "200 text,400,404,501", get_cosigned_checkpoint},
    {"POST", "/v1/checkpoint/cosignatures", "addCosignatures",
     "Add signatures of witnesses to one of the last checkpoints", "", "text",
     "202,400,403,409,413,415,501,503", add_cosignatures},
    {"GET", "/v1/tile/{path}", "getTile", "A tile of the tree, or a bundle of records", "", "",
     "200 bytes,400,404,500,501,503", get_tile},
    {"POST", "/v1/prune", "pruneContents", "Throw contents away that nobody needs any more", "",
     "Prune", "200 Pruned,400,403,409,413,415,500,501,503", prune_contents},
    {"GET", "/checkpoint", "getLogCheckpoint", "The last signed checkpoint (C2SP tlog-tiles)", "",
     "", "200 text,404,501", get_checkpoint},
    {"GET", "/tile/{path}", "getLogTile", "A tile (C2SP tlog-tiles)", "", "",
     "200 bytes,400,404,500,501,503", get_tile},

    {"GET", "/livez", "getLiveness", "Does the process run?", "", "", "200 text", get_liveness},
    {"GET", "/readyz", "getReadiness", "Should requests be sent here?", "", "", "200 text,503",
     get_readiness},
    {"GET", "/metrics", "getMetrics", "Counters in the text format of Prometheus", "", "",
     "200 text", get_metrics},
    {"GET", "/openapi.json", "getOpenapi", "This description", "", "", "200 bytes", get_openapi},

    {"POST", "/{path}", "sendByRoute", "A message to the actor to which a route leads",
     "idempotencyKey prefer priority timeout timeToLive routingKey", "any",
     "200 Answer,202,400,403,404,405,409,413,415,422,429,500,503,504,508", send_by_route},
};

/// The part of the path in the place of the braces.
std::optional<std::string_view> parameter_in(std::string_view pattern, std::string_view path) {
  const size_t open = pattern.find('{');
  if (open == pattern.npos)
    return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  if (!path.starts_with(pattern.substr(0, open))) return std::nullopt;
  path.remove_prefix(open);
  if (pattern.substr(open) == "{path}") return path;
  const std::string_view behind = pattern.substr(pattern.find('}') + 1);
  const size_t end = std::min(path.find('/'), path.size());
  if (end == 0 || path.substr(end) != behind) return std::nullopt;
  return path.substr(0, end);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::span<const Operation> operations() { return rows; }

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(by), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool takes_query(const Operation& operation, std::string_view name) {
  // The other parameters are fields.
  constexpr auto of_queries =
      std::to_array<std::string_view>({"after", "at", "from", "limit", "now", "quorum"});
  const auto own = split(operation.parameters, ' ');
  return std::ranges::find(of_queries, name) != of_queries.end() &&
         std::ranges::find(own, name) != own.end();
}

bool is_reserved(std::string_view path) {
  constexpr std::string_view all = "/v1";
  if (path == all || path.starts_with("/v1/")) return true;
  return std::ranges::any_of(std::span(rows, std::size(rows) - 1), [&](const Operation& row) {
    const std::string_view before = row.pattern.substr(0, row.pattern.find('{'));
    if (before == row.pattern) return path == before;
    return path.starts_with(before) || path == before.substr(0, before.size() - 1);
  });
}

Match match(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  Match found;
  for (const Operation& row : rows) {
    // Routes are for what nothing else is at.
    if (&row == std::end(rows) - 1 && !found.allow.empty()) break;
    const auto parameter = parameter_in(row.pattern, path);
    if (!parameter) continue;
    found.parameter = *parameter;
    if (row.method == method) {
      found.operation = &row;
      found.allow.clear();
      return found;
    }
    if (&row == std::end(rows) - 1) break;
    if (!found.allow.empty()) found.allow += ", ";
    found.allow += row.method;
    if (row.method == "GET") found.allow += ", HEAD";
  }
  return found;
}

std::optional<std::string> decode_uri(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = digit_of(text[i + 1]), low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string encode_uri(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF", unreserved = "-._~";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || unreserved.contains(c);
    if (is_plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[static_cast<uint8_t>(c) >> 4];
      encoded += digits[static_cast<uint8_t>(c) & 15];
    }
  }
  return encoded;
}

}  // namespace cairn::platform
