#include <cairn/component/wit_text.hpp>
#include <cairn/wasm/text.hpp>

#include <algorithm>

namespace cairn::component::wit {

uint32_t Sources::add(std::string path, std::string text) {
  files_.push_back({std::move(path), std::move(text)});
  return static_cast<uint32_t>(files_.size() - 1);
}

std::optional<SourceLocation> Sources::locate(Span span) const {
  if (span.file >= files_.size()) return std::nullopt;
  const std::string_view before = text(span.file).substr(0, span.offset);
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 == 0
  return SourceLocation{static_cast<uint32_t>(std::ranges::count(before, '\n') + 1),
                        static_cast<uint32_t>(before.size() - line_begin + 1)};
}

Error Sources::error(ErrorKind kind, Span span, std::string message) const {
  Error error{.kind = kind, .message = std::move(message), .at = locate(span)};
  if (error.at) error.path = path(span.file);
  return error;
}

std::string_view Sources::text_of(std::string_view path) const {
  const auto found = std::ranges::find(files_, path, &File::path);
  return found == files_.end() ? std::string_view() : found->text;
}

std::string Sources::render(const Error& error) const {
  return wasm::render_error(error, text_of(error.path), error.path);
}

}  // namespace cairn::component::wit
