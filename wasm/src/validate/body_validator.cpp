#include "validate/body_validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace cairn::wasm {

Result<> BodyValidator::function(uint32_t func_index, const Code& code) {
  func_index_ = func_index;
  in_constant_ = false;
  const FuncType& type = *context_.funcs[func_index].signature;
  locals_.reset(type.params);
  for (const LocalGroup& group : code.locals) {
    if (!context_.knows(group.type)) {
      return fail_at(ErrorKind::invalid, code.body.offset,
                     fmt::format("unknown type {} (in the locals of func {})",
                                 group.type.heap().index(), func_index));
    }
    if (group.count > context_.limits.locals - std::min(locals_.size(), context_.limits.locals)) {
      return fail_at(ErrorKind::limit, code.body.offset,
                     fmt::format("too many locals: the limit is {} (in func {})",
                                 context_.limits.locals, func_index));
    }
    locals_.add(group.count, context_.handle.canonical(group.type));
  }
  return run(code.body, type.results);
}

Result<> BodyValidator::constant(const Expr& expr, ValType type, std::string_view what) {
  in_constant_ = true;
  constant_what_ = what;
  locals_.reset({});
  return run(expr, Types(&type, 1));
}

Result<> BodyValidator::run(const Expr& expr, Types results) {
  vals_.clear();
  frames_.clear();
  return_types_ = results;
  Frame body;
  body.result_list = results;
  if (!push_ctrl(Op::block, {}, body)) return std::unexpected(std::move(error_));
  InstrDecoder decoder(expr, context_.features);
  const uint8_t* const code = expr.code.data();
  do {
    if (!in_constant_) {
      const uint8_t* const at = code + decoder.consumed();
      decoder.skip(static_cast<size_t>(skip_simple(at, code + expr.code.size()) - at));
    }
    if (!decoder.step(in_)) return std::unexpected(decoder.error());
    if (in_constant_ && !constant_instruction()) return std::unexpected(std::move(error_));
    if (!instruction()) return std::unexpected(std::move(error_));
  } while (!frames_.empty());
  if (decoder.at_end()) return {};
  return fail_at(ErrorKind::malformed, decoder.offset(),
                 "END opcode expected: instructions follow the end of the function");
}

// ---- The operand stack ------------------------------------------------------------------------

bool BodyValidator::matches(ValType found, ValType expected) {
  if (context_.registry.matches(found, expected)) return true;
  return mismatch(expected, found);
}

bool BodyValidator::pop_missing(ValType expected) {
  if (frames_.back().unreachable) return true;
  return fail(
      fmt::format("type mismatch: expected {}, found nothing on the stack", describe(expected)));
}

bool BodyValidator::pop_any(ValType& found) {
  if (vals_.size() > frames_.back().height) {
    found = vals_.pop();
    return true;
  }
  found = ValType::Kind::bot;
  return frames_.back().unreachable ||
         fail("type mismatch: expected an operand, found nothing on the stack");
}

bool BodyValidator::pop_ref(ValType& found) {
  if (!pop_any(found)) return false;
  if (found.is_bot()) found = ValType::ref(AbsHeapType::bot, false);
  return found.is_ref() ||
         fail(fmt::format("type mismatch: expected a reference, found {}", describe(found)));
}

std::optional<uint32_t> BodyValidator::exact_vals(Types expected) const {
  static_assert(std::has_unique_object_representations_v<ValType>);
  constexpr size_t long_list = 8;
  if (expected.size() < long_list) return std::nullopt;
  const size_t have = vals_.size() - frames_.back().height;
  const size_t present = std::min(have, expected.size());
  if (present < expected.size() && !frames_.back().unreachable) return std::nullopt;
  const Types wanted = expected.last(present);
  if (std::memcmp(vals_.top() - present, wanted.data(), wanted.size_bytes()) != 0) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(present);
}

bool BodyValidator::pop_vals(Types expected) {
  if (const auto present = exact_vals(expected)) {
    vals_.shrink(vals_.size() - *present);
    return true;
  }
  for (size_t i = expected.size(); i-- > 0;) {
    if (!pop_val(expected[i])) return false;
  }
  return true;
}

bool BodyValidator::cast_vals(Types expected) {
  if (exact_vals(expected) == expected.size()) return true;
  if (!pop_vals(expected)) return false;
  push_vals(expected);
  return true;
}

bool BodyValidator::has_vals(Types expected) {
  if (exact_vals(expected)) return true;
  const size_t have = vals_.size() - frames_.back().height;
  const size_t present = std::min(have, expected.size());
  for (size_t i = 1; i <= present; ++i) {
    const ValType found = vals_.peek(i - 1);
    const ValType wanted = expected[expected.size() - i];
    if (found != wanted && !matches(found, wanted)) return false;
  }
  return present == expected.size() || pop_missing(expected[expected.size() - present - 1]);
}

bool BodyValidator::too_many_operands() {
  return fail_as(ErrorKind::limit, fmt::format("too many operands: {}, the limit is {}",
                                               vals_.size(), context_.limits.operand_stack));
}

// ---- The control stack ------------------------------------------------------------------------

bool BodyValidator::push_ctrl(Op op, Types params, const Frame& results) {
  if (frames_.size() > context_.limits.block_nesting) {
    return fail_as(ErrorKind::limit, fmt::format("too many nested blocks, the limit is {}",
                                                 context_.limits.block_nesting));
  }
  frames_.push_back({.op = op,
                     .unreachable = false,
                     .height = vals_.size(),
                     .init_height = locals_.marks(),
                     .params = params,
                     .result_list = results.result_list,
                     .single = results.single});
  push_vals(params);
  return room_on_stack();
}

bool BodyValidator::pop_ctrl(Frame& out) {
  out = frames_.back();
  if (!pop_vals(out.results())) return false;
  if (vals_.size() != out.height) {
    return fail(
        fmt::format("type mismatch: expected an empty stack at the end of a block, found "
                    "{} more operands",
                    vals_.size() - out.height));
  }
  locals_.unset_down_to(out.init_height);
  frames_.pop_back();
  return true;
}

void BodyValidator::unreachable() {
  vals_.shrink(frames_.back().height);
  frames_.back().unreachable = true;
}

bool BodyValidator::block_type(Frame& out) {
  switch (in_.block.kind) {
    case BlockType::Kind::empty: return true;
    case BlockType::Kind::value: return canonical(in_.block.value, out.single);
    case BlockType::Kind::index: break;
  }
  const FuncType* type = nullptr;
  if (!func_type(in_.block.index, type)) return false;
  out.params = type->params;
  out.result_list = type->results;
  return true;
}

// ---- Plain instructions -----------------------------------------------------------------------

bool BodyValidator::plain(const Signature& signature) {
  ValType address;
  if (signature.check != ImmCheck::none && !check_immediates(signature.check, address)) {
    return false;
  }
  const auto type = [&](ValType letter) { return letter == address_letter ? address : letter; };
  for (size_t i = signature.param_count; i-- > 0;) {
    if (!pop_val(type(signature.params[i]))) return false;
  }
  for (size_t i = 0; i < signature.result_count; ++i) push_val(type(signature.results[i]));
  return true;
}

bool BodyValidator::check_immediates(ImmCheck check, ValType& address) {
  switch (check) {
    case ImmCheck::none: return true;
    case ImmCheck::memarg: return check_memarg(address);
    case ImmCheck::memory: return memory(in_.index, address);
    case ImmCheck::lane: return check_lane();
    case ImmCheck::memarg_and_lane: return check_memarg(address) && check_lane();
    case ImmCheck::shuffle: return check_shuffle();
    case ImmCheck::data: return data(in_.index);
    case ImmCheck::elem: {
      ValType ignored;
      return elem(in_.index, ignored);
    }
  }
  return false;
}

bool BodyValidator::check_memarg(ValType& address) {
  if (!memory(in_.mem.memory, address)) return false;
  const OpInfo& row = info(in_.op);
  const uint32_t natural = natural_align_log2(row.imm);
  const bool is_atomic = row.prefix == 0xFE;
  if (in_.mem.align_log2 > natural) {
    return fail(
        fmt::format("alignment must not be larger than natural: expected at most 2^{}, "
                    "found 2^{}",
                    natural, in_.mem.align_log2));
  }
  if (is_atomic && in_.mem.align_log2 != natural) {
    return fail(fmt::format("atomic alignment must be natural: expected 2^{}, found 2^{}", natural,
                            in_.mem.align_log2));
  }
  if (address == i32 && in_.mem.offset > UINT32_MAX) {
    return fail(
        fmt::format("offset out of range: expected less than 2^32, found {}", in_.mem.offset));
  }
  return true;
}

bool BodyValidator::check_lane() {
  const Imm imm = info(in_.op).imm;
  uint32_t lanes = 0;
  if (imm >= Imm::mem0_lane && imm <= Imm::mem3_lane) {
    lanes = 16u >> natural_align_log2(imm);
  } else {
    lanes = 2u << (static_cast<uint32_t>(imm) - static_cast<uint32_t>(Imm::lane2));
  }
  return in_.lane < lanes ||
         fail(fmt::format("invalid lane index: expected less than {}, found {}", lanes, in_.lane));
}

bool BodyValidator::check_shuffle() {
  return std::ranges::all_of(in_.bytes, [](uint8_t lane) { return lane < 32; }) ||
         fail("invalid lane index: expected less than 32");
}

}  // namespace cairn::wasm
