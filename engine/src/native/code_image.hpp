#pragma once
/// A code image in executable memory, and what is where in it.

#include <memory>
#include <span>
#include <string_view>

#include "native/image.hpp"

namespace cairn::engine {

/// Immutable; for any thread. What takes a `pc` neither allocates nor locks, so a signal handler
/// may use it.
class CodeImage {
 public:
  /// Checks the image, copies its code into memory of its own and makes that executable: the memory
  /// is never writable and executable at once. Errors: those of `read_image`, `unsupported` when
  /// this processor lacks something that the code needs, `limit` when there is no memory.
  static Result<std::shared_ptr<const CodeImage>> load(ByteSpan image);
  ~CodeImage();
  CodeImage(const CodeImage&) = delete;
  CodeImage& operator=(const CodeImage&) = delete;

  /// Entry points; null when the image does not have it.
  const void* function(uint32_t defined_index) const;
  const void* loop(uint32_t defined_index, uint32_t loop_offset) const;
  const void* stub(ImageRange::Kind kind, std::string_view signature) const;

  /// All parts of the code by address, for whoever registers them.
  std::span<const ImageRange> ranges() const { return ranges_; }
  const void* address(uint32_t offset) const { return code_ + offset; }
  const std::string& signature(uint32_t index) const { return signatures_[index]; }

  CodeLevel level() const { return level_; }

  const uint8_t* begin() const { return code_; }
  const uint8_t* end() const { return code_ + code_size_; }
  bool contains(const void* pc) const { return pc >= begin() && pc < end(); }
  /// The part that `pc` lies in, or null. For a return address ask for the byte before it.
  const ImageRange* range_at(const void* pc) const;
  /// Where in the module the code at `pc` comes from: the innermost inlined function; null when it
  /// comes from nowhere. For a return address ask for the byte before it.
  const ImageFrame* frame_at(const void* pc) const;
  /// Has the function no frame of its own yet when the instruction at `pc` runs?
  bool is_bare_at(const void* pc) const;
  /// The frame into which `frame` was inlined, or null.
  const ImageFrame* caller(const ImageFrame& frame) const {
    return frame.caller == ImageFrame::none ? nullptr : &frames_[frame.caller];
  }

 private:
  CodeImage() = default;
  Result<> map(const ImageParts& parts);
  void index();
  const ImageRow* row_at(const void* pc) const;

  uint8_t* code_ = nullptr;
  uint64_t code_size_ = 0;
  CodeLevel level_ = CodeLevel::full;
  std::vector<std::string> signatures_;
  std::vector<ImageRange> ranges_;
  std::vector<ImageFrame> frames_;
  std::vector<ImageRow> rows_;
  /// Places in `ranges_`: functions by index, loops by index and offset, stubs by signature.
  std::vector<uint32_t> functions_, loops_, stubs_;
};

}  // namespace cairn::engine
