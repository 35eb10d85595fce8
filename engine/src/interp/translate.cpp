#include "interp/translator.hpp"

namespace cairn::engine {

using wasm::Op;

Kind kind_of(wasm::ValType type, const wasm::TypeRegistry& registry) {
  switch (type.kind()) {
    case wasm::ValType::Kind::i64: return Kind::i64;
    case wasm::ValType::Kind::f32: return Kind::f32;
    case wasm::ValType::Kind::f64: return Kind::f64;
    case wasm::ValType::Kind::v128: return Kind::v128;
    case wasm::ValType::Kind::ref:
      return registry.top(type.heap()) == wasm::AbsHeapType::func ? Kind::func : Kind::ref;
    default: return Kind::i32;
  }
}

Translator::Translator(const ModuleState& module, FuncCode& code, bool far)
    : module_(module),
      code_(code),
      source_(module.ast.code[code.defined_index]),
      settings_(module.engine->settings),
      metered_(settings_.fuel),
      tail_(settings_.dispatch == Dispatch::tail_call),
      counts_heat_(module.engine->tiering != nullptr),
      body_(std::make_unique<FuncCode::Body>()) {
  if (far) near_end_ = field_slots;
}

Kind Translator::kind(wasm::ValType type) const {
  return kind_of(module_.types->canonical(type), module_.engine->types);
}
std::vector<Kind> Translator::kinds(std::span<const wasm::ValType> types) const {
  std::vector<Kind> result;
  result.reserve(types.size());
  for (const wasm::ValType type : types) result.push_back(kind(type));
  return result;
}
const wasm::SubType& Translator::type_at(uint32_t type_index) const {
  return module_.ast.types[type_index];
}
const wasm::FuncType& Translator::func_type(uint32_t func_index) const {
  return *type_at(module_.func_type_index[func_index]).func();
}
const RuntimeType& Translator::runtime_type(uint32_t type_index) const {
  return module_.runtime_types[type_index];
}
void Translator::block_types(const wasm::BlockType& type, std::vector<Kind>& params,
                             std::vector<Kind>& results) const {
  if (type.kind == wasm::BlockType::Kind::value) results = {kind(type.value)};
  if (type.kind == wasm::BlockType::Kind::index) {
    const wasm::FuncType& func = *type_at(type.index).func();
    params = kinds(func.params);
    results = kinds(func.results);
  }
}

// ---- The frame ---------------------------------------------------------------------------------

void Translator::lay_out_locals() {
  uint32_t slot = 0;
  const auto add = [&](Kind local) {
    locals_.push_back({.slot = slot, .kind = local});
    if (local == Kind::ref) body_->ref_locals.push_back(slot);
    local_at_slot_.push_back(static_cast<uint32_t>(locals_.size() - 1));
    if (local == Kind::v128) local_at_slot_.push_back(static_cast<uint32_t>(locals_.size() - 1));
    slot += slots_of(local);
  };
  const uint32_t func_index = module_.ast.imported_functions + code_.defined_index;
  const std::vector<wasm::ValType>& params = func_type(func_index).params;
  size_t count = params.size();
  for (const wasm::LocalGroup& group : source_.locals) count += group.count;
  locals_.reserve(count);
  local_at_slot_.reserve(count);
  for (const wasm::ValType param : params) add(kind(param));
  param_slots_ = body_->param_slots = slot;
  if (near_end_ != none) slot = reserve_near(slot);
  for (const wasm::LocalGroup& group : source_.locals) {
    const Kind local = kind(group.type);
    for (uint32_t i = 0; i < group.count; ++i) add(local);
  }
  local_slots_ = slot;
  height_ = max_slots_ = slot;
}

/// The busiest integer and the busiest float local go into machine registers. A use counts eight
/// times as much for each loop around it.
void Translator::choose_pinned() {
  if (near_end_ != none) return;
  std::vector<uint64_t> weight(locals_.size());
  wasm::InstrDecoder decoder(source_.body, wasm::Features::all());
  wasm::Instruction in;
  std::vector<bool> loops;
  uint64_t unit = 1;
  uint32_t depth = 0;
  constexpr uint32_t depth_max = 12;
  while (!decoder.at_end()) {
    CAIRN_ASSERT(decoder.next(in).has_value());
    switch (in.op) {
      case Op::loop:
        loops.push_back(true);
        if (++depth <= depth_max) unit *= 8;
        break;
      case Op::block:
      case Op::if_:
      case Op::try_:
      case Op::try_table: loops.push_back(false); break;
      case Op::end:
      case Op::delegate:
        if (loops.empty()) break;
        if (loops.back() && depth-- <= depth_max) unit /= 8;
        loops.pop_back();
        break;
      case Op::local_get:
      case Op::local_set:
      case Op::local_tee: weight[in.index] += unit; break;
      default: break;
    }
  }
  uint64_t best[2] = {2, 2};
  for (size_t i = 0; i < locals_.size(); ++i) {
    if (locals_[i].kind > Kind::f64) continue;
    const bool floating = is_float_kind(locals_[i].kind);
    if (weight[i] <= best[floating]) continue;
    best[floating] = weight[i];
    pinned_[floating] = locals_[i].slot;
  }
}

void Translator::emit_entry() {
  const uint32_t zeroed = local_slots_ - param_slots_;
  emit(control.enter[std::min(zeroed, 8u)]);
  emit_halves(0, param_slots_);
  emit_halves(zeroed, 0);
  emit_fields(pinned_[0] == none ? 0 : pinned_[0], pinned_[1] == none ? 0 : pinned_[1]);
  std::ranges::copy(pinned_, body_->pinned_slots);
  if (!counts_heat_) return;
  code_.heat.set(settings_.hot_entries);
  emit(control.heat);
  emit_word({.code = &code_});
}

bool Translator::run() {
  // What most bodies come to, so that little is moved while it grows.
  const size_t bytes = source_.body.code.size();
  words_.reserve(bytes / 2 + 16);
  starts_.reserve(bytes / 5 + 8);
  body_->offsets.reserve(bytes / 2 + 1);
  stack_.reserve(16);
  controls_.reserve(8);
  lay_out_locals();
  choose_pinned();
  emit_entry();
  translate_body();
  if (near_end_ == none && max_slots_ >= field_slots) return false;
  fuse();
  link_catches();
  words_[1].half.low = max_slots_ + 1;
  code_.frame_slots = max_slots_ + 1;
  body_->words = std::move(words_);
  code_.body = std::move(body_);
  return true;
}

// ---- The body ----------------------------------------------------------------------------------

void Translator::translate_body() {
  Control function;
  function.type = Control::Type::function;
  const uint32_t func_index = module_.ast.imported_functions + code_.defined_index;
  function.results = kinds(func_type(func_index).results);
  function.base = height_;
  controls_.push_back(std::move(function));
  wasm::InstrDecoder decoder(source_.body, wasm::Features::all());
  wasm::Instruction in;
  while (!decoder.at_end()) {
    CAIRN_ASSERT(decoder.next(in).has_value());
    if (dead_) {
      skip_dead(in);
      continue;
    }
    body_->offsets.push_back(
        {.pc = here(), .offset = static_cast<uint32_t>(in.offset - source_.body.offset)});
    fuel_ += wasm::info(in.op).fuel;
    translate(in);
    settle_deep_entries();
  }
}

/// Code that cannot be reached is left out, up to the label that ends it.
void Translator::skip_dead(const wasm::Instruction& in) {
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
    case Op::end:
      if (dead_depth_ > 0)
        --dead_depth_;
      else
        this->end();
      return;
    case Op::delegate:
      if (dead_depth_ > 0)
        --dead_depth_;
      else
        delegate(in.index);
      return;
    default: return;
  }
}

void Translator::finish() {
  const Control& function = controls_.front();
  if (!dead_) emit_return();
  if (!function.catch_fixups.empty()) {
    begin_label();
    for (const uint32_t index : function.catch_fixups) body_->catches[index].target = here();
    drop_to(0);
    for (const Kind kind : function.results) push_temp(kind);
    add_stack_map(here());
    emit_return();
  }
  controls_.pop_back();
}

void Translator::translate(const wasm::Instruction& in) {
  switch (in.op) {
    case Op::unreachable: emit(control.unreachable); return mark_dead();
    case Op::nop: return;
    case Op::block: return block(in, Control::Type::block);
    case Op::loop: return block(in, Control::Type::loop);
    case Op::if_: return block(in, Control::Type::if_);
    case Op::try_: return block(in, Control::Type::legacy_try);
    case Op::try_table: return block(in, Control::Type::try_table);
    case Op::else_: return else_branch();
    case Op::end: return end();
    case Op::catch_:
    case Op::catch_all: return legacy_catch(in);
    case Op::delegate: return delegate(in.index);
    case Op::br: return br(in.index);
    case Op::br_if: return br_if(in.index);
    case Op::br_table: return br_table(in);
    case Op::return_: return emit_return(), mark_dead();
    case Op::call:
    case Op::call_indirect:
    case Op::call_ref: return call(in);
    case Op::return_call:
    case Op::return_call_indirect:
    case Op::return_call_ref: return return_call(in);
    case Op::throw_: return throw_(in.index);
    case Op::throw_ref: return throw_reference(use_slot(pop()));
    case Op::rethrow: return throw_reference(near(label(in.index).base, Kind::ref));
    case Op::drop: pop(); return;
    case Op::select:
    case Op::select_t: return select();
    case Op::local_get: return push_local(in.index);
    case Op::local_set: return set_local(in.index, false);
    case Op::local_tee: return set_local(in.index, true);
    case Op::global_get:
    case Op::global_set: return global(in);
    case Op::i32_const: return push_imm(Kind::i32, in.value & 0xFFFFFFFF);
    case Op::i64_const: return push_imm(Kind::i64, in.value);
    case Op::f32_const: return push_imm(Kind::f32, in.value & 0xFFFFFFFF);
    case Op::f64_const: return push_imm(Kind::f64, in.value);
    case Op::br_on_null:
    case Op::br_on_non_null:
    case Op::br_on_cast:
    case Op::br_on_cast_fail: return branch_on_reference(in);
    case Op::table_get:
    case Op::table_set:
    case Op::table_size:
    case Op::table_grow:
    case Op::table_fill:
    case Op::table_copy:
    case Op::table_init:
    case Op::elem_drop:
    case Op::data_drop:
    case Op::memory_init:
    case Op::memory_copy:
    case Op::ref_func: return plain(in);
    case Op::i64_add128:
    case Op::i64_sub128:
    case Op::i64_mul_wide_s:
    case Op::i64_mul_wide_u: return wide(in);
    default: break;
  }
  const wasm::OpInfo& row = wasm::info(in.op);
  if (row.sig == "special") return reference(in);
  const bool scalar = row.prefix == 0 || (row.prefix == 0xFC && in.op <= Op::i64_trunc_sat_f64_u);
  if (scalar && row.imm == wasm::Imm::none) return numeric(in);
  if (row.prefix == 0 && row.imm >= wasm::Imm::mem0 && row.imm <= wasm::Imm::mem4)
    return memory_access(in);
  vector(in);
}

// ---- Fuel --------------------------------------------------------------------------------------

uint32_t Translator::take_fuel() { return std::exchange(fuel_, 0); }

void Translator::flush_fuel() {
  const uint32_t fuel = take_fuel();
  if (!metered_ || fuel == 0) return;
  add_stack_map(here());
  emit(control.fuel);
  emit_halves(fuel, 0);
}

}  // namespace cairn::engine
