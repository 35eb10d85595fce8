// A bucket in a table. The second table has one row: how many changes there were, which is where
// versions come from, and how many bytes all keys and values take.

#include <cairn/wasi/key_value.hpp>

#include <mutex>
#include <utility>

#include "components/bucket_limits.hpp"

namespace cairn::wasi {
namespace {

using database::Database;
using database::Statement;
using database::Transaction;

/// "CrKV": that the file is ours, and the form of its tables.
constexpr int64_t application_id = 0x43724b56;
constexpr int64_t form = 1;

constexpr const char* schema =
    "CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL);"
    "CREATE TABLE bucket(changes INTEGER NOT NULL, bytes INTEGER NOT NULL);"
    "INSERT INTO bucket VALUES(0, 0);";

/// What a `Result` has, as a `KeyValueResult`.
template <class T>
KeyValueResult<T> answer(Result<T> result) {
  if (!result) return key_value_error(std::move(result).error().message);
  return *std::move(result);
}

ByteSpan key_bytes(const std::string& key) { return as_bytes(key); }

Result<int64_t> number(Database& database, std::string_view sql) {
  Statement statement = TRY(database.prepare(sql));
  if (!TRY(statement.step())) return fail(ErrorKind::usage, "a row is missing");
  return statement.integer(0);
}

/// Makes the tables where there are none.
Result<> set_up(Database& database) {
  Transaction transaction = TRY(Transaction::begin(database));
  const int64_t id = TRY(number(database, "PRAGMA application_id"));
  const int64_t objects = TRY(number(database, "SELECT count(*) FROM sqlite_schema"));
  if (id == 0 && objects == 0) {
    TRY(database.execute(schema));
    TRY(database.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, form)));
  } else if (id != application_id) {
    return fail(ErrorKind::usage, "it is a database, but no bucket");
  } else if (TRY(number(database, "PRAGMA user_version")) != form) {
    return fail(ErrorKind::usage, "it is a bucket of another version of this program");
  }
  return transaction.commit();
}

struct Statements {
  Statement get, totals, set, erase, count, keys;
  static Result<Statements> prepare(Database& database) {
    return Statements{
        TRY(database.prepare("SELECT version, value FROM entries WHERE key = ?1")),
        TRY(database.prepare("SELECT changes, bytes FROM bucket")),
        TRY(database.prepare("INSERT INTO entries(key, value, version) VALUES(?1, ?2, ?3) "
                             "ON CONFLICT(key) DO UPDATE SET value = ?2, version = ?3")),
        TRY(database.prepare("DELETE FROM entries WHERE key = ?1")),
        TRY(database.prepare("UPDATE bucket SET changes = ?1, bytes = ?2")),
        TRY(database.prepare("SELECT key FROM entries WHERE key > ?1 ORDER BY key LIMIT ?2"))};
  }
};

class DiskBucket final : public KeyValueBucket {
 public:
  DiskBucket(Database database, Statements statements, const KeyValueLimits& limits)
      : limits_(limits), database_(std::move(database)), statements_(std::move(statements)) {}

  bool is_slow() const override { return true; }

  KeyValueResult<std::optional<Versioned>> get(const std::string& key) override {
    const std::scoped_lock lock(mutex_);
    return answer(find(key));
  }

  KeyValueResult<> change(std::vector<Change> changes) override {
    for (const Change& change : changes)
      if (change.value) TRY(check_entry(limits_, change.key, *change.value));
    const std::scoped_lock lock(mutex_);
    TRY(answer(change_all(changes, std::nullopt)));
    return {};
  }

  KeyValueResult<bool> replace(const std::string& key, uint64_t version, Bytes value) override {
    TRY(check_entry(limits_, key, value));
    std::vector<Change> changes;
    changes.push_back({key, std::move(value)});
    const std::scoped_lock lock(mutex_);
    return answer(change_all(changes, version));
  }

  KeyValueResult<std::vector<std::string>> keys_after(const std::optional<std::string>& after,
                                                      size_t count_max) override {
    const std::scoped_lock lock(mutex_);
    return answer(list(after, count_max));
  }

 private:
  Result<std::optional<Versioned>> find(const std::string& key) {
    Statement& get = statements_.get;
    if (!TRY(get.bind(1, key_bytes(key)).step())) return std::nullopt;
    Versioned found{get.blob(1), static_cast<uint64_t>(get.integer(0))};
    get.reset();
    return found;
  }

  /// Whether it has changed anything: not if the first entry has another version than `expected`.
  Result<bool> change_all(const std::vector<Change>& changes, std::optional<uint64_t> expected) {
    Transaction transaction = TRY(Transaction::begin(database_));
    Statement& totals = statements_.totals;
    if (!TRY(totals.step())) return fail(ErrorKind::usage, "the bucket's totals are missing");
    int64_t version = totals.integer(0);
    const int64_t before = totals.integer(1);
    totals.reset();
    int64_t bytes = before;
    for (const Change& change : changes) {
      const std::optional<Versioned> now = TRY(find(change.key));
      if (expected && (now ? now->version : 0) != *expected) return false;
      if (now) bytes -= static_cast<int64_t>(change.key.size() + now->value.size());
      if (change.value) {
        bytes += static_cast<int64_t>(change.key.size() + change.value->size());
        TRY(statements_.set.bind(1, key_bytes(change.key))
                .bind(2, ByteSpan(*change.value))
                .bind(3, ++version)
                .run());
      } else {
        TRY(statements_.erase.bind(1, key_bytes(change.key)).run());
      }
    }
    if (bytes > before && static_cast<uint64_t>(bytes) > limits_.bytes_max)
      return fail(ErrorKind::limit, bucket_is_full(limits_).error().message);
    TRY(statements_.count.bind(1, version).bind(2, bytes).run());
    TRY(transaction.commit());
    return true;
  }

  Result<std::vector<std::string>> list(const std::optional<std::string>& after, size_t count_max) {
    Statement& keys = statements_.keys;
    // Numbers come before blobs in SQLite's order: so do all keys come behind this one.
    if (after)
      keys.bind(1, key_bytes(*after));
    else
      keys.bind(1, int64_t{0});
    keys.bind(2, static_cast<int64_t>(count_max));
    std::vector<std::string> found;
    while (TRY(keys.step())) found.push_back(keys.text(0));
    return found;
  }

  KeyValueLimits limits_;
  std::mutex mutex_;
  Database database_;
  Statements statements_;  ///< behind their database: they go before it
};

}  // namespace

Result<std::shared_ptr<KeyValueBucket>> make_disk_bucket(Database database,
                                                         const KeyValueLimits& limits) {
  TRY(set_up(database));
  Statements statements = TRY(Statements::prepare(database));
  return std::make_shared<DiskBucket>(std::move(database), std::move(statements), limits);
}

}  // namespace cairn::wasi
