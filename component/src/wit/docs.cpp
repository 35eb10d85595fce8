#include <cairn/base/utf8.hpp>

#include <algorithm>
#include <vector>

#include "wit/token.hpp"

namespace cairn::component::wit {
namespace {

std::string_view trim_end(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

template <class F>
void for_each_line(std::string_view text, const F& visit) {
  while (true) {
    const size_t end = text.find('\n');
    visit(trim_end(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// Lines with the smallest indentation taken off all.
void append_dedented(const std::vector<std::string_view>& lines, std::string& out) {
  size_t indent = std::string_view::npos;
  for (const std::string_view line : lines) {
    if (!line.empty()) indent = std::min(indent, indent_of(line));
  }
  for (const std::string_view line : lines) {
    out += line.substr(std::min(indent, line.size()));
    out += '\n';
  }
}

}  // namespace

void DocsBuilder::add_comment(std::string_view comment) {
  if (comment.starts_with("///")) {
    lines_.push_back({trim_end(comment.substr(3)), false});
    return;
  }
  comment.remove_prefix(3);  // "/**"
  comment.remove_suffix(2);  // "*/"
  bool first = true;
  for_each_line(comment, [&](std::string_view line) {
    if (first) {
      line.remove_prefix(indent_of(line));
      if (!line.empty()) lines_.push_back({line, false});
      first = false;
    } else {
      lines_.push_back({line, true});
    }
  });
  if (!lines_.empty() && lines_.back().text.empty()) lines_.pop_back();
}

std::string DocsBuilder::take() {
  // Lines of block comments have the blanks of their place in the file in front; lines of `///`
  // usually one blank. Each sort is moved to the left on its own.
  std::string out;
  for (size_t i = 0; i < lines_.size();) {
    std::vector<std::string_view> run;
    const bool indented = lines_[i].indented;
    for (; i < lines_.size() && lines_[i].indented == indented; ++i) run.push_back(lines_[i].text);
    append_dedented(run, out);
  }
  lines_.clear();
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string normalize_docs(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const auto c = decode_utf8(as_bytes(text));
    const size_t length = c ? c->length : 1;
    if (c && allowed_in_text(c->value)) clean += text.substr(0, length);
    text.remove_prefix(length);
  }
  std::vector<std::string_view> lines;
  for_each_line(clean, [&](std::string_view line) { lines.push_back(line); });
  std::string out;
  append_dedented(lines, out);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace cairn::component::wit
