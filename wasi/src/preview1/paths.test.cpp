// The functions on paths; how paths are kept beneath a directory is tested in sandbox/.

#include <gtest/gtest.h>

#include "preview1/testing.hpp"

namespace cairn::wasi {
namespace {

constexpr uint32_t dir = 3, read_only_dir = 4;
constexpr uint32_t follow = 1;
constexpr uint32_t name_at = 512, other_at = 640, result_at = 1024;

class GuestPaths : public GuestFiles {
 protected:
  /// Calls a function that takes a directory and a path.
  Errno on(std::string_view function, std::string_view path, uint32_t fd = dir) {
    return guest_->call(function, fd, name_at, guest_->put(name_at, path));
  }
  /// Calls a function that takes two of them.
  Errno from_to(std::string_view function, std::string_view from, std::string_view to,
                uint32_t to_fd = dir) {
    const uint32_t from_size = guest_->put(name_at, from);
    const uint32_t to_size = guest_->put(other_at, to);
    if (function == "path_link") {
      return guest_->call(function, dir, 0, name_at, from_size, to_fd, other_at, to_size);
    }
    return guest_->call(function, dir, name_at, from_size, to_fd, other_at, to_size);
  }
  Errno symlink(std::string_view target, std::string_view path, uint32_t fd = dir) {
    const uint32_t target_size = guest_->put(name_at, target);
    return guest_->call("path_symlink", name_at, target_size, fd, other_at,
                        guest_->put(other_at, path));
  }
  Errno stat(std::string_view path, uint32_t flags = 0) {
    return guest_->call("path_filestat_get", dir, flags, name_at, guest_->put(name_at, path),
                        result_at);
  }
  FileType type() const { return static_cast<FileType>(guest_->load<uint8_t>(result_at + 16)); }
  uint64_t links() const { return guest_->load<uint64_t>(result_at + 24); }
  uint64_t bytes() const { return guest_->load<uint64_t>(result_at + 32); }
};

TEST_F(GuestPaths, DirectoriesComeAndGo) {
  EXPECT_EQ(on("path_create_directory", "new"), Errno::success);
  EXPECT_EQ(on("path_create_directory", "new"), Errno::exist);
  EXPECT_EQ(stat("new"), Errno::success);
  EXPECT_EQ(type(), FileType::directory);
  EXPECT_EQ(on("path_unlink_file", "new"), Errno::isdir);
  EXPECT_EQ(on("path_create_directory", "new/inner"), Errno::success);
  EXPECT_EQ(on("path_remove_directory", "new"), Errno::notempty);
  EXPECT_EQ(on("path_remove_directory", "new/inner"), Errno::success);
  EXPECT_EQ(on("path_remove_directory", "new"), Errno::success);
  EXPECT_EQ(on("path_remove_directory", "new"), Errno::noent);
  EXPECT_EQ(on("path_remove_directory", "file"), Errno::notdir);
  EXPECT_EQ(on("path_remove_directory", "new", read_only_dir), Errno::notcapable);
}

TEST_F(GuestPaths, FilesAreLinkedRenamedAndUnlinked) {
  EXPECT_EQ(from_to("path_link", "file", "second"), Errno::success);
  EXPECT_EQ(from_to("path_link", "file", "second"), Errno::exist);
  ASSERT_EQ(stat("second"), Errno::success);
  EXPECT_EQ(type(), FileType::regular_file);
  EXPECT_EQ(links(), 2u);
  EXPECT_EQ(bytes(), 10u);
  EXPECT_EQ(from_to("path_rename", "second", "third"), Errno::success);
  EXPECT_EQ(stat("second"), Errno::noent);
  EXPECT_EQ(folder_.read("box/third"), "0123456789");
  EXPECT_EQ(on("path_unlink_file", "third"), Errno::success);
  EXPECT_EQ(on("path_unlink_file", "third"), Errno::noent);
  EXPECT_EQ(from_to("path_rename", "missing", "x"), Errno::noent);
  EXPECT_EQ(from_to("path_rename", "file", "x", read_only_dir), Errno::notcapable);
  EXPECT_EQ(from_to("path_link", "file", "x", read_only_dir), Errno::notcapable);
  EXPECT_EQ(on("path_unlink_file", "file", read_only_dir), Errno::notcapable);
}

TEST_F(GuestPaths, SymbolicLinksAreReadAndFollowed) {
  ASSERT_EQ(symlink("file", "link"), Errno::success);
  EXPECT_EQ(symlink("file", "link"), Errno::exist);
  EXPECT_EQ(symlink("/etc/passwd", "absolute"), Errno::perm);
  EXPECT_EQ(symlink("file", "x", read_only_dir), Errno::notcapable);
  EXPECT_EQ(stat("link"), Errno::success);
  EXPECT_EQ(type(), FileType::symbolic_link);
  EXPECT_EQ(stat("link", follow), Errno::success);
  EXPECT_EQ(type(), FileType::regular_file);
  EXPECT_EQ(stat("link", 2), Errno::inval);

  const auto read = [&](std::string_view path, uint32_t size) {
    return guest_->call("path_readlink", dir, name_at, guest_->put(name_at, path), result_at, size,
                        0);
  };
  EXPECT_EQ(read("link", 100), Errno::success);
  EXPECT_EQ(guest_->text(result_at, guest_->load<uint32_t>(0)), "file");
  EXPECT_EQ(read("link", 2), Errno::success);
  EXPECT_EQ(guest_->load<uint32_t>(0), 2u) << "what does not fit is left out";
  EXPECT_EQ(read("file", 100), Errno::inval);
}

TEST_F(GuestPaths, TimesAreSet) {
  constexpr uint32_t set_accessed = 1, accessed_now = 2, set_modified = 4;
  const auto set = [&](uint64_t accessed, uint64_t modified, uint32_t flags) {
    return guest_->call("path_filestat_set_times", dir, follow, name_at,
                        guest_->put(name_at, "file"), accessed, modified, flags);
  };
  EXPECT_EQ(set(5'000'000'000, 6'000'000'000, set_accessed | set_modified), Errno::success);
  ASSERT_EQ(stat("file"), Errno::success);
  EXPECT_EQ(guest_->load<uint64_t>(result_at + 40), 5'000'000'000u);
  EXPECT_EQ(guest_->load<uint64_t>(result_at + 48), 6'000'000'000u);
  EXPECT_EQ(set(0, 0, accessed_now), Errno::success);
  ASSERT_EQ(stat("file"), Errno::success);
  EXPECT_GT(guest_->load<uint64_t>(result_at + 40), 5'000'000'000u);
  EXPECT_EQ(guest_->load<uint64_t>(result_at + 48), 6'000'000'000u) << "the other stays";
  EXPECT_EQ(set(0, 0, set_accessed | accessed_now), Errno::inval);
}

}  // namespace
}  // namespace cairn::wasi
