#pragma once
/// What guests of fuzz targets may see of the file system, and what they must not reach.

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <cairn/base/result.hpp>

namespace cairn::wasi {

/// A folder with a directory `box` to grant, and a file beside it that must stay as it is.
class Playground {
 public:
  Playground() {
    const rlimit limit{file_size_max, file_size_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    std::string pattern = (std::filesystem::temp_directory_path() / "cairn-fuzz-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    std::ofstream(root_ / "secret") << secret;
    reset();
  }
  ~Playground() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;

  std::string box() const { return (root_ / "box").string(); }
  /// Makes the directory anew: a directory `d`, a file `f`, a link `in` to the one and a link `out`
  /// to what is outside.
  void reset() const {
    namespace fs = std::filesystem;
    std::error_code ignored;
    fs::remove_all(root_ / "box", ignored);
    fs::create_directories(root_ / "box/d");
    std::ofstream(root_ / "box/f") << "content";
    fs::create_symlink("../secret", root_ / "box/out");
    fs::create_symlink("d", root_ / "box/in");
  }
  /// Nothing outside of the directory has changed, and nothing has come to it.
  void check() const {
    const std::filesystem::directory_iterator entries(root_);
    std::string text;
    std::getline(std::ifstream(root_ / "secret"), text, '\0');
    CAIRN_ASSERT(std::distance(entries, {}) == 2 && text == secret);
  }

 private:
  static constexpr rlim_t file_size_max = 1 << 20;  ///< so that no input fills the disk
  static constexpr const char* secret = "not for the guest";
  std::filesystem::path root_;
};

}  // namespace cairn::wasi
