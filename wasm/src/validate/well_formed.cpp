#include "validate/well_formed.hpp"

#include <fmt/format.h>
#include <cairn/wasm/instruction.hpp>

namespace cairn::wasm {

namespace {

bool names_data(Op op) {
  return op == Op::memory_init || op == Op::data_drop || op == Op::array_new_data ||
         op == Op::array_init_data;
}

class BodyGrammar {
 public:
  BodyGrammar(const Module& module, Features features) : module_(module), features_(features) {}

  Result<> check(const Expr& body) {
    open_.assign(1, Op::block);
    InstrDecoder decoder(body, features_);
    while (!open_.empty()) {
      TRY(decoder.next(in_));
      TRY(instruction());
    }
    if (!decoder.at_end()) {
      return fail_at(ErrorKind::malformed, decoder.offset(),
                     "END opcode expected: instructions follow the end of the function");
    }
    return {};
  }

 private:
  Result<> instruction() {
    switch (in_.op) {
      case Op::block:
      case Op::loop:
      case Op::if_:
      case Op::try_table:
      case Op::try_: open_.push_back(in_.op); break;
      case Op::end: open_.pop_back(); break;
      case Op::else_: return become(Op::if_, Op::if_);
      case Op::catch_:
      case Op::catch_all: return become(Op::try_, Op::catch_);
      case Op::delegate: {
        TRY(become(Op::try_, Op::try_));
        open_.pop_back();
        break;
      }
      default:
        if (names_data(in_.op) && !module_.data_count) {
          return fail_at(ErrorKind::malformed, in_.offset, "data count section required");
        }
    }
    return {};
  }

  /// The innermost block must be `expected` or `also`; it goes on as this instruction.
  Result<> become(Op expected, Op also) {
    if (open_.back() != expected && open_.back() != also) {
      return fail_at(ErrorKind::malformed, in_.offset,
                     fmt::format("END opcode expected: found {} outside of {}", info(in_.op).text,
                                 info(expected).text));
    }
    open_.back() = in_.op;
    return {};
  }

  const Module& module_;
  Features features_;
  Instruction in_;
  std::vector<Op> open_;
};

}  // namespace

Result<> check_well_formed(const Module& module, Features features) {
  BodyGrammar grammar(module, features);
  for (const Code& code : module.code) TRY(grammar.check(code.body));
  return {};
}

}  // namespace cairn::wasm
