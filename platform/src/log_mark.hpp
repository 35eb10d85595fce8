#pragma once
/// How far a log has come, kept beside it: one that was lost or cut is not begun anew in silence,
/// for then one key would sign two histories.

#include <cairn/base/disk.hpp>

#include <string>

namespace cairn::platform {

/// The file `reached` of a folder, with a count of records as decimal digits. It may be behind the
/// log, never ahead of it.
class LogMark {
 public:
  /// Errors: `malformed`.
  static Result<LogMark> open(Disk& disk, const std::string& folder);

  /// How many were noted last.
  uint64_t records() const { return records_; }
  /// Error `malformed` when a log of `records` records is shorter than it was.
  Result<> check(uint64_t records) const;
  /// What is given is durable in the log; it is durable here when this returns.
  Result<> set(uint64_t records);

 private:
  LogMark(std::unique_ptr<DiskFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  std::unique_ptr<DiskFile> file_;
  std::string path_;
  uint64_t records_ = 0;
};

}  // namespace cairn::platform
