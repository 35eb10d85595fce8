#include <cairn/database/database.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

namespace cairn::database {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cairn-db-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~DatabaseTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path() const { return folder_ + "/test.db"; }
  Database open(const DatabaseOptions& options = {}) const {
    Result<Database> database = Database::open(path(), options);
    EXPECT_TRUE(database) << database.error().to_string();
    EXPECT_TRUE(database->execute("CREATE TABLE IF NOT EXISTS t(k TEXT PRIMARY KEY, v)"));
    return *std::move(database);
  }
  static int64_t rows(Database& database) {
    Statement count = database.prepare("SELECT count(*) FROM t").value();
    EXPECT_TRUE(count.step().value());
    return count.integer(0);
  }
  std::string folder_;
};

TEST_F(DatabaseTest, KeepsWhatWasWritten) {
  const Bytes blob = {0, 1, 255};
  {
    Database database = open();
    Statement insert = database.prepare("INSERT INTO t VALUES(?1, ?2)").value();
    EXPECT_TRUE(insert.bind(1, "blob").bind(2, ByteSpan(blob)).run());
    EXPECT_TRUE(insert.bind(1, std::string_view("a\0b", 3)).bind(2, int64_t{-7}).run());
    EXPECT_TRUE(insert.bind(1, "").bind(2, ByteSpan()).run());
    EXPECT_EQ(database.changes(), 1);
  }
  Database database = open();
  Statement find = database.prepare("SELECT v, k FROM t WHERE k = ?1").value();
  ASSERT_TRUE(find.bind(1, "blob").step().value());
  EXPECT_EQ(find.blob(0), blob);
  find.reset();
  ASSERT_TRUE(find.bind(1, std::string_view("a\0b", 3)).step().value());
  EXPECT_EQ(find.integer(0), -7);
  EXPECT_EQ(find.text(1), std::string("a\0b", 3));
  EXPECT_FALSE(find.step().value());
  ASSERT_TRUE(find.bind(1, "").step().value());
  EXPECT_TRUE(find.blob(0).empty());
}

TEST_F(DatabaseTest, UndoesWhatIsNotCommitted) {
  Database database = open();
  {
    Transaction transaction = Transaction::begin(database).value();
    EXPECT_TRUE(database.execute("INSERT INTO t VALUES('a', 1)"));
  }
  EXPECT_EQ(rows(database), 0);
  Transaction transaction = Transaction::begin(database).value();
  EXPECT_TRUE(database.execute("INSERT INTO t VALUES('a', 1)"));
  EXPECT_TRUE(transaction.commit());
  EXPECT_EQ(rows(database), 1);
}

TEST_F(DatabaseTest, TellsWhatIsWrong) {
  Database database = open();
  EXPECT_EQ(database.prepare("SELECT missing FROM t").error().kind, ErrorKind::usage);
  EXPECT_EQ(database.prepare("SELECT missing FROM t").error().message, "no such column: missing");
  EXPECT_EQ(database.prepare("SELECT missing FROM t").error().path, path());
  EXPECT_EQ(database.prepare(" ").error().kind, ErrorKind::usage);
  Statement insert = database.prepare("INSERT INTO t VALUES(?1, 1)").value();
  EXPECT_EQ(insert.bind(2, "x").step().error().kind, ErrorKind::usage);
  EXPECT_TRUE(insert.bind(1, "x").run());
  EXPECT_EQ(insert.run().error().message, "UNIQUE constraint failed: t.k");
  EXPECT_TRUE(insert.bind(1, "y").run()) << "a failed statement can be used again";

  std::ofstream(folder_ + "/other") << std::string(4096, 'x');
  const Result<Database> other = Database::open(folder_ + "/other");
  EXPECT_EQ(other.error().kind, ErrorKind::io);
  EXPECT_EQ(other.error().to_string(), folder_ + "/other: file is not a database");
  EXPECT_EQ(Database::open(folder_).error().kind, ErrorKind::io);
}

TEST_F(DatabaseTest, NamesAreFilesAndNoLinks) {
  namespace fs = std::filesystem;
  fs::create_directory(folder_ + "/real");
  fs::create_directory_symlink("real", folder_ + "/way");
  EXPECT_TRUE(Database::open(folder_ + "/way/x.db")) << "a link on the way is the user's";
  EXPECT_TRUE(fs::exists(folder_ + "/real/x.db"));
  fs::create_symlink("real/x.db", folder_ + "/link.db");
  fs::create_symlink("nowhere.db", folder_ + "/dangling.db");
  EXPECT_FALSE(Database::open(folder_ + "/link.db"));
  EXPECT_FALSE(Database::open(folder_ + "/dangling.db"));
  EXPECT_FALSE(fs::exists(folder_ + "/nowhere.db"));
  EXPECT_FALSE(Database::open("")) << "no database without a name";

  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  EXPECT_TRUE(Database::open(":memory:"));
  EXPECT_TRUE(Database::open("file:x?mode=memory"));
  EXPECT_TRUE(fs::exists(folder_ + "/:memory:"));
  EXPECT_TRUE(fs::exists(folder_ + "/file:x?mode=memory"));
  fs::current_path(before);
}

TEST_F(DatabaseTest, AreTheirOwnersAlone) {
  namespace fs = std::filesystem;
  const mode_t mask = umask(022);
  const Database database = open();
  umask(mask);
  for (const char* end : {"", "-wal", "-shm"})
    EXPECT_EQ(fs::status(path() + end).permissions(),
              fs::perms::owner_read | fs::perms::owner_write)
        << end;
}

TEST_F(DatabaseTest, HasNoLimitThatIsTooLarge) {
  Database database = open({.bytes_max = UINT64_MAX});
  EXPECT_TRUE(database.execute("INSERT INTO t VALUES('a', 1)"));
}

TEST_F(DatabaseTest, StaysBelowItsLimit) {
  Database database = open({.bytes_max = 65'536});
  Statement insert = database.prepare("INSERT INTO t VALUES(?1, ?2)").value();
  const Bytes blob(10'000);
  EXPECT_TRUE(insert.bind(1, "a").bind(2, ByteSpan(blob)).run());
  Result<> inserted = {};
  for (int i = 0; inserted && i < 10; ++i)
    inserted = insert.bind(1, std::to_string(i)).bind(2, ByteSpan(blob)).run();
  ASSERT_FALSE(inserted);
  EXPECT_EQ(inserted.error().kind, ErrorKind::limit);
  EXPECT_TRUE(database.execute("DELETE FROM t WHERE k = 'a'")) << "it can be made smaller";
}

TEST_F(DatabaseTest, WaitsForOthersOnlySoLong) {
  Database first = open();
  Database second = open({.busy_ms = 1});
  Transaction transaction = Transaction::begin(first).value();
  EXPECT_EQ(Transaction::begin(second).error().kind, ErrorKind::limit);
  EXPECT_EQ(rows(second), 0) << "reading goes on";
  EXPECT_TRUE(transaction.commit());
  EXPECT_TRUE(Transaction::begin(second));
}

/// A file that is not yet, or no longer, of the mode in which readers and a writer go on together.
TEST_F(DatabaseTest, IsOpenedWhileAnotherWrites) {
  Database first = open();
  ASSERT_TRUE(first.execute("PRAGMA journal_mode = DELETE"));
  std::optional<Transaction> writing = Transaction::begin(first).value();
  const Result<Database> refused = Database::open(path(), {.busy_ms = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
  EXPECT_EQ(refused.error().to_string(), path() + ": database is locked");

  std::thread opening([this] {
    const Result<Database> second = Database::open(path(), {.busy_ms = 60'000});
    EXPECT_TRUE(second) << second.error().to_string();
  });
  // So that it mostly waits by then; it is opened either way.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(writing->commit());
  opening.join();
}

TEST_F(DatabaseTest, IsMadeByManyAtOnce) {
  constexpr int count = 8;
  std::array<pid_t, count> children = {};
  for (pid_t& child : children) {
    child = fork();
    if (child != 0) continue;
    Result<Database> database = Database::open(path(), {.busy_ms = 60'000});
    _exit(database && database->execute("CREATE TABLE IF NOT EXISTS t(k TEXT PRIMARY KEY, v)") ? 0
                                                                                               : 1);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

/// What was committed before a process was killed is there, and nothing by halves.
TEST_F(DatabaseTest, SurvivesItsProcess) {
  open();
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    Result<Database> database = Database::open(path());
    for (int64_t i = 0; database; ++i) {
      // Two rows at a time: there is never an odd number of them.
      if (!database->execute("BEGIN; INSERT INTO t VALUES(" + std::to_string(2 * i) +
                             ", 1); INSERT INTO t VALUES(" + std::to_string(2 * i + 1) +
                             ", 1); COMMIT"))
        _exit(1);
      if (write(pipe_ends[1], &i, sizeof i) != sizeof i) _exit(1);
    }
    _exit(1);
  }
  close(pipe_ends[1]);
  int64_t committed = -1;
  while (committed < 20) ASSERT_EQ(read(pipe_ends[0], &committed, sizeof committed), 8);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  while (read(pipe_ends[0], &committed, sizeof committed) == 8) {
  }
  close(pipe_ends[0]);
  Database database = open();
  EXPECT_GE(rows(database), 2 * (committed + 1));
  EXPECT_EQ(rows(database) % 2, 0);
  Statement check = database.prepare("PRAGMA integrity_check").value();
  ASSERT_TRUE(check.step().value());
  EXPECT_EQ(check.text(0), "ok");
}

TEST(DatabaseInMemory, NeedsNoFile) {
  Database database = Database::open_in_memory().value();
  EXPECT_TRUE(database.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)"));
  EXPECT_EQ(database.changes(), 1);
}

}  // namespace
}  // namespace cairn::database
