// Moves, constants, returns with a value, select, globals.

#include "interp/branch.hpp"

namespace cairn::engine {

namespace {

template <class T, Src src, Dst dst>
struct Copy {
  CAIRN_BODY void run(Regs& r) {
    write<T, dst>(r, 0, read<T, src>(r, 1));
    r.pc += std::is_same_v<T, double> && src == Src::imm ? 3 : 2;
  }
};

template <Dst dst>
struct Constant {
  CAIRN_BODY void run(Regs& r) {
    write<uint64_t, dst>(r, 0, r.pc[2].bits);
    r.pc += 3;
  }
};

/// Back to the caller's frame; the value goes through the accumulator.
CAIRN_BODY void pop_frame(Regs& r) {
  --r.frame;
  r.pc = r.frame->return_pc;
  r.fp = r.frame->fp;
  r.pin = r.frame->pin;
  to_register<double>(r.pin, r.fpin, r.frame->fpin);
}

template <class T, Src src, bool metered>
struct ReturnValue {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[3].half.low)) return;
    }
    to_register<T>(r.acc, r.facc, read<T, src>(r, 1));
    pop_frame(r);
  }
};

template <class T, Src a, Src b, Src cond, Dst dst>
struct Select {
  /// Constants (integers only) are both in word 2.
  template <Src src>
  CAIRN_BODY T operand(const Regs& r, int field, uint32_t constant) {
    if constexpr (src == Src::imm)
      return static_cast<T>(static_cast<int64_t>(static_cast<int32_t>(constant)));
    else
      return read<T, src>(r, field);
  }
  CAIRN_BODY void run(Regs& r) {
    const T first = operand<a>(r, 1, r.pc[2].half.low);
    const T second = operand<b>(r, 2, r.pc[2].half.high);
    write<T, dst>(r, 0, read<uint32_t, cond>(r, 3) != 0 ? first : second);
    r.pc += 3;
  }
};

template <class T, Dst dst>
struct GlobalGet {
  CAIRN_BODY void run(Regs& r) {
    T value;
    std::memcpy(&value, r.inst->globals[r.pc[2].half.low]->slots, sizeof value);
    write<T, dst>(r, 0, value);
    r.pc += 3;
  }
};
template <class T, Src src>
struct GlobalSet {
  CAIRN_BODY void run(Regs& r) {
    uint64_t* const cell = r.inst->globals[r.pc[2].half.low]->slots;
    const T value = read<T, src>(r, 0);
    if constexpr (is_float<T>)
      std::memcpy(cell, &value, sizeof value);
    else
      *cell = value;
    r.pc += 3;
  }
};
struct GlobalGetV128 {
  CAIRN_BODY void run(Regs& r) {
    V128::load(r.inst->globals[r.pc[2].half.low]->slots).store(r.fp + r.pc[1].fields.f[0]);
    r.pc += 3;
  }
};
struct GlobalSetV128 {
  CAIRN_BODY void run(Regs& r) {
    V128::load(r.fp + r.pc[1].fields.f[0]).store(r.inst->globals[r.pc[2].half.low]->slots);
    r.pc += 3;
  }
};

template <class T, Src src>
constexpr void fill_moves(MoveFamily& family, Domain domain) {
  const int d = static_cast<int>(domain), s = static_cast<int>(src);
  family.copy[d][s][0] = handler_of<Copy<T, src, Dst::slot>>;
  family.copy[d][s][1] = handler_of<Copy<T, src, Dst::acc>>;
  family.copy[d][s][2] = handler_of<Copy<T, src, Dst::pin>>;
  family.return_value[d][s][0] = handler_of<ReturnValue<T, src, false>>;
  family.return_value[d][s][1] = handler_of<ReturnValue<T, src, true>>;
}
template <class T, Src a, Src b, Src cond>
constexpr void fill_select(MoveFamily& family, Domain domain) {
  // Floats: no constants. One accumulator of a kind holds one operand.
  constexpr bool has = !(is_float<T> && (a == Src::imm || b == Src::imm)) &&
                       !(a == Src::acc && b == Src::acc) &&
                       !(!is_float<T> && cond == Src::acc && (a == Src::acc || b == Src::acc));
  if constexpr (has) {
    Handler* row = family.select[static_cast<int>(domain)][static_cast<int>(a)][static_cast<int>(b)]
                                [static_cast<int>(cond)];
    row[0] = handler_of<Select<T, a, b, cond, Dst::slot>>;
    row[1] = handler_of<Select<T, a, b, cond, Dst::acc>>;
    row[2] = handler_of<Select<T, a, b, cond, Dst::pin>>;
  }
}
template <class T, Src a, Src b>
constexpr void fill_select_conditions(MoveFamily& family, Domain domain) {
  fill_select<T, a, b, Src::slot>(family, domain);
  fill_select<T, a, b, Src::acc>(family, domain);
  fill_select<T, a, b, Src::pin>(family, domain);
}
template <class T, Src a>
constexpr void fill_domain(MoveFamily& family, Domain domain) {
  fill_moves<T, a>(family, domain);
  fill_select_conditions<T, a, Src::slot>(family, domain);
  fill_select_conditions<T, a, Src::acc>(family, domain);
  fill_select_conditions<T, a, Src::pin>(family, domain);
  fill_select_conditions<T, a, Src::imm>(family, domain);
}
template <class T>
constexpr void fill_all(MoveFamily& family, Domain domain) {
  fill_domain<T, Src::slot>(family, domain);
  fill_domain<T, Src::acc>(family, domain);
  fill_domain<T, Src::pin>(family, domain);
  fill_domain<T, Src::imm>(family, domain);
}
constexpr MoveFamily make_moves() {
  MoveFamily family{};
  fill_all<uint64_t>(family, Domain::word);
  fill_all<float>(family, Domain::f32);
  fill_all<double>(family, Domain::f64);
  fill_all<uint32_t>(family, Domain::i32);
  family.constant[0] = handler_of<Constant<Dst::slot>>;
  family.constant[1] = handler_of<Constant<Dst::acc>>;
  family.constant[2] = handler_of<Constant<Dst::pin>>;
  return family;
}

template <class T>
constexpr void fill_globals(GlobalFamily& family, Domain domain) {
  const int d = static_cast<int>(domain);
  family.get[d][0] = handler_of<GlobalGet<T, Dst::slot>>;
  family.get[d][1] = handler_of<GlobalGet<T, Dst::acc>>;
  family.get[d][2] = handler_of<GlobalGet<T, Dst::pin>>;
  family.set[d][static_cast<int>(Src::slot)] = handler_of<GlobalSet<T, Src::slot>>;
  family.set[d][static_cast<int>(Src::acc)] = handler_of<GlobalSet<T, Src::acc>>;
  family.set[d][static_cast<int>(Src::pin)] = handler_of<GlobalSet<T, Src::pin>>;
}
constexpr GlobalFamily make_globals() {
  GlobalFamily family{};
  fill_globals<uint64_t>(family, Domain::word);
  fill_globals<float>(family, Domain::f32);
  fill_globals<double>(family, Domain::f64);
  fill_globals<uint32_t>(family, Domain::i32);
  family.get_v128 = handler_of<GlobalGetV128>;
  family.set_v128 = handler_of<GlobalSetV128>;
  return family;
}

}  // namespace

constexpr MoveFamily moves = make_moves();
constexpr GlobalFamily globals = make_globals();

}  // namespace cairn::engine
