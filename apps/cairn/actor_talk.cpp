// `cairn actor request`, `send` and `publish`: messages.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "actor.hpp"
#include "actor_receipt.hpp"
#include "api_command.hpp"
#include "input.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr uint64_t message_bytes_max = uint64_t{1} << 30;
constexpr uint64_t ns_per_ms = 1'000'000;
/// As long as the API lets anybody wait; a manifest may say less.
constexpr uint64_t reply_ms_max = 3'600'000;
/// For the answer to come here.
constexpr uint64_t more_ms = 5'000;

/// Parts of one count as a whole.
Result<uint64_t> milliseconds(const std::string& option, const std::string& text) {
  const uint64_t ns = TRY(parse_duration_ns(option, text));
  return ns / ns_per_ms + (ns % ns_per_ms == 0 ? 0 : 1);
}

/// A message as the command line has it.
struct Message {
  std::string to;  ///< an actor, or a topic
  std::string text;
  std::optional<std::string> media_type, key, routing_key, priority, timeout, time_to_live;
  uint64_t timeout_ms = reply_ms_max;

  void add_to(ApiCommand& command, const std::string& tool) {
    CLI::App& app = command.app();
    add_to_any(command, "NAME", "The actor");
    add_text(app, "--key", key, "An idempotency key: the same again is handled once")
        ->type_name("KEY");
    add_text(app, "--routing-key", routing_key,
             "Of a pool's members, the same one gets what has the same key")
        ->type_name("KEY");
    add_text(app, "--timeout", timeout,
             "How long it may take until it is handled (what the server says)")
        ->type_name("TIME");
    command.parser().footer(
        fmt::format("Examples:\n"
                    "  cairn actor {0} alice '{{\"deposit\": 50}}'\n"
                    "  cairn actor {0} counter 'add 1' --key order-4711 -o json",
                    tool));
  }

  /// What a message has that is published, too.
  void add_to_any(ApiCommand& command, const std::string& name, const std::string& help) {
    CLI::App& app = command.app();
    command.add_name(to, name, help);
    command.add_name(text, "MESSAGE",
                     "JSON if it begins with { or [, else text; -: from the input (there is no "
                     "@FILE: `- < FILE`)");
    add_text(app, "--type", media_type, "Its media type")->type_name("TYPE");
    add_text(app, "--priority", priority, "low, normal, high or critical")->type_name("PRIORITY");
    add_text(app, "--ttl,--time-to-live", time_to_live,
             "How long it may wait for an actor; later it is not handled any more")
        ->type_name("TIME");
  }

  Result<> read() {
    if (text != "-") return {};
    const Bytes bytes = TRY(read_bytes("-", message_bytes_max));
    text = as_text(bytes);
    return {};
  }

  Result<std::vector<HttpField>> fields() {
    const bool is_json = text.starts_with('{') || text.starts_with('[');
    std::vector<HttpField> made = {
        {"Content-Type", media_type.value_or(is_json ? "application/json" : "text/plain")}};
    if (key) made.push_back({"Idempotency-Key", *key});
    if (routing_key) made.push_back({"Cairn-Routing-Key", *routing_key});
    if (priority) made.push_back({"Cairn-Priority", *priority});
    if (timeout) {
      timeout_ms = TRY(milliseconds("--timeout", *timeout));
      made.push_back({"Cairn-Timeout-Ms", fmt::format("{}", timeout_ms)});
    }
    if (time_to_live) {
      const uint64_t ms = TRY(milliseconds("--ttl", *time_to_live));
      made.push_back({"Cairn-Time-To-Live-Ms", fmt::format("{}", ms)});
    }
    for (const HttpField& field : made) {
      if (field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) continue;
      return fail(ErrorKind::usage, fmt::format("{} cannot have a line break", field.name));
    }
    return made;
  }
};

Result<HttpAnswer> post(const ApiCommand& command, Message& message, bool waits) {
  TRY(message.read());
  HttpQuestion question = {.method = "POST",
                           .path = actor_path(message.to) + "/messages",
                           .fields = TRY(message.fields()),
                           .body = message.text,
                           .answer_bytes_max = payload_bytes_max};
  if (waits) question.patience.timeout_ms = std::min(message.timeout_ms, reply_ms_max) + more_ms;
  if (!waits) question.fields.push_back({"Prefer", "respond-async"});
  HttpAnswer answer = TRY(command.client().ask(question));
  if (waits) TRY(check_receipt(command.client(), answer));
  if (!waits && answer.status != 202) return no_answer_of_ours("202 Accepted");
  return answer;
}

/// "record 12, 4f3a…", for people; of whom, where a pool was asked.
std::string receipt_of(const HttpAnswer& answer) {
  if (answer.field("cairn-sequence").empty()) return "";
  const std::string_view member = answer.field("cairn-actor");
  return fmt::format("record {}{}{}, {}{}", answer.field("cairn-sequence"),
                     member.empty() ? "" : " of ", member, answer.field("cairn-hash"),
                     answer.field("cairn-repeated") == "true" ? " (repeated)" : "");
}

Json document_of(const HttpAnswer& answer) {
  Json document = Json::object();
  const Json parsed = Json::parse(answer.body, nullptr, false);
  document["reply"] = parsed.is_discarded() ? Json(answer.body) : parsed;
  document["media_type"] = answer.media_type();
  if (const auto member = answer.field("cairn-actor"); !member.empty()) document["actor"] = member;
  const std::string sequence(answer.field("cairn-sequence"));
  if (!sequence.empty()) {
    document["sequence"] = std::strtoull(sequence.c_str(), nullptr, 10);
    document["hash"] = answer.field("cairn-hash");
    document["repeated"] = answer.field("cairn-repeated") == "true";
  }
  return document;
}

void print_reply(const ApiCommand& command, const HttpAnswer& answer) {
  std::string text = answer.body;
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  if (command.json()) {
    command.print(document_of(answer), "");
  } else {
    write_foreign(stdout, text);
  }
  std::fflush(stdout);
  const std::string receipt = receipt_of(answer);
  if (!command.json() && !receipt.empty())
    write(stderr, styled(stderr, Style::dim, printable(receipt)) + "\n");
}

}  // namespace

int actor_request_command(Args args) {
  ApiCommand command("actor request", "[OPTIONS] NAME MESSAGE",
                     "Send a message to an actor and print the reply. Its record in the chain is "
                     "told on\nstandard error.");
  Message message;
  message.add_to(command, "request");
  if (const auto code = command.parse(args)) return *code;
  const Result<HttpAnswer> answer = post(command, message, true);
  if (!answer) return command.end(std::unexpected(answer.error()));
  print_reply(command, *answer);
  return exit_ok;
}

int actor_send_command(Args args) {
  ApiCommand command("actor send", "[OPTIONS] NAME MESSAGE",
                     "Send a message to an actor. What becomes of it is in its chain. That it was "
                     "accepted is\nno promise: until it is handled it is in the server's memory "
                     "only. With --key it can be\nsent again, and counts once.");
  Message message;
  message.add_to(command, "send");
  if (const auto code = command.parse(args)) return *code;
  const Result<HttpAnswer> answer = post(command, message, false);
  if (!answer) return command.end(std::unexpected(answer.error()));
  command.print({{"accepted", true}, {"location", answer->field("location")}}, "");
  return exit_ok;
}

int actor_publish_command(Args args) {
  ApiCommand command("actor publish", "[OPTIONS] TOPIC MESSAGE",
                     "Publish a message to those who subscribe to a topic by now. That it was "
                     "accepted is no\npromise: until it is handled it is in the server's memory "
                     "only.");
  Message message;
  message.add_to_any(command, "TOPIC", "The topic: \"bank.movements\"");
  command.parser().footer("Example: cairn actor publish bank.movements '{\"deposit\": 50}'");
  if (const auto code = command.parse(args)) return *code;
  const auto publish = [&]() -> Result<> {
    TRY(message.read());
    const HttpAnswer answer =
        TRY(command.client().ask({.method = "POST",
                                  .path = "/v1/topics/" + path_segment(message.to),
                                  .fields = TRY(message.fields()),
                                  .body = message.text}));
    if (answer.status != 202) return no_answer_of_ours("202 Accepted");
    const Json told = TRY(parse_json(answer.body, "the answer"));
    const uint64_t count = number_in(told, "subscribers");
    command.print(told, fmt::format("{} {}\n", shown_count(count),
                                    count == 1 ? "subscriber" : "subscribers"));
    return {};
  };
  return command.end(publish());
}

}  // namespace cairn::cli
