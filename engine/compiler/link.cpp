#include "compiler/link.hpp"

#include <fmt/format.h>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELFObjectFile.h>

#include <algorithm>
#include <map>
#include <optional>

namespace cairn::engine::compiler {

namespace {

using llvm::StringRef;
using llvm::object::ELF64LEObjectFile;

/// An error of LLVM as one of ours; these are errors of the compiler, not of any input.
std::unexpected<Error> broken(llvm::Error error) {
  return fail(ErrorKind::malformed, "linking code: " + llvm::toString(std::move(error)));
}

#define LLVM_TRY(name, expected)                                \
  auto name##_result = (expected);                              \
  if (!name##_result) return broken(name##_result.takeError()); \
  auto& name = *name##_result

class Linker {
 public:
  Result<Bytes> link(std::span<const Object> objects, CpuFeatures cpu, CodeLevel level);

 private:
  struct Input {
    const Object* object = nullptr;
    std::unique_ptr<ELF64LEObjectFile> file;
    std::map<uint64_t, uint32_t> placed;  ///< section index → offset in the code
    std::map<std::string, ImageRange, std::less<>> functions;  ///< by symbol
  };

  Result<> open(const Object& object);
  Result<> place(bool code);
  Result<> place_section(Input& input, const llvm::object::ELFSectionRef& section);
  Result<> read_symbols(Input& input);
  Result<> relocate(Input& input);
  Result<uint32_t> target(Input& input, const llvm::object::RelocationRef& relocation);
  uint32_t import_stub(ImageImport import);
  Result<> describe(std::string_view symbol, ImageRange& range);
  uint32_t signature(std::string_view text);
  void add_lines(const Input& input);
  void align(uint32_t alignment);

  std::vector<Input> inputs_;
  Bytes code_;
  ImageParts parts_;
  std::map<std::string, uint32_t, std::less<>> globals_;  ///< symbol → offset in the code
  std::map<std::string, uint32_t, std::less<>> signatures_;
  std::map<ImageImport, uint32_t> stubs_;
};

Result<> Linker::open(const Object& object) {
  LLVM_TRY(file, llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(
                     StringRef(object.elf.data(), object.elf.size()), "code")));
  CAIRN_ASSERT(llvm::isa<ELF64LEObjectFile>(file.get()));
  inputs_.push_back(
      {.object = &object,
       .file = std::unique_ptr<ELF64LEObjectFile>(llvm::cast<ELF64LEObjectFile>(file.release())),
       .placed = {},
       .functions = {}});
  return {};
}

void Linker::align(uint32_t alignment) {
  parts_.alignment = std::max(parts_.alignment, alignment);
  code_.resize((code_.size() + alignment - 1) & ~size_t{alignment - 1}, 0xcc);
}

/// Code of all objects, then constants of all: calls stay short and pages of one kind together.
Result<> Linker::place(bool code) {
  for (Input& input : inputs_)
    for (const llvm::object::ELFSectionRef section : input.file->sections())
      if ((section.getFlags() & llvm::ELF::SHF_ALLOC) != 0 && section.isText() == code)
        TRY(place_section(input, section));
  return {};
}

Result<> Linker::place_section(Input& input, const llvm::object::ELFSectionRef& section) {
  if (section.getSize() == 0) return {};
  LLVM_TRY(name, section.getName());
  if ((section.getFlags() & llvm::ELF::SHF_WRITE) != 0 || section.isBSS())
    return fail(ErrorKind::malformed,
                fmt::format("linking code: writable data in section {}", name.str()));
  LLVM_TRY(contents, section.getContents());
  align(static_cast<uint32_t>(section.getAlignment().value()));
  if (code_.size() + contents.size() > image_code_max)
    return fail(ErrorKind::limit, "linking code: more than 1 GiB");
  input.placed[section.getIndex()] = static_cast<uint32_t>(code_.size());
  append(code_, as_bytes({contents.data(), contents.size()}));
  return {};
}

uint32_t Linker::signature(std::string_view text) {
  const auto [found, is_new] =
      signatures_.emplace(text, static_cast<uint32_t>(parts_.signatures.size()));
  if (is_new) parts_.signatures.emplace_back(text);
  return found->second;
}

/// What a symbol's name says about its range.
Result<> Linker::describe(std::string_view symbol, ImageRange& range) {
  StringRef name(symbol.data(), symbol.size());
  range.kind = ImageRange::Kind::inner;
  constexpr std::pair<const char*, ImageRange::Kind> stubs[] = {
      {"enter_", ImageRange::Kind::enter},
      {"leave_", ImageRange::Kind::leave},
      {"leavetail_", ImageRange::Kind::leave_tail},
      {"plain_", ImageRange::Kind::plain}};
  for (const auto& [prefix, kind] : stubs) {
    if (!name.consume_front(prefix)) continue;
    range.kind = kind;
    range.signature = signature(name);
    return {};
  }
  if (name.consume_front("loop")) {
    if (!name.consumeInteger(10, range.function) && name.consume_front("_") &&
        !name.getAsInteger(10, range.loop_offset))
      range.kind = ImageRange::Kind::loop;
  } else if (name.consume_front("f")) {
    if (!name.getAsInteger(10, range.function)) range.kind = ImageRange::Kind::function;
  }
  return {};
}

Result<> Linker::read_symbols(Input& input) {
  for (const llvm::object::ELFSymbolRef symbol : input.file->symbols()) {
    LLVM_TRY(section, symbol.getSection());
    if (section == input.file->section_end()) continue;
    const auto placed = input.placed.find(section->getIndex());
    if (placed == input.placed.end()) continue;
    LLVM_TRY(name, symbol.getName());
    LLVM_TRY(value, symbol.getValue());
    ImageRange range{.begin = placed->second + static_cast<uint32_t>(value),
                     .size = static_cast<uint32_t>(symbol.getSize())};
    TRY(describe(std::string_view(name), range));
    const bool is_global = symbol.getBinding() != llvm::ELF::STB_LOCAL;
    if (is_global && !globals_.emplace(name.str(), range.begin).second) {
      if (!ImageRange::is_stub(range.kind))
        return fail(ErrorKind::malformed,
                    fmt::format("linking code: {} is there twice", name.str()));
      range.kind = ImageRange::Kind::inner;
    }
    if (!is_global) range.kind = ImageRange::Kind::inner;
    if (symbol.getELFType() != llvm::ELF::STT_FUNC || range.size == 0) continue;
    parts_.ranges.push_back(range);
    input.functions.emplace(name.str(), range);
  }
  return {};
}

/// A jump through a slot that is filled when the image is loaded.
uint32_t Linker::import_stub(ImageImport import) {
  if (const auto found = stubs_.find(import); found != stubs_.end()) return found->second;
  align(16);
  const auto slot = static_cast<uint32_t>(code_.size());
  append_le(code_, uint64_t{0});
  parts_.imports.push_back({slot, import});
  const auto stub = static_cast<uint32_t>(code_.size());
  code_.push_back(0xff);  // jmp [rip + (slot - behind this instruction)]
  code_.push_back(0x25);
  append_le(code_, slot - (stub + 6));
  stubs_[import] = stub;
  return stub;
}

Result<uint32_t> Linker::target(Input& input, const llvm::object::RelocationRef& relocation) {
  const llvm::object::symbol_iterator symbol = relocation.getSymbol();
  if (symbol == input.file->symbol_end())
    return fail(ErrorKind::malformed, "linking code: a relocation without a symbol");
  LLVM_TRY(section, symbol->getSection());
  if (section != input.file->section_end()) {
    const auto placed = input.placed.find(section->getIndex());
    if (placed == input.placed.end())
      return fail(ErrorKind::malformed, "linking code: a reference to what is not in the image");
    LLVM_TRY(value, symbol->getValue());
    return placed->second + static_cast<uint32_t>(value);
  }
  LLVM_TRY(name, symbol->getName());
  if (const auto found = globals_.find(std::string_view(name)); found != globals_.end())
    return found->second;
  if (const auto import = image_import(std::string_view(name))) return import_stub(*import);
  return fail(ErrorKind::malformed,
              fmt::format("linking code: {} is nowhere in the image", name.str()));
}

Result<> Linker::relocate(Input& input) {
  for (const llvm::object::SectionRef& section : input.file->sections()) {
    LLVM_TRY(relocated, section.getRelocatedSection());
    if (relocated == input.file->section_end()) continue;
    const auto placed = input.placed.find(relocated->getIndex());
    if (placed == input.placed.end()) continue;
    for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
      LLVM_TRY(addend, relocation.getAddend());
      const uint64_t at = placed->second + relocation.getOffset();
      const int64_t distance = int64_t{TRY(target(input, relocation))} + addend - int64_t(at);
      switch (relocation.getType()) {
        case llvm::ELF::R_X86_64_PC32:
        case llvm::ELF::R_X86_64_PLT32:
          store_le(code_.data() + at, static_cast<int32_t>(distance));
          break;
        case llvm::ELF::R_X86_64_PC64: store_le(code_.data() + at, distance); break;
        default: {
          llvm::SmallString<32> type;
          relocation.getTypeName(type);
          return fail(ErrorKind::malformed,
                      fmt::format("linking code: relocation {} depends on where the image lies",
                                  type.str().str()));
        }
      }
    }
  }
  return {};
}

void Linker::add_lines(const Input& input) {
  const auto base = static_cast<uint32_t>(parts_.frames.size());
  for (ImageFrame frame : input.object->frames) {
    if (frame.caller != ImageFrame::none) frame.caller += base;
    parts_.frames.push_back(frame);
  }
  for (const Object::Lines& lines : input.object->lines) {
    const auto function = input.functions.find(lines.symbol);
    if (function == input.functions.end()) continue;
    const ImageRange& range = function->second;
    // What stands before it must not reach into the function.
    if (lines.rows.empty() || lines.rows.front().begin != 0)
      parts_.rows.push_back({range.begin, ImageFrame::none});
    for (const ImageRow& row : lines.rows)
      if (row.begin < range.size)
        parts_.rows.push_back({range.begin + row.begin,
                               row.frame == ImageFrame::none ? row.frame : row.frame + base,
                               row.is_bare});
  }
}

Result<Bytes> Linker::link(std::span<const Object> objects, CpuFeatures cpu, CodeLevel level) {
  for (const Object& object : objects) TRY(open(object));
  TRY(place(true));
  TRY(place(false));
  for (Input& input : inputs_) TRY(read_symbols(input));
  for (Input& input : inputs_) TRY(relocate(input));
  for (const Input& input : inputs_) add_lines(input);
  std::ranges::sort(parts_.ranges, {}, &ImageRange::begin);
  std::ranges::sort(parts_.rows, {}, &ImageRow::begin);
  parts_.cpu = cpu;
  parts_.level = level;
  parts_.code = code_;
  return write_image(parts_);
}

}  // namespace

Result<Bytes> link(std::span<const Object> objects, CpuFeatures cpu, CodeLevel level) {
  return Linker().link(objects, cpu, level);
}

}  // namespace cairn::engine::compiler
