#pragma once
/// What only the store's own files know of it.

#include <cairn/chain/store.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <unordered_map>

#include "contents.hpp"
#include "log.hpp"

namespace cairn::chain {

/// What waits for the next commit, in the order in which it came.
struct Store::Request {
  enum class Kind : uint8_t { open, append, close, checkpoint, cosign };
  Kind kind = Kind::open;
  actor::ActorId actor = {};
  std::optional<Prepared> prepared = {};
  Opened opened = {};
  Appended appended = {};
  std::string note = {};
  std::function<void(Result<std::string>)> noted = {};
};

/// One commit: who is to be told of it, and what.
struct Store::Round {
  struct Told {
    Request request;
    actor::Receipt receipt;
  };
  std::vector<Told> appends;
  std::vector<Request> begun;     ///< chains
  std::vector<Request> reopened;  ///< chains that were there
  std::vector<Request> notes;
  std::vector<std::string> staged;  ///< notes

  bool has(Request::Kind kind) const {
    return std::ranges::any_of(notes, [kind](const Request& one) { return one.kind == kind; });
  }
  /// Only one note can be the last: what was cosigned is seen before anything new is signed.
  bool is_against(const Request& next) const {
    return (next.kind == Request::Kind::checkpoint && has(Request::Kind::cosign)) ||
           (next.kind == Request::Kind::cosign && has(Request::Kind::checkpoint));
  }
};

struct Store::Inside {
  explicit Inside(const crypto::Ed25519Key& signing_key) : key(signing_key) {}

  /// In the place of the one of the same checkpoint.
  void keep_issued(std::string note);

  /// From when an actor asks for a chain until it closes it.
  struct Session {
    std::string name;
    actor::Payload state = {};  ///< as the actor has it
    bool is_open = false;       ///< it was told so
  };

  StoreSettings settings;
  crypto::Ed25519Key key;
  Clock* clock = nullptr;
  std::unique_ptr<Log> log;

  std::mutex mutex;
  std::vector<Request> waiting;
  std::optional<Error> failure;

  // Of the thread that commits.
  std::vector<Request> taken;                         ///< and not yet staged, the next one last
  std::unordered_map<uint64_t, Session> sessions;     ///< by actor
  std::unordered_map<std::string, uint64_t> writers;  ///< the actors of sessions, by their chains
  std::deque<std::string> issued;  ///< the last notes, durable, each of another checkpoint
  uint64_t signed_size = 0;
  uint64_t signed_ns = 0;
  std::atomic<uint64_t> due_ns = 0;  ///< 0: not
};

}  // namespace cairn::chain
