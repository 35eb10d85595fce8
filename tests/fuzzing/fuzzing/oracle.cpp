#include "fuzzing/oracle.hpp"

#include <cairn/base/result.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <fmt/format.h>

#include "fuzzing/varied_generator.hpp"

namespace cairn::fuzzing {
using namespace engine;

namespace {

StoreLimits small_limits() {
  StoreLimits limits;
  limits.memory_bytes_max = uint64_t{16} << 20;
  limits.table_elements_max = 1000;
  limits.call_depth_max = 250;  // below the steps of a call, so that deep recursion is seen as well
  limits.gc_heap_bytes_max = uint64_t{32} << 20;
  return limits;
}

/// What a transcript shows of a module.
Counts count(const Transcript& transcript) {
  Counts counts{.modules = 1};
  for (const std::string& line : transcript.lines) {
    if (!line.starts_with("call ")) continue;
    ++counts.calls;
    if (line.find(" trap ") != std::string::npos) ++counts.traps;
    if (line.find(" exception") != std::string::npos) ++counts.exceptions;
  }
  return counts;
}

}  // namespace

GeneratorOptions options_for(Profile profile) {
  GeneratorOptions options;
  options.portable = profile == Profile::portable;
  options.features = options.features.with(wasm::Feature::threads, options.portable);
  if (profile == Profile::plain) {
    using enum wasm::Feature;
    for (const wasm::Feature feature : {tail_call, function_references, gc})
      options.features = options.features.with(feature, false);
  }
  return options;
}

struct Oracle::Way {
  std::string name;
  Engine engine;
  RunOptions run;

  Way(std::string title, Settings settings, RunOptions options)
      : name(std::move(title)), engine(std::move(settings)), run(options) {}
};

Oracle::~Oracle() = default;

namespace {

constexpr uint64_t budget = uint64_t{64} << 20;

Settings common_settings(const GeneratorOptions& options) {
  Settings settings;
  settings.features = options.features;
  settings.deterministic = !options.portable;
  settings.fuel = true;
  return settings;
}

RunOptions small_run() {
  RunOptions run;
  run.limits = small_limits();
  run.host_acts = true;
  run.backtraces = true;
  return run;
}

/// How many calls fit on a stack depends on the tier. The steps of a call end it before.
RunOptions deep_run() {
  RunOptions run = small_run();
  run.limits.call_depth_max = StoreLimits().call_depth_max;
  return run;
}

}  // namespace

Oracle::Oracle(const GeneratorOptions& options, Compilers compilers, Compilers baselines)
    : common_(common_settings(options)),
      compilers_(std::move(compilers)),
      baselines_(std::move(baselines)),
      deep_(std::make_unique<Way>("interpreted", common_, deep_run())) {
  const auto add = [&](std::string name, auto change) {
    Settings settings = common_;
    RunOptions run = small_run();
    change(settings, run);
    ways_.push_back(std::make_unique<Way>(std::move(name), std::move(settings), run));
  };
  add("tail-call shell", [](Settings&, RunOptions&) {});
  add("switch shell", [](Settings& s, RunOptions&) { s.dispatch = Dispatch::switch_loop; });
  add("no fuel", [](Settings& s, RunOptions&) { s.fuel = false; });
  add("collecting always", [](Settings& s, RunOptions&) { s.gc_stress = true; });
  add("checked memories",
      [](Settings& s, RunOptions&) { s.memory_provider = make_budget_provider(budget); });
  add("slices", [](Settings&, RunOptions& o) { o.slice = 13; });
  add("interrupted", [](Settings& s, RunOptions& o) {
    s.fuel = false;
    o.interrupt = true;
  });
  add("switch shell, checked memories, slices", [](Settings& s, RunOptions& o) {
    s.dispatch = Dispatch::switch_loop;
    s.memory_provider = make_budget_provider(budget);
    o.slice = 40;
  });
  add("no fuel, no interruption", [](Settings& s, RunOptions&) {
    s.fuel = false;
    s.interruption = false;
  });
}

Transcript Oracle::run(Way& way, const GeneratedModule& generated) {
  ++counts_.runs;
  return observe(way.engine, generated, way.run);
}

Transcript Oracle::portable_transcript(const GeneratedModule& generated) {
  RunOptions options;
  options.portable = true;
  ++counts_.runs;
  return observe(ways_[0]->engine, generated, options);
}

std::optional<std::string> Oracle::compare(const GeneratedModule& generated,
                                           const Selection& selection) {
  return compare(generated, generated, selection);
}

std::optional<std::string> Oracle::compare(const GeneratedModule& generated,
                                           const GeneratedModule& other,
                                           const Selection& selection) {
  const Transcript expected = run(*ways_[0], generated);
  counts_ += count(expected);
  std::string found;
  for (size_t i = 1; i < ways_.size() && found.empty(); ++i) {
    if ((selection.interpreted & (1u << (i - 1))) == 0) continue;
    found = check(*ways_[0], expected, *ways_[i], other);
  }
  if (found.empty() && selection.compiled && !compilers_.empty())
    found = check_compiled(generated, other, *selection.compiled);
  if (found.empty()) return std::nullopt;
  return found + to_wat(generated);
}

std::string Oracle::check(const Way& reference, const Transcript& expected, Way& way,
                          const GeneratedModule& generated) {
  const Transcript seen = run(way, generated);
  std::string found = difference(expected, reference.name, seen, way.name);
  if (found.empty() && way.engine.settings().fuel && expected.fuel != seen.fuel) {
    found = fmt::format("fuel\n  {}: {}\n  {}: {}\n", reference.name, expected.fuel, way.name,
                        seen.fuel);
  }
  return found;
}

namespace {

/// Settings that machine code depends on.
struct Build {
  std::string_view name;
  bool fuel, interruption, guarded;
};
// The first three are what most hosts have.
constexpr Build builds[] = {
    {"fuel", true, true, true},
    {"no fuel", false, true, true},
    {"no fuel, no interruption", false, false, true},
    {"checked", true, true, false},
    {"checked, no fuel, no interruption", false, false, false},
    {"fuel, no interruption", true, false, true},
};

/// Which functions are compiled, and when.
struct Choice {
  std::string_view name;
  Tier tier;
  uint32_t left_out = 0, hot = 0;
  bool waits = true;  ///< else it depends on time what is compiled when
};
constexpr Choice whole[] = {
    {"everything", Tier::compile},
    {"everything", Tier::compile},
    {"functions 0, 2, 4, …", Tier::compile, 1},
    {"functions 0, 1, 4, 5, …", Tier::compile, 2},
    {"what runs", Tier::automatic, 0, 1},
    {"what runs twice", Tier::automatic, 0, 2},
    {"functions 0, 2, 4, … that run", Tier::automatic, 1, 1},
    {"what runs three times", Tier::automatic, 0, 3},
    {"what runs, in the background", Tier::automatic, 0, 1, false},
};

/// Draws from one number, digit by digit.
class Digits {
 public:
  explicit Digits(uint64_t number) : number_(number) {}
  uint32_t below(uint32_t bound) {
    const auto digit = static_cast<uint32_t>(number_ % bound);
    number_ /= bound;
    return digit;
  }
  template <class List>
  const auto& pick(const List& list) {
    return list[below(static_cast<uint32_t>(std::size(list)))];
  }

 private:
  uint64_t number_;
};

}  // namespace

std::string Oracle::check_compiled(const GeneratedModule& generated, const GeneratedModule& other,
                                   uint64_t decisions) {
  Digits digits(decisions);
  const Choice& choice = digits.pick(whole);
  const Build& build = digits.below(2) == 0 ? builds[0] : digits.pick(builds);
  const bool full = digits.below(3) == 0;
  const uint32_t processor = digits.below(static_cast<uint32_t>(compilers_.size()));
  const auto compiler = std::make_shared<VariedGenerator>(
      compilers_[processor],
      Variation{full ? CodeRequest::Level::full : CodeRequest::Level::quick, choice.left_out});
  Settings settings = common_;
  settings.fuel = build.fuel;
  settings.interruption = build.interruption;
  settings.tier = choice.tier;
  settings.hot_entries = settings.hot_rounds = choice.hot;
  settings.tiering_waits = choice.waits;
  settings.code_generator = compiler;
  settings.index_masks = digits.below(3) != 0;
  std::string name = fmt::format("compiled ({}; {}; {}; processor {}{})", choice.name, build.name,
                                 full ? "full" : "quick", processor,
                                 settings.index_masks ? "" : "; no index masks");
  if (!baselines_.empty()) {
    const uint32_t kind = digits.below(static_cast<uint32_t>(baselines_.size()));
    const auto baseline = std::make_shared<VariedGenerator>(
        baselines_[kind], Variation{CodeRequest::Level::baseline, choice.left_out});
    // Where everything is compiled at once, it makes all code; else it hands over to the other.
    (choice.tier == Tier::compile ? settings.code_generator : settings.baseline_generator) =
        baseline;
    settings.hot_compiled = choice.hot;
    name += fmt::format(", baseline {}", kind);
  }
  const Transcript expected = run(*deep_, generated);
  std::string found;
  const auto check_as = [&](std::string_view how, auto change) {
    if (!found.empty()) return;
    Settings changed = settings;
    RunOptions options = deep_run();
    if (!build.guarded) changed.memory_provider = make_budget_provider(budget);
    change(changed, options);
    Way way(fmt::format("{}, {}", name, how), changed, options);
    found = check(*deep_, expected, way, other);
    ++counts_.compiled_runs;
  };
  check_as("at once", [](Settings&, RunOptions&) {});
  check_as("collecting always, switch shell", [&](Settings& s, RunOptions&) {
    s.gc_stress = true;
    s.dispatch = Dispatch::switch_loop;
  });
  if (build.fuel) {
    const uint64_t slice = 13 + digits.below(100);
    check_as("slices", [&](Settings&, RunOptions& o) { o.slice = slice; });
  }
  if (build.interruption)
    check_as("interrupted", [](Settings&, RunOptions& o) { o.interrupt = true; });
  counts_.images += compiler->generated();
  return found;
}

Counts& Counts::operator+=(const Counts& other) {
  modules += other.modules;
  calls += other.calls;
  traps += other.traps;
  exceptions += other.exceptions;
  runs += other.runs;
  compiled_runs += other.compiled_runs;
  images += other.images;
  return *this;
}

std::string difference(const Transcript& a, std::string_view a_name, const Transcript& b,
                       std::string_view b_name) {
  static constexpr std::string_view nothing = "(nothing)";
  for (size_t i = 0; i < std::max(a.lines.size(), b.lines.size()); ++i) {
    const std::string_view left = i < a.lines.size() ? std::string_view(a.lines[i]) : nothing;
    const std::string_view right = i < b.lines.size() ? std::string_view(b.lines[i]) : nothing;
    if (left != right) {
      return fmt::format("line {}\n  {}: {}\n  {}: {}\n", i + 1, a_name, left, b_name, right);
    }
  }
  return {};
}

std::string to_wat(const GeneratedModule& generated) {
  const Result<wasm::Module> module = wasm::decode(generated.bytes, wasm::Features::all());
  if (!module) return module.error().to_string();
  const Result<std::string> text = wasm::print_text(*module);
  std::string out = text ? *text : text.error().to_string();
  for (const Call& call : generated.calls) {
    out += ";; call " + call.function;
    for (const engine::Value& argument : call.arguments) out += " " + to_text(argument, false);
    out += "\n";
  }
  return out;
}

GeneratedModule plant_bug(const GeneratedModule& generated, wasm::Op from, wasm::Op to) {
  CAIRN_ASSERT(wasm::info(from).sig == wasm::info(to).sig && wasm::info(from).sig != "special");
  Result<wasm::Module> module = wasm::decode(generated.bytes, wasm::Features::all());
  CAIRN_ASSERT(module.has_value());
  std::vector<Bytes> bodies;
  for (const wasm::Code& code : module->code) {
    wasm::InstrDecoder decoder(code.body, wasm::Features::all());
    Bytes body;
    wasm::Instruction in;
    while (!decoder.at_end()) {
      CAIRN_ASSERT(decoder.step(in));
      if (in.op == from) in.op = to;
      encode(in, body);
    }
    bodies.push_back(std::move(body));
  }
  for (size_t i = 0; i < bodies.size(); ++i) module->code[i].body.code = bodies[i];
  return {wasm::encode(*module), generated.calls};
}

}  // namespace cairn::fuzzing
