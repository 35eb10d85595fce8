// Compare and branch in one instruction.

#include "interp/branch.hpp"

namespace cairn::engine {

namespace {

template <class Fn, bool negated, Src a, Src b>
void fill(BranchFamily& family) {
  if constexpr (!(a == Src::acc && b == Src::acc)) {
    auto& cell = family.at[static_cast<int>(a)][static_cast<int>(b)];
    cell[0][0] = make_handler<Branch<Fn, negated, a, b, false, false>>();
    cell[0][1] = make_handler<Branch<Fn, negated, a, b, false, true>>();
    cell[1][0] = make_handler<Branch<Fn, negated, a, b, true, false>>();
    cell[1][1] = make_handler<Branch<Fn, negated, a, b, true, true>>();
  }
}
template <class Fn, bool negated, Src a>
void fill_row(BranchFamily& family) {
  fill<Fn, negated, a, Src::slot>(family);
  fill<Fn, negated, a, Src::acc>(family);
  fill<Fn, negated, a, Src::pin>(family);
  fill<Fn, negated, a, Src::imm>(family);
}
template <class Fn, bool negated>
BranchFamily make_branch() {
  BranchFamily family{};
  fill_row<Fn, negated, Src::slot>(family);
  fill_row<Fn, negated, Src::acc>(family);
  fill_row<Fn, negated, Src::pin>(family);
  return family;
}

}  // namespace

const BranchFamily* branch_family(wasm::Op op, bool negate) {
  switch (op) {
#define CAIRN_ONE(id, T) \
  case wasm::Op::id: return negate ? nullptr : family_of<make_branch<test_##id, false>>();
#define CAIRN_BOTH(id, T)                                     \
  case wasm::Op::id:                                          \
    return negate ? family_of<make_branch<test_##id, true>>() \
                  : family_of<make_branch<test_##id, false>>();
    CAIRN_ONE_SENSE(CAIRN_ONE)
    CAIRN_BOTH_SENSES(CAIRN_BOTH)
    default: return nullptr;
  }
}

}  // namespace cairn::engine
