#include "compiler/pipeline.hpp"

#include <fmt/format.h>
#include <llvm/Analysis/RuntimeLibcallInfo.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/CodeGen/AsmPrinter.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/MC/MCStreamer.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Utils/LCSSA.h>
#include <llvm/Transforms/Utils/LoopSimplify.h>

#include <mutex>

#include "compiler/distinct_accesses.hpp"
#include "compiler/line_recorder.hpp"
#include "compiler/rare_calls.hpp"
#include "compiler/unchecked_loops.hpp"

extern "C" {
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
}

namespace cairn::engine::compiler {

namespace {

constexpr char triple_name[] = "x86_64-unknown-linux-gnu";

std::unique_ptr<llvm::TargetMachine> make_machine(CpuFeatures cpu, CodeRequest::Level level) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    keep_common_accesses();
  });
  const llvm::Triple triple(triple_name);
  std::string error;
  const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(triple, error);
  CAIRN_ASSERT(target != nullptr);
  llvm::TargetOptions options;
  options.TrapUnreachable = true;
  options.NoTrapAfterNoreturn = true;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, "x86-64", llvm_features(cpu), options, llvm::Reloc::PIC_, llvm::CodeModel::Small,
      level == CodeRequest::Level::quick ? llvm::CodeGenOptLevel::Less
                                         : llvm::CodeGenOptLevel::Default));
  CAIRN_ASSERT(machine != nullptr);
  return machine;
}

/// The analyses of one optimisation. Their managers refer to each other.
struct Analyses {
  explicit Analyses(llvm::PassBuilder& builder) {
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(sccs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, sccs, modules);
  }
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
};

/// Two calls that look alike stay two: each has its place in backtraces, also those that raise
/// traps.
void keep_apart(llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* const call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    if (call != nullptr && (!llvm::isa<llvm::IntrinsicInst>(call) || rare_call(instruction)))
      call->addFnAttr(llvm::Attribute::NoMerge);
  }
}

/// LLVM holds one NaN for as good as another and leaves out what a program does about those of
/// square roots: `x < 0 ? NaN : sqrt(x)` becomes `sqrt(x)`. Behind a fence it does not see the
/// root.
void fence_square_roots(llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* const root = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
    if (root == nullptr || root->getIntrinsicID() != llvm::Intrinsic::sqrt) continue;
    llvm::IRBuilder<> builder(root->getNextNode());
    llvm::CallInst* const fence =
        builder.CreateIntrinsic(llvm::Intrinsic::arithmetic_fence, {root->getType()}, {root});
    root->replaceUsesWithIf(fence, [&](llvm::Use& use) { return use.getUser() != fence; });
  }
}

}  // namespace

Pipeline::Pipeline(CpuFeatures cpu, CodeRequest::Level level)
    : cpu_(cpu),
      level_(level),
      machine_(make_machine(cpu, level)),
      layout_(machine_->createDataLayout()) {}
Pipeline::~Pipeline() = default;

/// The semantics were compiled for the baseline, built code for nothing: now all have one target,
/// so that everything may be inlined into everything. Only hidden functions are of the image; the
/// rest is there to be inlined.
void Pipeline::set_target(llvm::Module& module) {
  module.setTargetTriple(llvm::Triple(triple_name));
  module.setDataLayout(layout_);
  const std::string features = llvm_features(cpu_);
  const llvm::StringRef tune = llvm::sys::getHostCPUName();
  for (llvm::GlobalVariable& variable : module.globals())
    if (!variable.isDeclaration()) variable.setLinkage(llvm::GlobalValue::InternalLinkage);
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    if (!function.hasHiddenVisibility()) {
      function.setComdat(nullptr);
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
    }
    function.addFnAttr("target-cpu", "x86-64");
    function.addFnAttr("tune-cpu", tune);
    function.addFnAttr("target-features", features);
    function.addFnAttr("min-legal-vector-width", "128");
    keep_apart(function);
    fence_square_roots(function);
  }
}

void Pipeline::optimise(llvm::Module& module) {
  set_target(module);
  if (level_ == CodeRequest::Level::quick) {
    optimise_quickly(module);
  } else {
    optimise_fully(module);
  }
  make_rare_calls(module);
  let_go_of_loads(module);
}

void Pipeline::optimise_quickly(llvm::Module& module) {
  llvm::PassBuilder builder(machine_.get());
  Analyses analyses(builder);
  llvm::FunctionPassManager function;
  function.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  function.addPass(llvm::EarlyCSEPass(true));
  function.addPass(llvm::SimplifyCFGPass());
  function.addPass(llvm::InstCombinePass());
  function.addPass(llvm::SimplifyCFGPass());
  llvm::ModulePassManager passes;
  passes.addPass(llvm::AlwaysInlinerPass(false));
  passes.addPass(llvm::GlobalDCEPass());
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(function)));
  passes.run(module, analyses.modules);
}

void Pipeline::optimise_fully(llvm::Module& module) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  llvm::PassBuilder builder(machine_.get(), tuning);
  // The semantics first: what follows sees plain code.
  builder.registerPipelineStartEPCallback(
      [](llvm::ModulePassManager& passes, llvm::OptimizationLevel) {
        passes.addPass(llvm::AlwaysInlinerPass(false));
        passes.addPass(llvm::GlobalDCEPass());
      });
  builder.registerPeepholeEPCallback(
      [](llvm::FunctionPassManager& passes, llvm::OptimizationLevel) {
        passes.addPass(DropInlinedStackChecks());
      });
  builder.registerVectorizerStartEPCallback(
      [](llvm::FunctionPassManager& passes, llvm::OptimizationLevel) {
        passes.addPass(DropRepeatedLooks());
        passes.addPass(llvm::SimplifyCFGPass());
        passes.addPass(llvm::LoopSimplifyPass());
        passes.addPass(llvm::LCSSAPass());
        passes.addPass(UncheckedLoops());
        passes.addPass(llvm::SimplifyCFGPass());
        passes.addPass(llvm::EarlyCSEPass(true));
      });
  Analyses analyses(builder);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, analyses.modules);
}

Result<Object> Pipeline::emit(llvm::Module& module) {
  Object object;
  LineRecord record(module);
  llvm::raw_svector_ostream out(object.elf);
  llvm::legacy::PassManager passes;
  passes.add(new llvm::TargetLibraryInfoWrapperPass(module.getTargetTriple()));
  passes.add(new llvm::RuntimeLibraryInfoWrapper(module.getTargetTriple()));
  llvm::TargetPassConfig* const config = machine_->createPassConfig(passes);
  config->setDisableVerify(true);
  // It looks where variables live; there are none.
  config->disablePass(&llvm::LiveDebugValuesID);
  passes.add(config);
  auto* const info = new llvm::MachineModuleInfoWrapperPass(machine_.get());
  passes.add(info);
  if (config->addISelPasses())
    return fail(ErrorKind::unsupported, "no instruction selection for this target");
  passes.add(make_mark_accesses());
  config->addMachinePasses();
  config->setInitialized();
  auto streamer = machine_->createMCStreamer(out, nullptr, llvm::CodeGenFileType::ObjectFile,
                                             info->getMMI().getContext());
  if (!streamer) return fail(ErrorKind::unsupported, llvm::toString(streamer.takeError()));
  llvm::AsmPrinter* const printer =
      machine_->getTarget().createAsmPrinter(*machine_, std::move(*streamer));
  printer->addAsmPrinterHandler(std::make_unique<LineRecorder>(*printer, record));
  passes.add(printer);
  passes.add(llvm::createFreeMachineFunctionPass());
  passes.run(module);
  TRY(record.resolve(object));
  return object;
}

Result<std::string> Pipeline::assembly(llvm::Module& module) {
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream out(text);
  llvm::legacy::PassManager passes;
  passes.add(new llvm::TargetLibraryInfoWrapperPass(module.getTargetTriple()));
  passes.add(new llvm::RuntimeLibraryInfoWrapper(module.getTargetTriple()));
  if (machine_->addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return fail(ErrorKind::unsupported, "no instruction selection for this target");
  passes.run(module);
  return std::string(text);
}

}  // namespace cairn::engine::compiler
