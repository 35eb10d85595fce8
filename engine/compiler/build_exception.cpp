// Throwing and catching. An exception in flight is in the context; whoever sees it there goes to
// the handler around, or returns.

#include <cstddef>

#include "compiler/function_builder.hpp"
#include "runtime/gc_heap.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

using wasm::Op;

/// What a clause that catches counts as work: LLVM's passes take long for thousands of them.
constexpr uint64_t clause_work = 200;

/// The handler that is tried first for what happens inside the outermost `label_count` labels; the
/// function's exceptional exit when none is around.
llvm::BasicBlock* FunctionBuilder::handler_from(size_t label_count) {
  for (size_t i = label_count; i-- > 0;) {
    Label& around = labels_[i];
    if (around.type != Label::Type::try_table && around.type != Label::Type::legacy_try) continue;
    if (around.type == Label::Type::try_table && around.catches.empty()) continue;
    if (around.handler == nullptr) around.handler = block("handler");
    return around.handler;
  }
  if (exceptional_exit_ == nullptr) exceptional_exit_ = block("pass");
  return exceptional_exit_;
}

llvm::Value* FunctionBuilder::exception_field() { return CAIRN_CONTEXT(ir_, instance_, exception); }

void FunctionBuilder::throw_(uint32_t tag) {
  charge(take_fuel());
  const std::vector<Kind> payload =
      kinds(module_.ast.types[module_.tag_type_index[tag]].func()->params);
  uint32_t slots = 0;
  for (const Kind kind : payload) slots += slots_of(kind);
  Builder entry(entry_, entry_->begin());
  llvm::Value* const place = entry.CreateAlloca(entry.getInt64Ty(), entry.getInt32(slots));
  const std::vector<llvm::Value*> values = pop_arguments(payload.size());
  uint32_t slot = 0;
  for (size_t i = 0; i < payload.size(); ++i) {
    store_slot(ir_, payload[i], values[i], place, slot);
    slot += slots_of(payload[i]);
  }
  store_fuel();
  CAIRN_RUNTIME(ir_, instance_, throw_new, ir_.getVoidTy(),
                {instance_, ir_.getInt32(tag), place, ir_.getInt32(slots)});
  ir_.CreateBr(handler_from(labels_.size()));
  mark_dead();
}

void FunctionBuilder::throw_reference(llvm::Value* exception) {
  charge(take_fuel());
  raise_if(ir_.CreateICmpEQ(exception, ir_.getInt64(0)), Trap::null_exception_reference);
  store_fuel();
  CAIRN_RUNTIME(ir_, instance_, throw_again, ir_.getVoidTy(), {instance_, exception});
  ir_.CreateBr(handler_from(labels_.size()));
  mark_dead();
}

/// Is the exception in flight one of this tag? Continues where it is; gives the block for when not.
llvm::BasicBlock* FunctionBuilder::match_tag(llvm::Value* exception, uint32_t tag) {
  llvm::Value* const object = ir_.CreateIntToPtr(exception, ir_.getPtrTy());
  llvm::Value* const actual =
      ir_.CreateLoad(ir_.getPtrTy(), field(ir_, object, GcObject::payload_offset));
  llvm::Value* const tags =
      load_invariant(ir_, ir_.getPtrTy(), field(ir_, instance_, offsetof(InstanceData, tags)));
  llvm::Value* const wanted =
      load_invariant(ir_, ir_.getPtrTy(), field(ir_, tags, uint64_t{tag} * sizeof(TagInst*)));
  llvm::BasicBlock* const caught = block("caught");
  llvm::BasicBlock* const other = block("other");
  ir_.CreateCondBr(ir_.CreateICmpEQ(actual, wanted), caught, other);
  go_to(caught);
  return other;
}

void FunctionBuilder::push_payload(llvm::Value* exception, uint32_t tag) {
  llvm::Value* const object = ir_.CreateIntToPtr(exception, ir_.getPtrTy());
  llvm::Value* const slots = field(ir_, object, GcObject::payload_offset + 8);
  uint32_t slot = 0;
  for (const Kind kind : kinds(module_.ast.types[module_.tag_type_index[tag]].func()->params)) {
    ++work_;
    push(kind, load_slot(ir_, kind, slots, slot));
    slot += slots_of(kind);
  }
}

void FunctionBuilder::end_flight() { ir_.CreateStore(ir_.getInt64(0), exception_field()); }

/// At the end of a `try_table`: where an exception inside it goes. The current block stays.
void FunctionBuilder::build_handlers() {
  Label& construct = labels_.back();
  const size_t around = labels_.size() - 1;
  // Labels are targeted whether or not anything inside can throw: fuel depends on that.
  for (const wasm::CatchClause& clause : construct.catches)
    if (label(clause.label + 1).type != Label::Type::loop) label(clause.label + 1).targeted = true;
  if (construct.handler == nullptr) return;
  llvm::BasicBlock* const after = ir_.GetInsertBlock();
  const std::vector<Value> stack = stack_;
  const bool fuel_is_stored = std::exchange(fuel_is_stored_, false);
  go_to(construct.handler);
  llvm::Value* const exception = ir_.CreateLoad(ir_.getInt64Ty(), exception_field());
  bool open = true;
  work_ += clause_work * construct.catches.size();
  for (const wasm::CatchClause& clause : construct.catches) {
    using CatchKind = wasm::CatchClause::Kind;
    const bool any = clause.kind >= CatchKind::catch_all;
    llvm::BasicBlock* const other = any ? nullptr : match_tag(exception, clause.tag);
    stack_.resize(construct.height);
    reload_operands();
    end_flight();
    if (!any) push_payload(exception, clause.tag);
    if (clause.kind == CatchKind::catch_ref || clause.kind == CatchKind::catch_all_ref)
      push(Kind::ref, exception);
    Label& target = label(clause.label + 1);
    if (target.type == Label::Type::function) {
      const auto count = static_cast<ptrdiff_t>(target.results.size());
      return_with({stack_.end() - count, stack_.end()});
    } else {
      pass_values(target);
      ir_.CreateBr(target.block);
    }
    open = other != nullptr;
    if (!open) break;
    go_to(other);
  }
  if (open) ir_.CreateBr(handler_from(around));
  stack_ = stack;
  fuel_is_stored_ = fuel_is_stored;
  go_to(after);
}

/// `catch` and `catch_all` of the legacy proposal: ends the part before, begins the handler.
void FunctionBuilder::legacy_catch(const wasm::Instruction& in) {
  work_ += clause_work;
  Label& construct = labels_.back();
  end_part(construct);
  construct.type = Label::Type::legacy_catch;
  dead_ = false;
  fuel_ = 0;
  stack_.resize(construct.height);
  fuel_is_stored_ = false;
  go_to(construct.handler);
  llvm::Value* const exception = ir_.CreateLoad(ir_.getInt64Ty(), exception_field());
  const bool any = in.op == Op::catch_all;
  construct.handler = any ? nullptr : match_tag(exception, in.index);
  reload_operands();
  end_flight();
  // The exception lies below the payload, as an extra operand, for `rethrow` and the collector.
  push(Kind::ref, exception);
  if (!any) push_payload(exception, in.index);
}

/// What no handler took goes on outside.
void FunctionBuilder::end_legacy_handlers() {
  Label& construct = labels_.back();
  if (construct.handler == nullptr) return;
  llvm::BasicBlock* const after = ir_.GetInsertBlock();
  go_to(construct.handler);
  ir_.CreateBr(handler_from(labels_.size() - 1));
  construct.handler = nullptr;
  go_to(after);
}

/// Ends a legacy try whose exceptions go to the handlers around the label.
void FunctionBuilder::delegate(uint32_t depth) {
  Label& construct = labels_.back();
  llvm::BasicBlock* const after = ir_.GetInsertBlock();
  go_to(construct.handler);
  // The label counts from outside the try.
  ir_.CreateBr(handler_from(labels_.size() - 1 - depth));
  construct.handler = nullptr;
  go_to(after);
  end();
}

}  // namespace cairn::engine::compiler
