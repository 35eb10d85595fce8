#pragma once
/// Command lines: CLI11 behind a few functions, and the options that several subcommands share.
/// A subcommand builds its own parser only, so that starting one costs nothing for the others.

#include <cairn/base/result.hpp>
#include <cairn/engine/engine.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"

namespace cairn::cli {

/// A parser for `cairn NAME`. `usage` is what stands behind the name in the usage line.
class Parser {
 public:
  Parser(std::string name, std::string_view usage, std::string summary);
  CLI::App* operator->() { return &app_; }
  CLI::App& app() { return app_; }

  /// Text below the options, for instance examples.
  void footer(std::string text) { app_.footer(std::move(text)); }

  /// Parses; the exit code when the command is over already (help was printed, or the line is
  /// wrong).
  std::optional<int> parse(Args args);

 private:
  CLI::App app_;
};

/// Adds an option that may be given several times, with one value each.
CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& help);

/// Adds an option with a text as its value. CLI11 would take an empty one for none.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::optional<std::string>& value,
                      const std::string& help);

/// Prints "error: …" and where to find help; returns `exit_usage`.
int usage_error(std::string_view command, std::string_view message);

/// `--enable`, `--disable`, `--feature`.
class FeatureOptions {
 public:
  void add_to(CLI::App& app);
  /// Unknown names: `usage`.
  Result<wasm::Features> features() const;

 private:
  std::vector<std::string> settings_, enabled_, disabled_;
};

/// The features, `--dispatch`, `--deterministic`, and how code is compiled.
class EngineOptions {
 public:
  void add_to(CLI::App& app);
  Result<engine::Settings> settings() const;

 private:
  Result<> set_tier(engine::Settings& settings) const;

  FeatureOptions features_;
  std::string dispatch_ = "tail";
  bool deterministic_ = false, no_index_masks_ = false;
  std::string tier_ = "auto";
  std::optional<std::string> threshold_;
  std::string cache_ = "on";
};

// The values of options; their errors name the option.

/// "300ms", "5s", "1.5s", "2m", "10us": nanoseconds. A number without a unit is seconds.
Result<uint64_t> parse_duration_ns(std::string_view option, std::string_view text);
/// "4096", "64KiB", "16m", "1GiB": bytes, all units powers of 1024.
Result<uint64_t> parse_size(std::string_view option, std::string_view text);
/// A decimal number with optional underscores.
Result<uint64_t> parse_count(std::string_view option, std::string_view text, uint64_t max);

}  // namespace cairn::cli
