// `cairn top`: the actors of a server, as they are now.

#include <fmt/format.h>
#include <unistd.h>
#include <cairn/base/clock.hpp>

#include <algorithm>
#include <map>

#include "actor_list.hpp"
#include "api_command.hpp"
#include "screen.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr uint64_t ns_per_s = 1'000'000'000, ns_per_ms = 1'000'000;
/// What stands above and below the actors.
constexpr size_t other_lines = 5;
/// For an answer, while nobody can be told that the user has had enough.
constexpr Patience patience = {.timeout_ms = 5'000, .ends_at_signal = true};

/// An actor in one frame.
struct Row {
  std::string name, component;
  bool is_running = false;
  uint64_t queued = 0, restarts = 0, records = 0, state_bytes = 0;
  std::optional<double> rate;  ///< records a second; none: it was not there before
};

struct Frame {
  uint64_t at_ns = 0;
  std::vector<Row> rows = {};
  uint64_t running = 0, queued = 0, records = 0, state_bytes = 0, restarts = 0;
  std::optional<double> rate = {};
};

class Top {
 public:
  explicit Top(const ApiClient& client) : client_(client.server(), patience) {}

  Result<Frame> look() {
    const Json actors = TRY(list_actors(client_));
    Frame frame{.at_ns = clock_.monotonic_ns()};
    std::map<std::string, uint64_t> now;
    const double seconds =
        static_cast<double>(frame.at_ns - before_ns_) / static_cast<double>(ns_per_s);
    for (const Json& actor : actors) {
      Row row = row_of(actor);
      now[row.name] = row.records;
      const auto before = before_.find(row.name);
      if (before_ns_ != 0 && before != before_.end() && row.records >= before->second)
        row.rate = static_cast<double>(row.records - before->second) / seconds;
      add(frame, row);
      frame.rows.push_back(std::move(row));
    }
    // The busiest first.
    std::ranges::sort(frame.rows, [](const Row& a, const Row& b) {
      const double left = a.rate.value_or(0), right = b.rate.value_or(0);
      return left != right ? left > right : a.name < b.name;
    });
    before_ = std::move(now);
    before_ns_ = frame.at_ns;
    return frame;
  }

 private:
  static Row row_of(const Json& actor) {
    const Json& chain = part_of(actor, "chain");
    return {.name = text_in(actor, "name"),
            .component = text_in(actor, "component"),
            .is_running = part_of(actor, "running") == true,
            .queued = number_in(actor, "queued"),
            .restarts = number_in(actor, "restarts"),
            .records = chain.is_null() ? 0 : number_in(chain, "sequence") + 1,
            .state_bytes = number_in(part_of(chain, "state"), "bytes"),
            .rate = {}};
  }
  static void add(Frame& frame, const Row& row) {
    frame.running += row.is_running ? 1 : 0;
    frame.queued += row.queued;
    frame.records += row.records;
    frame.state_bytes += row.state_bytes;
    frame.restarts += row.restarts;
    if (row.rate) frame.rate = frame.rate.value_or(0) + *row.rate;
  }

  const ApiClient client_;
  RealClock clock_;
  std::map<std::string, uint64_t> before_;
  uint64_t before_ns_ = 0;
};

std::string shown_rate(const std::optional<double>& rate) {
  return rate ? fmt::format("{:.1f}", *rate) : "-";
}

Json document_of(const Frame& frame) {
  const auto rate = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json actors = Json::array();
  for (const Row& row : frame.rows) {
    actors.push_back({{"name", row.name},
                      {"component", row.component},
                      {"running", row.is_running},
                      {"rate", rate(row.rate)},
                      {"queued", row.queued},
                      {"restarts", row.restarts},
                      {"records", row.records},
                      {"state_bytes", row.state_bytes}});
  }
  return {{"actors", std::move(actors)},     {"running", frame.running},
          {"rate", rate(frame.rate)},        {"queued", frame.queued},
          {"restarts", frame.restarts},      {"records", frame.records},
          {"state_bytes", frame.state_bytes}};
}

std::string text_of(const Frame& frame, const std::string& server, Screen::Size size, bool styles) {
  std::string text = fmt::format(
      "{}: {} of {} actors run, {} records/s, {} records\n{} queued, {} restarts, {} of state\n\n",
      server, shown_count(frame.running), shown_count(frame.rows.size()), shown_rate(frame.rate),
      shown_count(frame.records), shown_count(frame.queued), shown_count(frame.restarts),
      shown_bytes(frame.state_bytes));
  Table table({{"ACTOR"},
               {"COMPONENT"},
               {"RECORDS/S", true},
               {"QUEUED", true},
               {"RESTARTS", true},
               {"RECORDS", true},
               {"STATE", true}});
  const size_t room = size.lines > other_lines ? size.lines - other_lines : 1;
  for (const Row& row : frame.rows) {
    if (table.size() == room) break;
    table.add({row.name, row.component, row.is_running ? shown_rate(row.rate) : "stopped",
               shown_count(row.queued), shown_count(row.restarts), shown_count(row.records),
               shown_bytes(row.state_bytes)});
  }
  text += table.to_string(styles, size.columns);
  if (frame.rows.size() > table.size())
    text += fmt::format("… and {} more\n", shown_count(frame.rows.size() - table.size()));
  return text;
}

Result<> show_live(const ApiCommand& command, uint64_t interval_ms) {
  Top top(command.client());
  const std::string server = command.client().server().to_string();
  Frame frame = TRY(top.look());
  Screen screen;
  for (std::string trouble;;) {
    std::string text = text_of(frame, server, Screen::size(), has_colors(stdout));
    if (!trouble.empty()) text += printable(trouble) + "\n";
    Screen::show(text + "q: quit");
    if (const auto key = screen.key(interval_ms); key == 'q' || key == 'Q') return {};
    // A server that is gone for a moment comes back.
    Result<Frame> next = top.look();
    trouble = next ? "" : next.error().message;
    if (next) frame = *std::move(next);
  }
}

Result<> show_frames(const ApiCommand& command, uint64_t interval_ms, bool once) {
  Top top(command.client());
  RealClock clock;
  for (;;) {
    const Frame frame = TRY(top.look());
    const std::string server = command.client().server().to_string();
    constexpr Screen::Size no_end = {.columns = 0, .lines = SIZE_MAX};
    write(stdout, command.json() ? to_text(document_of(frame)) + "\n"
                                 : text_of(frame, server, no_end, false));
    std::fflush(stdout);
    if (once) return {};
    clock.sleep_until(clock.monotonic_ns() + interval_ms * ns_per_ms);
  }
}

}  // namespace

int top_command(Args args) {
  ApiCommand command("top", "[OPTIONS]",
                     "Watch the actors of a server, the busiest first. `q` quits.");
  bool once = false;
  std::string interval = "1s";
  command->add_flag("--once", once, "Print one frame");
  command->add_option("--interval", interval, "How long between two frames")
      ->type_name("TIME")
      ->capture_default_str();
  if (const auto code = command.parse(args)) return *code;
  const Result<uint64_t> ns = parse_duration_ns("--interval", interval);
  if (!ns) return usage_error("top", ns.error().message);
  const uint64_t ms = std::clamp<uint64_t>(*ns / ns_per_ms, 10, 3'600'000);
  const bool live = !once && !command.json() && isatty(STDOUT_FILENO) != 0;
  return command.end(live ? show_live(command, ms) : show_frames(command, ms, once));
}

}  // namespace cairn::cli
