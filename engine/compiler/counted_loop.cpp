#include "compiler/counted_loop.hpp"

#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "compiler/rare_calls.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

namespace {

using llvm::SCEV;

/// No memory is larger, and what lies beyond it is not worth a thought.
constexpr uint64_t offset_max = uint64_t{1} << 32;
/// More walks than that take longer to look at than most loops run.
constexpr size_t walks_max = 12;

bool is_floating(const llvm::Value& value) {
  return value.getType()->isFPOrFPVectorTy() ||
         (llvm::isa<llvm::Instruction>(value) &&
          llvm::cast<llvm::Instruction>(value).getNumOperands() > 0 &&
          llvm::cast<llvm::Instruction>(value).getOperand(0)->getType()->isFPOrFPVectorTy());
}

/// What an instruction takes when all goes badly, as `CountedLoop::cost`.
uint64_t cost_of(const llvm::Instruction& instruction) {
  constexpr uint64_t denormal = 100, guessed_wrongly = 24, access = 8, division = 100, product = 4,
                     vector = 4, intrinsic = 16;
  switch (instruction.getOpcode()) {
    case llvm::Instruction::Br:
    case llvm::Instruction::Switch: return instruction.getNumSuccessors() > 1 ? guessed_wrongly : 1;
    case llvm::Instruction::Load:
    case llvm::Instruction::Store: return access;
    case llvm::Instruction::UDiv:
    case llvm::Instruction::SDiv:
    case llvm::Instruction::URem:
    case llvm::Instruction::SRem: return division;
    case llvm::Instruction::PHI:
    case llvm::Instruction::Select: return 1;
    case llvm::Instruction::Freeze: return 0;
    default: break;
  }
  if (is_floating(instruction)) return denormal;
  if (llvm::isa<llvm::CallBase>(instruction)) return intrinsic;
  if (instruction.getType()->isVectorTy()) return vector;
  return instruction.getOpcode() == llvm::Instruction::Mul ? product : 1;
}

/// What an access takes in addition that goes on by that step: the system may have to provide the
/// pages, small or large ones.
uint64_t cost_of_step(int64_t step) {
  constexpr uint64_t page = 4096, large_pages_share = 8;
  const uint64_t bytes = step < 0 ? -static_cast<uint64_t>(step) : static_cast<uint64_t>(step);
  return std::min(bytes, page) + bytes / large_pages_share;
}

class Reader {
 public:
  Reader(llvm::Loop& loop, llvm::ScalarEvolution& scev, const llvm::DominatorTree& dominators,
         const LoopRules& rules)
      : loop_(loop), scev_(scev), dominators_(dominators), rules_(rules) {
    found_.loop = &loop;
  }
  std::optional<CountedLoop> read();

 private:
  bool read_block(llvm::BasicBlock& block);
  bool read_instruction(llvm::Instruction& instruction);
  bool read_stop(llvm::BasicBlock& block);
  bool read_access(llvm::Instruction& instruction);
  bool find_walk(const SCEV* place, MemoryWalk& walk, uint64_t& offset);
  bool take_step(const SCEV* step, MemoryWalk& walk) const;
  bool use_instance(llvm::Value* instance);
  bool find_fuel();

  llvm::Loop& loop_;
  llvm::ScalarEvolution& scev_;
  const llvm::DominatorTree& dominators_;
  const LoopRules& rules_;
  CountedLoop found_;
  std::vector<llvm::Value*> charges_;  ///< the conditions under which fuel is used up
};

bool Reader::use_instance(llvm::Value* instance) {
  if (found_.instance == nullptr && llvm::isa<llvm::Argument>(instance)) found_.instance = instance;
  return found_.instance == instance;
}

/// Where a way goes that is hardly ever taken: to a rare call, and back.
bool Reader::read_stop(llvm::BasicBlock& block) {
  llvm::BasicBlock* const before = block.getSinglePredecessor();
  auto* const branch =
      before != nullptr ? llvm::dyn_cast<llvm::BranchInst>(before->getTerminator()) : nullptr;
  if (branch == nullptr || !branch->isConditional() || !loop_.contains(before)) return false;
  if (branch->getSuccessor(0) == branch->getSuccessor(1)) return false;
  size_t calls = 0;
  for (llvm::Instruction& instruction : block) {
    const auto call = rare_call(instruction);
    if (!call) continue;
    ++calls;
    if (!use_instance(call->argument(0))) return false;
    if (call->offset == offsetof(RuntimeCalls, interrupt)) {
      found_.interruptible = true;
    } else if (call->offset == offsetof(RuntimeCalls, out_of_fuel)) {
      found_.fuel_per_round += llvm::cast<llvm::ConstantInt>(call->argument(1))->getZExtValue();
      charges_.push_back(branch->getCondition());
    } else {
      return false;
    }
  }
  found_.stops.push_back(&block);
  return calls == 1;
}

/// Does the access reach into memories, or into structures of the runtime?
bool is_tagged(const llvm::Instruction& access, llvm::StringRef what) {
  const llvm::MDNode* const tag = access.getMetadata(llvm::LLVMContext::MD_tbaa);
  if (tag == nullptr || tag->getNumOperands() < 2) return false;
  const auto* const type = llvm::dyn_cast<llvm::MDNode>(tag->getOperand(1));
  if (type == nullptr || type->getNumOperands() < 1) return false;
  const auto* const name = llvm::dyn_cast<llvm::MDString>(type->getOperand(0));
  return name != nullptr && name->getString() == what;
}

/// In front of a memory there is no guard area.
bool Reader::take_step(const SCEV* step, MemoryWalk& walk) const {
  const auto* const constant = llvm::dyn_cast<llvm::SCEVConstant>(step);
  if (constant == nullptr || constant->getAPInt().abs().ugt(counted_step_max)) return false;
  walk.step = constant->getAPInt().getSExtValue();
  return walk.step > 0 || !rules_.masks;
}

/// Takes a place in memory apart. `offset` is what is constant in it; the rest may begin anywhere,
/// which is compared with the memory's size.
bool Reader::find_walk(const SCEV* place, MemoryWalk& walk, uint64_t& offset) {
  llvm::SmallVector<const SCEV*> terms;
  offset = 0;
  if (const auto* const sum = llvm::dyn_cast<llvm::SCEVAddExpr>(place)) {
    for (const SCEV* const term : sum->operands()) {
      const auto* const constant = llvm::dyn_cast<llvm::SCEVConstant>(term);
      if (constant == nullptr)
        terms.push_back(term);
      else if (constant->getAPInt().ult(offset_max))
        offset += constant->getAPInt().getZExtValue();
      else
        return false;
    }
  } else {
    terms.push_back(place);
  }
  if (terms.size() != 1) return false;
  const SCEV* const term = terms.front();
  llvm::Type* const i64 = place->getType();
  if (scev_.isLoopInvariant(term, &loop_)) {
    walk.start = term;
    return true;
  }
  if (const auto* const wide = llvm::dyn_cast<llvm::SCEVZeroExtendExpr>(term)) {
    const auto* const narrow = llvm::dyn_cast<llvm::SCEVAddRecExpr>(wide->getOperand());
    if (narrow == nullptr || narrow->getLoop() != &loop_ || !narrow->isAffine() ||
        !narrow->getType()->isIntegerTy(32))
      return false;
    walk.start = scev_.getZeroExtendExpr(narrow->getStart(), i64);
    return take_step(narrow->getStepRecurrence(scev_), walk);
  }
  const auto* const steps = llvm::dyn_cast<llvm::SCEVAddRecExpr>(term);
  if (steps == nullptr || steps->getLoop() != &loop_ || !steps->isAffine()) return false;
  if (!take_step(steps->getStepRecurrence(scev_), walk)) return false;
  walk.start = steps->getStart();
  if (const auto* const sum = llvm::dyn_cast<llvm::SCEVAddExpr>(walk.start)) {
    const auto* const constant = llvm::dyn_cast<llvm::SCEVConstant>(sum->getOperand(0));
    if (constant != nullptr && constant->getAPInt().ult(offset_max)) {
      offset += constant->getAPInt().getZExtValue();
      walk.start = scev_.getMinusSCEV(walk.start, constant);
    }
  }
  return true;
}

bool Reader::read_access(llvm::Instruction& instruction) {
  if (!rules_.has_private_memory) return false;
  llvm::Value* const pointer = llvm::getLoadStorePointerOperand(&instruction);
  const SCEV* const whole = scev_.getSCEV(pointer);
  const auto* const base = llvm::dyn_cast<llvm::SCEVUnknown>(scev_.getPointerBase(whole));
  if (base == nullptr) return false;
  auto* const load = llvm::dyn_cast<llvm::LoadInst>(base->getValue());
  if (load == nullptr || !load->hasMetadata(llvm::LLVMContext::MD_invariant_load) ||
      loop_.contains(load))
    return false;
  const llvm::DataLayout& layout = instruction.getDataLayout();
  int64_t offset = 0;
  llvm::Value* const instance =
      llvm::GetPointerBaseWithConstantOffset(load->getPointerOperand(), offset, layout);
  if (offset != offsetof(InstanceData, memory0_base) || !use_instance(instance)) return false;
  if (found_.memory_base != nullptr && found_.memory_base != load) return false;
  found_.memory_base = load;

  MemoryWalk walk;
  CountedLoop::Access access{.instruction = &instruction};
  if (!find_walk(scev_.removePointerBase(whole), walk, access.offset)) return false;
  walk.begin = access.offset;
  walk.bytes =
      access.offset + layout.getTypeStoreSize(llvm::getLoadStoreType(&instruction)).getFixedValue();
  found_.cost += cost_of_step(walk.step);
  std::vector<MemoryWalk>& walks = found_.walks;
  while (access.walk < walks.size() &&
         (walks[access.walk].start != walk.start || walks[access.walk].step != walk.step))
    ++access.walk;
  if (access.walk == walks.size()) walks.push_back(walk);
  walks[access.walk].always |= dominators_.dominates(instruction.getParent(), loop_.getLoopLatch());
  walks[access.walk].begin = std::min(walks[access.walk].begin, walk.begin);
  walks[access.walk].bytes = std::max(walks[access.walk].bytes, walk.bytes);
  found_.accesses.push_back(access);
  return walks.size() <= walks_max;
}

bool Reader::read_instruction(llvm::Instruction& instruction) {
  found_.cost += cost_of(instruction);
  if (instruction.isAtomic()) return false;
  if (llvm::isa<llvm::LoadInst, llvm::StoreInst>(instruction)) {
    if (is_tagged(instruction, "memory")) return read_access(instruction);
    if (!instruction.isVolatile()) return true;
    if (is_tagged(instruction, "visible")) {
      found_.visible.push_back(llvm::cast<llvm::StoreInst>(&instruction));
      return true;
    }
    found_.bookkeeping.push_back(&instruction);
    return is_tagged(instruction, "runtime");
  }
  // Another function could run for long.
  if (const auto* const call = llvm::dyn_cast<llvm::CallBase>(&instruction))
    return (llvm::isa<llvm::IntrinsicInst>(call) || call->isInlineAsm()) &&
           call->doesNotAccessMemory() && call->willReturn();
  return !instruction.mayReadOrWriteMemory();
}

bool Reader::read_block(llvm::BasicBlock& block) {
  if (llvm::any_of(block, [](llvm::Instruction& each) { return rare_call(each).has_value(); }))
    return read_stop(block);
  if (!llvm::isa<llvm::BranchInst, llvm::SwitchInst>(block.getTerminator())) return false;
  return llvm::all_of(block, [&](llvm::Instruction& each) { return read_instruction(each); });
}

/// The number at the head that all charges take from.
bool Reader::find_fuel() {
  llvm::SmallPtrSet<llvm::Value*, 16> seen;
  std::vector<llvm::Value*> open = charges_;
  while (!open.empty()) {
    auto* const value = llvm::dyn_cast<llvm::Instruction>(open.back());
    open.pop_back();
    if (value == nullptr || !loop_.contains(value) || llvm::isa<llvm::LoadInst>(value) ||
        !seen.insert(value).second)
      continue;
    auto* const phi = llvm::dyn_cast<llvm::PHINode>(value);
    if (phi != nullptr && phi->getParent() == loop_.getHeader()) {
      if (found_.fuel != nullptr && found_.fuel != phi) return false;
      found_.fuel = phi;
    } else {
      open.insert(open.end(), value->op_begin(), value->op_end());
    }
  }
  return found_.fuel != nullptr && found_.fuel->getType()->isIntegerTy(64);
}

std::optional<CountedLoop> Reader::read() {
  if (!loop_.isInnermost() || !loop_.isLoopSimplifyForm() || loop_.getExitBlock() == nullptr)
    return std::nullopt;
  const llvm::BasicBlock* const exiting = loop_.getExitingBlock();
  if (exiting == nullptr || !dominators_.dominates(exiting, loop_.getLoopLatch()))
    return std::nullopt;
  for (llvm::BasicBlock* const block : loop_.blocks())
    if (!read_block(*block)) return std::nullopt;
  for (const MemoryWalk& walk : found_.walks)
    if (rules_.masks && walk.bytes - walk.begin > counted_reach_max) return std::nullopt;
  const bool goes_through_memory =
      llvm::any_of(found_.walks, [](const MemoryWalk& walk) { return walk.step != 0; });
  if (!goes_through_memory && found_.stops.empty()) return std::nullopt;
  if (!charges_.empty() && !find_fuel()) return std::nullopt;
  constexpr uint64_t cost_max = std::numeric_limits<uint32_t>::max();
  if (found_.fuel_per_round >= cost_max) return std::nullopt;
  found_.rounds = scev_.getBackedgeTakenCount(&loop_);
  if (llvm::isa<llvm::SCEVCouldNotCompute>(found_.rounds) ||
      scev_.getTypeSizeInBits(found_.rounds->getType()) > 64)
    return std::nullopt;
  found_.rounds = scev_.getNoopOrZeroExtend(
      found_.rounds, llvm::Type::getInt64Ty(loop_.getHeader()->getContext()));
  return found_;
}

}  // namespace

std::optional<CountedLoop> counted_loop(llvm::Loop& loop, llvm::ScalarEvolution& scev,
                                        const llvm::DominatorTree& dominators,
                                        const LoopRules& rules) {
  return Reader(loop, scev, dominators, rules).read();
}

}  // namespace cairn::engine::compiler
