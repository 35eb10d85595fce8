#include "options.hpp"

#include <fmt/format.h>
#include <cairn/base/units.hpp>

#include <charconv>

#include "compiler.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// CLI11's help in the order and with the spacing that we want.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) { column_width(32); }

  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string text = fmt::format("{}\n\n{} {}\n", app->get_description(), bold("Usage:"), usage_);
    text += group(*app, "Arguments",
                  [](const CLI::Option* option) { return option->get_positional(); });
    for (const std::string& name : app->get_groups()) {
      text += group(*app, name, [&](const CLI::Option* option) {
        return !option->get_positional() && option->get_group() == name;
      });
    }
    if (!app->get_footer().empty()) text += "\n" + app->get_footer() + "\n";
    return text;
  }

 private:
  /// The usage line says already which arguments are needed, and which may be several.
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_positional() ? "" : CLI::Formatter::make_option_opts(option);
  }

  static std::string bold(const std::string& text) { return styled(stdout, Style::bold, text); }

  std::string group(const CLI::App& app, const std::string& name,
                    const std::function<bool(const CLI::Option*)>& filter) const {
    std::string text;
    for (const CLI::Option* option : app.get_options(filter)) {
      text += make_option(option, option->get_positional());
    }
    return text.empty() ? text : "\n" + bold(name + ":") + "\n" + text;
  }

  std::string usage_;
};

Result<> switch_feature(wasm::Features& features, std::string_view name, bool on) {
  if (name == "all") {
    features = on ? wasm::Features::all() : wasm::Features::none().with(wasm::Feature::mvp);
    return {};
  }
  const std::optional<wasm::Feature> feature = wasm::feature_named(name);
  if (!feature) {
    return fail(ErrorKind::usage,
                fmt::format("unknown feature '{}' (`cairn features` lists them)", name));
  }
  features = features.with(*feature, on);
  return {};
}

}  // namespace

Parser::Parser(std::string name, std::string_view usage, std::string summary)
    : app_(std::move(summary), name) {
  app_.formatter(std::make_shared<HelpFormatter>(fmt::format("cairn {} {}", name, usage)));
  app_.set_help_flag("-h,--help", "Print this help");
}

std::optional<int> Parser::parse(Args args) {
  // CLI11 takes the arguments in reverse.
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  try {
    app_.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    write(stdout, app_.help());
    return exit_ok;
  } catch (const CLI::ExtrasError&) {
    const std::string extra = app_.remaining().front();
    return usage_error(
        app_.get_name(),
        fmt::format("{} '{}'", extra.starts_with('-') ? "unknown option" : "unexpected argument",
                    extra));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    return usage_error(app_.get_name(),
                       fmt::format("{} {}", text.substr(0, text.find(':')),
                                   text.ends_with("missing") ? "needs a value" : "is given twice"));
  } catch (const CLI::RequiredError& error) {
    const std::string text = error.what();
    const std::string name = text.substr(0, text.find(' '));
    return usage_error(app_.get_name(),
                       fmt::format("{} {} missing", name, name == "FILES" ? "are" : "is"));
  } catch (const CLI::ParseError& error) {
    return usage_error(app_.get_name(), error.what());
  }
  return std::nullopt;
}

CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& help) {
  // Without the last call CLI11 would take what follows as further values.
  return app.add_option(name, values, help)->expected(1)->take_all()->allow_extra_args(false);
}

CLI::Option* add_text(CLI::App& app, const std::string& name, std::optional<std::string>& value,
                      const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&value](const std::string& text) { value = text; }, help);
}

int usage_error(std::string_view command, std::string_view message) {
  print_error(message);
  print_hint(
      fmt::format("`cairn {}{}--help` explains the options", command, command.empty() ? "" : " "));
  return exit_usage;
}

void FeatureOptions::add_to(CLI::App& app) {
  add_list(app, "--enable", enabled_, "Switch features on; `all` is every feature")
      ->type_name("NAME[,NAME]")
      ->delimiter(',')
      ->group("Features");
  add_list(app, "--disable", disabled_, "Switch features off; `all` leaves WebAssembly 1.0")
      ->type_name("NAME[,NAME]")
      ->delimiter(',')
      ->group("Features");
  add_list(app, "--feature", settings_, "Switch one feature (`cairn features` lists them)")
      ->type_name("NAME=on|off")
      ->group("Features");
}

Result<wasm::Features> FeatureOptions::features() const {
  wasm::Features features;
  for (const std::string& name : disabled_) TRY(switch_feature(features, name, false));
  for (const std::string& name : enabled_) TRY(switch_feature(features, name, true));
  for (const std::string& setting : settings_) {
    const size_t equals = setting.find('=');
    const std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
    if (value != "on" && value != "off") {
      return fail(ErrorKind::usage, fmt::format("'{}' is not like simd=off", setting));
    }
    TRY(switch_feature(features, setting.substr(0, equals), value == "on"));
  }
  return features;
}

void EngineOptions::add_to(CLI::App& app) {
  features_.add_to(app);
  app.add_option("--dispatch", dispatch_, "The interpreter's shell: tail (calls) or switch")
      ->type_name("tail|switch")
      ->group("Engine");
  app.add_flag("--deterministic", deterministic_,
               "Canonical NaNs, fixed relaxed SIMD, no threads: the same bits everywhere")
      ->group("Engine");
  app.add_flag("--no-index-masks", no_index_masks_,
               "Trust the program: compiled code is not hardened against Spectre")
      ->group("Engine");
  app.add_option(
         "--tier", tier_,
         "Compile what is hot while it runs (auto), everything before, well (compile) or in one "
         "pass (baseline), or nothing")
      ->type_name("auto|interpret|compile|baseline")
      ->group("Engine");
  add_text(app, "--tier-threshold", threshold_,
           "auto: compile after so many calls or rounds of a loop, and wait for the code")
      ->type_name("N")
      ->group("Engine");
  app.add_option("--cache", cache_,
                 "Where compiled code is kept: a folder, on (the default) or off")
      ->type_name("DIR|on|off")
      ->group("Engine");
}

Result<> EngineOptions::set_tier(engine::Settings& settings) const {
  if (tier_ == "interpret") {
    settings.tier = engine::Tier::interpret;
    return {};
  }
  if (tier_ != "auto" && tier_ != "compile" && tier_ != "baseline") {
    return fail(ErrorKind::usage,
                fmt::format("--tier is auto, interpret, compile or baseline, not '{}'", tier_));
  }
  settings.tier = tier_ == "auto" ? engine::Tier::automatic : engine::Tier::compile;
  if (threshold_) {
    const uint64_t count = TRY(parse_count("--tier-threshold", *threshold_, UINT32_MAX));
    settings.hot_entries = settings.hot_rounds = settings.hot_compiled =
        std::max(static_cast<uint32_t>(count), 1u);
    settings.tiering_waits = true;
  }
  if (cache_.empty()) return fail(ErrorKind::usage, "--cache is a folder, on or off, not ''");
  set_compiler(settings, cache_);
  // Who compiles in one pass is the only one who does.
  if (tier_ == "baseline") settings.code_generator = settings.baseline_generator;
  return {};
}

Result<engine::Settings> EngineOptions::settings() const {
  engine::Settings settings;
  settings.features = TRY(features_.features());
  settings.deterministic = deterministic_;
  settings.index_masks = !no_index_masks_;
  if (dispatch_ == "switch") {
    settings.dispatch = engine::Dispatch::switch_loop;
  } else if (dispatch_ != "tail") {
    return fail(ErrorKind::usage, fmt::format("--dispatch is tail or switch, not '{}'", dispatch_));
  }
  TRY(set_tier(settings));
  return settings;
}

Result<uint64_t> parse_duration_ns(std::string_view option, std::string_view text) {
  if (const auto value = cairn::parse_duration_ns(text)) return *value;
  return fail(ErrorKind::usage, fmt::format("{} '{}' is not like 5s, 300ms or 2m", option, text));
}

Result<uint64_t> parse_size(std::string_view option, std::string_view text) {
  if (const auto value = cairn::parse_size(text)) return *value;
  return fail(ErrorKind::usage,
              fmt::format("{} '{}' is not like 4096, 64KiB or 16MiB", option, text));
}

Result<uint64_t> parse_count(std::string_view option, std::string_view text, uint64_t max) {
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  uint64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc{} || end != digits.data() + digits.size()) {
    return fail(ErrorKind::usage, fmt::format("{} '{}' is not a number", option, text));
  }
  if (value > max) {
    return fail(ErrorKind::usage, fmt::format("{} {} is more than {}", option, value, max));
  }
  return value;
}

}  // namespace cairn::cli
