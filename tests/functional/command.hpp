#pragma once
/// Runs the `cairn` command as a user would, in a folder of its own.

#include <string>
#include <vector>

namespace cairn::functional {

struct Outcome {
  int code = -1;  ///< exit code; 128 + N when signal N ended it
  int pid = 0;
  std::string out, err;
};

/// What the command is given beside its arguments. It sees no variables of ours but PATH.
struct Setting {
  std::string input = {};
  std::vector<std::string> env = {};  ///< "NAME=value"
  std::string output = {};            ///< standard output goes to this file instead
  std::string binary = {};            ///< another copy of the command
  std::vector<int> closed = {};       ///< standard streams that it is started without
};

/// A fresh folder that is removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;
  void make_directory(const std::string& name) const;
  void symlink(const std::string& target, const std::string& name) const;

 private:
  std::string path_;
};

/// Was Cairn built with its compiler?
bool has_compiler();

/// `cairn ARGS…` in the folder.
Outcome cairn(const Folder& folder, std::vector<std::string> args, const Setting& setting = {});

}  // namespace cairn::functional
