#include "native/code_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "memory/os_memory.hpp"

namespace cairn::engine {

Result<std::shared_ptr<const CodeImage>> CodeImage::load(ByteSpan image) {
  ImageParts parts = TRY(read_image(image));
  if (!host_cpu().contains(parts.cpu)) {
    const CpuFeatures missing{.bits = parts.cpu.bits & ~host_cpu().bits};
    return fail(ErrorKind::unsupported,
                fmt::format("code image needs a processor with {}", to_string(missing)));
  }
  std::shared_ptr<CodeImage> loaded(new CodeImage);
  TRY(loaded->map(parts));
  loaded->level_ = parts.level;
  loaded->signatures_ = std::move(parts.signatures);
  loaded->ranges_ = std::move(parts.ranges);
  loaded->frames_ = std::move(parts.frames);
  loaded->rows_ = std::move(parts.rows);
  loaded->index();
  return loaded;
}

CodeImage::~CodeImage() {
  if (code_ != nullptr) os_memory::release(code_, code_size_);
}

Result<> CodeImage::map(const ImageParts& parts) {
  code_size_ = parts.code.size();
  code_ = os_memory::allocate(code_size_);
  if (code_ == nullptr)
    return fail(ErrorKind::limit, fmt::format("no memory for {} bytes of code", code_size_));
  std::ranges::copy(parts.code, code_);
  for (const ImageParts::Import& import : parts.imports)
    store_le(code_ + import.at, reinterpret_cast<uint64_t>(address_of(import.import)));
  if (!os_memory::make_executable(code_, code_size_))
    return fail(ErrorKind::limit, fmt::format("{} bytes of code may not be executed", code_size_));
  return {};
}

void CodeImage::index() {
  for (uint32_t i = 0; i < ranges_.size(); ++i) {
    switch (ranges_[i].kind) {
      case ImageRange::Kind::function: functions_.push_back(i); break;
      case ImageRange::Kind::loop: loops_.push_back(i); break;
      case ImageRange::Kind::enter:
      case ImageRange::Kind::leave:
      case ImageRange::Kind::leave_tail:
      case ImageRange::Kind::plain: stubs_.push_back(i); break;
      case ImageRange::Kind::inner: break;
    }
  }
  std::ranges::sort(functions_, {}, [&](uint32_t i) { return ranges_[i].function; });
  std::ranges::sort(loops_, {}, [&](uint32_t i) {
    return std::pair(ranges_[i].function, ranges_[i].loop_offset);
  });
  std::ranges::sort(stubs_, {}, [&](uint32_t i) {
    return std::pair(ranges_[i].kind, std::string_view(signatures_[ranges_[i].signature]));
  });
}

const void* CodeImage::function(uint32_t defined_index) const {
  const auto key = [&](uint32_t i) { return ranges_[i].function; };
  const auto found = std::ranges::lower_bound(functions_, defined_index, {}, key);
  if (found == functions_.end() || key(*found) != defined_index) return nullptr;
  return address(ranges_[*found].begin);
}

const void* CodeImage::loop(uint32_t defined_index, uint32_t loop_offset) const {
  const auto key = [&](uint32_t i) {
    return std::pair(ranges_[i].function, ranges_[i].loop_offset);
  };
  const std::pair wanted(defined_index, loop_offset);
  const auto found = std::ranges::lower_bound(loops_, wanted, {}, key);
  if (found == loops_.end() || key(*found) != wanted) return nullptr;
  return address(ranges_[*found].begin);
}

const void* CodeImage::stub(ImageRange::Kind kind, std::string_view signature) const {
  const auto key = [&](uint32_t i) {
    return std::pair(ranges_[i].kind, std::string_view(signatures_[ranges_[i].signature]));
  };
  const std::pair wanted(kind, signature);
  const auto found = std::ranges::lower_bound(stubs_, wanted, {}, key);
  if (found == stubs_.end() || key(*found) != wanted) return nullptr;
  return address(ranges_[*found].begin);
}

const ImageRange* CodeImage::range_at(const void* pc) const {
  if (!contains(pc)) return nullptr;
  const auto offset = static_cast<uint32_t>(static_cast<const uint8_t*>(pc) - code_);
  const auto after = std::ranges::upper_bound(ranges_, offset, {}, &ImageRange::begin);
  if (after == ranges_.begin()) return nullptr;
  const ImageRange& range = *(after - 1);
  return offset < range.end() ? &range : nullptr;
}

const ImageRow* CodeImage::row_at(const void* pc) const {
  if (!contains(pc)) return nullptr;
  const auto offset = static_cast<uint32_t>(static_cast<const uint8_t*>(pc) - code_);
  const auto after = std::ranges::upper_bound(rows_, offset, {}, &ImageRow::begin);
  return after == rows_.begin() ? nullptr : &*(after - 1);
}

const ImageFrame* CodeImage::frame_at(const void* pc) const {
  const ImageRow* const row = row_at(pc);
  return row == nullptr || row->frame == ImageFrame::none ? nullptr : &frames_[row->frame];
}

bool CodeImage::is_bare_at(const void* pc) const {
  const ImageRow* const row = row_at(pc);
  return row != nullptr && row->is_bare;
}

}  // namespace cairn::engine
