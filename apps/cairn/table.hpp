#pragma once
/// Columns of text for people.

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::cli {

/// Rows of cells, each column as wide as its widest cell; a column that is marked is set to the
/// right. What is in cells is made `printable`.
class Table {
 public:
  struct Column {
    std::string title;
    bool to_right = false;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> row);
  size_t size() const { return rows_.size(); }
  /// Lines, the titles first and in bold where `styles` says so. A line has at most `width`
  /// characters; 0: as many as it likes.
  std::string to_string(bool styles, size_t width = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "512 B", "1.5 KiB", "3.0 GiB".
std::string shown_bytes(uint64_t bytes);
/// "12,345".
std::string shown_count(uint64_t count);
/// Of a time as RFC 3339 has it, day and time to the millisecond.
std::string short_time(const std::string& rfc3339);
/// The first twelve digits of a hash.
std::string short_hash(const std::string& hex);

}  // namespace cairn::cli
