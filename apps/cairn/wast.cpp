// `cairn wast`: runs scripts and sums up their assertions.

#include <fmt/format.h>
#include <cairn/component/script.hpp>
#include <cairn/engine/wast.hpp>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

struct Totals {
  uint64_t passed = 0, failed = 0, skipped = 0;
};

struct FileReport {
  std::string path;
  engine::ScriptReport report;
};

std::string counts(uint64_t passed, uint64_t failed, uint64_t skipped) {
  return fmt::format("{} passed, {} failed, {} skipped", passed, failed, skipped);
}

/// Adds a file, or all scripts in a folder and below it.
void collect(const std::string& path, std::vector<std::string>& out) {
  RealFiles files;
  if (!files.is_directory(path)) {
    out.push_back(path);
    return;
  }
  const Result<std::vector<std::string>> names = files.list_directory(path);
  if (!names) return out.push_back(path);  // reading it tells the error
  for (const std::string& name : *names) {
    const std::string inner = path + "/" + name;
    if (name.ends_with(".wast")) {
      out.push_back(inner);
    } else if (files.is_directory(inner)) {
      collect(inner, out);
    }
  }
}

/// Scripts over components and over core modules have a form of their own each.
Result<engine::ScriptReport> run_text(std::string text, const std::string& path,
                                      engine::ScriptOptions& options) {
  if (component::is_component_script(text)) {
    const component::ScriptOptions with{
        .settings = options.settings, .limits = options.limits, .fuel = options.fuel};
    return component::run_script(std::move(text), with);
  }
  options.settings.features = engine::features_for_script(path, options.settings.features);
  return engine::run_script(std::move(text), options);
}

/// Runs one script. One that cannot be read or parsed counts as one failure, and so does a folder
/// that `collect` found no script in.
FileReport run_file(const std::string& path, engine::ScriptOptions options) {
  FileReport file{path.empty() ? "''" : path, {}};
  const auto broken = [&](SourceLocation at, std::string message) {
    file.report.failed = 1;
    file.report.failures.push_back({at, std::move(message)});
    return file;
  };
  if (RealFiles().is_directory(path)) return broken({}, "there is no *.wast in this folder");
  const Result<Bytes> bytes = read_bytes(path, wasm::ImplementationLimits{}.module_bytes);
  if (!bytes) return broken({}, bytes.error().message);
  Result<engine::ScriptReport> report = run_text(std::string(as_text(*bytes)), path, options);
  if (!report) return broken(report.error().at.value_or(SourceLocation{}), report.error().message);
  file.report = *std::move(report);
  return file;
}

void print_report(const FileReport& file, bool quiet) {
  const engine::ScriptReport& report = file.report;
  for (const auto& failure : report.failures) {
    const std::string at =
        failure.at.line == 0 ? "" : fmt::format("{}:{}: ", failure.at.line, failure.at.column);
    write(stdout, fmt::format("{}:{}{} {}\n", printable(file.path), at.empty() ? " " : at,
                              styled(stdout, Style::red, "failed:"), printable(failure.message)));
  }
  if (quiet && report.failed == 0) return;
  write(stdout, fmt::format("{}: {}\n", printable(file.path),
                            counts(report.passed, report.failed, report.skipped)));
}

nlohmann::json to_json(const FileReport& file) {
  nlohmann::json failures = nlohmann::json::array();
  for (const auto& failure : file.report.failures) {
    failures.push_back(
        {{"line", failure.at.line}, {"column", failure.at.column}, {"message", failure.message}});
  }
  return {{"path", file.path},
          {"passed", file.report.passed},
          {"failed", file.report.failed},
          {"skipped", file.report.skipped},
          {"failures", std::move(failures)}};
}

struct Options {
  std::vector<std::string> paths;
  EngineOptions engine;
  std::optional<std::string> fuel;
  bool json = false, quiet = false, gc_stress = false;
};

void add_options(Parser& parser, Options& options) {
  parser
      ->add_option("FILES", options.paths,
                   "Scripts (- is standard input), or folders of scripts (*.wast)")
      ->required()
      ->type_name("");
  parser->add_flag("--json", options.json,
                   "Print one JSON document; the summary then goes to standard error");
  parser->add_flag("-q,--quiet", options.quiet, "Print only the files with failures");
  options.engine.add_to(parser.app());
  add_text(parser.app(), "--fuel", options.fuel, "Count fuel, with N units for each script")
      ->type_name("N")
      ->group("Engine");
  parser->add_flag("--gc-stress", options.gc_stress, "Collect garbage at every allocation")
      ->group("Engine");
  parser.footer(
      "The last line is `N passed, N failed, N skipped`, counting assertions. Scripts in\n"
      "folders called `legacy` and `threads` run with the features that those of the official "
      "suite\n"
      "are written for.\n\n"
      "Exit code: 0 when nothing failed, 1 otherwise, 2 for a wrong command line.");
}

Result<engine::ScriptOptions> script_options(const Options& options) {
  engine::ScriptOptions script;
  script.settings = TRY(options.engine.settings());
  script.settings.gc_stress = options.gc_stress;
  if (options.fuel) {
    script.settings.fuel = true;
    script.fuel = TRY(parse_count("--fuel", *options.fuel, INT64_MAX));
  }
  return script;
}

}  // namespace

int wast_command(Args args) {
  Parser parser("wast", "[OPTIONS] FILES…", "Run scripts of the official test suites.");
  Options options;
  add_options(parser, options);
  if (const auto code = parser.parse(args)) return *code;
  const Result<engine::ScriptOptions> script = script_options(options);
  if (!script) return usage_error("wast", script.error().message);

  std::vector<std::string> paths;
  for (const std::string& path : options.paths) {
    const size_t before = paths.size();
    collect(path, paths);
    if (paths.size() == before) paths.push_back(path);
  }
  Totals totals;
  nlohmann::json documents = nlohmann::json::array();
  for (const std::string& path : paths) {
    const FileReport file = run_file(path, *script);
    totals.passed += file.report.passed;
    totals.failed += file.report.failed;
    totals.skipped += file.report.skipped;
    if (options.json) {
      documents.push_back(to_json(file));
    } else {
      print_report(file, options.quiet);
      std::fflush(stdout);
    }
  }
  if (options.json) {
    const nlohmann::json document = {{"passed", totals.passed},
                                     {"failed", totals.failed},
                                     {"skipped", totals.skipped},
                                     {"files", std::move(documents)}};
    write(stdout, document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  write(options.json ? stderr : stdout,
        counts(totals.passed, totals.failed, totals.skipped) + "\n");
  return totals.failed == 0 ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
