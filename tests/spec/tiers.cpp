#include "tiers.hpp"

#include <gtest/gtest.h>
#include <cairn/engine/compiler.hpp>

#include <algorithm>
#include <ostream>

namespace cairn {

std::string_view name_of(Mode mode) {
  constexpr std::string_view names[] = {"TailCalls", "SwitchLoop", "Compiled", "Automatic",
                                        "Cached",    "Baseline",   "Tiered"};
  return names[static_cast<size_t>(mode)];
}

void PrintTo(Mode mode, std::ostream* out) { *out << name_of(mode); }
void PrintTo(const Folder& folder, std::ostream* out) { *out << folder.name; }

bool Tiers::use(Mode mode, engine::Settings& settings) {
  if (mode == Mode::switch_loop) settings.dispatch = engine::Dispatch::switch_loop;
  if (mode <= Mode::switch_loop) return true;
  const std::string compiler = CAIRN_BINARY "-compiler";
  if (!files_.exists(compiler)) return false;
  const bool waits = mode == Mode::automatic || mode == Mode::tiered;
  settings.tier = waits ? engine::Tier::automatic : engine::Tier::compile;
  settings.hot_entries = settings.hot_rounds = settings.hot_compiled = 1;
  settings.tiering_waits = true;
  settings.code_generator = engine::make_process_generator(processes_, compiler, nullptr);
#ifdef CAIRN_COMPILER
  if (mode == Mode::baseline) settings.code_generator = engine::make_baseline_generator();
  if (mode == Mode::tiered) settings.baseline_generator = engine::make_baseline_generator();
#endif
  if (mode == Mode::cached)
    settings.code_generator =
        engine::make_caching_generator(cache_, "cache", uint64_t{1} << 30, settings.code_generator);
  return true;
}

std::map<std::string, std::string> expected_failures(const std::string& list,
                                                     const std::string& folder) {
  RealFiles files;
  const Result<Bytes> bytes = files.read_file(CAIRN_SOURCE_DIR "/tests/spec/" + list);
  EXPECT_TRUE(bytes) << "the list of expected failures is missing";
  std::map<std::string, std::string> expected;
  if (!bytes) return expected;
  std::string_view rest = as_text(*bytes);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t space = std::min(line.find(' '), line.size());
    const std::string place(line.substr(0, space));
    if (place.starts_with(folder + "/") && place.find('/', folder.size() + 1) == std::string::npos)
      expected.emplace(place, line.substr(space));
  }
  return expected;
}

}  // namespace cairn
