#include "log_mark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cairn::platform {
namespace {

/// As many digits as a count may have, and the end of the line: always the same bytes are written,
/// which no crash leaves in part.
constexpr size_t text_size = 21;

}  // namespace

Result<LogMark> LogMark::open(Disk& disk, const std::string& folder) {
  const std::string path = folder + "/reached";
  auto file = disk.open(path, Disk::Open::existing);
  if (!file && file.error().kind == ErrorKind::not_found) {
    file = disk.open(path, Disk::Open::create);
    if (file) TRY(disk.sync_directory(folder));
  }
  if (!file) return std::unexpected(file.error());
  LogMark mark(*std::move(file), path);
  Bytes text(std::min<uint64_t>(TRY(mark.file_->size()), text_size));
  if (text.size() < text_size)
    return mark;  // new, or a crash came before the first count was there
  TRY(mark.file_->read_exactly(0, text));
  const std::string_view digits = as_text(text);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), mark.records_);
  if (error != std::errc() || end != digits.data() + text_size - 1 || *end != '\n') {
    return std::unexpected(Error{.kind = ErrorKind::malformed,
                                 .message = "expected a count of records, 20 digits",
                                 .path = path});
  }
  return mark;
}

Result<> LogMark::check(uint64_t records) const {
  if (records >= records_) return {};
  return std::unexpected(
      Error{.kind = ErrorKind::malformed,
            .message = fmt::format("the log has {} records, and had {} before, which its key has "
                                   "vouched for: restore it, or remove this file to go on without",
                                   records, records_),
            .path = path_});
}

Result<> LogMark::set(uint64_t records) {
  if (records == records_) return {};
  TRY(file_->write(0, as_bytes(fmt::format("{:020}\n", records))));
  TRY(file_->sync());
  records_ = records;
  return {};
}

}  // namespace cairn::platform
