#include "baseline/function_compiler.hpp"

#include <cairn/engine/compiler.hpp>

#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

using wasm::Op;

namespace {

/// Integer registers for operands, where no local lives there.
constexpr uint32_t operand_gprs =
    1u << x86::Gp::kIdAx | 1u << x86::Gp::kIdCx | 1u << x86::Gp::kIdDx | 1u << x86::Gp::kIdSi |
    1u << x86::Gp::kIdDi | 1u << x86::Gp::kIdR8 | 1u << x86::Gp::kIdR9 | 1u << x86::Gp::kIdR10;

/// More words than this on the stack are not taken without a look at what is there, see
/// `slack_bytes` of native/enter.cpp.
constexpr uint32_t frame_words_max = 4 << 10;

}  // namespace

FunctionCompiler::FunctionCompiler(ImageWriter& image, bool counts)
    : image_(image),
      code_(image.code()),
      module_(image.module()),
      counts_(counts),
      metered_(module_.engine->settings.fuel),
      interruptible_(module_.engine->settings.interruption),
      deterministic_(module_.engine->settings.deterministic),
      masks_indices_(module_.engine->settings.index_masks),
      has_bmi2_(image.has("bmi2")) {}

// ---- The function as a whole -------------------------------------------------------------------

void FunctionCompiler::begin() {
  saved_.clear();
  for (uint32_t id = 0; id < 16; ++id)
    if ((plan_.pinned_gprs & callee_saved & 1u << id) != 0)
      saved_.push_back(static_cast<uint8_t>(id));
  frame_sizes_.clear();
  ref_counts_.clear();
  entries_.clear();
  cold_.clear();
  tables_.clear();
  stack_.clear();
  labels_.clear();
  comparison_.reset();
  settled_ = operands_max_ = operand_slots_ = 0;
  work_ = 0;
  dead_ = false;
  fuel_ = 0;
  all_gprs_ = operand_gprs & ~plan_.pinned_gprs;
  reset_registers();
  body_ = code_.newLabel();
  epilogue_ = code_.newLabel();
}

bool FunctionCompiler::compile(uint32_t defined_index, std::span<const uint32_t> loops) {
  make_plan(image_, defined_index, plan_);
  if (!plan_.eligible) return false;
  index_ = defined_index;
  source_ = &module_.ast.code[defined_index];
  signature_ = &image_.signature_of_function(module_.ast.imported_functions + defined_index);
  loops_ = loops;
  begin();
  code_.align(asmjit::AlignMode::kCode, 16);
  image_.set_no_place();
  const uint32_t first = image_.offset();
  code_.bind(body_);
  count_entry();
  open_frame();
  check_stack();
  take_parameters();
  clear_locals();
  if (plan_.memory_base != no_register)
    code_.mov(x86::gpq(plan_.memory_base), x86::ptr(instance_register, at::memory0_base));
  link_refs();

  Label whole;
  whole.type = Label::Type::function;
  whole.results = signature_->results;
  whole.target = epilogue_;
  labels_.push_back(whole);
  wasm::InstrDecoder decoder(source_->body, wasm::Features::all());
  decoder_ = &decoder;
  wasm::Instruction in;
  while (!decoder.at_end() && ++work_ <= compiled_work_max) {
    CAIRN_ASSERT(decoder.step(in));
    if (dead_) {
      skip_dead(in);
      continue;
    }
    place_ = static_cast<uint32_t>(in.offset - source_->body.offset);
    fuel_ += wasm::info(in.op).fuel;
    translate(in);
  }
  // What was given up is closed all the same, and not used.
  const bool is_whole = labels_.empty();
  for (const Label& open : labels_) {
    if (open.type == Label::Type::function) continue;
    if (open.has_else) code_.bind(open.else_target);
    if (open.handler.isValid()) code_.bind(open.handler);
    if (open.type != Label::Type::loop) code_.bind(open.target);
  }
  close();
  uint32_t frame_words = plan_.local_slots + operand_slots_ + plan_.outgoing_words;
  if (plan_.refs) frame_words += plan_.ref_locals + operands_max_;
  if (!is_whole || frame_words > frame_words_max) {
    image_.add_range(first, {.kind = ImageRange::Kind::inner});
    return false;
  }
  image_.add_range(first, {.kind = ImageRange::Kind::function, .function = index_});
  for (const LoopEntry& entry : entries_)
    image_.add_loop_stub(*signature_, entry.inner, {index_, entry.offset});
  image_.need_enter_stub(*signature_);
  return true;
}

void FunctionCompiler::close() {
  emit_epilogue();
  // Cold code may ask for more of it.
  for (size_t i = 0; i < cold_.size(); ++i) (this->*cold_[i].emit)(cold_[i]);
  patch_frame();
}

// ---- Instructions ------------------------------------------------------------------------------

/// Code that cannot be reached is left out, up to the label that ends it.
void FunctionCompiler::skip_dead(const wasm::Instruction& in) {
  switch (in.op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: ++dead_depth_; return;
    case Op::else_:
      if (dead_depth_ == 0) else_branch();
      return;
    case Op::catch_:
    case Op::catch_all:
      if (dead_depth_ == 0) legacy_catch(in);
      return;
    case Op::delegate:
      if (dead_depth_ > 0)
        --dead_depth_;
      else
        delegate(in.index);
      return;
    case Op::end:
      if (dead_depth_ > 0)
        --dead_depth_;
      else
        end();
      return;
    default: return;
  }
}

void FunctionCompiler::translate(const wasm::Instruction& in) {
  switch (in.op) {
    case Op::unreachable: {
      image_.set_place(index_, place_);
      code_.call(image_.raise(Trap::unreachable));
      return mark_dead();
    }
    case Op::nop: return;
    case Op::block: return block(in, Label::Type::block);
    case Op::loop: return block(in, Label::Type::loop);
    case Op::if_: return block(in, Label::Type::if_);
    case Op::try_: return block(in, Label::Type::legacy_try);
    case Op::try_table: return block(in, Label::Type::try_table);
    case Op::else_: return else_branch();
    case Op::catch_:
    case Op::catch_all: return legacy_catch(in);
    case Op::delegate: return delegate(in.index);
    case Op::end: return end();
    case Op::br: return branch(in.index), mark_dead();
    case Op::br_if: return branch_if(in.index);
    case Op::br_table: return branch_table(in);
    case Op::return_: return return_values(), mark_dead();
    case Op::call: return call(in);
    case Op::call_indirect: return call_indirect(in);
    case Op::throw_: return throw_new(in.index);
    case Op::throw_ref: return throw_reference(pop());
    case Op::rethrow: return rethrow(in.index);
    case Op::drop: return release(pop());
    case Op::select:
    case Op::select_t: return select();
    case Op::local_get: return get_local(in.index);
    case Op::local_set: return set_local(in.index, false);
    case Op::local_tee: return set_local(in.index, true);
    case Op::global_get: return get_global(in.index);
    case Op::global_set: return set_global(in.index);
    case Op::i32_const: return push_constant(Kind::i32, in.value & 0xFFFFFFFF);
    case Op::i64_const: return push_constant(Kind::i64, in.value);
    case Op::f32_const: return push_constant(Kind::f32, in.value & 0xFFFFFFFF);
    case Op::f64_const: return push_constant(Kind::f64, in.value);
    default: break;
  }
  const wasm::OpInfo& row = wasm::info(in.op);
  if (row.prefix == 0xFD) return vector(in);
  if (row.imm >= wasm::Imm::mem0 && row.imm <= wasm::Imm::mem3)
    return row.sig.back() == '_' ? store(in) : load(in);
  if (row.prefix == 0xFC && in.op > Op::i64_trunc_sat_f64_u) return references(in);
  if (row.imm != wasm::Imm::none || in.op == Op::ref_is_null) return references(in);
  if (in.op >= Op::i32_wrap_i64 && in.op <= Op::i64_trunc_sat_f64_u) return convert(in.op);
  const char operand = row.sig.front(), result = row.sig.back();
  if (result == 'i' && (row.sig.size() == 4 || in.op == Op::i32_eqz || in.op == Op::i64_eqz) &&
      (in.op <= Op::f64_ge))
    return compare(in.op, in.op == Op::i32_eqz || in.op == Op::i64_eqz);
  if (operand == 'f' || operand == 'd') return floating(in.op);
  integer(in.op);
}

}  // namespace cairn::engine::baseline
