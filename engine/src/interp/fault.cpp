#include "interp/fault.hpp"

#include <ucontext.h>
#include <csetjmp>
#include <csignal>

#include <mutex>

#include "native/code_image.hpp"
#include "native/code_map.hpp"
#include "native/enter.hpp"
#include "native/machine.hpp"

// The linker's names for the section that holds all handlers.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker makes these names
extern "C" const char __start_cairn_handlers[], __stop_cairn_handlers[];

namespace cairn::engine {

constinit thread_local ExecutionData* detail::running = nullptr;

namespace {

using detail::running;
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

/// Is this a handler's? Then the execution's registers are set to where it happened.
bool take_handler_fault(const siginfo_t& info, const ucontext_t& context) {
  const Machine machine = machine_of(context);
  if (machine.instruction < reinterpret_cast<uint64_t>(__start_cairn_handlers) ||
      machine.instruction >= reinterpret_cast<uint64_t>(__stop_cairn_handlers))
    return false;
  ExecutionData& ex = *running;
  const bool in_machine =
      registers_stay && ex.store->engine->settings.dispatch == Dispatch::tail_call;
  const auto mem = in_machine ? machine.mem : reinterpret_cast<uint64_t>(ex.regs.mem);
  const auto address = reinterpret_cast<uint64_t>(info.si_addr);
  constexpr uint64_t reach = (uint64_t{4} << 30) + guard_size + 65536;
  if (mem == 0 || address < mem || address - mem >= reach) return false;
  if (in_machine) {
    ex.regs.pc = reinterpret_cast<const Word*>(machine.pc);
    ex.regs.fp = reinterpret_cast<uint64_t*>(machine.fp);
    ex.regs.inst = reinterpret_cast<InstanceData*>(machine.inst);
    ex.regs.frame = reinterpret_cast<Frame*>(machine.frame);
  }
  return true;
}

#if defined(__x86_64__)

/// Is the address within what is reserved for a memory of the store?
bool in_memories(const StoreData& store, uint64_t address) {
  for (const InstanceData* at = store.instances; at != nullptr; at = at->next)
    for (size_t i = 0; i < at->module->memory_types.size(); ++i) {
      const MemoryInst* const memory = at->memories[i];
      if (memory == nullptr || !memory->guarded) continue;
      if (address - reinterpret_cast<uint64_t>(memory->base) < memory->block.reserved) return true;
    }
  return false;
}

/// Is this of compiled code? Then the execution knows where, and why it ends.
bool take_native_fault(const siginfo_t& info, const ucontext_t& context) {
  const greg_t* const r = context.uc_mcontext.gregs;
  const auto* const pc = reinterpret_cast<const void*>(r[REG_RIP]);
  const CodeImage* const image = CodeMap::find(pc).image;
  if (image == nullptr) return false;
  ExecutionData& ex = *running;
  const auto address = reinterpret_cast<uint64_t>(info.si_addr);
  const bool exhausted = ex.native->fiber.stack().in_guard(address);
  if (!exhausted && !in_memories(*ex.store, address)) return false;
  ex.fuel = ex.store->native.fuel;
  ex.trap = exhausted ? Trap::call_stack_exhausted : Trap::out_of_bounds_memory_access;
  ex.native->position = {.pc = pc,
                         .frame = reinterpret_cast<void**>(r[REG_RBP]),
                         .is_return = false,
                         .at_entry = exhausted};
  if (!exhausted && image->is_bare_at(pc))
    ex.native->position.bare_return = *reinterpret_cast<const void* const*>(r[REG_RSP]);
  return true;
}

[[noreturn]] void end_after_fault() { end_execution(*running, Exit::trapped); }

/// Lets the thread go on, when the signal's handler returns, in `end_after_fault`: below what the
/// stack holds, or where the stack is exhausted in the area for that.
void end_execution_behind(ucontext_t& context) {
  greg_t* const r = context.uc_mcontext.gregs;
  const FiberStack& stack = running->native->fiber.stack();
  constexpr uint64_t red_zone = 128, frame_bytes = 16 << 10;
  uint64_t top = static_cast<uint64_t>(r[REG_RSP]) - red_zone;
  if (top < reinterpret_cast<uint64_t>(stack.low()) + frame_bytes)
    top = reinterpret_cast<uint64_t>(stack.guard());
  r[REG_RSP] = static_cast<greg_t>((top & ~uint64_t{15}) - sizeof(void*));
  r[REG_RIP] = reinterpret_cast<greg_t>(&end_after_fault);
}

bool end_on_own_stack(const siginfo_t& info, ucontext_t& context) {
  if (!take_native_fault(info, context)) {
    if (!take_handler_fault(info, context)) return false;
    running->trap = Trap::out_of_bounds_memory_access;
  }
  end_execution_behind(context);
  return true;
}

#else
bool end_on_own_stack(const siginfo_t&, ucontext_t&) { return false; }
#endif

void on_fault(int signal, siginfo_t* info, void* context_pointer) {
  auto& context = *static_cast<ucontext_t*>(context_pointer);
  if (running != nullptr && running->native != nullptr) {
    if (end_on_own_stack(*info, context)) return;
  } else if (running != nullptr && take_handler_fault(*info, context)) {
    siglongjmp(*running->fault_exit, 1);
  }
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
  if ((previous.sa_flags & SA_SIGINFO) != 0)
    return previous.sa_sigaction(signal, info, context_pointer);
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

}  // namespace cairn::engine
