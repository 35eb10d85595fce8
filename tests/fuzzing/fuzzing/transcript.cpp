#include "fuzzing/transcript.hpp"

#include <cairn/base/result.hpp>
#include <cairn/engine/execution.hpp>
#include <cairn/engine/linker.hpp>

#include <fmt/format.h>

namespace cairn::fuzzing {
using namespace engine;

namespace {

constexpr uint64_t fuel_per_call = 1'000'000'000'000;

/// One word for what different engines tell apart differently.
std::string_view class_of(Trap trap) {
  switch (trap) {
    case Trap::integer_overflow:
    case Trap::invalid_conversion_to_integer: return "number out of range";
    // Where several operands are wrong, engines differ in which they look at first.
    case Trap::unaligned_atomic:
    case Trap::out_of_bounds_memory_access:
    case Trap::out_of_bounds_array_access:
    case Trap::out_of_bounds_table_access:
    case Trap::undefined_element:
    case Trap::allocation_size_too_large:
    case Trap::null_reference:
    case Trap::null_function_reference:
    case Trap::null_structure_reference:
    case Trap::null_array_reference:
    case Trap::null_i31_reference:
    case Trap::null_exception_reference: return "wrong operand";
    case Trap::uninitialized_element:
    case Trap::indirect_call_type_mismatch: return "wrong callee";
    default: return message(trap);
  }
}

std::string backtrace(const TrapInfo& info) {
  std::string text;
  for (const TrapInfo::Frame& frame : info.backtrace)
    text += fmt::format(" {}@{:x}", frame.func_index, frame.offset);
  return text + (info.more_frames ? " …" : "");
}

class Observer {
 public:
  Observer(Engine& engine, const GeneratedModule& generated, const RunOptions& options)
      : store_(engine, options.limits),
        linker_(engine),
        tag_(store_.new_tag({})),
        generated_(generated),
        options_(options) {
    const auto callback = [](void* self, Caller& caller, uint64_t* slots) {
      return static_cast<Observer*>(self)->on_log(caller, slots);
    };
    linker_.define(host_module, host_function, {{wasm::i32, wasm::i64}, {wasm::i32}}, callback,
                   std::shared_ptr<void>(std::shared_ptr<void>(), this));
  }

  Transcript run() {
    const Result<Module> module = store_.engine().load(generated_.bytes);
    if (!module) {
      fmt::print(stderr, "a generated module is not valid: {}\n", module.error().to_string());
      std::abort();
    }
    store_.set_fuel(fuel_per_call);
    const Result<Instance> instance = linker_.instantiate(store_, *module);
    if (!instance) {
      line(fmt::format("instantiate {}", failure(instance.error(), store_.last_trap())));
      return std::move(transcript_);
    }
    line("instantiate");
    transcript_.fuel += fuel_per_call - store_.fuel();
    instance_ = &*instance;
    for (const Call& call : generated_.calls) {
      CAIRN_ASSERT(instance->global(steps_global).set(Value(steps_per_call)).has_value());
      store_.set_fuel(fuel_per_call);
      nested_left_ = nested_calls_max;
      line(make(call));
      transcript_.fuel += fuel_per_call - store_.fuel();
    }
    look(*instance, *module);
    return std::move(transcript_);
  }

 private:
  static constexpr uint32_t nested_calls_max = 8, depth_max = 3;

  /// The host function. What else it does depends on its arguments and on what was seen before.
  HostStatus on_log(Caller& caller, uint64_t* slots) {
    const auto a = static_cast<uint32_t>(slots[0]);
    const uint64_t b = slots[1];
    line(fmt::format("log {:08x} {:016x}", a, b));
    if (options_.interrupt) store_.interrupt();
    const uint32_t result = host_result(a, b);
    slots[0] = result;
    if (!options_.host_acts || instance_ == nullptr) return HostStatus::ok;
    const auto seen = static_cast<uint32_t>(transcript_.lines.size());
    const uint32_t decision = host_result(result, seen) >> 26;
    switch (decision) {
      case 0: return caller.trap(Trap::integer_overflow);
      case 1: return caller.throw_exception(tag_, {});
      case 2: return caller.fail(Error{ErrorKind::usage, "the host fails"});
      case 3:
      case 4:
      case 5:
        completion_ = caller.suspend();
        completion_result_ = static_cast<int32_t>(result);
        return HostStatus::pending;
      case 6:
      case 7:
      case 8:
      case 9:
        if (nested_left_ == 0 || depth_ == depth_max) return HostStatus::ok;
        --nested_left_;
        line("nested " + make(generated_.calls[seen % generated_.calls.size()]));
        return HostStatus::ok;
      default: return HostStatus::ok;
    }
  }

  /// Makes a call and tells what became of it.
  std::string make(const Call& call) {
    ++depth_;
    std::string text = "call " + call.function;
    for (const Value& argument : call.arguments) text += " " + to_text(argument, options_.portable);
    Result<Execution> started =
        Execution::start(store_, instance_->func(call.function), call.arguments);
    CAIRN_ASSERT(started.has_value());
    Execution& execution = *started;
    if (options_.interrupt) store_.interrupt();
    const Execution::State state = run_to_end(execution);
    store_.clear_interrupt();
    if (state == Execution::State::returned) {
      text += " ->";
      for (const Value& result : execution.results()) {
        text += " " + to_text(result, options_.portable);
      }
    } else {
      CAIRN_ASSERT(state == Execution::State::trapped);
      text += " " + failure(execution.error(), execution.trap_info());
    }
    --depth_;
    return text;
  }

  Execution::State run_to_end(Execution& execution) {
    for (;;) {
      const uint64_t fuel = store_.fuel();
      const Execution::State state =
          execution.resume(options_.slice == 0 ? UINT64_MAX : options_.slice);
      switch (state) {
        case Execution::State::out_of_fuel:
          // A call never asks for more than there is: it would never get on.
          CAIRN_ASSERT(store_.fuel() < fuel);
          break;
        case Execution::State::interrupted: store_.clear_interrupt(); break;
        case Execution::State::waiting:
          std::exchange(completion_, nullptr)->complete({Value(completion_result_)});
          break;
        default: return state;
      }
    }
  }

  std::string failure(const Error& error, const TrapInfo& info) const {
    std::string text;
    if (error.kind == ErrorKind::exception) {
      text = "exception";
    } else if (error.kind != ErrorKind::trap) {
      return error.to_string();
    } else {
      text = fmt::format("trap {}", options_.portable ? class_of(info.trap) : message(info.trap));
    }
    if (options_.backtraces) text += backtrace(info);
    return text;
  }

  void look(const Instance& instance, const Module& module) {
    for (const ExportType& exported : module.exports()) {
      if (exported.type.kind == wasm::ExternKind::global) {
        const Value value = instance.global(exported.name).get();
        line(fmt::format("global {} {}", exported.name, to_text(value, options_.portable)));
      } else if (exported.type.kind == wasm::ExternKind::memory) {
        const Memory memory = instance.memory(exported.name);
        line(fmt::format("memory {} {} {:08x}", exported.name, memory.pages(),
                         digest(memory.bytes())));
      }
    }
  }

  void line(std::string text) { transcript_.lines.push_back(std::move(text)); }

  Store store_;
  Linker linker_;
  const Tag tag_;
  const GeneratedModule& generated_;
  const RunOptions& options_;
  Transcript transcript_;
  const Instance* instance_ = nullptr;
  std::shared_ptr<Completion> completion_;  ///< of the call that waits
  int32_t completion_result_ = 0;
  uint32_t nested_left_ = 0, depth_ = 0;
};

}  // namespace

Transcript observe(Engine& engine, const GeneratedModule& generated, const RunOptions& options) {
  return Observer(engine, generated, options).run();
}

std::string Transcript::text() const { return fmt::format("{}\n", fmt::join(lines, "\n")); }

uint32_t digest(ByteSpan bytes) {
  constexpr uint32_t prime = 0x01000193;
  uint32_t hash = 0x811C9DC5;
  const auto mix = [&](uint32_t word) { hash = (hash ^ word) * prime; };
  const size_t words = bytes.size() / 4;
  for (size_t i = 0; i < words; ++i) {
    const auto word = load_le<uint32_t>(bytes.data() + 4 * i);
    if (word == 0) continue;
    mix(static_cast<uint32_t>(i));
    mix(word);
  }
  for (size_t i = 4 * words; i < bytes.size(); ++i) mix(bytes[i]);
  return hash;
}

std::string to_text(const Value& value, bool portable) {
  const wasm::ValType type = value.type();
  if (type.is_ref()) return value.ref().is_null() ? "null" : "ref";
  switch (type.kind()) {
    case wasm::ValType::Kind::i32: return fmt::format("i32:{:08x}", value.i32());
    case wasm::ValType::Kind::i64: return fmt::format("i64:{:016x}", value.i64());
    case wasm::ValType::Kind::f32:
      if (portable && value.f32() != value.f32()) return "f32:nan";
      return fmt::format("f32:{:08x}", value.i32());
    case wasm::ValType::Kind::f64:
      if (portable && value.f64() != value.f64()) return "f64:nan";
      return fmt::format("f64:{:016x}", value.i64());
    default: {
      uint64_t slots[2];
      value.to_slots(slots);
      return fmt::format("v128:{:016x}{:016x}", slots[1], slots[0]);
    }
  }
}

}  // namespace cairn::fuzzing
