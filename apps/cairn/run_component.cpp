#include "run_component.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>
#include <cairn/component/script.hpp>
#include <cairn/component/wave.hpp>

#include <algorithm>

#include "commands.hpp"
#include "failure.hpp"
#include "run_stats.hpp"
#include "terminal.hpp"
#include "timer.hpp"
#include "world.hpp"

namespace cairn::cli {
namespace {

/// `run: func() -> result`, of both versions.
using RunFunc = component::TypedFunc<std::expected<void, std::monostate>()>;

class ComponentRun {
 public:
  ComponentRun(const RunOptions& options, engine::Settings settings)
      : options_(options), engine_(std::move(settings)) {}

  int run(Input input, uint64_t read_ns) {
    stats_.read_ns = read_ns;
    const std::optional<component::Component> component = load(input);
    if (!component) return exit_failure;
    store_.emplace(engine_, options_.limits);
    store_->core().set_fuel(options_.fuel.value_or(INT64_MAX));
    if (const Result<> opened = world_.enter(*store_, options_); !opened) {
      if (opened.error().kind == ErrorKind::usage)
        return usage_error("run", opened.error().message);
      print_error(opened.error());
      return exit_failure;
    }
    if (options_.timeout_ns) {
      timer_.emplace(*options_.timeout_ns, [this] {
        store_->core().interrupt();
        world_.interrupt();
      });
    }
    const int code = instantiate_and_call(*component);
    if (options_.stats) print_stats(stats_, store_->core(), options_.fuel);
    return code;
  }

 private:
  std::optional<component::Component> load(Input& input) {
    const Stopwatch watch(stats_.load_ns);
    Result<component::Component> component =
        input.is_binary() ? component::Component::load(engine_, input.bytes)
                          : component::Component::load_text(engine_, input.text());
    if (component) return *std::move(component);
    print_error(component.error(), input.text(), input.path);
    return std::nullopt;
  }

  int instantiate_and_call(const component::Component& component) {
    Result<component::Instance> instance = [&] {
      const Stopwatch watch(stats_.instantiate_ns);
      component::ComponentLinker linker(engine_);
      wasi::add_wasi(linker);
      return linker.instantiate(*store_, component);
    }();
    if (!instance) {
      const int code = failed(instance.error());
      hint_of_actor(instance.error(), options_.file);
      return code;
    }
    const Stopwatch watch(stats_.run_ns);
    if (options_.invoke) return invoke(*instance);
    for (const char* const name : {"wasi:cli/run@0.3.0", "wasi:cli/run@0.2.0"}) {
      const component::Instance program = instance->instance(name);
      if (!program) continue;
      const component::Func run = program.func("run");
      if (const Result<RunFunc> typed = RunFunc::of(run); !typed) return failed(typed.error());
      const Result<std::vector<component::Value>> ended = call(run, {});
      if (!ended) return failed(ended.error());
      return flushed(ended->front().variant().index == 0 ? exit_ok : exit_failure);
    }
    print_error(fmt::format("{}: the component is no program: it exports no interface wasi:cli/run",
                            options_.file));
    print_hint(fmt::format("`cairn component wit {}` shows what it exports", options_.file));
    return exit_failure;
  }

  /// To the end: what a task does behind its result belongs to it.
  Result<std::vector<component::Value>> call(component::Func func,
                                             std::vector<component::Value> args) {
    auto pending = TRY(component::PendingCall::start(*store_, func, std::move(args)));
    auto results = TRY(pending.wait(*store_));
    TRY(pending.wait_for_end(*store_));
    return results;
  }

  /// `--invoke 'name(argument, …)'`: of the component, or of one of the instances that it exports.
  int invoke(const component::Instance& instance) {
    const component::WaveCall call = component::split_wave_call(*options_.invoke);
    if (!options_.args.empty())
      return usage_error("run",
                         "arguments for a component's function stand in parentheses behind "
                         "its name: --invoke 'name(1, \"two\")'");
    const component::Func func = find(instance, call.name);
    if (!func) return exit_failure;
    const component::FuncType& type = func.type();
    auto args = component::parse_wave_args(func.types(), type, call);
    if (!args) {
      print_error(args.error(), call.args, "the arguments of --invoke");
      return exit_usage;
    }
    const auto results = this->call(func, *std::move(args));
    if (!results) return failed(results.error());
    const int code = flushed(exit_ok);
    if (type.result)
      fmt::print("{}\n", component::print_wave(func.types(), *type.result, results->front()));
    return code;
  }

  /// Empty, with a message, when there is none of that name or more than one.
  component::Func find(const component::Instance& instance, std::string_view name) const {
    std::vector<std::string> found;
    const std::vector<std::string> names = instance.func_names();
    for (const std::string& each : names)
      if (each == name || each.substr(each.rfind('#') + 1) == name) found.push_back(each);
    if (std::ranges::find(found, name) != found.end()) found = {std::string(name)};
    if (found.empty()) {
      print_error(fmt::format("{}: there is no exported function \"{}\"", options_.file, name));
      if (!names.empty()) print_hint(fmt::format("exported functions: {}", fmt::join(names, ", ")));
      return {};
    }
    if (found.size() > 1) {
      print_error(
          fmt::format("{}: more than one exported function is called \"{}\"", options_.file, name));
      print_hint(fmt::format("write one of: {}", fmt::join(found, ", ")));
      return {};
    }
    component::Instance at = instance;
    std::string_view rest = found.front();
    for (size_t end = rest.find('#'); end != std::string_view::npos; end = rest.find('#')) {
      at = at.instance(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return at.func(rest);
  }

  /// What the program wrote goes out before we go.
  int flushed(int code) {
    const Result<> done = world_.flush();
    return done ? code : timed_out();
  }

  int timed_out() const {
    print_error(fmt::format("the time is over ({} ms)",
                            static_cast<double>(options_.timeout_ns.value_or(0)) / 1e6));
    return exit_trap;
  }

  int failed(const Error& error) {
    if (const std::optional<uint32_t> code = world_.exit_code())
      return flushed(static_cast<int>(*code));
    if (timer_ && timer_->expired() && error.kind == ErrorKind::limit) return timed_out();
    if (const Result<> done = world_.flush(); !done) return timed_out();
    if (options_.fuel && store_->core().fuel() == 0 && error.kind == ErrorKind::limit) {
      print_error(fmt::format("all fuel is used up ({} units)", *options_.fuel));
      return exit_trap;
    }
    if (error.kind == ErrorKind::trap || error.kind == ErrorKind::exception) {
      print_failure(error, store_->core(), wasm::SourceMap(), options_.file);
      return exit_trap;
    }
    print_error(fmt::format("{}: {}", options_.file, error.message));
    return exit_failure;
  }

  const RunOptions& options_;
  engine::Engine engine_;
  ComponentWorld world_;
  std::optional<component::Store> store_;
  std::optional<Timer> timer_;
  RunStats stats_;
};

}  // namespace

bool is_component(const Input& input) {
  if (input.is_binary()) return component::is_component(input.bytes);
  return !input.is_compiled() && component::is_component_script(input.text());
}

int run_component(const RunOptions& options, Input input, engine::Settings settings,
                  uint64_t read_ns) {
  return ComponentRun(options, std::move(settings)).run(std::move(input), read_ns);
}

}  // namespace cairn::cli
