#include <cairn/base/files.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

namespace cairn {
namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// The same contract for the real and the simulated files.
class FilesTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      files_ = std::make_unique<RealFiles>();
      std::string pattern = (std::filesystem::temp_directory_path() / "cairn-XXXXXX").string();
      ASSERT_NE(mkdtemp(pattern.data()), nullptr);
      root_ = pattern;
    } else {
      files_ = std::make_unique<SimulatedFiles>();
      root_ = "/tmp/simulated";
      ASSERT_TRUE(files_->make_directories(root_));
    }
  }
  void TearDown() override {
    if (GetParam()) std::filesystem::remove_all(root_);
  }
  std::string at(const std::string& name) const { return root_ + "/" + name; }

  std::unique_ptr<Files> files_;
  std::string root_;
};

TEST_P(FilesTest, ReadsWhatItWrote) {
  EXPECT_FALSE(files_->exists(at("a")));
  ASSERT_TRUE(files_->write_file(at("a"), bytes_of("one")));
  EXPECT_EQ(files_->read_file(at("a")).value(), bytes_of("one"));
  ASSERT_TRUE(files_->write_file(at("a"), bytes_of("x")));
  EXPECT_EQ(files_->read_file(at("a")).value(), bytes_of("x"));
  EXPECT_TRUE(files_->exists(at("a")));
  EXPECT_FALSE(files_->is_directory(at("a")));
}

TEST_P(FilesTest, ReadsTheEmptyAndTheLarge) {
  ASSERT_TRUE(files_->write_file(at("empty"), {}));
  EXPECT_EQ(files_->read_file(at("empty")).value(), Bytes{});
  const Bytes large(300'000, 7);
  ASSERT_TRUE(files_->write_file(at("large"), large));
  EXPECT_EQ(files_->read_file(at("large")).value(), large);
}

TEST_P(FilesTest, KeepsToTheSizeLimit) {
  ASSERT_TRUE(files_->write_file(at("a"), bytes_of("1234")));
  EXPECT_TRUE(files_->read_file(at("a"), 4));
  const auto refused = files_->read_file(at("a"), 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
}

TEST_P(FilesTest, SaysWhichFileIsMissing) {
  const auto missing = files_->read_file(at("none"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_EQ(missing.error().os_error, ENOENT);
  EXPECT_EQ(missing.error().path, at("none"));
  EXPECT_EQ(missing.error().to_string(), at("none") + ": No such file or directory");
  EXPECT_FALSE(files_->remove_file(at("none")));
}

TEST_P(FilesTest, ListsDirectories) {
  ASSERT_TRUE(files_->make_directories(at("d/e/f")));
  ASSERT_TRUE(files_->make_directories(at("d/e")));
  ASSERT_TRUE(files_->write_file(at("d/b"), bytes_of("1")));
  ASSERT_TRUE(files_->write_file(at("d/a"), bytes_of("1")));
  EXPECT_TRUE(files_->is_directory(at("d/e")));
  EXPECT_EQ(files_->list_directory(at("d")).value(), (std::vector<std::string>{"a", "b", "e"}));
  ASSERT_TRUE(files_->remove_file(at("d/a")));
  EXPECT_EQ(files_->list_directory(at("d")).value(), (std::vector<std::string>{"b", "e"}));
  EXPECT_FALSE(files_->list_directory(at("none")));
  EXPECT_FALSE(files_->read_file(at("d")));
  EXPECT_FALSE(files_->make_directories(at("d/b")));
}

INSTANTIATE_TEST_SUITE_P(Both, FilesTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Real" : "Simulated"; });

TEST(SimulatedFiles, FailsOnTheChosenCall) {
  SimulatedFiles files;
  files.fail_on(1, ENOSPC);
  EXPECT_TRUE(files.write_file("a", bytes_of("1234")));
  const auto failed = files.write_file("a", bytes_of("5678"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::io);
  EXPECT_EQ(failed.error().os_error, ENOSPC);
  EXPECT_EQ(files.read_file("a").value(), bytes_of("56"));
  EXPECT_EQ(files.calls(), 3u);
}

TEST(RealFiles, ReadsADeviceToItsEnd) {
  RealFiles files;
  EXPECT_EQ(files.read_file("/dev/null").value(), Bytes{});
  const auto endless = files.read_file("/dev/zero", 100'000);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().kind, ErrorKind::limit);
}

}  // namespace
}  // namespace cairn
