// Paths beneath a directory: both ways of resolving them must agree, and never lead out.

#include "sandbox/host_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <set>
#include <thread>

#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

namespace fs = std::filesystem;

class Directory : public testing::TestWithParam<PathResolution> {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "box/a/b");
    folder_.write("outside", "secret");
    folder_.write("box/file", "file");
    folder_.write("box/a/b/deep", "deep");
    fs::create_symlink("a/b/deep", folder_ / "box/link");
    fs::create_symlink("../outside", folder_ / "box/escape");
    fs::create_symlink("../../..", folder_ / "box/a/b/up");
    fs::create_symlink("/etc", folder_ / "box/absolute");
    fs::create_symlink("a", folder_ / "box/to_a");
    fs::create_symlink("nowhere", folder_ / "box/dangling");
    fs::create_symlink("loop2", folder_ / "box/loop1");
    fs::create_symlink("loop1", folder_ / "box/loop2");
    box_ = folder_.open("box", {.resolution = GetParam()});
    ASSERT_NE(box_, nullptr);
  }

  /// The contents of a file, or "! " and the error.
  std::string read(const std::string& path, bool follow = true) {
    Outcome<std::shared_ptr<Handle>> file = box_->open(path, {.follow = follow, .read = true});
    if (!file) return "! " + std::string(to_string(file.error()));
    std::string text(64, '\0');
    const iovec buffer{text.data(), text.size()};
    const Outcome<size_t> size = (*file)->read({&buffer, 1});
    if (!size) return "! " + std::string(to_string(size.error()));
    text.resize(*size);
    return text;
  }
  std::optional<Errno> open_error(const std::string& path, const OpenOptions& options) {
    const Outcome<std::shared_ptr<Handle>> opened = box_->open(path, options);
    return opened ? std::nullopt : std::optional(opened.error());
  }

  TestFolder folder_;
  std::shared_ptr<Handle> box_;
};

TEST_P(Directory, OpensWhatIsBeneath) {
  EXPECT_EQ(read("file"), "file");
  EXPECT_EQ(read("a/b/deep"), "deep");
  EXPECT_EQ(read("a/../a/./b//deep"), "deep");
  EXPECT_EQ(read("to_a/b/deep"), "deep");
  EXPECT_EQ(read("to_a/../file"), "file");
  EXPECT_EQ(read("link"), "deep");
}

TEST_P(Directory, ReportsErrorsOfTheSystem) {
  EXPECT_EQ(read("missing"), "! no such file or directory");
  EXPECT_EQ(read(""), "! no such file or directory");
  EXPECT_EQ(read("dangling"), "! no such file or directory");
  EXPECT_EQ(read("loop1"), "! too many levels of symbolic links");
  EXPECT_EQ(open_error("link", {.follow = false, .read = true}), Errno::loop);
  EXPECT_EQ(open_error("file/", {.follow = true, .read = true}), Errno::notdir);
  EXPECT_EQ(open_error("file/x", {.follow = true, .read = true}), Errno::notdir);
  EXPECT_EQ(open_error("file", {.follow = true, .directory = true, .read = true}), Errno::notdir);
  EXPECT_EQ(open_error("a", {.follow = true, .read = true, .write = true}), Errno::isdir);
  EXPECT_EQ(open_error(std::string("file\0x", 6), {.read = true}), Errno::inval);
  EXPECT_EQ(open_error(std::string(300, 'x'), {.read = true}), Errno::nametoolong);
  EXPECT_EQ(open_error(std::string(5000, '/') + "x", {.read = true}), Errno::nametoolong);
}

TEST_P(Directory, NeverLeadsOut) {
  for (const std::string path :
       {"..", "../outside", "a/../../outside", "/etc/passwd", "/", "escape", "absolute/passwd",
        "a/b/up/outside", "to_a/../../outside", "a/b/../../../outside", "./..", "a/.././.."}) {
    for (const bool follow : {false, true}) {
      const std::string text = read(path, follow);
      EXPECT_TRUE(text == "! operation not permitted" ||
                  (!follow && text == "! too many levels of symbolic links"))
          << path << ": " << text;
    }
    const Outcome<FileStat> stat = box_->stat_at(path, true);
    ASSERT_FALSE(stat) << path;
    EXPECT_EQ(stat.error(), Errno::perm) << path;
  }
  EXPECT_EQ(error_of(box_->stat_at("..", false)), Errno::perm);
}

TEST_P(Directory, ChangesNothingOutside) {
  EXPECT_EQ(error_of(box_->create_directory("../new")), Errno::perm);
  EXPECT_EQ(error_of(box_->create_directory("a/b/up/new")), Errno::perm);
  EXPECT_EQ(error_of(box_->remove_file("../outside")), Errno::perm);
  EXPECT_EQ(error_of(box_->rename("file", *box_, "../file")), Errno::perm);
  EXPECT_EQ(error_of(box_->rename("../outside", *box_, "in")), Errno::perm);
  EXPECT_EQ(error_of(box_->link("../outside", *box_, "in")), Errno::perm);
  EXPECT_EQ(error_of(box_->link("file", *box_, "../in")), Errno::perm);
  EXPECT_EQ(error_of(box_->symlink("x", "../in")), Errno::perm);
  EXPECT_EQ(error_of(box_->symlink("/etc/passwd", "in")), Errno::perm);
  EXPECT_EQ(error_of(box_->read_link("absolute")), Errno::perm);
  EXPECT_EQ(error_of(box_->set_times_at("escape", true, {}, {})), Errno::perm);
  EXPECT_EQ(open_error("escape", {.follow = true, .truncate = true}), Errno::perm);
  EXPECT_EQ(open_error("../new", {.create = true, .write = true}), Errno::perm);
  EXPECT_EQ(folder_.read("outside"), "secret");
  EXPECT_FALSE(fs::exists(folder_ / "new"));
  EXPECT_FALSE(fs::exists(folder_ / "in"));
}

TEST_P(Directory, ASlashBehindALinkDoesNotFollowItOut) {
  fs::create_symlink("..", folder_ / "box/parent");
  EXPECT_EQ(error_of(box_->stat_at("parent/", false)), Errno::perm);
  EXPECT_EQ(error_of(box_->read_link("parent/")), Errno::perm);
  EXPECT_EQ(error_of(box_->set_times_at("parent/", false, {}, {})), Errno::perm);
  EXPECT_EQ(error_of(box_->link("parent/", *box_, "in")), Errno::perm);
  EXPECT_NE(error_of(box_->remove_directory("parent/")), Errno::success);
  EXPECT_NE(error_of(box_->rename("parent/", *box_, "in")), Errno::success);
  EXPECT_TRUE(fs::exists(folder_ / "outside"));
}

TEST_P(Directory, MakesRenamesAndRemoves) {
  EXPECT_TRUE(box_->create_directory("new/"));
  EXPECT_EQ(error_of(box_->create_directory("new")), Errno::exist);
  EXPECT_TRUE(box_->rename("file", *box_, "new/moved"));
  EXPECT_EQ(read("new/moved"), "file");
  EXPECT_TRUE(box_->link("new/moved", *box_, "again"));
  EXPECT_EQ(box_->stat_at("again", false)->links, 2u);
  EXPECT_TRUE(box_->symlink("again", "soft"));
  EXPECT_EQ(box_->read_link("soft").value_or("?"), "again");
  EXPECT_EQ(box_->stat_at("soft", false)->type, FileType::symbolic_link);
  EXPECT_EQ(box_->stat_at("soft", true)->type, FileType::regular_file);
  EXPECT_EQ(error_of(box_->remove_file("new/")), Errno::isdir);
  EXPECT_EQ(error_of(box_->remove_directory("new")), Errno::notempty);
  EXPECT_EQ(error_of(box_->remove_directory("again")), Errno::notdir);
  EXPECT_TRUE(box_->remove_file("new/moved"));
  EXPECT_TRUE(box_->remove_directory("new/"));
  EXPECT_NE(error_of(box_->remove_directory(".")), Errno::success);
}

TEST_P(Directory, ReadOnlyRefusesEveryChange) {
  const std::shared_ptr<Handle> box =
      folder_.open("box", {.read_only = true, .resolution = GetParam()});
  EXPECT_TRUE(box->open("file", {.read = true}));
  EXPECT_EQ(error_of(box->open("file", {.write = true})), Errno::rofs);
  EXPECT_EQ(error_of(box->open("new", {.create = true})), Errno::rofs);
  EXPECT_EQ(error_of(box->create_directory("new")), Errno::rofs);
  EXPECT_EQ(error_of(box->remove_file("file")), Errno::rofs);
  EXPECT_EQ(error_of(box->rename("file", *box, "b")), Errno::rofs);
  EXPECT_EQ(error_of(box_->rename("file", *box, "b")), Errno::rofs);
  EXPECT_EQ(error_of(box->symlink("a", "b")), Errno::rofs);
  EXPECT_EQ(error_of(box->set_times({}, {})), Errno::rofs);
  const Outcome<std::shared_ptr<Handle>> inner = box->open("a", {.read = true});
  ASSERT_TRUE(inner);
  EXPECT_EQ(error_of((*inner)->create_directory("new")), Errno::rofs)
      << "what is opened beneath is read-only as well";
}

TEST_P(Directory, ListsInPieces) {
  fs::create_directories(folder_ / "box/many");
  std::set<std::string> expected = {".", ".."};
  for (int i = 0; i < 500; ++i) {
    folder_.write("box/many/f" + std::to_string(i), "");
    expected.insert("f" + std::to_string(i));
  }
  const std::shared_ptr<Handle> many = *box_->open("many", {.directory = true, .read = true});
  std::set<std::string> found;
  uint64_t cookie = 0;
  for (;;) {
    const Outcome<std::vector<DirectoryEntry>> entries = many->list(cookie, 100);
    ASSERT_TRUE(entries);
    if (entries->empty()) break;
    // Only the first is taken, so that every cookie is used.
    found.insert(entries->front().name);
    cookie = entries->front().next;
  }
  EXPECT_EQ(found, expected);
}

TEST_P(Directory, PipesDoNotBlock) {
  ASSERT_EQ(mkfifo((folder_ / "box/pipe").c_str(), 0600), 0);
  EXPECT_TRUE(box_->open("pipe", {.read = true}));
  EXPECT_EQ(open_error("pipe", {.write = true}), Errno::nxio);
}

/// While one thread swaps a directory for a link that leads out, the other must never get what is
/// outside.
TEST_P(Directory, HoldsWhileTheTreeChanges) {
  fs::create_directories(folder_ / "box/swap");
  folder_.write("box/swap/file", "inside");
  fs::create_directories(folder_ / "evil");
  folder_.write("evil/file", "outside");
  fs::create_symlink("../evil", folder_ / "box/decoy");
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    const std::string a = folder_ / "box/swap", b = folder_ / "box/decoy";
    while (!stop) renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
  });
  int inside = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = read("swap/file");
    if (text == "inside") {
      ++inside;
    } else {
      ++refused;
      ASSERT_NE(text, "outside");
      EXPECT_TRUE(text.starts_with("! ")) << text;
    }
    std::ignore = box_->create_directory("swap/made");
    std::ignore = box_->remove_directory("swap/made");
  }
  stop = true;
  swapper.join();
  EXPECT_GT(inside, 0);
  EXPECT_GT(refused, 0) << "the swapping thread never came in between";
  EXPECT_FALSE(fs::exists(folder_ / "evil/made"));
}

INSTANTIATE_TEST_SUITE_P(Both, Directory,
                         testing::Values(PathResolution::openat2, PathResolution::component_wise),
                         [](const auto& info) {
                           return info.param == PathResolution::openat2 ? "Openat2"
                                                                        : "ComponentWise";
                         });

TEST(HostDirectory, MissingDirectoriesAreErrors) {
  const auto missing = open_host_directory("/nowhere/at/all");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_EQ(missing.error().path, "/nowhere/at/all");
}

}  // namespace
}  // namespace cairn::wasi
