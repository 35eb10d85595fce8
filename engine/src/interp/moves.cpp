// Moves, constants, returns with a value, select, globals.

#include "interp/moves.hpp"

namespace cairn::engine {

namespace {

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
