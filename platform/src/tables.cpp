#include "tables.hpp"

#include <algorithm>

namespace cairn::platform {

namespace {

ByteSpan bytes_of(const std::optional<crypto::Sha256>& digest) {
  return digest ? ByteSpan(*digest) : ByteSpan();
}

Result<crypto::Sha256> digest_in(const Bytes& bytes) {
  crypto::Sha256 digest = {};
  if (bytes.size() != digest.size())
    return fail(ErrorKind::io, "the tables of a deployment hold a digest that is none");
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

Result<std::optional<crypto::Sha256>> upload_in(const Bytes& bytes) {
  if (bytes.empty()) return std::nullopt;
  return TRY(digest_in(bytes));
}

}  // namespace

Result<std::unique_ptr<Tables>> Tables::open(database::Database database) {
  std::unique_ptr<Tables> tables(new Tables(std::move(database)));
  {
    auto before =
        TRY(tables->database_.prepare("SELECT name FROM sqlite_schema WHERE name = 'spawned'"));
    tables->are_new_ = !TRY(before.step());
  }
  TRY(
      tables->database_.execute("CREATE TABLE IF NOT EXISTS spawned("
                                "name TEXT PRIMARY KEY, component TEXT NOT NULL, "
                                "argument BLOB NOT NULL, media_type TEXT NOT NULL);"
                                "CREATE TABLE IF NOT EXISTS upgrades("
                                "name TEXT NOT NULL, component TEXT NOT NULL, "
                                "listed TEXT NOT NULL, is_taken INTEGER NOT NULL, "
                                "PRIMARY KEY(name, is_taken));"
                                "CREATE TABLE IF NOT EXISTS uploaded("
                                "name TEXT PRIMARY KEY, digest BLOB NOT NULL);"
                                "CREATE TABLE IF NOT EXISTS names("
                                "digest BLOB NOT NULL, name TEXT NOT NULL, "
                                "PRIMARY KEY(digest, name))"));
  TRY(tables->add_supervision());
  TRY(tables->add_settings());
  TRY(tables->add_uploads());
  return tables;
}

Result<bool> Tables::has_column(const std::string& table, const std::string& column) {
  auto known = TRY(database_.prepare("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2"));
  known.bind(1, table).bind(2, column);
  return known.step();
}

/// Older files say nothing of how who was spawned is supervised.
Result<> Tables::add_supervision() {
  if (TRY(has_column("spawned", "supervisor"))) return {};
  return database_.execute(
      "BEGIN;"
      "ALTER TABLE spawned ADD COLUMN supervisor TEXT NOT NULL DEFAULT '';"
      "ALTER TABLE spawned ADD COLUMN restart INTEGER NOT NULL DEFAULT 1;"
      "ALTER TABLE spawned ADD COLUMN shutdown_ns INTEGER NOT NULL DEFAULT 5000000000;"
      "ALTER TABLE spawned ADD COLUMN significant INTEGER NOT NULL DEFAULT 0;"
      "COMMIT");
}

/// Nor whose settings somebody has who was told to run by another component.
Result<> Tables::add_settings() {
  if (TRY(has_column("spawned", "settings"))) return {};
  return database_.execute(
      "BEGIN;"
      "ALTER TABLE spawned ADD COLUMN settings TEXT NOT NULL DEFAULT '';"
      "ALTER TABLE upgrades ADD COLUMN settings TEXT NOT NULL DEFAULT '';"
      "COMMIT");
}

/// Nor which upload of a name it was.
Result<> Tables::add_uploads() {
  if (TRY(has_column("spawned", "upload"))) return {};
  return database_.execute(
      "BEGIN;"
      "ALTER TABLE spawned ADD COLUMN upload BLOB;"
      "ALTER TABLE upgrades ADD COLUMN upload BLOB;"
      "COMMIT");
}

Result<> Tables::put(const Spawned& spawned) {
  const std::lock_guard lock(mutex_);
  auto insert = TRY(database_.prepare(
      "INSERT INTO spawned VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
      "ON CONFLICT(name) DO UPDATE SET "
      "component = ?2, argument = ?3, media_type = ?4, supervisor = ?5, restart = ?6, "
      "shutdown_ns = ?7, significant = ?8, settings = ?9, upload = ?10"));
  insert.bind(1, spawned.name).bind(2, spawned.component);
  insert.bind(3, spawned.argument.bytes()).bind(4, spawned.argument.media_type());
  insert.bind(5, spawned.supervisor).bind(6, static_cast<int64_t>(spawned.restart));
  insert.bind(7, static_cast<int64_t>(spawned.shutdown_ns));
  insert.bind(8, int64_t{spawned.significant}).bind(9, spawned.settings);
  insert.bind(10, bytes_of(spawned.upload));
  return insert.run();
}

Result<> Tables::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto remove = TRY(database_.prepare("DELETE FROM spawned WHERE name = ?1"));
  remove.bind(1, name);
  return remove.run();
}

Result<> Tables::upgrade(const std::string& name, const std::string& component,
                         const std::string& settings, const std::optional<crypto::Sha256>& upload) {
  const std::lock_guard lock(mutex_);
  auto update = TRY(database_.prepare(
      "UPDATE spawned SET component = ?2, settings = ?3, upload = ?4 WHERE name = ?1"));
  update.bind(1, name).bind(2, component).bind(3, settings).bind(4, bytes_of(upload));
  return update.run();
}

Result<std::vector<Tables::Spawned>> Tables::spawned() {
  const std::lock_guard lock(mutex_);
  auto select = TRY(database_.prepare(
      "SELECT name, component, argument, media_type, supervisor, restart, shutdown_ns, "
      "significant, settings, upload FROM spawned ORDER BY rowid"));
  std::vector<Spawned> found;
  while (TRY(select.step())) {
    found.push_back({.name = select.text(0),
                     .component = select.text(1),
                     .argument = actor::Payload(select.blob(2), select.text(3)),
                     .supervisor = select.text(4),
                     .restart = static_cast<actor::Restart>(
                         std::min<int64_t>(static_cast<uint8_t>(select.integer(5)),
                                           static_cast<int64_t>(actor::Restart::temporary))),
                     .shutdown_ns = static_cast<uint64_t>(select.integer(6)),
                     .significant = select.integer(7) != 0,
                     .settings = select.text(8),
                     .upload = TRY(upload_in(select.blob(9)))});
  }
  return found;
}

Result<> Tables::put(const Upgraded& upgraded) {
  const std::lock_guard lock(mutex_);
  auto insert =
      TRY(database_.prepare("INSERT INTO upgrades VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
                            "ON CONFLICT(name, is_taken) DO UPDATE SET component = ?2, "
                            "listed = ?3, settings = ?5, upload = ?6"));
  insert.bind(1, upgraded.name).bind(2, upgraded.component).bind(3, upgraded.listed);
  insert.bind(4, int64_t{upgraded.is_taken}).bind(5, upgraded.settings);
  insert.bind(6, bytes_of(upgraded.upload));
  return insert.run();
}

Result<> Tables::forget(const Upgraded& upgraded) {
  const std::lock_guard lock(mutex_);
  auto remove =
      TRY(database_.prepare("DELETE FROM upgrades WHERE name = ?1 AND component = ?2 AND "
                            "is_taken = ?3"));
  remove.bind(1, upgraded.name).bind(2, upgraded.component).bind(3, int64_t{upgraded.is_taken});
  return remove.run();
}

Result<> Tables::forget_upgrades(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto remove = TRY(database_.prepare("DELETE FROM upgrades WHERE name = ?1"));
  remove.bind(1, name);
  return remove.run();
}

Result<std::vector<Tables::Upgraded>> Tables::upgraded(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto select =
      TRY(database_.prepare("SELECT name, component, listed, is_taken, settings, upload "
                            "FROM upgrades WHERE ?1 = '' OR name = ?1 ORDER BY name, is_taken"));
  select.bind(1, name);
  std::vector<Upgraded> found;
  while (TRY(select.step())) {
    found.push_back({.name = select.text(0),
                     .component = select.text(1),
                     .listed = select.text(2),
                     .is_taken = select.integer(3) != 0,
                     .settings = select.text(4),
                     .upload = TRY(upload_in(select.blob(5)))});
  }
  return found;
}

Result<> Tables::put(const Uploaded& uploaded) {
  const std::lock_guard lock(mutex_);
  auto insert =
      TRY(database_.prepare("INSERT INTO uploaded VALUES(?1, ?2) "
                            "ON CONFLICT(name) DO UPDATE SET digest = ?2"));
  insert.bind(1, uploaded.name).bind(2, ByteSpan(uploaded.digest));
  return insert.run();
}

Result<std::vector<Tables::Uploaded>> Tables::uploaded() {
  const std::lock_guard lock(mutex_);
  auto select = TRY(database_.prepare("SELECT name, digest FROM uploaded ORDER BY name"));
  std::vector<Uploaded> found;
  while (TRY(select.step())) {
    Uploaded& one = found.emplace_back();
    one.name = select.text(0);
    one.digest = TRY(digest_in(select.blob(1)));
  }
  return found;
}

Result<> Tables::put_name(const crypto::Sha256& digest, const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto insert = TRY(database_.prepare("INSERT OR IGNORE INTO names VALUES(?1, ?2)"));
  insert.bind(1, ByteSpan(digest)).bind(2, name);
  return insert.run();
}

Result<bool> Tables::had_name(const crypto::Sha256& digest, const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto select = TRY(database_.prepare("SELECT 1 FROM names WHERE digest = ?1 AND name = ?2"));
  select.bind(1, ByteSpan(digest)).bind(2, name);
  return select.step();
}

}  // namespace cairn::platform
