#pragma once
/// Runs again what a log says was done, chain by chain, and compares what comes of it.

#include <cairn/chain/verify.hpp>

#include <optional>
#include <unordered_map>

#include "chains.hpp"
#include "segment.hpp"

namespace cairn::chain {

class Replaying {
 public:
  Replaying(Replayer& replayer, VerifyReport& report) : replayer_(replayer), report_(report) {}

  /// One whose place in its chain is right, of which the hash is this. Errors are `invalid`, or
  /// `limit`: this machine lacks something, and nobody knows whether the record is good.
  Result<> next(const Record& record, const RecordFrame& frame, const Digest& hash);

 private:
  struct Chain {
    actor::Genesis genesis;
    std::optional<actor::Payload> state;  ///< none: it was thrown away
    bool has_limits = true;               ///< those of `genesis` are those of now
    bool has_begun = false;               ///< it has a first state
    Digest module = {};                   ///< of the last record that is no rejection
  };
  void begin(const Record& record, const RecordFrame& frame, const Digest& hash);
  Result<> run(Chain& chain, const Record& record, const RecordFrame& frame);
  static bool can_run_again(const Chain& chain, const Record& record);
  static bool is_unknown(const Chain& chain, const Record& record);
  static void take_limits(Chain& chain, const Record& record, const RecordFrame& frame);

  Replayer& replayer_;
  VerifyReport& report_;
  std::unordered_map<Digest, Chain, DigestHash> chains_;
};

}  // namespace cairn::chain
