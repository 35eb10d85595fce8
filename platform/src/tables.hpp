#pragma once
/// What a deployment remembers besides its log: who was spawned from outside, and which component
/// was uploaded under which name.

#include <cairn/actor/payload.hpp>
#include <cairn/crypto/sha256.hpp>
#include <cairn/database/database.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cairn::platform {

/// For any thread.
class Tables {
 public:
  static Result<std::unique_ptr<Tables>> open(database::Database database);

  struct Spawned {
    std::string name;
    std::string component;
    actor::Payload argument;
  };
  Result<> put(const Spawned& spawned);
  Result<> remove(const std::string& name);
  /// Nothing, if it is not there.
  Result<> upgrade(const std::string& name, const std::string& component);
  /// In the order in which they were spawned first.
  Result<std::vector<Spawned>> spawned();

  struct Uploaded {
    std::string name;
    crypto::Sha256 digest = {};
  };
  Result<> put(const Uploaded& uploaded);
  Result<std::vector<Uploaded>> uploaded();

 private:
  explicit Tables(database::Database database) : database_(std::move(database)) {}
  std::mutex mutex_;
  database::Database database_;
};

}  // namespace cairn::platform
