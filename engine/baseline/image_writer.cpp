#include "baseline/image_writer.hpp"

#include "baseline/layout.hpp"
#include "native/install.hpp"

namespace cairn::engine::baseline {

namespace {
asmjit::Environment environment() {
  asmjit::Environment environment;
  environment.setArch(asmjit::Arch::kX64);
  return environment;
}
}  // namespace

ImageWriter::ImageWriter(const ModuleState& module, CpuFeatures cpu) : module_(module), cpu_(cpu) {
  holder_.init(environment());
  holder_.setErrorHandler(this);
  holder_.attach(&assembler_);
  signatures_.resize(module.ast.types.size());
}

void ImageWriter::handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) { failed_ = true; }

bool ImageWriter::has(std::string_view cpu_feature) const {
  const std::span<const std::string_view> names = cpu_feature_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == cpu_feature) return (cpu_.bits >> i & 1) != 0;
  return false;
}

// ---- What is where -----------------------------------------------------------------------------

void ImageWriter::add_range(uint32_t begin, ImageRange range) {
  range.begin = begin;
  range.size = offset() - begin;
  parts_.ranges.push_back(range);
}

void ImageWriter::set_place(uint32_t function, uint32_t place) {
  const uint32_t begin = offset();
  std::vector<ImageFrame>& frames = parts_.frames;
  if (frames.empty() || frames.back().function != function || frames.back().offset != place)
    frames.push_back({function, place});
  const auto frame = static_cast<uint32_t>(frames.size() - 1);
  std::vector<ImageRow>& rows = parts_.rows;
  if (!rows.empty() && rows.back().frame == frame) return;
  if (!rows.empty() && rows.back().begin == begin) rows.pop_back();
  rows.push_back({begin, frame});
}

void ImageWriter::set_no_place() {
  std::vector<ImageRow>& rows = parts_.rows;
  const uint32_t begin = offset();
  if (!rows.empty() && rows.back().begin == begin) rows.pop_back();
  if (rows.empty() || rows.back().frame != ImageFrame::none)
    rows.push_back({begin, ImageFrame::none});
}

// ---- Signatures --------------------------------------------------------------------------------

const Signature& ImageWriter::signature(uint32_t type_index) {
  std::unique_ptr<Signature>& known = signatures_[type_index];
  if (known) return *known;
  known = std::make_unique<Signature>();
  const wasm::FuncType& type = *module_.ast.types[type_index].func();
  known->text = signature_of(type);
  const auto kinds = [&](const std::vector<wasm::ValType>& types) {
    std::vector<Kind> result;
    for (const wasm::ValType each : types)
      result.push_back(kind_of(module_.types->canonical(each), module_.engine->types));
    return result;
  };
  known->params = kinds(type.params);
  known->results = kinds(type.results);
  return *known;
}

uint32_t ImageWriter::signature_index(const std::string& text) {
  const auto [found, is_new] =
      signature_indices_.emplace(text, static_cast<uint32_t>(parts_.signatures.size()));
  if (is_new) parts_.signatures.push_back(text);
  return found->second;
}

// ---- What functions ask for --------------------------------------------------------------------

namespace {
template <class Key>
asmjit::Label label_in(std::map<Key, asmjit::Label>& labels, Key key, x86::Assembler& assembler) {
  const auto [found, is_new] = labels.try_emplace(key);
  if (is_new) found->second = assembler.newLabel();
  return found->second;
}
}  // namespace

asmjit::Label ImageWriter::shared(Shared what) { return label_in(shared_, what, assembler_); }
asmjit::Label ImageWriter::raise(Trap trap) { return label_in(raises_, trap, assembler_); }

asmjit::Label ImageWriter::foreign_stub(const Signature& signature) {
  const auto [found, is_new] = foreign_.try_emplace(signature.text, Stub{&signature, {}});
  if (is_new) found->second.label = assembler_.newLabel();
  need_leave_stub(signature);
  return found->second.label;
}

/// What an earlier image of the module has serves this one, too.
void ImageWriter::need_enter_stub(const Signature& signature) {
  if (module_.native.stub(ImageRange::Kind::enter, signature.text) == nullptr)
    enter_.emplace(signature.text, &signature);
}
void ImageWriter::need_leave_stub(const Signature& signature) {
  if (std::exchange(signature.is_left, true)) return;
  if (module_.native.stub(ImageRange::Kind::leave, signature.text) == nullptr)
    leave_.emplace(signature.text, &signature);
}

Result<Bytes> ImageWriter::finish() {
  set_no_place();
  for (const auto& [text, stub] : foreign_) emit_foreign(stub);
  for (const auto& [text, signature] : enter_) emit_enter(*signature);
  for (const auto& [text, signature] : leave_) emit_leave(*signature);
  for (const auto& [what, label] : shared_) emit_shared(what);
  for (const auto& [trap, label] : raises_) emit_raise(trap);
  if (failed_ || holder_.hasUnresolvedLinks())
    return fail(ErrorKind::unsupported, "the assembler refused an instruction");
  const asmjit::CodeBuffer& buffer = holder_.textSection()->buffer();
  while (!parts_.rows.empty() && parts_.rows.back().begin >= buffer.size()) parts_.rows.pop_back();
  parts_.cpu = cpu_;
  parts_.level = CodeLevel::baseline;
  parts_.alignment = 16;
  parts_.code = ByteSpan(buffer.data(), buffer.size());
  return write_image(parts_);
}

}  // namespace cairn::engine::baseline
