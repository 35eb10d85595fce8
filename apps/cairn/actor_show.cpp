// `cairn actor ls`, `state` and `chain`: what there is to see.

#include <fmt/format.h>
#include <cairn/actor/recorded_limits.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "actor.hpp"
#include "actor_list.hpp"
#include "actor_receipt.hpp"
#include "api_command.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// Of inputs and replies that are shown in a table.
constexpr size_t shown_max = 48;

std::unexpected<Error> stands_still(std::string_view what) {
  return fail(ErrorKind::malformed,
              fmt::format("the server's list of {} does not advance from page to page", what));
}

std::string state_of(const Json& state) {
  return state.is_null() ? "" : shown_bytes(number_in(state, "bytes"));
}

/// Those that an instance goes on with; 0 is none.
std::string shown_limits(std::string_view text) {
  const auto limits = actor::RecordedLimits::of(as_bytes(text));
  if (!limits) return shortened(text, shown_max);
  std::string shown;
  const auto add = [&](std::string_view name, const std::string& value) {
    shown += fmt::format("{}{} {}", shown.empty() ? "" : ", ", name, value);
  };
  if (limits->fuel != 0) add("fuel", shown_count(limits->fuel));
  if (limits->memory != 0) add("memory", shown_bytes(limits->memory));
  if (limits->payload != 0) add("payload", shown_bytes(limits->payload));
  return shown.empty() ? "no limits" : shown;
}

/// The content of a record as one line.
std::string shown_content(const Json& content) {
  if (content.is_null()) return "";
  const Json& document = part_of(content, "json");
  if (!document.is_null()) return shortened(to_text(document), shown_max);
  if (part_of(content, "text").is_string()) {
    const std::string text = text_in(content, "text");
    const bool is_limits = text_in(content, "media_type") == actor::limits_type;
    return is_limits ? shown_limits(text) : shortened(text, shown_max);
  }
  const std::string size = shown_bytes(number_in(content, "bytes"));
  return part_of(content, "base64").is_string() ? size : size + ", thrown away";
}

/// What became of it: the reply, or why there is none.
std::string outcome_of(const Json& record) {
  const std::string reason = text_in(record, "reason");
  if (const std::string rejection = text_in(record, "rejection"); !rejection.empty())
    return fmt::format("{}: {}", rejection, shortened(reason, shown_max));
  return reason.empty() ? shown_content(part_of(record, "reply")) : shortened(reason, shown_max);
}

std::string sender_of(const Json& record) {
  const std::string sender = text_in(record, "sender");
  const uint64_t cause = number_in(record, "cause");
  return cause == 0 ? sender : fmt::format("{} #{}", sender, cause);
}

std::string chain_table(const Json& records) {
  Table table({{"#", true}, {"TIME"}, {"KIND"}, {"FROM"}, {"INPUT"}, {"OUTCOME"}, {"HASH"}});
  for (const Json& record : records) {
    table.add({fmt::format("{}", number_in(record, "sequence")), short_time(text_in(record, "at")),
               text_in(record, "kind"), sender_of(record), shown_content(part_of(record, "input")),
               outcome_of(record), short_hash(text_in(record, "hash"))});
  }
  return table.to_string(has_colors(stdout));
}

Result<> print_state(const ApiCommand& command, const std::string& name,
                     const std::optional<uint64_t>& at) {
  const std::string query = at ? fmt::format("?at={}", *at) : "";
  const HttpAnswer answer = TRY(command.client().ask({.path = actor_path(name) + "/state" + query,
                                                      .patience = long_patience,
                                                      .answer_bytes_max = payload_bytes_max}));
  TRY(check_receipt(command.client(), answer));
  if (command.json()) {
    const Json parsed = Json::parse(answer.body, nullptr, false);
    Json document = {{"media_type", answer.media_type()}};
    if (const std::string sequence(answer.field("cairn-sequence")); !sequence.empty()) {
      document["sequence"] = std::strtoull(sequence.c_str(), nullptr, 10);
      document["hash"] = answer.field("cairn-hash");
    }
    document["state"] = parsed.is_discarded() ? Json(answer.body) : parsed;
    command.print(document, "");
    return {};
  }
  write_foreign(stdout, answer.body);
  if (!answer.body.ends_with('\n')) write(stdout, "\n");
  return {};
}

/// `path`: of whose chain it is.
Result<> print_chain(const ApiCommand& command, const std::string& path, uint64_t from,
                     uint64_t count) {
  constexpr uint64_t page_max = 1000;
  Json records = Json::array();
  Json next = from;
  while (!next.is_null() && records.size() < count) {
    const Json page = TRY(
        command.client().get(fmt::format("{}/chain?from={}&limit={}", path, next.get<uint64_t>(),
                                         std::min<uint64_t>(page_max, count - records.size()))));
    for (const Json& record : TRY(rows_of(page, "records"))) records.push_back(record);
    const Json before = std::exchange(next, part_of(page, "next"));
    if (!next.is_number_unsigned()) next = nullptr;
    if (!next.is_null() && next <= before) return stands_still("records");
  }
  command.print({{"records", records}, {"next", next}}, chain_table(records));
  if (!command.json() && !next.is_null() && count != 0)
    print_hint(fmt::format("there is more: --from {}", next.get<uint64_t>()));
  return {};
}

}  // namespace

Result<Json> rows_of(const Json& page, std::string_view member) {
  const Json& rows = part_of(page, member);
  const auto is_object = [](const Json& row) { return row.is_object(); };
  if (rows.is_array() && std::ranges::all_of(rows, is_object)) return rows;
  return no_answer_of_ours(fmt::format("an array '{}'", member));
}

Result<Json> list_actors(const ApiClient& client) {
  Json all = Json::array();
  std::string next, query = "?limit=1000";
  for (;;) {
    const Json page = TRY(client.get("/v1/actors" + query));
    for (const Json& actor : TRY(rows_of(page, "actors"))) all.push_back(actor);
    const std::string before = std::exchange(next, text_in(page, "next"));
    if (next.empty()) return all;
    // Names come in the order of their bytes.
    if (next <= before) return stands_still("actors");
    query = "?limit=1000&after=" + path_segment(next);
  }
}

std::string actor_table(const Json& actors) {
  Table table({{"NAME"},
               {"ID"},
               {"COMPONENT"},
               {"PARENT"},
               {"QUEUED", true},
               {"RESTARTS", true},
               {"RECORDS", true},
               {"STATE", true},
               {"HASH"}});
  for (const Json& actor : actors) {
    const Json& chain = part_of(actor, "chain");
    const bool is_running = part_of(actor, "running") == true;
    table.add({text_in(actor, "name"), is_running ? text_in(actor, "id") : "stopped",
               text_in(actor, "component"), text_in(actor, "parent"),
               fmt::format("{}", number_in(actor, "queued")),
               fmt::format("{}", number_in(actor, "restarts")),
               chain.is_null() ? "" : shown_count(number_in(chain, "sequence") + 1),
               state_of(part_of(chain, "state")), short_hash(text_in(chain, "hash"))});
  }
  return table.to_string(has_colors(stdout));
}

int actor_ls_command(Args args) {
  ApiCommand command("actor ls", "[OPTIONS]", "List the actors.");
  if (const auto code = command.parse(args)) return *code;
  const Result<Json> actors = list_actors(command.client());
  if (!actors) return command.end(std::unexpected(actors.error()));
  command.print({{"actors", *actors}}, actor_table(*actors));
  return exit_ok;
}

int actor_state_command(Args args) {
  ApiCommand command("actor state", "[OPTIONS] NAME", "Print the state of an actor.");
  std::string name;
  std::optional<uint64_t> at;
  command.add_name(name, "NAME", "The actor");
  command.add_count("--at", at, "The state that it had after this record");
  if (const auto code = command.parse(args)) return *code;
  return command.end(print_state(command, name, at));
}

int actor_chain_command(Args args) {
  ApiCommand command("actor chain", "[OPTIONS] [NAME]",
                     "List the records of what an actor did, or of what the system decided about "
                     "actors and refused.");
  std::string name;
  bool of_system = false;
  std::optional<uint64_t> from, count;
  command->add_option("NAME", name, "The actor")->type_name("");
  command->add_flag("--system", of_system, "Those of the system itself");
  command.add_count("--from", from, "The first one; the genesis is 0");
  command.add_count("--limit", count, "At most so many (100)");
  if (const auto code = command.parse(args)) return *code;
  if (name.empty() != of_system) return usage_error("actor chain", "expected NAME or --system");
  const std::string path = of_system ? "/v1/system" : actor_path(name);
  return command.end(print_chain(command, path, from.value_or(0), count.value_or(100)));
}

int actor_dead_letters_command(Args args) {
  ApiCommand command("actor dead-letters", "[OPTIONS]",
                     "List the last messages that nobody handled, the newest at the end.");
  if (const auto code = command.parse(args)) return *code;
  const Result<Json> page = command.client().get("/v1/dead-letters");
  if (!page) return command.end(std::unexpected(page.error()));
  const Result<Json> letters = rows_of(*page, "dead_letters");
  if (!letters) return command.end(std::unexpected(letters.error()));
  Table table({{"AT"}, {"ACTOR"}, {"FROM"}, {"REASON"}, {"TYPE"}, {"BYTES", true}});
  for (const Json& letter : *letters) {
    table.add({text_in(letter, "at"), text_in(letter, "actor"), text_in(letter, "from"),
               text_in(letter, "reason"), text_in(letter, "media_type"),
               shown_count(number_in(letter, "bytes"))});
  }
  command.print({{"dead_letters", *letters}}, table.to_string(has_colors(stdout)));
  return exit_ok;
}

}  // namespace cairn::cli
