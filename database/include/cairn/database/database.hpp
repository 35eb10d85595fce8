#pragma once
/// Tables in one file that survive crashes (SQLite).
///
///   Database database = TRY(Database::open("state.db"));
///   TRY(database.execute("CREATE TABLE IF NOT EXISTS t(k TEXT PRIMARY KEY, v BLOB)"));
///   Statement find = TRY(database.prepare("SELECT v FROM t WHERE k = ?1"));
///   find.bind(1, "name");
///   if (TRY(find.step())) use(find.blob(0));
///
/// For one thread at a time. Errors name the file, and are of kind `io` (the disk, a damaged file),
/// `limit` (the disk or the database is full, or another process held it for too long) or `usage`
/// (a statement that makes no sense).

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace cairn::database {

struct DatabaseOptions {
  /// How long to open it, and each change, waits for others that have the file.
  uint32_t busy_ms = 5000;
  /// Of the file, rounded up to pages.
  uint64_t bytes_max = uint64_t{1} << 40;
};

/// A prepared statement. It belongs to its database, and goes before it.
class Statement {
 public:
  /// Parameters count from 1. What is bound is copied.
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, ByteSpan blob);
  Statement& bind(int index, int64_t number);
  /// The next row; false: there is no more, and the statement is as before its first step. An error
  /// of a `bind` comes here.
  Result<bool> step();
  /// Runs it to its end.
  Result<> run();
  /// Forgets the row, so that the parameters may be bound anew.
  void reset();

  /// Columns of the row count from 0.
  int64_t integer(int column) const;
  std::string text(int column) const;
  Bytes blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  void note(int status);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int failed_ = 0;
};

class Database {
 public:
  /// Opens or makes the file. Beside it there will be "FILE-wal" and "FILE-shm" while it is open.
  static Result<Database> open(const std::string& path, const DatabaseOptions& options = {});
  /// One that is in memory, and gone with it.
  static Result<Database> open_in_memory();

  Result<Statement> prepare(std::string_view sql);
  /// Runs statements that take and give nothing.
  Result<> execute(const std::string& sql);
  /// How many rows the last INSERT, UPDATE or DELETE has changed.
  int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
};

/// All that is done until `commit`, or nothing of it: an object that goes without has undone it.
class Transaction {
 public:
  /// Takes the right to write at once, so that what is read stays true.
  static Result<Transaction> begin(Database& database);
  Result<> commit();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  ///< null once it has ended
};

}  // namespace cairn::database
