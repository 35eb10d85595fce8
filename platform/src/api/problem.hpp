#pragma once
/// Errors as clients see them: problem details (RFC 9457).

#include <cairn/base/result.hpp>
#include <cairn/wasi/http_handler.hpp>

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::platform {

struct ProblemKind {
  uint16_t status;
  std::string_view name;  ///< the type is "/problems/NAME"; docs/serve.md describes it
  std::string_view title;
};

namespace problems {
inline constexpr ProblemKind bad_request{400, "bad-request", "The request is malformed"};
inline constexpr ProblemKind misdirected{421, "misdirected", "Not this host's"};
inline constexpr ProblemKind forbidden{403, "forbidden", "Not allowed"};
inline constexpr ProblemKind no_such_path{404, "no-such-path", "Nothing is at this path"};
inline constexpr ProblemKind not_found{404, "not-found", "It does not exist"};
inline constexpr ProblemKind no_such_actor{404, "no-such-actor", "There is no such actor"};
inline constexpr ProblemKind bad_method{405, "method-not-allowed", "Not by this method"};
inline constexpr ProblemKind conflict{409, "conflict", "It cannot be done as things are"};
inline constexpr ProblemKind key_used{409, "idempotency-key-used",
                                      "The key was used for another message"};
inline constexpr ProblemKind too_large{413, "too-large", "The body is too large"};
inline constexpr ProblemKind bad_media{415, "unsupported-media-type", "Not in this media type"};
inline constexpr ProblemKind rejected{422, "rejected", "The message was rejected"};
inline constexpr ProblemKind unfit{422, "unfit-component", "The component cannot be an actor"};
inline constexpr ProblemKind not_started{422, "not-started", "The actor did not start"};
inline constexpr ProblemKind mailbox_full{429, "mailbox-full", "The mailbox is full"};
inline constexpr ProblemKind failed{500, "failed", "The actor failed"};
inline constexpr ProblemKind broken{500, "internal-error", "Something went wrong here"};
inline constexpr ProblemKind unsupported{501, "not-supported", "This is not supported"};
inline constexpr ProblemKind unavailable{503, "unavailable", "Not now"};
inline constexpr ProblemKind draining{503, "draining", "The system is shutting down"};
inline constexpr ProblemKind busy{503, "busy", "Too much at the same time"};
inline constexpr ProblemKind stopped{503, "stopped", "The actor has stopped"};
inline constexpr ProblemKind timed_out{504, "timed-out", "There was no answer in time"};
inline constexpr ProblemKind deadlock{508, "deadlock", "Actors would wait for each other"};
}  // namespace problems

struct Problem {
  ProblemKind kind;
  std::string detail;
  std::string members = {};  ///< further ones as JSON, each behind a comma: `,"code":"x"`
  std::vector<wasi::HttpField> fields = {};
  bool is_recorded = false;  ///< the deployment, or a record of the actor, tells of it
};

/// What a client asked for, or why it does not get it.
template <class T = wasi::HttpResponse>
using Outcome = std::expected<T, Problem>;

inline std::unexpected<Problem> refuse(const ProblemKind& kind, std::string detail) {
  return std::unexpected(Problem{.kind = kind, .detail = std::move(detail)});
}

/// An error of the deployment, or of the store.
Problem problem_of(const Error& error);
/// One without a kind of its own.
ProblemKind kind_of(uint16_t status);
wasi::HttpResponse response_of(Problem problem);

}  // namespace cairn::platform
