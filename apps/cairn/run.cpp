// `cairn run`: loads a module, hands it its world, calls it, and says how that ended.

#include <fmt/format.h>
#include <cairn/engine/execution.hpp>
#include <cairn/engine/linker.hpp>

#include "commands.hpp"
#include "compiler.hpp"
#include "failure.hpp"
#include "guest_values.hpp"
#include "input.hpp"
#include "run_component.hpp"
#include "run_options.hpp"
#include "run_stats.hpp"
#include "terminal.hpp"
#include "timer.hpp"
#include "world.hpp"

namespace cairn::cli {
namespace {

class Run {
 public:
  explicit Run(RunOptions options) : options_(std::move(options)) {}

  int run() {
    std::optional<Input> input = read();
    if (!input) return exit_failure;
    if (is_component(*input)) {
      engine::Settings with = settings(*input);
      return run_component(options_, *std::move(input), std::move(with), stats_.read_ns);
    }
    const std::optional<engine::Module> module = load(*input);
    if (!module) return exit_failure;
    store_.emplace(*engine_, options_.limits);
    store_->set_fuel(options_.fuel.value_or(INT64_MAX));
    Result<std::unique_ptr<World>> world = World::open(options_);
    if (!world) {
      if (world.error().kind == ErrorKind::usage) return usage_error("run", world.error().message);
      print_error(world.error());
      return exit_failure;
    }
    world_ = *std::move(world);
    std::optional<Timer> timer;
    if (options_.timeout_ns) {
      timer.emplace(*options_.timeout_ns, [this] {
        store_->interrupt();
        world_->interrupt();
      });
    }
    const int code = instantiate_and_call(*module, timer);
    if (options_.stats) print_stats(stats_, *store_, options_.fuel);
    return code;
  }

 private:
  /// The checks for interruption are paid for only where a timer can use them; nobody comes after
  /// the program for whom its memories would have to be made ready again.
  engine::Settings settings(const Input& input) const {
    engine::Settings settings = options_.settings;
    settings.memory_provider = engine::make_on_demand_provider();
    settings.interruption = options_.timeout_ns.has_value();
    if (input.is_compiled()) allow_compiled_code(settings);
    return settings;
  }

  std::optional<Input> read() {
    const Stopwatch watch(stats_.read_ns);
    return read_input(options_.file, options_.settings.limits.module_bytes);
  }

  std::optional<engine::Module> load(Input& input) {
    const Stopwatch watch(stats_.load_ns);
    engine_.emplace(settings(input));
    return load_module(*engine_, input, source_map_);
  }

  int instantiate_and_call(const engine::Module& module, std::optional<Timer>& timer) {
    engine::Linker linker(*engine_);
    world_->add_to(linker, module);
    Result<engine::Instance> instance = [&] {
      const Stopwatch watch(stats_.instantiate_ns);
      return linker.instantiate(*store_, module);
    }();
    if (!instance) return failed(instance.error(), timer);
    const Stopwatch watch(stats_.run_ns);
    if (options_.invoke || take_late_invoke(*instance)) return invoke(*instance, timer);
    const engine::Func start = instance->func("_start");
    if (!start) return no_start(module);
    return call(start, {}, timer);
  }

  /// `cairn run FILE --invoke NAME ARGS…`: a module that is no program has no use for arguments, so
  /// the option may stand behind it.
  bool take_late_invoke(const engine::Instance& instance) {
    auto& args = options_.args;
    if (args.size() < 2 || args[0] != "--invoke") return false;
    if (instance.func("_start")) return false;
    options_.invoke = args[1];
    args.erase(args.begin(), args.begin() + 2);
    return true;
  }

  int no_start(const engine::Module& module) {
    print_error(fmt::format("{}: the module is no program: it exports no function \"_start\"",
                            options_.file));
    constexpr size_t shown_max = 10;
    std::string names;
    size_t count = 0;
    for (const wasm::Export& item : module.ast().exports) {
      if (item.kind != wasm::ExternKind::func || ++count > shown_max) continue;
      // A name that a shell would not take as one word is shown as one.
      const bool plain = !item.name.empty() && item.name.find(' ') == std::string_view::npos;
      names += (names.empty() ? "" : ", ") +
               (plain ? std::string(item.name) : fmt::format("'{}'", item.name));
    }
    if (count > shown_max) names += fmt::format(" and {} more", count - shown_max);
    if (count > 0) print_hint("`--invoke NAME` before FILE calls one of: " + names);
    return exit_failure;
  }

  /// Calls the function of `--invoke`, after `_initialize` where the module is a reactor.
  int invoke(const engine::Instance& instance, std::optional<Timer>& timer) {
    const engine::Func func = instance.func(*options_.invoke);
    if (!func) {
      print_error(
          fmt::format("{}: there is no exported function \"{}\"", options_.file, *options_.invoke));
      return exit_failure;
    }
    const Result<std::vector<engine::Value>> args = arguments(func.type());
    if (!args) return usage_error("run", args.error().message);
    if (const engine::Func initialize = instance.func("_initialize")) {
      const int code = call(initialize, {}, timer);
      if (code != exit_ok || world_->exit_code()) return code;
    }
    return call(func, *args, timer);
  }

  Result<std::vector<engine::Value>> arguments(const wasm::FuncType& type) const {
    if (type.params.size() != options_.args.size()) {
      return fail(
          ErrorKind::usage,
          fmt::format("\"{}\" takes {} argument{}, {} given", *options_.invoke, type.params.size(),
                      type.params.size() == 1 ? "" : "s", options_.args.size()));
    }
    std::vector<engine::Value> values;
    for (size_t i = 0; i < type.params.size(); ++i) {
      values.push_back(TRY(parse_value(options_.args[i], type.params[i])));
    }
    return values;
  }

  /// Runs a function to its end and prints its results.
  int call(engine::Func func, std::span<const engine::Value> args, std::optional<Timer>& timer) {
    Result<engine::Execution> execution = engine::Execution::start(*store_, func, args);
    if (!execution) return failed(execution.error(), timer);
    using State = engine::Execution::State;
    for (;;) {
      switch (execution->resume()) {
        case State::ready: break;
        case State::waiting: execution->wait(); break;
        case State::returned: return print_results(execution->results());
        case State::trapped: return failed(execution->error(), timer);
        case State::out_of_fuel: return out_of_fuel();
        case State::interrupted: return timed_out();
      }
    }
  }

  static int print_results(const std::vector<engine::Value>& results) {
    std::string text;
    for (const engine::Value& value : results) text += format_value(value) + "\n";
    write(stdout, text);
    return exit_ok;
  }

  int out_of_fuel() const {
    print_error(fmt::format("all fuel is used up ({} units)", options_.fuel.value_or(0)));
    return exit_trap;
  }

  int timed_out() const {
    print_error(fmt::format("the time is over ({} ms)",
                            static_cast<double>(options_.timeout_ns.value_or(0)) / 1e6));
    return exit_trap;
  }

  int failed(const Error& error, std::optional<Timer>& timer) {
    if (const std::optional<uint32_t> code = world_->exit_code()) return static_cast<int>(*code);
    if (timer && timer->expired() && error.kind == ErrorKind::limit) return timed_out();
    if (options_.fuel && store_->fuel() == 0 && error.kind == ErrorKind::limit)
      return out_of_fuel();
    if (error.kind == ErrorKind::trap || error.kind == ErrorKind::exception) {
      print_failure(error, *store_, source_map_, options_.file);
      return exit_trap;
    }
    print_error(fmt::format("{}: {}", options_.file, error.message));
    return exit_failure;
  }

  RunOptions options_;
  std::optional<engine::Engine> engine_;
  std::optional<engine::Store> store_;
  wasm::SourceMap source_map_;
  std::unique_ptr<World> world_;
  RunStats stats_;
};

}  // namespace

int run_command(Args args) {
  RunOptions options;
  if (const auto code = parse_run_options(args, options)) return *code;
  return Run(std::move(options)).run();
}

}  // namespace cairn::cli
