#include "compiler/unchecked_loops.hpp"

#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/Local.h>
#include <llvm/Transforms/Utils/ScalarEvolutionExpander.h>

#include <cstddef>
#include <limits>

#include "compiler/counted_loop.hpp"
#include "compiler/distinct_accesses.hpp"
#include "compiler/values.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

namespace {

/// With fewer rounds than that, nobody looks whether checks could be left out.
constexpr uint64_t rounds_min = 8;
/// As `CountedLoop::cost`, after which an interruption is looked for again: a quarter of a
/// millisecond, of which little is left to chance.
constexpr uint64_t pause = uint64_t{1} << 20;

/// Makes the second version of one loop.
class Versions {
 public:
  Versions(const CountedLoop& counted, llvm::ScalarEvolution& scev, llvm::LoopInfo& loops,
           llvm::DominatorTree& dominators, bool masks)
      : counted_(counted),
        masks_(masks && !counted.accesses.empty()),
        scev_(scev),
        loops_(loops),
        dominators_(dominators),
        expander_(scev, "rounds") {}

  bool run();

 private:
  bool can_be_computed() const;
  uint64_t rounds_limit() const;
  llvm::Value* expand(const llvm::SCEV* value, llvm::Instruction* before);
  void copy_loop();
  llvm::Value* few_rounds(Builder& ir);
  bool goes_up_to(const llvm::SCEV* number, uint64_t step_max, uint64_t maximum) const;
  bool stays_near() const;
  llvm::Value* mask_rounds(Builder& ir);
  std::pair<size_t, uint64_t> root_of(size_t walk);
  void mask_starts();
  llvm::Value* fits(Builder& ir);
  llvm::Value* lies_in_memory(Builder& ir);
  void walk_memory();
  void end_by_number(llvm::PHINode* round);
  void drop_checks();
  void drop_unused();
  template <class T>
  T* copied(T* value) {
    return llvm::cast<T>(copies_[value]);
  }

  const CountedLoop& counted_;
  const bool masks_;  ///< what follows from a wrong guess stays in the memory and its guard area
  llvm::ScalarEvolution& scev_;
  llvm::LoopInfo& loops_;
  llvm::DominatorTree& dominators_;
  llvm::SCEVExpander expander_;
  llvm::ValueToValueMapTy copies_;
  llvm::BasicBlock *before_ = nullptr, *bounds_ = nullptr, *checked_ = nullptr,
                   *unchecked_ = nullptr;
  llvm::Value* rounds_ = nullptr;
  bool rounds_are_masked_ = false;
  std::vector<llvm::Value*> starts_;  ///< of the walks
  llvm::SmallVector<llvm::WeakTrackingVH> unused_;
};

bool Versions::can_be_computed() const {
  if (!expander_.isSafeToExpand(counted_.rounds) ||
      !llvm::isa<llvm::BranchInst>(counted_.loop->getExitingBlock()->getTerminator()))
    return false;
  return llvm::all_of(counted_.walks,
                      [&](const MemoryWalk& walk) { return expander_.isSafeToExpand(walk.start); });
}

llvm::Value* Versions::expand(const llvm::SCEV* value, llvm::Instruction* before) {
  return expander_.expandCodeFor(value, value->getType(), before->getIterator());
}

/// So many rounds may go by without a look.
uint64_t Versions::rounds_limit() const {
  if (!counted_.interruptible) return counted_rounds_max;
  return std::min(counted_rounds_max, pause / std::max<uint64_t>(counted_.cost, 1));
}

llvm::Value* Versions::few_rounds(Builder& ir) {
  return ir.CreateICmpULT(ir.CreateSub(rounds_, ir.getInt64(rounds_min - 1)),
                          ir.getInt64(rounds_limit() - rounds_min));
}

/// Accesses of all rounds lie between those of the first and the last one.
llvm::Value* Versions::lies_in_memory(Builder& ir) {
  llvm::Value* const memories = load_invariant(
      ir, ir.getPtrTy(), field(ir, counted_.instance, offsetof(InstanceData, memories)));
  llvm::Value* const memory = load_invariant(ir, ir.getPtrTy(), memories);
  llvm::Value* const size =
      ir.CreateLoad(ir.getInt64Ty(), field(ir, memory, offsetof(MemoryInst, size)));
  llvm::Value* result = ir.getTrue();
  uint64_t bytes_max = 0;
  for (size_t i = 0; i < starts_.size(); ++i) {
    const MemoryWalk& walk = counted_.walks[i];
    bytes_max = std::max(bytes_max, walk.bytes);
    llvm::Value* const limit = ir.CreateSub(size, ir.getInt64(walk.bytes));
    result = ir.CreateAnd(result, ir.CreateICmpULE(starts_[i], limit));
    if (walk.step == 0) continue;
    llvm::Value* const last = ir.CreateAdd(
        starts_[i], ir.CreateMul(ir.getInt64(static_cast<uint64_t>(walk.step)), rounds_));
    result = ir.CreateAnd(result, ir.CreateICmpULE(last, limit));
  }
  return ir.CreateAnd(result, ir.CreateICmpUGE(size, ir.getInt64(bytes_max)));
}

llvm::Value* Versions::fits(Builder& ir) {
  llvm::Value* result = ir.getTrue();
  if (counted_.fuel != nullptr) {
    llvm::Value* const fuel = counted_.fuel->getIncomingValueForBlock(checked_);
    llvm::Value* const cost =
        ir.CreateMul(ir.CreateAdd(rounds_, ir.getInt64(1)), ir.getInt64(counted_.fuel_per_round));
    result = ir.CreateICmpSGE(fuel, cost);
  }
  if (counted_.interruptible) {
    llvm::Value* const wanted =
        ir.CreateLoad(ir.getInt32Ty(), CAIRN_STORE_FIELD(ir, counted_.instance, interrupt), true);
    result = ir.CreateAnd(result, ir.CreateICmpEQ(wanted, ir.getInt32(0)));
  }
  if (!counted_.accesses.empty()) result = ir.CreateAnd(result, lies_in_memory(ir));
  return result;
}

/// Does a number go up from a constant by small steps of loops around, to a maximum at most? Then a
/// wrong guess brings it no further than these loops may go on meanwhile.
bool Versions::goes_up_to(const llvm::SCEV* number, uint64_t step_max, uint64_t maximum) const {
  if (scev_.getUnsignedRangeMax(number).ugt(maximum)) return false;
  while (const auto* const steps = llvm::dyn_cast<llvm::SCEVAddRecExpr>(number)) {
    const auto* const step = llvm::dyn_cast<llvm::SCEVConstant>(steps->getOperand(1));
    if (!steps->isAffine() || step == nullptr || step->getAPInt().ugt(step_max)) return false;
    number = steps->getStart();
  }
  return llvm::isa<llvm::SCEVConstant>(number);
}

/// Do all rounds go no further than a processor may guess wrongly?
bool Versions::stays_near() const {
  return llvm::all_of(counted_.walks, [&](const MemoryWalk& walk) {
    const auto step = std::max<uint64_t>(static_cast<uint64_t>(walk.step), 1);
    return goes_up_to(counted_.rounds, counted_step_max / step,
                      std::min(counted_reach_max / step, counted_rounds_max - 1));
  });
}

/// Looks at all bounds. The number of rounds becomes 0 by arithmetic if they are wrong: a processor
/// that takes the branch all the same does not jump to the last rounds, from where an attacker
/// could look far away. LLVM must not see that the mask and the branch say the same.
llvm::Value* Versions::mask_rounds(Builder& ir) {
  llvm::Value* const low = hide(ir, ir.CreateTrunc(rounds_, ir.getInt32Ty()));
  rounds_ = ir.CreateZExt(ir.CreateAnd(low, ir.getInt32(counted_rounds_max - 1)), ir.getInt64Ty());
  llvm::Value* const mask = hide(ir, ir.CreateSExt(fits(ir), ir.getInt64Ty()));
  rounds_ = ir.CreateAnd(rounds_, mask);
  rounds_are_masked_ = true;
  return ir.CreateICmpNE(mask, ir.getInt64(0));
}

/// The lowest walk that is known to begin at a distance below this one, or this one, and the
/// distance.
std::pair<size_t, uint64_t> Versions::root_of(size_t walk) {
  const std::vector<MemoryWalk>& walks = counted_.walks;
  const uint64_t reach = walks[walk].bytes - walks[walk].begin;
  std::pair<size_t, uint64_t> root = {walk, 0};
  for (size_t i = 0; i < walks.size(); ++i) {
    const auto* const between =
        llvm::dyn_cast<llvm::SCEVConstant>(scev_.getMinusSCEV(walks[walk].start, walks[i].start));
    if (between == nullptr || !walks[i].always) continue;
    const uint64_t distance =
        between->getAPInt().getZExtValue() + walks[walk].begin - walks[i].begin;
    if (distance > counted_reach_max || distance + reach > counted_reach_max) continue;
    if (distance > root.second || (distance == root.second && i < root.first)) root = {i, distance};
  }
  return root;
}

/// What is in memory begins at a number of 32 bits; whatever else a processor takes for the start
/// becomes one. Walks at known distances keep them, so that LLVM knows how they lie to each other,
/// and so do those that lie at places which are constant but for the loops around.
void Versions::mask_starts() {
  Builder ir(unchecked_->getTerminator());
  std::vector<llvm::Value*> firsts(starts_.size()), masked;
  for (size_t i = 0; i < starts_.size(); ++i) {
    const MemoryWalk& walk = counted_.walks[i];
    constexpr uint64_t far = std::numeric_limits<uint32_t>::max();
    if (walk.begin <= far && goes_up_to(walk.start, counted_step_max, far - walk.begin)) {
      masked.push_back(starts_[i]);
      continue;
    }
    const auto [root, distance] = root_of(i);
    llvm::Value*& first = firsts[root];
    if (first == nullptr) {
      first = ir.CreateAdd(starts_[root], ir.getInt64(counted_.walks[root].begin));
      first = ir.CreateZExt(hide(ir, ir.CreateTrunc(first, ir.getInt32Ty())), ir.getInt64Ty());
    }
    masked.push_back(ir.CreateAdd(first, ir.getInt64(distance - walk.begin)));
  }
  starts_ = std::move(masked);
}

/// In front of the loop comes a block that counts rounds, then one that looks at the rest.
void Versions::copy_loop() {
  before_ = counted_.loop->getLoopPreheader();
  bounds_ = llvm::SplitBlock(before_, before_->getTerminator(), &dominators_, &loops_);
  checked_ = llvm::SplitBlock(bounds_, bounds_->getTerminator(), &dominators_, &loops_);
  llvm::BasicBlock* const exit = counted_.loop->getExitBlock();
  llvm::BasicBlock* const exiting = counted_.loop->getExitingBlock();
  llvm::SmallVector<llvm::BasicBlock*> blocks;
  llvm::cloneLoopWithPreheader(checked_, bounds_, counted_.loop, copies_, ".unchecked", &loops_,
                               &dominators_, blocks);
  llvm::remapInstructionsInBlocks(blocks, copies_);
  unchecked_ = copied(checked_);
  for (llvm::PHINode& phi : exit->phis()) {
    llvm::Value* const value = phi.getIncomingValueForBlock(exiting);
    const auto copy = copies_.find(value);
    phi.addIncoming(copy == copies_.end() ? value : static_cast<llvm::Value*>(copy->second),
                    copied(exiting));
  }
}

bool Versions::run() {
  if (rounds_limit() < 2 * rounds_min || !can_be_computed()) return false;
  copy_loop();
  llvm::MDNode* const likely = llvm::MDBuilder(before_->getContext()).createLikelyBranchWeights();
  {
    Builder ir(before_->getTerminator());
    rounds_ = expand(counted_.rounds, before_->getTerminator());
    llvm::Value* const few = few_rounds(ir);
    llvm::ReplaceInstWithInst(before_->getTerminator(),
                              llvm::BranchInst::Create(bounds_, checked_, few));
  }
  {
    for (const MemoryWalk& walk : counted_.walks)
      starts_.push_back(expand(walk.start, bounds_->getTerminator()));
    Builder ir(bounds_->getTerminator());
    // What is of use in some rounds only may be poison in front of them: no branch may depend on
    // it.
    for (size_t i = 0; i < starts_.size(); ++i)
      if (!counted_.walks[i].always) starts_[i] = ir.CreateFreeze(starts_[i]);
    llvm::Value* const all = masks_ && !stays_near() ? mask_rounds(ir) : fits(ir);
    llvm::BranchInst* const branch = llvm::BranchInst::Create(unchecked_, checked_, all);
    branch->setMetadata(llvm::LLVMContext::MD_prof, likely);
    llvm::ReplaceInstWithInst(bounds_->getTerminator(), branch);
  }
  dominators_.changeImmediateDominator(checked_, before_);
  dominators_.changeImmediateDominator(counted_.loop->getExitBlock(), before_);
  if (masks_) mask_starts();
  walk_memory();
  drop_checks();
  drop_unused();
  // What runs here is short, ends in a trap, or runs for so long that it may as well look.
  if (counted_.stops.empty()) counted_.loop->setLoopAlreadyUnrolled();
  scev_.forgetAllLoops();
  return true;
}

/// Accesses in steps of a counter; nobody sees in which order.
void Versions::walk_memory() {
  llvm::BasicBlock* const head = copied(counted_.loop->getHeader());
  llvm::BasicBlock* const latch = copied(counted_.loop->getLoopLatch());
  Builder ir(head, head->begin());
  llvm::PHINode* const round = ir.CreatePHI(ir.getInt64Ty(), 2, "round");
  ir.SetInsertPoint(latch->getTerminator());
  round->addIncoming(ir.getInt64(0), unchecked_);
  round->addIncoming(ir.CreateAdd(round, ir.getInt64(1), "", true, true), latch);
  ir.SetInsertPoint(head, head->getFirstInsertionPt());
  if (rounds_are_masked_) end_by_number(round);
  std::vector<llvm::Value*> places;
  for (size_t i = 0; i < starts_.size(); ++i) {
    llvm::Value* const steps = ir.CreateMul(
        round, ir.getInt64(static_cast<uint64_t>(counted_.walks[i].step)), "", false, true);
    places.push_back(ir.CreateAdd(steps, starts_[i], "", false, true));
  }
  for (const CountedLoop::Access& access : counted_.accesses) {
    llvm::Instruction* const copy = copied(access.instruction);
    ir.SetInsertPoint(copy);
    llvm::Value* const place = ir.CreateGEP(
        ir.getInt8Ty(),
        ir.CreateGEP(ir.getInt8Ty(), counted_.memory_base, places[access.walk], "",
                     llvm::GEPNoWrapFlags::inBounds() | llvm::GEPNoWrapFlags::noUnsignedWrap()),
        ir.getInt64(access.offset), "",
        llvm::GEPNoWrapFlags::inBounds() | llvm::GEPNoWrapFlags::noUnsignedWrap());
    unused_.emplace_back(llvm::getLoadStorePointerOperand(copy));
    if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(copy)) {
      load->setOperand(llvm::LoadInst::getPointerOperandIndex(), place);
      load->setVolatile(false);
      let_go(*load);
    } else {
      auto* const store = llvm::cast<llvm::StoreInst>(copy);
      store->setOperand(llvm::StoreInst::getPointerOperandIndex(), place);
      store->setVolatile(false);
    }
  }
  for (llvm::StoreInst* const store : counted_.visible) copied(store)->setVolatile(false);
}

/// Leaves the loop in the round with the last number.
void Versions::end_by_number(llvm::PHINode* round) {
  auto* const branch =
      llvm::cast<llvm::BranchInst>(copied(counted_.loop->getExitingBlock())->getTerminator());
  const bool goes_on_when_true = branch->getSuccessor(0) != counted_.loop->getExitBlock();
  Builder ir(branch);
  unused_.emplace_back(branch->getCondition());
  branch->setCondition(ir.CreateICmp(
      goes_on_when_true ? llvm::CmpInst::ICMP_NE : llvm::CmpInst::ICMP_EQ, round, rounds_));
}

void Versions::drop_checks() {
  for (llvm::BasicBlock* const stop : counted_.stops) {
    llvm::BasicBlock* const copy = copied(stop);
    auto* const branch =
        llvm::cast<llvm::BranchInst>(copy->getSinglePredecessor()->getTerminator());
    branch->setCondition(
        llvm::ConstantInt::getBool(copy->getContext(), branch->getSuccessor(0) != copy));
  }
  // Fuel is stored again behind the loop in front of whatever could look: each way out of it is
  // paid for, and what is left has changed by that.
  for (llvm::Instruction* const access : counted_.bookkeeping) {
    llvm::Instruction* const copy = copied(access);
    if (!copy->getType()->isVoidTy())
      copy->replaceAllUsesWith(llvm::Constant::getNullValue(copy->getType()));
    copy->eraseFromParent();
  }
}

/// The loop's own counters and places would be taken for something that is of use.
void Versions::drop_unused() {
  llvm::RecursivelyDeleteTriviallyDeadInstructionsPermissive(unused_);
  llvm::DeleteDeadPHIs(copied(counted_.loop->getHeader()));
}

}  // namespace

llvm::PreservedAnalyses UncheckedLoops::run(llvm::Function& function,
                                            llvm::FunctionAnalysisManager& analyses) {
  auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  if (loops.empty()) return llvm::PreservedAnalyses::all();
  auto& scev = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  const llvm::Module& module = *function.getParent();
  const LoopRules rules{.has_private_memory = module.getModuleFlag(private_memory_flag) != nullptr,
                        .masks = module.getModuleFlag(index_masks_flag) != nullptr};
  bool changed = false;
  for (llvm::Loop* const loop : loops.getLoopsInPreorder())
    if (const auto counted = counted_loop(*loop, scev, dominators, rules))
      changed |= Versions(*counted, scev, loops, dominators, rules.masks).run();
  return changed ? llvm::PreservedAnalyses::none() : llvm::PreservedAnalyses::all();
}

}  // namespace cairn::engine::compiler
