#include "compiler/function_builder.hpp"

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/MDBuilder.h>

#include <cstddef>

#include "compiler/line_recorder.hpp"
#include "compiler/rare_calls.hpp"
#include "native/abi.hpp"

namespace cairn::engine::compiler {

using wasm::Op;

FunctionBuilder::FunctionBuilder(ModuleBuilder& module, uint32_t defined_index,
                                 llvm::Function& function, std::optional<uint32_t> loop_offset)
    : builder_(module),
      module_(module.module()),
      source_(module_.ast.code[defined_index]),
      defined_index_(defined_index),
      metered_(module_.engine->settings.fuel),
      deterministic_(module_.engine->settings.deterministic),
      passes_fuel_(ModuleBuilder::passes_fuel(function)),
      function_(function),
      ir_(module.context()),
      loop_offset_(loop_offset),
      instance_(function.getArg(0)) {}

Kind FunctionBuilder::kind(wasm::ValType type) const {
  return kind_of(module_.types->canonical(type), module_.engine->types);
}
std::vector<Kind> FunctionBuilder::kinds(std::span<const wasm::ValType> types) const {
  std::vector<Kind> result;
  result.reserve(types.size());
  for (const wasm::ValType type : types) result.push_back(kind(type));
  return result;
}

void FunctionBuilder::set_location(uint64_t offset, Op op) {
  const uint64_t line = offset - source_.body.offset + 1;
  const wasm::Imm imm = wasm::info(op).imm;
  const bool is_access = imm >= wasm::Imm::mem0 && imm <= wasm::Imm::mem3_lane;
  ir_.SetCurrentDebugLocation(llvm::DILocation::get(builder_.context(), static_cast<unsigned>(line),
                                                    is_access ? access_column : 0,
                                                    function_.getSubprogram()));
}

llvm::BasicBlock* FunctionBuilder::block(const char* name) {
  return llvm::BasicBlock::Create(builder_.context(), name, &function_);
}

llvm::MDNode* FunctionBuilder::weights(bool likely) {
  llvm::MDBuilder metadata(builder_.context());
  return likely ? metadata.createLikelyBranchWeights() : metadata.createUnlikelyBranchWeights();
}

namespace {
/// Does that part of the semantics pay fuel, or may it stop the execution?
bool pays_or_stops(std::string_view name) {
  if (name.starts_with("table_")) return name != "table_get" && name != "table_set";
  if (name.starts_with("array_")) return name != "array_len" && name != "array_element";
  return name.starts_with("memory_") && name != "memory_size";
}
}  // namespace

llvm::CallInst* FunctionBuilder::semantic(std::string_view name,
                                          llvm::ArrayRef<llvm::Value*> args) {
  store_fuel();
  llvm::CallInst* const result = ir_.CreateCall(builder_.semantic(name), args);
  if (pays_or_stops(name)) reload_fuel();
  return result;
}

llvm::Value* FunctionBuilder::invariant_item(uint64_t array, uint32_t index) {
  llvm::Value* const items = load_invariant(ir_, ir_.getPtrTy(), field(ir_, instance_, array));
  return load_invariant(ir_, ir_.getPtrTy(), field(ir_, items, uint64_t{index} * sizeof(void*)));
}

// ---- The function as a whole -------------------------------------------------------------------

void FunctionBuilder::run() {
  scan();
  entry_ = block("entry");
  check_ = block("check");
  setup_ = block("setup");
  go_to(entry_);
  set_location(source_.body.offset, wasm::Op::nop);
  refs_ = ir_.CreateAlloca(ir_.getInt64Ty(), ir_.getInt32(0), "refs");
  if (metered_) {
    fuel_left_ = ir_.CreateAlloca(ir_.getInt64Ty(), nullptr, "fuel");
    if (passes_fuel_)
      ir_.CreateStore(function_.getArg(1), fuel_left_);
    else
      reload_fuel();
  }
  declare_locals();
  go_to(check_);
  check_stack();
  ir_.CreateBr(setup_);
  llvm::BasicBlock* const start = block("start");
  // A loop's entry has no way to the function's start; what is only reached from there goes away.
  if (!loop_offset_) {
    go_to(setup_);
    ir_.CreateBr(start);
  }
  go_to(start);
  if (!loop_offset_) store_params();
  Label whole;
  whole.type = Label::Type::function;
  const uint32_t index = module_.ast.imported_functions + defined_index_;
  whole.results = kinds(module_.ast.types[module_.func_type_index[index]].func()->results);
  labels_.push_back(std::move(whole));
  wasm::InstrDecoder decoder(source_.body, wasm::Features::all());
  wasm::Instruction in;
  while (!decoder.at_end()) {
    CAIRN_ASSERT(decoder.step(in));
    if (++work_ > compiled_work_max || labels_.size() > compiled_nesting_max) return give_up();
    if (dead_) {
      skip_dead(in);
      continue;
    }
    set_location(in.offset, in.op);
    fuel_ += wasm::info(in.op).fuel;
    translate(in);
  }
  complete();
}

void FunctionBuilder::give_up() {
  function_.deleteBody();
  Builder(block("")).CreateUnreachable();
  function_.setSubprogram(nullptr);
  function_.addFnAttr(too_large);
}

/// What has to be known before the first instruction.
void FunctionBuilder::scan() {
  wasm::InstrDecoder decoder(source_.body, wasm::Features::all());
  wasm::Instruction in;
  while (!calls_ && !decoder.at_end()) {
    CAIRN_ASSERT(decoder.step(in));
    calls_ = in.op == Op::call || in.op == Op::call_indirect || in.op == Op::call_ref ||
             in.op == Op::return_call || in.op == Op::return_call_indirect ||
             in.op == Op::return_call_ref;
  }
}

void FunctionBuilder::declare_locals() {
  const auto add = [&](wasm::ValType type, llvm::Value* value) {
    Local local{.kind = kind(type)};
    llvm::Type* const llvm_type = type_of(builder_.context(), local.kind);
    local.place = ir_.CreateAlloca(llvm_type);
    if (local.kind == Kind::ref) local.ref = ref_locals_++;
    ir_.CreateStore(value != nullptr ? value : llvm::Constant::getNullValue(llvm_type),
                    local.place);
    locals_.push_back(local);
  };
  const uint32_t index = module_.ast.imported_functions + defined_index_;
  const auto& params = module_.ast.types[module_.func_type_index[index]].func()->params;
  const size_t first = passes_fuel_ ? 2 : 1;
  for (size_t i = 0; i < params.size(); ++i)
    add(params[i], loop_offset_ ? nullptr : function_.getArg(static_cast<unsigned>(first + i)));
  param_count_ = params.size();
  for (const wasm::LocalGroup& group : source_.locals)
    for (uint32_t i = 0; i < group.count; ++i) add(group.type, nullptr);
  refs_max_ = ref_locals_;
}

/// Where an interruption is seen as well, in front of whatever needs the stack. A function that
/// calls nothing and is small needs no check.
void FunctionBuilder::check_stack() {
  constexpr size_t small_locals = 64, small_bytes = 2048;
  const bool stops_anywhere = metered_ && module_.engine->settings.interruption;
  if (!calls_ && !stops_anywhere && locals_.size() <= small_locals &&
      source_.body.code.size() <= small_bytes)
    return;
  if (!loop_offset_) function_.addFnAttr(looks_at_entry);
  llvm::Type* const i64 = ir_.getInt64Ty();
  // Volatile: a tail call of itself may become a loop, and this its only check.
  llvm::Value* const limit = ir_.CreateLoad(i64, CAIRN_CONTEXT(ir_, instance_, stack_limit), true);
  llvm::LLVMContext& context = builder_.context();
  llvm::Value* const name = llvm::MetadataAsValue::get(
      context, llvm::MDNode::get(context, {llvm::MDString::get(context, "rsp")}));
  llvm::Value* const stack = ir_.CreateIntrinsic(llvm::Intrinsic::read_register, {i64}, {name});
  llvm::BasicBlock* const slow = block("stack");
  llvm::BasicBlock* const on = block("body");
  ir_.CreateCondBr(ir_.CreateICmpULT(stack, limit), slow, on, weights(false));
  go_to(slow);
  // A large frame may leave less than what the call takes. That is found out here, where a fault is
  // the trap, and not in the runtime.
  constexpr uint64_t call_bytes = 64 << 10;
  ir_.CreateLoad(ir_.getInt8Ty(),
                 ir_.CreateIntToPtr(ir_.CreateSub(stack, ir_.getInt64(call_bytes)), ir_.getPtrTy()),
                 true);
  rare_call(offsetof(RuntimeCalls, check_stack), {instance_});
  ir_.CreateBr(on);
  go_to(on);
}

void FunctionBuilder::store_params() {
  for (size_t i = 0; i < param_count_; ++i) {
    const Local& local = locals_[i];
    if (local.kind == Kind::ref)
      store_ref(local.ref, ir_.CreateLoad(ir_.getInt64Ty(), local.place));
  }
}

/// Writes the parts whose size is known now: the frame of references, its links, and the entry.
void FunctionBuilder::complete() {
  ir_.SetCurrentDebugLocation(
      llvm::DILocation::get(builder_.context(), 1, 0, function_.getSubprogram()));
  if (exceptional_exit_ != nullptr) {
    go_to(exceptional_exit_);
    llvm::Type* const result = function_.getReturnType();
    exits_.push_back(result->isVoidTy() ? ir_.CreateRetVoid()
                                        : ir_.CreateRet(llvm::Constant::getNullValue(result)));
  }
  // A loop that nothing reaches has no entry.
  if (setup_->empty()) Builder(setup_).CreateUnreachable();
  constexpr uint64_t header_words = sizeof(RefFrame) / 8;
  if (refs_max_ > 0) {
    refs_->setOperand(0, ir_.getInt32(static_cast<uint32_t>(refs_max_ + header_words)));
    ir_.SetInsertPoint(setup_, setup_->begin());
    llvm::Value* const link = CAIRN_CONTEXT(ir_, instance_, refs);
    llvm::Value* const outer = ir_.CreateLoad(ir_.getPtrTy(), link);
    ir_.CreateStore(outer, refs_);
    ir_.CreateStore(ir_.getInt64(refs_max_), field(ir_, refs_, offsetof(RefFrame, count)));
    ir_.CreateMemSet(field(ir_, refs_, sizeof(RefFrame)), ir_.getInt8(0), uint64_t{refs_max_} * 8,
                     llvm::MaybeAlign(8));
    ir_.CreateStore(refs_, link);
    for (llvm::Instruction* const exit : exits_) {
      ir_.SetInsertPoint(exit);
      ir_.CreateStore(ir_.CreateLoad(ir_.getPtrTy(), refs_), CAIRN_CONTEXT(ir_, instance_, refs));
    }
  } else if (refs_->use_empty()) {
    refs_->eraseFromParent();
  }
  go_to(entry_);
  ir_.CreateBr(check_);
}

// ---- Locals and operands -----------------------------------------------------------------------

void FunctionBuilder::store_ref(uint32_t index, llvm::Value* value) {
  refs_max_ = std::max(refs_max_, index + 1);
  ir_.CreateStore(value, field(ir_, refs_, sizeof(RefFrame) + uint64_t{index} * 8));
}

void FunctionBuilder::push(Kind kind, llvm::Value* value) {
  if (kind == Kind::ref && !llvm::isa<llvm::Constant>(value))
    store_ref(ref_locals_ + static_cast<uint32_t>(stack_.size()), value);
  stack_.push_back({kind, value});
}

FunctionBuilder::Value FunctionBuilder::pop() {
  const Value value = stack_.back();
  stack_.pop_back();
  return value;
}

void FunctionBuilder::get_local(uint32_t index) {
  const Local& local = locals_[index];
  push(local.kind, ir_.CreateLoad(type_of(builder_.context(), local.kind), local.place));
}

void FunctionBuilder::set_local(uint32_t index, llvm::Value* value) {
  const Local& local = locals_[index];
  ir_.CreateStore(value, local.place);
  if (local.kind == Kind::ref) store_ref(local.ref, value);
}

// ---- Entering at a loop ------------------------------------------------------------------------

void FunctionBuilder::spill_operands() {
  if (!loop_offset_) return;
  for (size_t i = 0; i < stack_.size(); ++i) {
    llvm::Type* const type = stack_[i].value->getType();
    llvm::AllocaInst*& place = spills_[{i, type}];
    if (place == nullptr) {
      Builder entry(entry_, entry_->begin());
      place = entry.CreateAlloca(type);
    }
    ir_.CreateStore(stack_[i].value, place);
  }
}

void FunctionBuilder::reload_operands() {
  if (!loop_offset_) return;
  for (size_t i = 0; i < stack_.size(); ++i) {
    llvm::Type* const type = stack_[i].value->getType();
    const auto place = spills_.find({i, type});
    if (place != spills_.end()) stack_[i].value = ir_.CreateLoad(type, place->second);
  }
}

/// The operands and locals as the interpreter has them at the head of the loop. Operands have been
/// spilled; the current block goes on to the loop.
void FunctionBuilder::load_frame() {
  llvm::Value* const slots = function_.getArg(1);
  llvm::BasicBlock* const head = block("head");
  ir_.CreateBr(head);
  go_to(setup_);
  uint32_t slot = 0;
  for (const Local& local : locals_) {
    llvm::Value* const value = load_slot(ir_, local.kind, slots, slot);
    ir_.CreateStore(value, local.place);
    if (local.kind == Kind::ref) store_ref(local.ref, value);
    slot += slots_of(local.kind);
  }
  for (size_t i = 0; i < stack_.size(); ++i) {
    llvm::Value* const value = load_slot(ir_, stack_[i].kind, slots, slot);
    ir_.CreateStore(value, spills_.at({i, value->getType()}));
    if (stack_[i].kind == Kind::ref) store_ref(ref_locals_ + static_cast<uint32_t>(i), value);
    slot += slots_of(stack_[i].kind);
  }
  ir_.CreateBr(head);
  go_to(head);
  reload_operands();
}

// ---- Instructions ------------------------------------------------------------------------------

/// Code that cannot be reached is left out, up to the label that ends it.
void FunctionBuilder::skip_dead(const wasm::Instruction& in) {
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
        end();
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

void FunctionBuilder::translate(const wasm::Instruction& in) {
  switch (in.op) {
    case Op::unreachable: return raise(Trap::unreachable), mark_dead();
    case Op::nop: return;
    case Op::block: return begin(in, Label::Type::block);
    case Op::loop: return begin(in, Label::Type::loop);
    case Op::if_: return begin(in, Label::Type::if_);
    case Op::try_: return begin(in, Label::Type::legacy_try);
    case Op::try_table: return begin(in, Label::Type::try_table);
    case Op::else_: return else_branch();
    case Op::end: return end();
    case Op::catch_:
    case Op::catch_all: return legacy_catch(in);
    case Op::delegate: return delegate(in.index);
    case Op::br: return branch(in.index), mark_dead();
    case Op::br_if: return branch_if(in);
    case Op::br_table: return branch_table(in);
    case Op::br_on_null:
    case Op::br_on_non_null:
    case Op::br_on_cast:
    case Op::br_on_cast_fail: return branch_on_reference(in);
    case Op::return_: return return_values(), mark_dead();
    case Op::call:
    case Op::call_indirect:
    case Op::call_ref: return call(in);
    case Op::return_call:
    case Op::return_call_indirect:
    case Op::return_call_ref: return return_call(in);
    case Op::throw_: return throw_(in.index);
    case Op::throw_ref: return throw_reference(operand());
    case Op::rethrow:
      // Below the payload; an operand, so that it is there in code that is entered at a loop.
      return throw_reference(stack_[label(in.index).height].value);
    case Op::drop: pop(); return;
    case Op::select:
    case Op::select_t: return select();
    case Op::local_get: return get_local(in.index);
    case Op::local_set: return set_local(in.index, operand());
    case Op::local_tee: return set_local(in.index, stack_.back().value);
    default: break;
  }
  if (!reference(in)) plain(in);
}

void FunctionBuilder::raise(Trap trap) {
  store_fuel();
  CAIRN_RUNTIME(ir_, instance_, raise, ir_.getVoidTy(),
                {instance_, ir_.getInt32(static_cast<uint32_t>(trap))})
      ->setDoesNotReturn();
  ir_.CreateUnreachable();
}

void FunctionBuilder::raise_if(llvm::Value* condition, Trap trap) {
  llvm::BasicBlock* const bad = block("trap");
  llvm::BasicBlock* const on = block("on");
  ir_.CreateCondBr(condition, bad, on, weights(false));
  go_to(bad);
  const bool fuel_is_stored = fuel_is_stored_;
  raise(trap);
  fuel_is_stored_ = fuel_is_stored;
  go_to(on);
}

void FunctionBuilder::charge(uint32_t cost) {
  if (!metered_ || cost == 0) return;
  llvm::Type* const i64 = ir_.getInt64Ty();
  llvm::Value* const left = ir_.CreateSub(ir_.CreateLoad(i64, fuel_left_), ir_.getInt64(cost));
  ir_.CreateStore(left, fuel_left_);
  fuel_is_stored_ = false;
  llvm::BasicBlock* const empty = block("fuel");
  llvm::BasicBlock* const on = block("paid");
  ir_.CreateCondBr(ir_.CreateICmpSLT(left, ir_.getInt64(0)), empty, on, weights(false));
  go_to(empty);
  rare_call(offsetof(RuntimeCalls, out_of_fuel), {instance_, ir_.getInt64(cost)});
  ir_.CreateBr(on);
  go_to(on);
}

/// What is left of fuel is a value of the function between its charges: a loop need not wait for
/// the place in memory where everybody else finds it. In front of whatever may look there, it is
/// stored.
void FunctionBuilder::store_fuel() {
  if (!metered_ || fuel_is_stored_) return;
  // Volatile: a fault in guarded memory looks.
  ir_.CreateStore(ir_.CreateLoad(ir_.getInt64Ty(), fuel_left_), CAIRN_CONTEXT(ir_, instance_, fuel),
                  true);
  fuel_is_stored_ = true;
}

/// Behind what may have changed it.
void FunctionBuilder::reload_fuel() {
  if (!metered_) return;
  ir_.CreateStore(ir_.CreateLoad(ir_.getInt64Ty(), CAIRN_CONTEXT(ir_, instance_, fuel)),
                  fuel_left_);
  fuel_is_stored_ = true;
}

/// A call out of the way, which ends where the way goes on: that has stored no fuel.
void FunctionBuilder::rare_call(uint64_t offset, llvm::ArrayRef<llvm::Value*> args) {
  const bool fuel_is_stored = fuel_is_stored_;
  store_fuel();
  mark_rare_call(ir_, offset, args);
  reload_fuel();
  fuel_is_stored_ = fuel_is_stored;
}

}  // namespace cairn::engine::compiler
