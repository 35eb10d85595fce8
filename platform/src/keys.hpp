#pragma once
/// Idempotency keys: which were used at which actor, for which message, and what became of it.
///
/// The log is the truth: a record of a message that came with a key names it as its source, so a
/// message and its key last together, or not at all. This is an index of it, made anew from the
/// last records when a deployment opens.

#include <cairn/chain/store.hpp>
#include <cairn/crypto/sha256.hpp>
#include <cairn/platform/deployment.hpp>

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::platform {

/// A key is remembered for so many further keys, and so long; after a new start, as far as it is
/// among so many last records of the log.
inline constexpr size_t keys_max = 100'000;
inline constexpr uint64_t key_age_ns_max = uint64_t{24} * 3600 * 1'000'000'000;
inline constexpr uint64_t key_records_max = 100'000;
inline constexpr size_t key_bytes_max = 255;
/// Of the answers that are kept because no record has them.
inline constexpr size_t key_reply_bytes_max = size_t{64} << 20;

/// Error `invalid`: not 1 to 255 printable characters.
Result<> check_key(std::string_view key);
/// As the source of a record.
std::string source_of_key(std::string_view key);
/// Of a message, so that it can be told from another one. Of a request of HTTP, method, target and
/// body: whoever sends it again, or forwards it, writes other fields.
crypto::Sha256 digest_of(std::string_view media_type, ByteSpan bytes);

class Keys {
 public:
  explicit Keys(Clock& clock) : clock_(clock) {}

  /// Of a message that was handled.
  struct Handled {
    std::optional<actor::Receipt> receipt;
    actor::Payload reply;  ///< where there is no record of it
  };
  using Done = Deployment::Done;

  enum class Claim : uint8_t {
    fresh,    ///< it is used now for the first time: `settle` or `abandon` follows
    waiting,  ///< the same message is on its way; `done` was taken, and is called with it
    handled,  ///< the same message was handled
    other,    ///< the key was used for another message
  };
  /// `deadline_ns` (monotonic) is that of `done`, should it have to wait.
  Claim claim(const std::string& actor, const std::string& key, const crypto::Sha256& digest,
              uint64_t deadline_ns, Done& done, Handled& handled);
  /// Who waits for it, to be told.
  std::vector<Done> settle(const std::string& actor, const std::string& key, Handled handled);
  /// It was not handled, and will not be.
  std::vector<Done> abandon(const std::string& actor, const std::string& key);
  /// Those who have waited too long, to be told.
  std::vector<Done> expire();
  /// What the log says. Errors of reading it.
  Result<> load(const chain::Store& store);
  size_t size() const;

 private:
  using Name = std::pair<std::string, std::string>;
  struct Waiting {
    Done done;
    uint64_t deadline_ns;
  };
  struct Use {
    crypto::Sha256 digest = {};
    uint64_t at_ns = 0;  ///< since 1970
    std::optional<Handled> handled = {};
    std::vector<Waiting> waiting = {};
  };
  void forget_old(uint64_t now_ns);
  static std::vector<Done> those_of(Use& use);

  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<Name, Use> uses_;
  size_t waiting_ = 0;                           ///< of all
  size_t reply_bytes_ = 0;                       ///< of those that no record has
  std::deque<std::pair<uint64_t, Name>> order_;  ///< of those that were handled, with `at_ns`
};

}  // namespace cairn::platform
