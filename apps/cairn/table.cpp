#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// How many characters a text has; wide ones count as one.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

/// The first `width` characters.
std::string cut(std::string_view line, size_t width) {
  size_t at = 0;
  for (size_t characters = 0; at < line.size(); ++at) {
    if ((static_cast<uint8_t>(line[at]) & 0xc0) != 0x80 && characters++ == width) break;
  }
  return std::string(line.substr(0, at));
}

}  // namespace

void Table::add(std::vector<std::string> row) {
  row.resize(columns_.size());
  for (std::string& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::to_string(bool styles, size_t width) const {
  std::vector<size_t> widths;
  for (size_t at = 0; at < columns_.size(); ++at) {
    size_t most = width_of(columns_[at].title);
    for (const auto& row : rows_) most = std::max(most, width_of(row[at]));
    widths.push_back(most);
  }
  const auto line_of = [&](const auto& cell_of) {
    std::string line;
    for (size_t at = 0; at < columns_.size(); ++at) {
      const std::string& cell = cell_of(at);
      const std::string space(widths[at] - width_of(cell), ' ');
      if (at != 0) line += "  ";
      line += columns_[at].to_right ? space + cell : cell + space;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return width == 0 ? line : cut(line, width);
  };
  std::string text = line_of([&](size_t at) -> const std::string& { return columns_[at].title; });
  if (styles) text = "\x1b[1m" + text + "\x1b[0m";
  text += '\n';
  for (const auto& row : rows_) {
    text += line_of([&](size_t at) -> const std::string& { return row[at]; });
    text += '\n';
  }
  return text;
}

std::string shown_bytes(uint64_t bytes) {
  static constexpr std::array units = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string shown_count(uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string short_time(const std::string& rfc3339) {
  constexpr size_t to_milliseconds = std::string_view("2026-01-31T12:00:00.000").size();
  std::string text = rfc3339.substr(0, to_milliseconds);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string short_hash(const std::string& hex) { return hex.substr(0, 12); }

}  // namespace cairn::cli
