#include "comparison.hpp"

#include <cairn/base/random.hpp>

#include <fmt/format.h>

#include "compilers.hpp"

namespace cairn::fuzzing {

namespace {

/// A module takes milliseconds, also where it is compiled at best.
constexpr uint32_t seconds_max = 60;

/// What is compiled for a seed, and how.
uint64_t compiled_how(uint64_t seed) {
  SeededRandom random(~seed);
  return random.next_u64();
}

}  // namespace

Comparison::Comparison(const ComparisonOptions& options) : options_(options) {
  const auto compilers = options.compiled ? make_compilers() : decltype(make_compilers()){};
  compilers_ = compilers.size();
  const auto add = [&](const GeneratorOptions& generator, bool in_v8) {
    kinds_.push_back({generator, std::make_unique<Oracle>(generator, compilers), in_v8});
  };
  if (options.node.empty()) {
    add(options_for(Profile::portable), false);
  } else {
    node_ = std::make_unique<Node>(options.node);
    const GeneratorOptions shared{.features = node_->features(), .portable = true};
    add(shared, true);
    add(shared, true);
  }
  add(options_for(Profile::deterministic), false);
  if (!options.compiled) return;
  const GeneratorOptions plain = options_for(Profile::plain);
  kinds_.push_back(
      {plain, std::make_unique<Oracle>(plain, compilers, make_baseline_compilers()), false});
}

std::string Comparison::description() const {
  return fmt::format("{}; {}", node_ ? node_->description() : "no V8",
                     compilers_ != 0 ? "compiled, too" : "interpreted only");
}

GeneratedModule Comparison::module(uint64_t seed, ByteSpan bytes) const {
  Choices choices(bytes);
  return generate(choices, kinds_[seed / options_.batch % kinds_.size()].options);
}

Reports Comparison::compare(const std::vector<Case>& batch, Only only) {
  if (batch.empty()) return {};
  Kind& kind = this->kind(batch[0].seed);
  std::vector<Transcript> others;
  if (kind.in_v8 && only.v8) {
    std::vector<GeneratedModule> modules;
    for (const Case& each : batch) modules.push_back(each.module);
    others = node_->run(modules);
    modules_in_v8_ += batch.size();
  }
  const auto work = [&](size_t i) {
    return compare_one(kind, batch[i], others.empty() ? nullptr : &others[i], only);
  };
  return run_guarded(batch.size(), seconds_max, work, counts_);
}

Outcome Comparison::compare_one(Kind& kind, const Case& each, const Transcript* in_v8, Only only) {
  const GeneratedModule& module = each.module;
  const GeneratedModule other =
      options_.canary ? plant_bug(module, wasm::Op::i32_or, wasm::Op::i32_xor) : module;
  Outcome outcome;
  if (in_v8 != nullptr) {
    const std::string found =
        difference(kind.oracle->portable_transcript(other), "cairn", *in_v8, "v8");
    if (!found.empty()) outcome.report = found + to_wat(module);
  }
  if (!outcome.report) {
    Selection selection;
    if (only.compiled) selection.compiled = compiled_how(each.seed);
    if (!only.interpreted) selection.interpreted = 0;
    // Where code is compiled, that is where the planted bug has to be seen.
    if (options_.canary && compilers_ != 0) selection.interpreted = 0;
    outcome.report = kind.oracle->compare(module, other, selection);
  }
  outcome.counts = kind.oracle->counts();
  return outcome;
}

}  // namespace cairn::fuzzing
