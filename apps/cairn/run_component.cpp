#include "run_component.hpp"

#include <fmt/format.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/script.hpp>

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
    if (options_.invoke)
      return usage_error("run", "--invoke calls functions of modules, and this is a component");
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
    if (!instance) return failed(instance.error());
    const Stopwatch watch(stats_.run_ns);
    for (const char* const name : {"wasi:cli/run@0.3.0", "wasi:cli/run@0.2.0"}) {
      const component::Instance program = instance->instance(name);
      if (!program) continue;
      const Result<RunFunc> run = RunFunc::of(program.func("run"));
      if (!run) return failed(run.error());
      const auto ended = (*run)(*store_);
      if (!ended) return failed(ended.error());
      return flushed(*ended ? exit_ok : exit_failure);
    }
    print_error(fmt::format("{}: the component is no program: it exports no interface wasi:cli/run",
                            options_.file));
    print_hint(fmt::format("`cairn component wit {}` shows what it exports", options_.file));
    return exit_failure;
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
