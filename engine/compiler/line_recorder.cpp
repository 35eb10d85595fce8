#include "compiler/line_recorder.hpp"

#include <llvm/CodeGen/AsmPrinter.h>
#include <llvm/CodeGen/MachineFunction.h>
#include <llvm/CodeGen/MachineInstr.h>
#include <llvm/CodeGen/MachineMemOperand.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCSectionELF.h>
#include <llvm/MC/MCStreamer.h>
#include <llvm/MC/MCSymbol.h>
#include <llvm/Object/ObjectFile.h>

namespace cairn::engine::compiler {

constexpr char section_name[] = ".cairn_lines";

/// Subprograms are called "f<defined index>"; a line is the offset in the body plus one, line 0 is
/// no place.
uint32_t LineRecord::frame_of(const llvm::DILocation* location) {
  if (location == nullptr || location->getLine() == 0) return ImageFrame::none;
  if (const auto found = known_.find(location); found != known_.end()) return found->second;
  llvm::StringRef name = location->getScope()->getSubprogram()->getName();
  ImageFrame frame{.offset = location->getLine() - 1};
  uint32_t result = ImageFrame::none;
  if (name.consume_front("f") && !name.getAsInteger(10, frame.function)) {
    const llvm::DILocation* const outer = location->getInlinedAt();
    frame.caller = frame_of(outer);
    result = static_cast<uint32_t>(frames_.size());
    frames_.push_back(frame);
  }
  known_[location] = result;
  return result;
}

Result<> LineRecord::resolve(Object& object) {
  auto elf = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(object.elf.data(), object.elf.size()), "code"));
  if (!elf) return fail(ErrorKind::malformed, llvm::toString(elf.takeError()));
  llvm::StringRef offsets;
  for (const llvm::object::SectionRef& section : (*elf)->sections()) {
    auto name = section.getName();
    if (!name) return fail(ErrorKind::malformed, llvm::toString(name.takeError()));
    if (*name != section_name) continue;
    auto contents = section.getContents();
    if (!contents) return fail(ErrorKind::malformed, llvm::toString(contents.takeError()));
    offsets = *contents;
  }
  for (Function& function : functions_) {
    if (function.rows.size() > offsets.size() / sizeof(uint32_t))
      return fail(ErrorKind::malformed, "an object's lines are cut off");
    Object::Lines& lines = object.lines.emplace_back();
    lines.symbol = std::move(function.name);
    for (const Row& row : function.rows) {
      const auto begin = load_le<uint32_t>(offsets.data());
      offsets = offsets.drop_front(sizeof(uint32_t));
      // Nothing between two labels: the later one counts.
      if (!lines.rows.empty() && lines.rows.back().begin == begin) lines.rows.pop_back();
      lines.rows.push_back({begin, row.frame, row.is_bare});
    }
  }
  object.frames = std::move(frames_);
  return {};
}

namespace {

bool is_access(const llvm::DILocation* location) {
  return location != nullptr && location->getColumn() == access_column;
}

}  // namespace

LineRecord::LineRecord(llvm::Module& module) {
  for (llvm::Function& function : module) {
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      const llvm::DILocation* const place = instruction.getDebugLoc().get();
      const llvm::MDNode* const tag = instruction.getMetadata(llvm::LLVMContext::MD_tbaa);
      if (tag == nullptr || !instruction.isVolatile() || !is_access(place)) continue;
      const llvm::SmallVector<llvm::Metadata*> parts(tag->op_begin(), tag->op_end());
      llvm::MDNode* const own = llvm::MDNode::getDistinct(module.getContext(), parts);
      instruction.setMetadata(llvm::LLVMContext::MD_tbaa, own);
      accesses_[own] = place;
    }
  }
}

/// An access may have the place of what it became part of, but it keeps its tag. When something is
/// read, changed and written, it is the reading that faults. Atomic accesses lose their tags; what
/// makes an address knows the place, too.
const llvm::DILocation* LineRecord::place_of(const llvm::MachineInstr& instruction) const {
  const llvm::DILocation* found = instruction.getDebugLoc().get();
  for (const llvm::MachineMemOperand* access : instruction.memoperands()) {
    const llvm::DILocation* place = accesses_.lookup(access->getAAInfo().TBAA);
    if (place == nullptr && access->isAtomic() && !is_access(found)) {
      const auto* const address = llvm::dyn_cast_or_null<llvm::Instruction>(access->getValue());
      if (address != nullptr) place = address->getDebugLoc().get();
    }
    if (!is_access(place)) continue;
    if (access->isLoad()) return place;
    found = place;
  }
  return found;
}

namespace {

/// The blocks of a function that are entered before its prologue has run.
llvm::DenseSet<const llvm::MachineBasicBlock*> blocks_without_frame(
    const llvm::MachineFunction& function) {
  llvm::DenseSet<const llvm::MachineBasicBlock*> found;
  std::vector<const llvm::MachineBasicBlock*> open = {&function.front()};
  found.insert(&function.front());
  while (!open.empty()) {
    const llvm::MachineBasicBlock* const block = open.back();
    open.pop_back();
    const bool sets_frame_up = llvm::any_of(*block, [](const llvm::MachineInstr& instruction) {
      return instruction.getFlag(llvm::MachineInstr::FrameSetup);
    });
    if (sets_frame_up) continue;
    for (const llvm::MachineBasicBlock* const next : block->successors())
      if (found.insert(next).second) open.push_back(next);
  }
  return found;
}

}  // namespace

void LineRecorder::beginFunction(const llvm::MachineFunction* function) {
  record_.functions().push_back(
      {.name = function->getName().str(), .symbol = printer_.CurrentFnSym, .rows = {}});
  block_ = bare_block_ = nullptr;
  frame_ = ImageFrame::none;
  row_is_bare_ = false;
  bare_ = blocks_without_frame(*function);
}

namespace {

/// Can anybody ask where it comes from? Traps are calls or faults, and callers are calls.
bool can_be_seen(const llvm::MachineInstr& instruction) {
  return instruction.isCall() || instruction.mayLoadOrStore() ||
         instruction.hasUnmodeledSideEffects();
}

}  // namespace

/// What was inserted without a location (a reload) belongs to what it stands behind in its block.
void LineRecorder::beginInstruction(const llvm::MachineInstr* instruction) {
  if (instruction->isMetaInstruction()) return;
  if (instruction->getParent() != bare_block_) {
    bare_block_ = instruction->getParent();
    is_bare_ = bare_.contains(bare_block_);
  }
  if (instruction->getFlag(llvm::MachineInstr::FrameSetup)) is_bare_ = false;
  if (!can_be_seen(*instruction)) return;
  const bool is_new_block = instruction->getParent() != block_;
  block_ = instruction->getParent();
  const llvm::DILocation* const location = record_.place_of(*instruction);
  const uint32_t frame = location == nullptr && !is_new_block ? frame_ : record_.frame_of(location);
  if (frame == frame_ && is_bare_ == row_is_bare_) return;
  frame_ = frame;
  row_is_bare_ = is_bare_;
  llvm::MCSymbol* const label = printer_.OutContext.createTempSymbol();
  printer_.OutStreamer->emitLabel(label);
  record_.functions().back().rows.push_back({label, frame, is_bare_});
}

void LineRecorder::endModule() {
  printer_.OutStreamer->switchSection(
      printer_.OutContext.getELFSection(section_name, llvm::ELF::SHT_PROGBITS, 0));
  for (const LineRecord::Function& function : record_.functions())
    for (const LineRecord::Row& row : function.rows)
      printer_.OutStreamer->emitAbsoluteSymbolDiff(row.at, function.symbol, sizeof(uint32_t));
}

}  // namespace cairn::engine::compiler
