// `cairn compile`: machine code ahead of time, into a file or for people.

#include <fmt/format.h>
#include <unistd.h>
#include <cairn/base/clock.hpp>
#include <cairn/engine/compiler.hpp>

#include "commands.hpp"
#include "compiler.hpp"
#include "functions.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

enum class Emit : uint8_t { image, llvm, assembly };

/// The values of options with a fixed set of them.
template <class T>
struct Choice {
  std::string_view name;
  T value;
};
constexpr Choice<Emit> emits[] = {
    {"image", Emit::image}, {"llvm", Emit::llvm}, {"asm", Emit::assembly}};
constexpr Choice<engine::CodeLevel> levels[] = {{"quick", engine::CodeLevel::quick},
                                                {"full", engine::CodeLevel::full}};
constexpr Choice<engine::CodeCpu> cpus[] = {{"native", engine::CodeCpu::native},
                                            {"x86-64-v2", engine::CodeCpu::x86_64_v2},
                                            {"x86-64-v3", engine::CodeCpu::x86_64_v3},
                                            {"x86-64-v4", engine::CodeCpu::x86_64_v4}};

template <class T, size_t n>
Result<T> choose(std::string_view option, const Choice<T> (&choices)[n], std::string_view text) {
  std::string names;
  for (const Choice<T>& choice : choices) {
    if (choice.name == text) return choice.value;
    names += (names.empty() ? "" : ", ") + std::string(choice.name);
  }
  return fail(ErrorKind::usage, fmt::format("{} is one of {}, not '{}'", option, names, text));
}

struct Options {
  std::string path;
  std::optional<std::string> output;
  std::vector<std::string> functions;
  std::string emit = "image", level = "full", cpu = "native";
  bool fuel = false, interruption = false, deterministic = false, stats = false;
  bool no_index_masks = false;
  FeatureOptions features;
};

void add_options(Parser& parser, Options& options) {
  parser->add_option("FILE", options.path, "The module, binary or text; - is standard input")
      ->required()
      ->type_name("");
  parser
      ->add_option("FUNCTIONS", options.functions,
                   "With --emit llvm or asm: only these, by index or name")
      ->type_name("");
  add_text(parser.app(), "-o,--output", options.output,
           "Where to write; - is standard output (default: FILE with .cairn; text goes to "
           "standard output)")
      ->type_name("FILE");
  parser->add_option("--emit", options.emit, "The compiled module, or its optimised code as text")
      ->type_name("image|llvm|asm");
  parser->add_flag("--stats", options.stats, "Print functions, bytes and time to standard error");
  const char* group = "Code";
  parser->add_option("--level", options.level, "Little time, or the best code (full)")
      ->type_name("quick|full")
      ->group(group);
  parser
      ->add_option("--cpu", options.cpu,
                   "For this processor, or for all of a level (x86-64-v2, x86-64-v3, x86-64-v4)")
      ->type_name("native|LEVEL")
      ->group(group);
  parser->add_flag("--fuel", options.fuel, "For runs with --fuel, and only for those")
      ->group(group);
  parser
      ->add_flag("--interruption", options.interruption,
                 "For runs with --timeout as well as for others")
      ->group(group);
  parser
      ->add_flag("--deterministic", options.deterministic,
                 "For runs with --deterministic, and only for those")
      ->group(group);
  parser
      ->add_flag("--no-index-masks", options.no_index_masks,
                 "Not hardened against Spectre: for runs with --no-index-masks only")
      ->group(group);
  options.features.add_to(parser.app());
  parser.footer(
      "`cairn run FILE.cairn` runs the code as it is. Whoever can change such a file can run code "
      "as\n"
      "you: trust it as you trust a program.\n\n"
      "Examples:\n"
      "  cairn compile app.wasm\n"
      "  cairn compile --cpu x86-64-v3 --interruption app.wasm -o app.cairn\n"
      "  cairn compile --emit asm app.wasm _start");
}

/// "dir/app.wasm" → "dir/app.cairn"; standard input → standard output.
std::string default_output(const std::string& path) {
  if (path == "-") return "-";
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  const bool has_extension =
      dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return (has_extension ? path.substr(0, dot) : path) + ".cairn";
}

class Compilation {
 public:
  Compilation(Options options, Emit emit, engine::CodeOptions code, wasm::Features features)
      : options_(std::move(options)), emit_(emit), code_(code), engine_(settings(features)) {}

  int run() {
    RealClock clock;
    const uint64_t start_ns = clock.monotonic_ns();
    const std::optional<engine::Module> module = load();
    if (!module) return exit_failure;
    const Result<Bytes> made =
        emit_ == Emit::image ? engine::compile_module(*module, code_) : text(*module);
    if (!made) {
      print_error(fmt::format("{}: {}", options_.path, made.error().message));
      return exit_failure;
    }
    if (!write_output(*options_.output, *made)) return exit_failure;
    if (options_.stats) print_stats(*module, *made, clock.monotonic_ns() - start_ns);
    return exit_ok;
  }

 private:
  engine::Settings settings(wasm::Features features) const {
    engine::Settings settings;
    settings.features = features;
    settings.fuel = options_.fuel;
    settings.interruption = options_.interruption;
    settings.deterministic = options_.deterministic;
    settings.index_masks = !options_.no_index_masks;
    set_compiler(settings, "off");
    return settings;
  }

  std::optional<engine::Module> load() {
    std::optional<Input> input =
        read_input(options_.path, wasm::ImplementationLimits{}.module_bytes);
    if (!input) return std::nullopt;
    if (const Result<> taken = take_module(*input); !taken) {
      print_error(taken.error(), input->text(), input->path);
      return std::nullopt;
    }
    wasm::SourceMap source_map;
    return load_module(engine_, *input, source_map);
  }

  /// The code for people, with a line for each function that says what it is.
  Result<Bytes> text(const engine::Module& module) const {
    const wasm::Module& ast = module.ast();
    const wasm::ModuleNames names = wasm::names_of(ast);
    const auto chosen = TRY(choose_functions(ast, names, options_.functions));
    const bool all = options_.functions.empty();
    const std::string code = TRY(engine::print_code(
        module, all ? std::vector<uint32_t>() : chosen,
        emit_ == Emit::llvm ? engine::CodeText::llvm : engine::CodeText::assembly, code_));
    const std::vector<std::string_view> exported = export_names(ast);
    std::string text;
    for (const uint32_t index : chosen) {
      const uint32_t func = ast.imported_functions + index;
      const std::string* const name = wasm::find_name(names.functions, func);
      const std::string_view shown = name != nullptr ? *name : exported[index];
      text += fmt::format("{} f{} is func[{}]{}\n", emit_ == Emit::llvm ? ";" : "#", index, func,
                          shown.empty() ? "" : " <" + printable(shown) + ">");
    }
    text += code;
    const ByteSpan bytes = as_bytes(text);
    return Bytes(bytes.begin(), bytes.end());
  }

  /// For each function with code the first name that it is exported as, or nothing.
  static std::vector<std::string_view> export_names(const wasm::Module& module) {
    std::vector<std::string_view> names(module.code.size());
    for (const wasm::Export& item : module.exports) {
      if (item.kind != wasm::ExternKind::func || item.index < module.imported_functions) continue;
      std::string_view& name = names[item.index - module.imported_functions];
      if (name.empty()) name = item.name;
    }
    return names;
  }

  void print_stats(const engine::Module& module, const Bytes& made, uint64_t time_ns) const {
    const double seconds = static_cast<double>(time_ns) / 1e9;
    const auto file = engine::CompiledFile::read(made);
    const auto summary = file ? file->summary() : std::unexpected(file.error());
    if (!summary) {
      write(stderr, fmt::format("{} bytes, {:.3f} s\n", made.size(), seconds));
      return;
    }
    write(stderr,
          fmt::format("{} of {} functions, {} bytes of code, {:.3f} s\n", summary->functions,
                      module.ast().code.size(), summary->code_bytes, seconds));
  }

  const Options options_;
  const Emit emit_;
  const engine::CodeOptions code_;
  engine::Engine engine_;
};

}  // namespace

int compile_command(Args args) {
  Parser parser("compile", "[OPTIONS] FILE [FUNCTIONS…]",
                "Compile a module ahead of time, or show its machine code.");
  Options options;
  add_options(parser, options);
  if (const auto code = parser.parse(args)) return *code;
  const auto wrong = [](const Error& error) { return usage_error("compile", error.message); };
  const Result<wasm::Features> features = options.features.features();
  if (!features) return wrong(features.error());
  const auto emit = choose("--emit", emits, options.emit);
  if (!emit) return wrong(emit.error());
  const auto level = choose("--level", levels, options.level);
  if (!level) return wrong(level.error());
  const auto cpu = choose("--cpu", cpus, options.cpu);
  if (!cpu) return wrong(cpu.error());
  if (*emit == Emit::image && !options.functions.empty())
    return usage_error("compile", "FUNCTIONS need --emit llvm or --emit asm");
  if (!options.output) options.output = *emit == Emit::image ? default_output(options.path) : "-";
  if (options.output == options.path && options.path != "-")
    return usage_error("compile", "the output would replace the input; give another with -o");
  if (*emit == Emit::image && options.output == "-" && isatty(STDOUT_FILENO) != 0)
    return usage_error("compile", "a terminal cannot show machine code; give a file with -o");
  if (const auto compiler = find_compiler(); !compiler) {
    print_error(compiler.error().message);
    return exit_failure;
  }
  return Compilation(std::move(options), *emit, {*level, *cpu}, *features).run();
}

}  // namespace cairn::cli
