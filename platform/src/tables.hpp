#pragma once
/// What a deployment remembers besides its log: who was spawned from outside, which component was
/// uploaded under which name, and who was told to run by another one.

#include <cairn/actor/payload.hpp>
#include <cairn/actor/supervision.hpp>
#include <cairn/crypto/sha256.hpp>
#include <cairn/database/database.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cairn::platform {

/// For any thread.
class Tables {
 public:
  static Result<std::unique_ptr<Tables>> open(database::Database database);
  /// There were none before: it is the first start, or they were lost.
  bool are_new() const { return are_new_; }

  struct Spawned {
    std::string name;
    std::string component;
    actor::Payload argument = {};
    std::string supervisor = {};  ///< of the manifest; empty: none
    actor::Restart restart = actor::Restart::transient;
    uint64_t shutdown_ns = 5'000'000'000;
    bool significant = false;
    std::string settings = {};  ///< `ActorManifest::settings`
    /// Of the component, if it was uploaded.
    std::optional<crypto::Sha256> upload = {};
  };
  Result<> put(const Spawned& spawned);
  Result<> remove(const std::string& name);
  /// Nothing, if it is not there.
  Result<> upgrade(const std::string& name, const std::string& component,
                   const std::string& settings, const std::optional<crypto::Sha256>& upload);
  /// In the order in which they were spawned first.
  Result<std::vector<Spawned>> spawned();

  struct Upgraded {
    std::string name;
    std::string component;
    std::string listed;     ///< that the manifest named then; empty: none
    bool is_taken = false;  ///< it runs by that one; else it was told to, and its chain says more
    std::string settings = {};  ///< `ActorManifest::settings`
    std::optional<crypto::Sha256> upload = {};
  };
  /// In the place of the one with the same `is_taken`.
  Result<> put(const Upgraded& upgraded);
  /// Nothing, if it is not there.
  Result<> forget(const Upgraded& upgraded);
  Result<> forget_upgrades(const std::string& name);
  /// All of one, or of everybody if the name is empty.
  Result<std::vector<Upgraded>> upgraded(const std::string& name = "");

  struct Uploaded {
    std::string name;
    crypto::Sha256 digest = {};
  };
  Result<> put(const Uploaded& uploaded);
  Result<std::vector<Uploaded>> uploaded();

  /// That a component of those bytes has the name, or had it once.
  Result<> put_name(const crypto::Sha256& digest, const std::string& name);
  Result<bool> had_name(const crypto::Sha256& digest, const std::string& name);

 private:
  explicit Tables(database::Database database) : database_(std::move(database)) {}
  Result<bool> has_column(const std::string& table, const std::string& column);
  Result<> add_supervision();
  Result<> add_settings();
  Result<> add_uploads();
  std::mutex mutex_;
  database::Database database_;
  bool are_new_ = false;
};

}  // namespace cairn::platform
