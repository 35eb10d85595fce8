#include <cairn/database/database.hpp>

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace cairn::database {
namespace {

Error error_of(sqlite3* database, int status) {
  ErrorKind kind = ErrorKind::io;
  switch (status & 0xff) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: kind = ErrorKind::limit; break;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH: kind = ErrorKind::usage; break;
    case SQLITE_PERM:
    case SQLITE_READONLY: kind = ErrorKind::denied; break;
    default: break;
  }
  // The database remembers the text of its last error only.
  const bool last = database != nullptr && (sqlite3_errcode(database) & 0xff) == (status & 0xff);
  Error error{.kind = kind, .message = last ? sqlite3_errmsg(database) : sqlite3_errstr(status)};
  // "disk I/O error" says little: why is what the system said.
  const int system = last && (status & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(database) : 0;
  if (system != 0) error.message += " (" + std::generic_category().message(system) + ")";
  // One in memory has none.
  const char* const file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  if (file != nullptr) error.path = file;
  return error;
}

/// SQLite itself does not wait there: it reads already when it finds that it has to write, and two
/// that did so would wait for each other for ever.
int set_journal(sqlite3* database, uint32_t busy_ms) {
  constexpr uint32_t step_ms = 5;
  for (uint32_t left_ms = busy_ms;; left_ms -= std::min(left_ms, step_ms)) {
    const int status =
        sqlite3_exec(database, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    const int kind = status & 0xff;
    if ((kind != SQLITE_BUSY && kind != SQLITE_LOCKED) || left_ms == 0) return status;
    sqlite3_sleep(step_ms);
  }
}

}  // namespace

// ---- Statements -------------------------------------------------------------------------------

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::note(int status) {
  if (status != SQLITE_OK && failed_ == SQLITE_OK) failed_ = status;
}

Statement& Statement::bind(int index, std::string_view text) {
  note(sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(), text.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int index, ByteSpan blob) {
  // A null pointer would be NULL, and not an empty blob.
  note(sqlite3_bind_blob64(statement_.get(), index,
                           blob.empty() ? static_cast<const void*>("") : blob.data(), blob.size(),
                           SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(int index, int64_t number) {
  note(sqlite3_bind_int64(statement_.get(), index, number));
  return *this;
}

Result<bool> Statement::step() {
  const int status = failed_ != SQLITE_OK ? failed_ : sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  Error error;
  if (status != SQLITE_DONE) error = error_of(sqlite3_db_handle(statement_.get()), status);
  reset();
  if (status != SQLITE_DONE) return std::unexpected(std::move(error));
  return false;
}

Result<> Statement::run() {
  while (TRY(step())) {
  }
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  failed_ = SQLITE_OK;
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const Bytes bytes = blob(column);
  return {bytes.begin(), bytes.end()};
}

Bytes Statement::blob(int column) const {
  const auto* const data =
      static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  // Asked for behind the data: the other order could move it (sqlite3_column_blob).
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? Bytes() : Bytes(data, data + size);
}

// ---- Databases --------------------------------------------------------------------------------

// Statements go before their database; if one did not, it keeps what it needs alive.
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path, const DatabaseOptions& options) {
  if (path.empty())
    return std::unexpected(Error{.kind = ErrorKind::usage, .message = "a database needs a name"});
  sqlite3* raw = nullptr;
  // Names are files, also ":memory:" and those that look like URIs, and no links that lead
  // elsewhere. SQLite refuses links in the folder's name, too, so that is resolved before.
  const size_t slash = path.rfind('/');
  const size_t begin = slash == std::string::npos ? 0 : slash + 1;
  const std::string folder = begin == 0 ? "." : path.substr(0, begin);
  char* const resolved = realpath(folder.c_str(), nullptr);
  const std::string file = (resolved ? resolved : folder) + "/" + path.substr(begin);
  std::free(resolved);  // NOLINT(cppcoreguidelines-no-malloc): as realpath(3) has it
  // A new file is its owner's alone, and so are those that SQLite makes beside it. Not opened here:
  // to close it again would end the locks of others in this process. What fails, SQLite says.
  static_cast<void>(mknod(file.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0));
  const int status =
      sqlite3_open_v2(file.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                          SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW,
                      nullptr);
  Database database(raw);
  const auto fail = [&](Error error) {
    error.path = path;
    return std::unexpected(std::move(error));
  };
  if (status != SQLITE_OK) return fail(error_of(raw, status));
  // The file may come from anybody: nothing in its schema may call functions or touch the file's
  // own pages.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Before SQLite may wait as well, so that both together do not take longer.
  if (const int set = set_journal(raw, options.busy_ms); set != SQLITE_OK)
    return fail(error_of(raw, set));
  sqlite3_busy_timeout(raw, static_cast<int>(std::min<uint32_t>(options.busy_ms, INT_MAX)));
  if (const auto done = database.execute("PRAGMA synchronous = FULL"); !done)
    return fail(done.error());
  Result<Statement> page = database.prepare("PRAGMA page_size");
  if (!page) return fail(std::move(page).error());
  if (const Result<bool> row = page->step(); !row) return fail(row.error());
  const uint64_t page_bytes = std::max<int64_t>(page->integer(0), 512);
  page->reset();
  const uint64_t pages = std::min<uint64_t>(
      options.bytes_max / page_bytes + (options.bytes_max % page_bytes != 0 ? 1 : 0), INT_MAX);
  if (const auto done = database.execute("PRAGMA max_page_count = " +
                                         std::to_string(std::max<uint64_t>(pages, 1)));
      !done)
    return fail(done.error());
  return database;
}

Result<Database> Database::open_in_memory() {
  sqlite3* raw = nullptr;
  const int status = sqlite3_open_v2(
      ":memory:", &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  Database database(raw);
  if (status != SQLITE_OK) return std::unexpected(error_of(raw, status));
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  if (sql.size() > INT_MAX) return fail(ErrorKind::usage, "the statement is too long");
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (status != SQLITE_OK) return std::unexpected(error_of(database_.get(), status));
  if (statement == nullptr) return fail(ErrorKind::usage, "there is no statement in the text");
  return Statement(statement);
}

Result<> Database::execute(const std::string& sql) {
  const int status = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return std::unexpected(error_of(database_.get(), status));
  return {};
}

int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }

// ---- Transactions -----------------------------------------------------------------------------

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Result<> Transaction::commit() {
  TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  // Some errors have undone it already; then this fails, and nothing is left to be done.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

}  // namespace cairn::database
