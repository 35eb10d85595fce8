#include "interp/fault.hpp"

#include <ucontext.h>
#include <csetjmp>
#include <csignal>

#include <mutex>

// The linker's names for the section that holds all handlers.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker makes these names
extern "C" const char __start_cairn_handlers[], __stop_cairn_handlers[];

namespace cairn::engine {

namespace {

thread_local ExecutionData* running = nullptr;
struct sigaction previous_segv, previous_bus;

/// The handlers' machine registers at a fault, by the ABI of `CAIRN_TAIL_ABI`.
struct Machine {
  uint64_t instruction, pc, fp, mem, inst, frame;
};
Machine machine_of(const ucontext_t& context) {
#if defined(__x86_64__)
  const greg_t* const r = context.uc_mcontext.gregs;
  const auto at = [&](int index) { return static_cast<uint64_t>(r[index]); };
  return {at(REG_RIP), at(REG_R12), at(REG_R13), at(REG_R14), at(REG_R15), at(REG_RSI)};
#elif defined(__aarch64__)
  const auto& r = context.uc_mcontext.regs;
  return {context.uc_mcontext.pc, r[20], r[21], r[22], r[23], r[25]};
#else
  return {};
#endif
}

/// Is this ours? Then the execution's registers are set to where it happened.
bool take_fault(const siginfo_t& info, const ucontext_t& context) {
  if (running == nullptr) return false;
  const Machine machine = machine_of(context);
  if (machine.instruction < reinterpret_cast<uint64_t>(__start_cairn_handlers) ||
      machine.instruction >= reinterpret_cast<uint64_t>(__stop_cairn_handlers))
    return false;
  ExecutionData& ex = *running;
  const bool tail = ex.store->engine->settings.dispatch == Dispatch::tail_call;
  const auto mem = tail ? machine.mem : reinterpret_cast<uint64_t>(ex.regs.mem);
  const auto address = reinterpret_cast<uint64_t>(info.si_addr);
  constexpr uint64_t reach = (uint64_t{4} << 30) + guard_size + 65536;
  if (mem == 0 || address < mem || address - mem >= reach) return false;
  if (tail) {
    ex.regs.pc = reinterpret_cast<const Word*>(machine.pc);
    ex.regs.fp = reinterpret_cast<uint64_t*>(machine.fp);
    ex.regs.inst = reinterpret_cast<InstanceData*>(machine.inst);
    ex.regs.frame = reinterpret_cast<Frame*>(machine.frame);
  }
  return true;
}

void on_fault(int signal, siginfo_t* info, void* context) {
  if (take_fault(*info, *static_cast<ucontext_t*>(context))) _longjmp(*running->fault_exit, 1);
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(signal, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    return previous.sa_handler(signal);
  // Nobody's: the default action happens when the instruction is tried again.
  sigaction(signal, &previous, nullptr);
}

}  // namespace

void install_fault_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previous_segv);
    sigaction(SIGBUS, &action, &previous_bus);
  });
}

FaultScope::FaultScope(ExecutionData& ex) : ex_(ex), outer_(running), outer_exit_(ex.fault_exit) {
  ex.fault_exit = &exit_;
  running = &ex;
}
FaultScope::~FaultScope() {
  running = outer_;
  ex_.fault_exit = outer_exit_;
}

}  // namespace cairn::engine
