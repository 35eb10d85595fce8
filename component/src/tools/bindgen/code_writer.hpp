#pragma once
/// Text of a program in a language with braces, line by line.

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace cairn::component::tools {

class CodeWriter {
 public:
  explicit CodeWriter(size_t indent = 0) : indent_(indent) {}

  void line(std::string_view text) {
    if (!text.empty()) text_.append(indent_ * 2, ' ').append(text);
    text_ += '\n';
  }
  /// A line that opens a block, until `close`.
  void open(std::string_view text) {
    line(text);
    ++indent_;
  }
  void close(std::string_view text = "}") {
    --indent_;
    line(text);
  }
  /// A comment of several lines; nothing for an empty text.
  void comment(std::string_view text) {
    while (!text.empty()) {
      const size_t end = text.find('\n');
      const std::string_view one = text.substr(0, end);
      line(one.empty() ? "///" : fmt::format("/// {}", one));
      text = end == std::string_view::npos ? "" : text.substr(end + 1);
    }
  }
  void append(const CodeWriter& other) { text_ += other.text_; }
  /// A name that no other call has given.
  std::string fresh(std::string_view prefix) { return fmt::format("{}{}", prefix, next_++); }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  size_t indent_;
  uint32_t next_ = 0;
};

}  // namespace cairn::component::tools
