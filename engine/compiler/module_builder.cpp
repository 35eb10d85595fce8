#include "compiler/module_builder.hpp"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/Linker/Linker.h>

#include <cstddef>
#include <ranges>

#include "compiler/function_builder.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/rare_calls.hpp"
#include "compiler/semantics.hpp"
#include "compiler/unchecked_loops.hpp"

namespace cairn::engine::compiler {

namespace {

ModuleBuilder::AccessTags make_tags(llvm::LLVMContext& context) {
  llvm::MDBuilder metadata(context);
  llvm::MDNode* const root = metadata.createTBAARoot("cairn");
  const auto type = [&](const char* name, llvm::MDNode* parent) {
    return metadata.createTBAAScalarTypeNode(name, parent);
  };
  const auto tag = [&](llvm::MDNode* each) {
    return metadata.createTBAAStructTagNode(each, each, 0);
  };
  llvm::MDNode* const runtime = type("runtime", root);
  return {.memory = tag(type("memory", root)),
          .runtime = tag(runtime),
          .visible = tag(type("visible", runtime))};
}

/// Puts a constant in the place of all that reads it.
void fold(llvm::GlobalVariable& place) {
  for (llvm::User* const user : llvm::make_early_inc_range(place.users())) {
    user->replaceAllUsesWith(place.getInitializer());
    llvm::cast<llvm::Instruction>(user)->eraseFromParent();
  }
  place.eraseFromParent();
}

}  // namespace

ModuleBuilder::ModuleBuilder(llvm::LLVMContext& context, const ModuleState& module,
                             const CodeRequest& request)
    : context_(context),
      module_(module),
      request_(request),
      out_(std::make_unique<llvm::Module>("cairn", context)),
      debug_(*out_),
      traits_(module.control_traits),
      tags_(make_tags(context)),
      hints_(wasm::branch_hints(module.ast)) {
  out_->addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  if (module.engine->settings.interruption)
    out_->addModuleFlag(llvm::Module::Warning, interruption_flag, uint32_t{1});
  if (module.engine->settings.index_masks)
    out_->addModuleFlag(llvm::Module::Warning, index_masks_flag, uint32_t{1});
  if (!module.memory_types.empty() && !module.memory_types[0].shared)
    out_->addModuleFlag(llvm::Module::Warning, private_memory_flag, uint32_t{1});
  llvm::DIFile* const file = debug_.createFile("module.wasm", "");
  unit_ = debug_.createCompileUnit(llvm::DISourceLanguageName(llvm::dwarf::DW_LANG_C11), file,
                                   "cairn", true, "", 0, "", llvm::DICompileUnit::NoDebug);
}
ModuleBuilder::~ModuleBuilder() = default;

std::optional<bool> ModuleBuilder::likely(uint64_t offset) const {
  if (!hints_) return std::nullopt;
  const auto hint = hints_->find(offset);
  if (hint == hints_->end()) return std::nullopt;
  return hint->second == 1;
}

llvm::DISubprogram* ModuleBuilder::subprogram(uint32_t defined_index) {
  llvm::DISubroutineType* const type = debug_.createSubroutineType(debug_.getOrCreateTypeArray({}));
  return debug_.createFunction(
      unit_, "f" + std::to_string(defined_index), "", unit_->getFile(), 1, type, 1,
      llvm::DINode::FlagZero,
      llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized);
}

bool ModuleBuilder::has_guarded_memory() const {
  if (module_.memory_types.empty() || !module_.engine->guarded_memories) return false;
  const wasm::MemoryType& type = module_.memory_types[0];
  return type.address == wasm::AddrType::i32 && type.page_size_log2 == 16;
}

void ModuleBuilder::keep_visible(llvm::StoreInst& store) const {
  if (!has_guarded_memory()) return;
  store.setVolatile(true);
  store.setMetadata(llvm::LLVMContext::MD_tbaa, tags_.visible);
}

namespace {
/// Makes a function or a call of one of that convention.
void set_convention(Convention convention, auto& of, unsigned instance_argument) {
  if (convention == Convention::tail) return of.setCallingConv(llvm::CallingConv::Tail);
  of.addParamAttr(instance_argument, llvm::Attribute::SwiftSelf);
}
}  // namespace

llvm::CallInst* ModuleBuilder::call(Builder& ir, llvm::Function* function,
                                    llvm::ArrayRef<llvm::Value*> args) const {
  llvm::CallInst* const call = ir.CreateCall(function, args);
  set_convention(convention(), *call, 0);
  return call;
}

llvm::CallInst* ModuleBuilder::call_entry(Builder& ir, Convention convention,
                                          std::string_view signature, llvm::Value* entry,
                                          llvm::ArrayRef<llvm::Value*> args) {
  llvm::CallInst* const call = ir.CreateCall(function_type(signature, true), entry, args);
  set_convention(convention, *call, 1);
  call->addParamAttr(0, llvm::Attribute::Nest);
  return call;
}

llvm::FunctionType* ModuleBuilder::function_type(std::string_view signature, bool with_target) {
  const Signature parsed = parse_signature(signature);
  llvm::Type* const pointer = llvm::PointerType::getUnqual(context_);
  std::vector<llvm::Type*> params(with_target ? 2 : 1, pointer);
  for (const Kind kind : parsed.params) params.push_back(type_of(context_, kind));
  return llvm::FunctionType::get(parsed.results.empty() ? llvm::Type::getVoidTy(context_)
                                                        : type_of(context_, parsed.results[0]),
                                 params, false);
}

/// A function of this image: reached without a table of symbols, walkable by its frame pointer.
llvm::Function* ModuleBuilder::make(llvm::FunctionType* type, const std::string& name) {
  llvm::Function* const function =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, *out_);
  function->setVisibility(llvm::GlobalValue::HiddenVisibility);
  function->setDSOLocal(true);
  function->setDoesNotThrow();
  function->addFnAttr("frame-pointer", "all");
  // A call has a frame of its own, unless it is a tail call of the module: endless recursion ends,
  // and a backtrace shows all callers.
  function->addFnAttr("disable-tail-calls", "true");
  // A large frame is touched page by page, so that none goes beyond the guard below the stack.
  function->addFnAttr("probe-stack", "inline-asm");
  function->addFnAttr(llvm::Attribute::NullPointerIsValid);
  return function;
}

llvm::Function* ModuleBuilder::function(uint32_t defined_index) {
  if (const auto paid = paid_.find(defined_index); paid != paid_.end()) return paid->second;
  const auto found = functions_.find(defined_index);
  return found == functions_.end() ? nullptr : found->second;
}

llvm::Function* ModuleBuilder::semantic(std::string_view name) {
  const std::string symbol = "s_" + std::string(name);
  if (llvm::Function* const known = out_->getFunction(symbol)) return known;
  if (!semantics_) {
    auto parsed = llvm::getLazyBitcodeModule(
        llvm::MemoryBufferRef(semantics_bitcode(), "semantics"), context_);
    CAIRN_ASSERT(static_cast<bool>(parsed));
    semantics_ = std::move(*parsed);
    out_->setDataLayout(semantics_->getDataLayout());
    out_->setTargetTriple(semantics_->getTargetTriple());
  }
  const llvm::Function* const source = semantics_->getFunction(symbol);
  CAIRN_ASSERT(source != nullptr);
  llvm::Function* const declared = llvm::Function::Create(
      source->getFunctionType(), llvm::GlobalValue::ExternalLinkage, symbol, *out_);
  declared->copyAttributesFrom(source);
  return declared;
}

/// Brings the bodies of what is used into the module, where they disappear by being inlined.
void ModuleBuilder::link_semantics() {
  if (!semantics_) return;
  llvm::Type* const flag = llvm::Type::getInt8Ty(context_);
  llvm::Constant* const masks = llvm::ConstantInt::get(flag, module_.engine->settings.index_masks);
  auto* const place = new llvm::GlobalVariable(
      *out_, flag, true, llvm::GlobalValue::ExternalLinkage, masks, "s_index_masks");
  llvm::Linker::linkModules(*out_, std::move(semantics_), llvm::Linker::Flags::LinkOnlyNeeded);
  fold(*place);
  for (llvm::Function& function : *out_) {
    if (!function.getName().starts_with("s_") || function.isDeclaration()) continue;
    function.setLinkage(llvm::GlobalValue::InternalLinkage);
    function.removeFnAttr(llvm::Attribute::NoInline);
    function.removeFnAttr(llvm::Attribute::OptimizeNone);
    function.addFnAttr(llvm::Attribute::AlwaysInline);
    function.addFnAttr("frame-pointer", "all");
    function.addFnAttr(llvm::Attribute::NullPointerIsValid);
  }
  if (llvm::Function* const table_set = out_->getFunction("s_table_set"))
    for (llvm::Instruction& instruction : llvm::instructions(*table_set))
      if (auto* const store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) keep_visible(*store);
}

void ModuleBuilder::build() { build(request_.functions, request_.loops); }

void ModuleBuilder::build(std::span<const uint32_t> functions,
                          std::span<const CodeRequest::Loop> loops) {
  const auto type_of_function = [&](uint32_t defined_index) -> const wasm::FuncType& {
    const uint32_t index = module_.ast.imported_functions + defined_index;
    return *module_.ast.types[module_.func_type_index[index]].func();
  };
  for (const uint32_t index : request_.functions) {
    const std::string signature = signature_of(module_, type_of_function(index));
    llvm::Function* const function = make(function_type(signature), "f" + std::to_string(index));
    set_convention(convention(), *function, 0);
    functions_.emplace(index, function);
  }
  for (const uint32_t index : called_directly())
    paid_.emplace(index, declare_paid(index, *functions_[index]));
  for (const uint32_t index : functions) {
    const std::string signature = signature_of(module_, type_of_function(index));
    enter_stub(signature);
    if (convention() == Convention::tail) plain_stub(signature);
    llvm::Function* const body = function(index);
    if (passes_fuel(*body)) build_paid_entry(*functions_[index], *body);
    body->setSubprogram(subprogram(index));
    FunctionBuilder(*this, index, *body).run();
  }
  for (const CodeRequest::Loop& loop : loops) build_loop(loop);
  debug_.finalize();
  link_semantics();
  tag_accesses();
}

// ---- Functions that pass fuel ------------------------------------------------------------------

/// What functions of the request call directly, where fuel can be passed along: in modules whose
/// calls come back always, by the plain convention.
std::set<uint32_t> ModuleBuilder::called_directly() const {
  std::set<uint32_t> found;
  if (!module_.engine->settings.fuel || uses_exceptions() || convention() == Convention::tail)
    return found;
  for (const uint32_t index : functions_ | std::views::keys) {
    wasm::InstrDecoder decoder(module_.ast.code[index].body, wasm::Features::all());
    wasm::Instruction in;
    while (!decoder.at_end()) {
      CAIRN_ASSERT(decoder.step(in));
      if (in.op != wasm::Op::call || in.index < module_.ast.imported_functions) continue;
      const uint32_t callee = in.index - module_.ast.imported_functions;
      if (functions_.contains(callee)) found.insert(callee);
    }
  }
  return found;
}

llvm::Function* ModuleBuilder::declare_paid(uint32_t defined_index, llvm::Function& entry) {
  llvm::Type* const fuel = llvm::Type::getInt64Ty(context_);
  const llvm::FunctionType& type = *entry.getFunctionType();
  std::vector<llvm::Type*> params(type.param_begin(), type.param_end());
  params.insert(params.begin() + 1, fuel);
  llvm::Type* const result = type.getReturnType();
  llvm::Function* const paid =
      make(llvm::FunctionType::get(
               result->isVoidTy() ? fuel : llvm::StructType::get(context_, {result, fuel}), params,
               false),
           "f" + std::to_string(defined_index) + "_paid");
  set_convention(convention(), *paid, 0);
  paid->addFnAttr("cairn-passes-fuel");
  return paid;
}

/// For all who do not call directly.
void ModuleBuilder::build_paid_entry(llvm::Function& entry, llvm::Function& paid) {
  Builder ir(llvm::BasicBlock::Create(context_, "", &entry));
  llvm::Value* const instance = entry.getArg(0);
  llvm::Value* const fuel = CAIRN_CONTEXT(ir, instance, fuel);
  std::vector<llvm::Value*> args = {instance, ir.CreateLoad(ir.getInt64Ty(), fuel)};
  for (llvm::Argument& arg : llvm::drop_begin(entry.args())) args.push_back(&arg);
  llvm::CallInst* const result = call(ir, &paid, args);
  const bool is_void = entry.getReturnType()->isVoidTy();
  ir.CreateStore(is_void ? result : ir.CreateExtractValue(result, 1), fuel);
  if (is_void)
    ir.CreateRetVoid();
  else
    ir.CreateRet(ir.CreateExtractValue(result, 0));
}

/// What is not marked as an access to a memory reaches into structures of the runtime.
void ModuleBuilder::tag_accesses() {
  for (llvm::Function& function : *out_)
    for (llvm::Instruction& instruction : llvm::instructions(function))
      if ((llvm::isa<llvm::LoadInst>(instruction) || llvm::isa<llvm::StoreInst>(instruction)) &&
          !instruction.hasMetadata(llvm::LLVMContext::MD_tbaa))
        instruction.setMetadata(llvm::LLVMContext::MD_tbaa, tags_.runtime);
}

// ---- Stubs -------------------------------------------------------------------------------------

llvm::Function* ModuleBuilder::enter_stub(const std::string& signature) {
  const std::string name = "enter_" + signature;
  if (llvm::Function* const known = out_->getFunction(name)) return known;
  llvm::Type* const pointer = llvm::PointerType::getUnqual(context_);
  llvm::Function* const stub = make(
      llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {pointer, pointer, pointer}, false),
      name);
  build_enter(signature, *stub);
  return stub;
}

namespace {

/// Stores all results of a call at `slots`; the second and further ones are in the context.
void results_to_slots(Builder& ir, const Signature& signature, llvm::Value* first,
                      llvm::Value* instance, llvm::Value* slots) {
  const std::vector<Kind>& kinds = signature.results;
  if (kinds.empty()) return;
  store_slot(ir, kinds[0], first, slots, 0);
  if (kinds.size() == 1) return;
  llvm::Value* const more = ir.CreateLoad(ir.getPtrTy(), CAIRN_CONTEXT(ir, instance, results));
  uint32_t slot = slots_of(kinds[0]);
  for (size_t i = 1; i < kinds.size(); ++i) {
    store_slot(ir, kinds[i], load_slot(ir, kinds[i], more, static_cast<uint32_t>(2 * (i - 1))),
               slots, slot);
    slot += slots_of(kinds[i]);
  }
}

}  // namespace

void ModuleBuilder::build_enter(const std::string& signature, llvm::Function& stub) {
  const Signature parsed = parse_signature(signature);
  Builder ir(llvm::BasicBlock::Create(context_, "", &stub));
  llvm::Value* const instance = stub.getArg(1);
  llvm::Value* const slots = stub.getArg(2);
  std::vector<llvm::Value*> args = {instance};
  uint32_t slot = 0;
  for (const Kind kind : parsed.params) {
    args.push_back(load_slot(ir, kind, slots, slot));
    slot += slots_of(kind);
  }
  llvm::CallInst* const call = ir.CreateCall(function_type(signature), stub.getArg(0), args);
  set_convention(convention(), *call, 0);
  results_to_slots(ir, parsed, call, instance, slots);
  ir.CreateRetVoid();
}

/// A stub that is called like a target's entry.
llvm::Function* ModuleBuilder::make_stub(const std::string& name, Convention convention,
                                         const std::string& signature) {
  llvm::Function* const stub = make(function_type(signature, true), name);
  set_convention(convention, *stub, 1);
  stub->addParamAttr(0, llvm::Attribute::Nest);
  stub->addFnAttr(llvm::Attribute::NoInline);  // its frame tells where compiled code ends
  return stub;
}

llvm::Function* ModuleBuilder::leave_stub(Convention convention, const std::string& signature) {
  const std::string name = (convention == Convention::tail ? "leavetail_" : "leave_") + signature;
  if (llvm::Function* const known = out_->getFunction(name)) return known;
  llvm::Function* const stub = make_stub(name, convention, signature);
  build_leave(signature, *stub);
  return stub;
}

/// Callers of other modules know the plain convention only.
void ModuleBuilder::plain_stub(const std::string& signature) {
  const std::string name = "plain_" + signature;
  if (out_->getFunction(name) != nullptr) return;
  llvm::Function* const stub = make_stub(name, Convention::plain, signature);
  Builder ir(llvm::BasicBlock::Create(context_, "", stub));
  std::vector<llvm::Value*> args;
  for (llvm::Argument& arg : stub->args()) args.push_back(&arg);
  llvm::Value* const entry =
      ir.CreateLoad(ir.getPtrTy(), field(ir, stub->getArg(0), offsetof(NativeTarget, tail_entry)));
  return_result(ir, call_entry(ir, Convention::tail, signature, entry, args));
}

llvm::Function* ModuleBuilder::foreign_stub(const std::string& signature) {
  const std::string name = "foreign_" + signature;
  if (llvm::Function* const known = out_->getFunction(name)) return known;
  llvm::Function* const stub = make_stub(name, convention(), signature);
  stub->setVisibility(llvm::GlobalValue::DefaultVisibility);
  stub->setLinkage(llvm::GlobalValue::InternalLinkage);
  build_foreign(signature, *stub);
  return stub;
}

/// A host function is called right here. In a module that catches, code of other instances is
/// entered through the stub that runs it behind a boundary: it may leave frames in one step when an
/// exception passes.
void ModuleBuilder::build_foreign(const std::string& signature, llvm::Function& stub) {
  Builder ir(llvm::BasicBlock::Create(context_, "", &stub));
  llvm::Value* const target = stub.getArg(0);
  llvm::Value* const instance = stub.getArg(1);
  llvm::Value* const owner =
      ir.CreateLoad(ir.getPtrTy(), field(ir, target, offsetof(FuncInst, instance)));
  llvm::Value* const is_host =
      ir.CreateICmpEQ(owner, llvm::ConstantPointerNull::get(ir.getPtrTy()));
  if (convention() == Convention::plain) {
    llvm::BasicBlock* const host = llvm::BasicBlock::Create(context_, "", &stub);
    llvm::BasicBlock* const guest = llvm::BasicBlock::Create(context_, "", &stub);
    ir.CreateCondBr(is_host, host, guest, llvm::MDBuilder(context_).createLikelyBranchWeights());
    ir.SetInsertPoint(host);
    leave_through(ir, signature, offsetof(RuntimeCalls, call_host));
    ir.SetInsertPoint(guest);
  }
  ir.CreateStore(instance, CAIRN_CONTEXT(ir, instance, caller));
  std::vector<llvm::Value*> args;
  for (llvm::Argument& arg : stub.args()) args.push_back(&arg);
  args[1] = convention() == Convention::plain ? owner : ir.CreateSelect(is_host, instance, owner);
  llvm::Value* entry = leave_stub(convention(), signature);
  if (!uses_exceptions())
    entry = ir.CreateLoad(ir.getPtrTy(), field(ir, target, offsetof(NativeTarget, entry)));
  llvm::CallInst* const call = call_entry(ir, convention(), signature, entry, args);
  if (convention() == Convention::tail) call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  if (!uses_exceptions()) {
    llvm::BasicBlock* const done = llvm::BasicBlock::Create(context_, "", &stub);
    llvm::BasicBlock* const pass = llvm::BasicBlock::Create(context_, "", &stub);
    llvm::Value* const exception =
        ir.CreateLoad(ir.getInt64Ty(), CAIRN_CONTEXT(ir, instance, exception));
    ir.CreateCondBr(ir.CreateICmpEQ(exception, ir.getInt64(0)), done, pass,
                    llvm::MDBuilder(context_).createLikelyBranchWeights());
    ir.SetInsertPoint(pass);
    CAIRN_RUNTIME(ir, instance, unwind_to_boundary, ir.getVoidTy(), {instance})->setDoesNotReturn();
    ir.CreateUnreachable();
    ir.SetInsertPoint(done);
  }
  return_result(ir, call);
}

void ModuleBuilder::build_leave(const std::string& signature, llvm::Function& stub) {
  Builder ir(llvm::BasicBlock::Create(context_, "", &stub));
  leave_through(ir, signature, offsetof(RuntimeCalls, call));
}

/// The rest of a stub: the function of `RuntimeCalls` runs the target, on arguments in slots.
void ModuleBuilder::leave_through(Builder& ir, const std::string& signature,
                                  uint64_t runtime_call) {
  llvm::Function& stub = *ir.GetInsertBlock()->getParent();
  const Signature parsed = parse_signature(signature);
  llvm::Value* const instance = stub.getArg(1);
  llvm::Value* const slots = ir.CreateLoad(ir.getPtrTy(), CAIRN_CONTEXT(ir, instance, slots));
  uint32_t slot = 0;
  for (size_t i = 0; i < parsed.params.size(); ++i) {
    store_slot(ir, parsed.params[i], stub.getArg(static_cast<unsigned>(i + 2)), slots, slot);
    slot += slots_of(parsed.params[i]);
  }
  llvm::Value* const frame =
      ir.CreateIntrinsic(llvm::Intrinsic::frameaddress, {ir.getPtrTy()}, {ir.getInt32(0)});
  call_runtime(ir, instance, runtime_call, ir.getVoidTy(),
               {instance, stub.getArg(0), slots, frame});
  const std::vector<Kind>& kinds = parsed.results;
  if (kinds.empty()) {
    ir.CreateRetVoid();
    return;
  }
  llvm::Value* const first = load_slot(ir, kinds[0], slots, 0);
  if (kinds.size() > 1) {
    llvm::Value* const more = ir.CreateLoad(ir.getPtrTy(), CAIRN_CONTEXT(ir, instance, results));
    slot = slots_of(kinds[0]);
    for (size_t i = 1; i < kinds.size(); ++i) {
      store_slot(ir, kinds[i], load_slot(ir, kinds[i], slots, slot), more,
                 static_cast<uint32_t>(2 * (i - 1)));
      slot += slots_of(kinds[i]);
    }
  }
  ir.CreateRet(first);
}

/// A loop's entry: the function from there on, its frame and afterwards its results in slots.
void ModuleBuilder::build_loop(const CodeRequest::Loop& loop) {
  const uint32_t index = module_.ast.imported_functions + loop.function;
  const std::string signature =
      signature_of(module_, *module_.ast.types[module_.func_type_index[index]].func());
  const Signature parsed = parse_signature(signature);
  llvm::Type* const pointer = llvm::PointerType::getUnqual(context_);
  const std::string name =
      "loop" + std::to_string(loop.function) + "_" + std::to_string(loop.offset);
  llvm::Function* const body = make(
      llvm::FunctionType::get(function_type(signature)->getReturnType(), {pointer, pointer}, false),
      name + "_body");
  set_convention(convention(), *body, 0);
  body->setSubprogram(subprogram(loop.function));
  FunctionBuilder(*this, loop.function, *body, loop.offset).run();

  llvm::Function* const entry = make(
      llvm::FunctionType::get(llvm::Type::getVoidTy(context_), {pointer, pointer}, false), name);
  Builder ir(llvm::BasicBlock::Create(context_, "", entry));
  llvm::CallInst* const loop_call = call(ir, body, {entry->getArg(0), entry->getArg(1)});
  loop_call->setIsNoInline();
  results_to_slots(ir, parsed, loop_call, entry->getArg(0), entry->getArg(1));
  ir.CreateRetVoid();
}

}  // namespace cairn::engine::compiler
