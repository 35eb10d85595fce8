// Entering and leaving functions, unconditional branches, exceptions, and the ends of executions.

#include "interp/control.hpp"
#include "native/enter.hpp"

namespace cairn::engine {

namespace {

struct CopyBlock {
  CAIRN_BODY void run(Regs& r) {
    uint64_t* const to = r.fp + r.pc[1].half.low;
    const uint64_t* const from = r.fp + r.pc[1].half.high;
    for (uint32_t i = 0, n = r.pc[2].half.low; i < n; ++i) to[i] = from[i];
    r.pc += 3;
  }
};
struct CopyFar {
  CAIRN_BODY void run(Regs& r) {
    r.fp[r.pc[1].half.low] = r.fp[r.pc[1].half.high];
    r.pc += 2;
  }
};

struct ResolveImport {
  CAIRN_BODY void run(Regs& r) {
    r.fp[r.pc[1].fields.f[0]] =
        reinterpret_cast<uint64_t>(r.inst->imported_funcs[r.pc[2].half.low]);
    r.pc += 3;
  }
};
template <class Index>
struct ResolveIndirect {
  CAIRN_BODY void run(Regs& r) {
    Trap trap = Trap::none;
    FuncInst* const func = look_up(r, read_slot<Index>(r, r.pc[1].fields.f[1]), r.pc[2].half.low,
                                   r.pc[2].half.high, trap);
    if (func == nullptr) [[unlikely]]
      return raise(r, trap);
    r.fp[r.pc[1].fields.f[0]] = reinterpret_cast<uint64_t>(func);
    r.pc += 3;
  }
};

CAIRN_BODY void move_arguments(Regs& r, uint32_t from, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) r.fp[i] = r.fp[from + i];
}
/// For a tail call into another instance. Our caller's instance comes back once, however long the
/// chain of tail calls is.
CAIRN_BODY bool replace_instance(Regs& r, InstanceData* instance) {
  if (r.frame[-1].return_pc != r.ex->restore_code) {
    uint64_t* const fp = r.fp;
    r.fp = reinterpret_cast<uint64_t*>(r.inst);
    const bool pushed = push_frame(r, r.ex->restore_code);
    r.fp = fp;
    if (!pushed) return false;
  }
  r.inst = instance;
  r.mem = r.inst->memory0_base;
  return true;
}
template <bool metered>
struct ReturnCall {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[3].half.low)) return;
    }
    FuncCode* const callee = r.pc[2].code;
    move_arguments(r, r.pc[1].half.low, r.pc[1].half.high);
    go_to(r, callee);
  }
};
template <bool metered>
struct ReturnCallRef {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[2].half.high)) return;
    }
    auto* const func = reinterpret_cast<FuncInst*>(r.fp[r.pc[1].fields.f[0]]);
    if (func == nullptr) [[unlikely]]
      return raise(r, Trap::null_function_reference);
    move_arguments(r, r.pc[2].half.low, r.pc[1].half.high);
    if (func->code == nullptr) {
      // A host function has no frame: it runs in place of ours and returns to our caller.
      return enter_host(r, func, r.fp, r.ex->return_code);
    }
    if (func->instance != r.inst && !replace_instance(r, func->instance)) return;
    go_to(r, func->code);
  }
};

struct Fuel {
  CAIRN_BODY void run(Regs& r) {
    if (charge(r, r.pc[1].half.low)) r.pc += 2;
  }
};
struct Unreachable {
  CAIRN_BODY void run(Regs& r) { raise(r, Trap::unreachable); }
};
struct Throw {
  CAIRN_BODY void run(Regs& r) {
    spill(r);
    if (!make_exception(*r.ex, r.pc[1].half.low, r.fp + r.pc[1].half.high, r.pc[2].half.low))
        [[unlikely]]
      return raise(r, Trap::out_of_memory);
    stop_or_catch(r, Exit::threw);
  }
};
struct ThrowRef {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t exception = r.fp[r.pc[1].fields.f[0]];
    if (exception == 0) [[unlikely]]
      return raise(r, Trap::null_exception_reference);
    spill(r);
    r.ex->exception = exception;
    if (r.ex->native) r.ex->native->throw_trace.restart(exception);
    stop_or_catch(r, Exit::threw);
  }
};
struct Translate {
  CAIRN_BODY void run(Regs& r) { r.pc = translate_now(*reinterpret_cast<FuncCode*>(r.acc)); }
};
template <class T>
struct End {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (!std::is_void_v<T>) write_slot<T>(r, 0, from_register<T>(r.acc, r.facc));
    leave(r, Exit::returned);
  }
};
struct RestoreInstance {
  CAIRN_BODY void run(Regs& r) {
    r.inst = reinterpret_cast<InstanceData*>(r.fp);
    r.mem = r.inst->memory0_base;
    pop_frame(r);
  }
};
/// Calls compiled code in the frame that has been made for it, and returns from that.
struct EnterNative {
  CAIRN_BODY void run(Regs& r) {
    spill(r);
    return_from(r, enter_native(*r.ex));
  }
  CAIRN_BODY void return_from(Regs& r, const NativeReturn& end) {
    if (end.exit != Exit::returned) [[unlikely]]
      return stop_or_catch(r, end.exit);
    if (end.tail == nullptr) [[likely]] {
      take_host_result(r, r.fp);
      return pop_frame(r);
    }
    const bool is_code = end.tail->kind == NativeTarget::Kind::code;
    auto* const func = reinterpret_cast<FuncInst*>(const_cast<NativeTarget*>(end.tail));
    FuncCode* const code = is_code ? reinterpret_cast<FuncCode*>(func) : func->code;
    if (end.tail_instance != r.inst && !replace_instance(r, end.tail_instance)) return;
    if (code == nullptr) return enter_host(r, func, r.fp, r.ex->return_code);
    go_to(r, code);
  }
};
struct CountEntry {
  CAIRN_BODY void run(Regs& r) {
    if (r.pc[1].code->heat.step()) [[unlikely]]
      want_code(*r.pc[1].code);
    r.pc += 2;
  }
};
/// Brings the pinned locals to their slots.
CAIRN_BODY void unpin(Regs& r, const FuncCode::Body& body) {
  const auto [integer, floating] = body.pinned_slots;
  if (integer != FuncCode::Body::no_slot) r.fp[integer] = r.pin;
  if (floating != FuncCode::Body::no_slot) r.fp[floating] = std::bit_cast<uint64_t>(r.fpin[0]);
}
/// At the head of a loop. When there is code for it the frame goes over to that, which then returns
/// from it: nothing but the results comes back here.
struct CountRound {
  CAIRN_BODY void run(Regs& r) {
    auto* const loop = static_cast<LoopHeat*>(const_cast<void*>(r.pc[1].pointer));
    if (loop->heat.step()) [[unlikely]] {
      if (const void* const entry = loop_code(*loop)) {
        unpin(r, *loop->code->body);
        r.pc = r.ex->native_code;
        spill(r);
        return EnterNative::return_from(r, enter_loop(*r.ex, entry));
      }
    }
    r.pc += 2;
  }
};
template <class T, Src src, Dst dst>
struct CanonicalNan {
  CAIRN_BODY void run(Regs& r) {
    const T value = read<T, src>(r, 0);
    if (value != value) [[unlikely]]
      write<T, dst>(r, 0, std::numeric_limits<T>::quiet_NaN());
    r.pc += 2;
  }
};

template <int... n>
constexpr void fill_enter(ControlHandlers& c, std::integer_sequence<int, n...>) {
  ((c.enter[n] = handler_of<Enter<n>>), ...);
}
template <bool m>
constexpr void fill_metered(ControlHandlers& c) {
  c.br[0][m] = handler_of<Br<false, m>>;
  c.br[1][m] = handler_of<Br<true, m>>;
  c.br_table[0][m] = handler_of<BrTable<Src::slot, m>>;
  c.br_table[1][m] = handler_of<BrTable<Src::acc, m>>;
  c.br_table[2][m] = handler_of<BrTable<Src::pin, m>>;
  c.return_void[m] = handler_of<ReturnVoid<m>>;
  c.call[m] = handler_of<Call<m>>;
  c.call_import[m] = handler_of<CallImport<m>>;
  c.call_indirect[0][m] = handler_of<CallIndirect<Src::slot, uint32_t, m>>;
  c.call_indirect[1][m] = handler_of<CallIndirect<Src::acc, uint32_t, m>>;
  c.call_indirect[2][m] = handler_of<CallIndirect<Src::pin, uint32_t, m>>;
  c.call_indirect64[m] = handler_of<CallIndirect<Src::slot, uint64_t, m>>;
  c.call_ref[m] = handler_of<CallRef<m>>;
  c.return_call[m] = handler_of<ReturnCall<m>>;
  c.return_call_ref[m] = handler_of<ReturnCallRef<m>>;
}
constexpr ControlHandlers make_control() {
  ControlHandlers c{};
  fill_enter(c, std::make_integer_sequence<int, 9>());
  fill_metered<false>(c);
  fill_metered<true>(c);
  c.copy2 = handler_of<Copy2>;
  c.copy_v128 = handler_of<CopyV128>;
  c.copy_block = handler_of<CopyBlock>;
  c.copy_far = handler_of<CopyFar>;
  c.resolve_import = handler_of<ResolveImport>;
  c.resolve_indirect = handler_of<ResolveIndirect<uint32_t>>;
  c.resolve_indirect64 = handler_of<ResolveIndirect<uint64_t>>;
  c.fuel = handler_of<Fuel>;
  c.unreachable = handler_of<Unreachable>;
  c.throw_ = handler_of<Throw>;
  c.throw_ref = handler_of<ThrowRef>;
  c.translate = handler_of<Translate>;
  c.end[0] = handler_of<End<void>>;
  c.end[1] = handler_of<End<uint64_t>>;
  c.end[2] = handler_of<End<float>>;
  c.end[3] = handler_of<End<double>>;
  c.restore_instance = handler_of<RestoreInstance>;
  c.enter_native = handler_of<EnterNative>;
  c.heat = handler_of<CountEntry>;
  c.heat_loop = handler_of<CountRound>;
  c.canonical_nan[0][0] = handler_of<CanonicalNan<float, Src::slot, Dst::slot>>;
  c.canonical_nan[0][1] = handler_of<CanonicalNan<float, Src::acc, Dst::acc>>;
  c.canonical_nan[0][2] = handler_of<CanonicalNan<float, Src::pin, Dst::pin>>;
  c.canonical_nan[1][0] = handler_of<CanonicalNan<double, Src::slot, Dst::slot>>;
  c.canonical_nan[1][1] = handler_of<CanonicalNan<double, Src::acc, Dst::acc>>;
  c.canonical_nan[1][2] = handler_of<CanonicalNan<double, Src::pin, Dst::pin>>;
  return c;
}

}  // namespace

void go_on_behind_native(ExecutionData& ex, const NativeReturn& end) {
  Regs r = ex.regs;
  EnterNative::return_from(r, end);
  if (r.pc == ex.stop_code) r.pc = ex.stopped_at;
  spill(r);
}

namespace {

// Stopping saves the registers (the pc is saved by whoever said to stop) and returns for real.
CAIRN_TAIL_ABI void stop_tail(const Word*, uint64_t* fp, uint8_t* mem, InstanceData* inst,
                              ExecutionData* ex, Frame* frame, uint64_t acc, uint64_t pin,
                              FloatReg facc, FloatReg fpin) {
  ex->regs = Regs{ex->stopped_at, fp, mem, inst, ex, frame, acc, pin, facc, fpin};
}

}  // namespace

constexpr ControlHandlers control = make_control();
constexpr Stubs stubs_tail = {.end = {{{.tail = control.end[0].tail}},
                                      {{.tail = control.end[1].tail}},
                                      {{.tail = control.end[2].tail}},
                                      {{.tail = control.end[3].tail}}},
                              .restore = {{.tail = control.restore_instance.tail}},
                              .plain_return = {{.tail = control.return_void[0].tail}, {.bits = 0}},
                              .translate = {{.tail = control.translate.tail}},
                              .enter_native = {{.tail = control.enter_native.tail}}};
constexpr Stubs stubs_loop = {.end = {{{.loop = control.end[0].loop}},
                                      {{.loop = control.end[1].loop}},
                                      {{.loop = control.end[2].loop}},
                                      {{.loop = control.end[3].loop}}},
                              .restore = {{.loop = control.restore_instance.loop}},
                              .plain_return = {{.loop = control.return_void[0].loop}, {.bits = 0}},
                              .translate = {{.loop = control.translate.loop}},
                              .enter_native = {{.loop = control.enter_native.loop}}};
const Word stop_code_tail[1] = {{.tail = &stop_tail}};
const Word stop_code_loop[1] = {{.loop = nullptr}};

}  // namespace cairn::engine
