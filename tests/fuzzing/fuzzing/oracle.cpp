#include "fuzzing/oracle.hpp"

#include <cairn/base/result.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <fmt/format.h>

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

}  // namespace

GeneratorOptions options_for(Profile profile) {
  GeneratorOptions options;
  options.portable = profile == Profile::portable;
  options.features = options.features.with(wasm::Feature::threads, options.portable);
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

Oracle::Oracle(Profile profile) {
  Settings common;
  common.features = options_for(profile).features;
  common.deterministic = profile == Profile::deterministic;
  common.fuel = true;
  RunOptions run;
  run.limits = small_limits();
  const auto add = [&](std::string name, auto change) {
    Settings settings = common;
    RunOptions options = run;
    change(settings, options);
    ways_.push_back(std::make_unique<Way>(std::move(name), std::move(settings), options));
  };
  constexpr uint64_t budget = uint64_t{64} << 20;
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

std::optional<std::string> Oracle::compare(const GeneratedModule& generated, uint32_t ways) {
  return compare(generated, generated, ways);
}

std::optional<std::string> Oracle::compare(const GeneratedModule& generated,
                                           const GeneratedModule& other, uint32_t ways) {
  const Transcript expected = observe(ways_[0]->engine, generated, ways_[0]->run);
  for (size_t i = 1; i < ways_.size(); ++i) {
    if ((ways & (1u << (i - 1))) == 0) continue;
    Way& way = *ways_[i];
    const Transcript seen = observe(way.engine, other, way.run);
    std::string found = difference(expected, ways_[0]->name, seen, way.name);
    if (found.empty() && way.engine.settings().fuel && expected.fuel != seen.fuel) {
      found = fmt::format("fuel\n  {}: {}\n  {}: {}\n", ways_[0]->name, expected.fuel, way.name,
                          seen.fuel);
    }
    if (!found.empty()) return found + to_wat(generated);
  }
  return std::nullopt;
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
