// `cairn actor logs` and `subscribe`: follow what happens, as Server-Sent Events tell it.

#include <fmt/format.h>

#include "actor.hpp"
#include "api_command.hpp"
#include "event_lines.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// What an event says beside its text, where it says it: " reason=trap other=bank".
std::string facts_of(const Json& event) {
  std::string facts;
  for (const char* const key : {"reason", "other"}) {
    if (const std::string fact = text_in(event, key); !fact.empty())
      facts += fmt::format(" {}={}", key, fact);
  }
  if (event.contains("delay_ns"))
    facts +=
        fmt::format(" delay={:.6g}ms", static_cast<double>(number_in(event, "delay_ns")) / 1e6);
  if (event.contains("count")) facts += fmt::format(" count={}", number_in(event, "count"));
  return facts;
}

/// "12:00:01.250 alice message #12", "12:00:01.250 alice failed reason=trap: unreachable".
std::string line_of(const Json& event) {
  std::string line = fmt::format("{} {} {}", short_time(text_in(event, "at")),
                                 text_in(event, "actor"), text_in(event, "name"));
  if (const uint64_t sequence = number_in(event, "sequence")) line += fmt::format(" #{}", sequence);
  line += facts_of(event);
  const std::string text = text_in(event, "text");
  // One line for each, also where nobody but a program reads it.
  return printable(text.empty() ? line : line + ": " + text) + "\n";
}

/// "bank.movements {"deposit":50}".
std::string line_of_publication(const Json& publication) {
  const Json& message = part_of(publication, "message");
  const std::string text = message.is_string() ? message.get<std::string>() : to_text(message);
  return printable(text_in(publication, "topic") + " " + text) + "\n";
}

Result<> follow(const ApiCommand& command, const std::string& path, std::optional<uint64_t> count,
                std::string (*line)(const Json&)) {
  if (count == 0) return {};
  EventLines lines;
  const auto seen = [&](const ServerEvent& event) {
    const Json data = Json::parse(event.data, nullptr, false);
    if (!data.is_object()) return true;
    write_foreign(stdout, command.json() ? to_text(data) + "\n" : line(data));
    std::fflush(stdout);
    return !count || --*count != 0;
  };
  TRY(command.client().ask(
      {.path = path, .fields = {{"Accept", "text/event-stream"}}, .is_stream = true},
      [&](std::string_view part) { return lines.put(part, seen); }));
  if (!lines.is_too_large()) return {};
  return fail(ErrorKind::limit,
              fmt::format("an event has more than {} MiB", EventLines::event_bytes_max >> 20));
}

}  // namespace

int actor_logs_command(Args args) {
  ApiCommand command("actor logs", "[OPTIONS] [NAME]",
                     "Follow what happens to an actor, or to all: what it handles, its life, its "
                     "log.");
  std::string name;
  std::optional<uint64_t> count;
  command->add_option("NAME", name, "The actor (all)")->type_name("");
  command.add_count("-n,--count", count, "End after so many");
  if (const auto code = command.parse(args)) return *code;
  const std::string path = name.empty() ? "/v1/events" : actor_path(name) + "/events";
  return command.end(follow(command, path, count, &line_of));
}

int actor_subscribe_command(Args args) {
  ApiCommand command("actor subscribe", "[OPTIONS] TOPIC", "Follow what is published from now on.");
  std::string topic;
  std::optional<uint64_t> count;
  command.add_name(topic, "TOPIC", "The topic; \"bank.*\" and \"news.>\" are many");
  command.add_count("-n,--count", count, "End after so many");
  if (const auto code = command.parse(args)) return *code;
  const std::string path = "/v1/topics/" + path_segment(topic) + "/events";
  return command.end(follow(command, path, count, &line_of_publication));
}

}  // namespace cairn::cli
