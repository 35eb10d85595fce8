#pragma once
/// What records hold the digests of: from transitions to records with contents, and back.

#include <cairn/actor/journal.hpp>
#include <cairn/chain/record.hpp>

#include <array>
#include <vector>

namespace cairn::chain {

actor::TransitionKind transition_kind(RecordKind kind);
actor::Rejection rejection_of(std::optional<RejectionCause> cause);

/// Name and bytes of each, each behind its length.
Bytes encode_host_results(const std::vector<actor::HostResult>& results);
/// Errors `malformed`, also for another count.
Result<std::vector<actor::HostResult>> decode_host_results(ByteSpan bytes, uint64_t count);
/// Kind, name, media type and bytes of each, and how it is done, if it says so.
Bytes encode_effects(const std::vector<actor::Effect>& effects);
Result<std::vector<actor::Effect>> decode_effects(ByteSpan bytes, uint64_t count);

/// A transition with all digests made, which is the long part and needs nothing of the chain.
/// `chain`, `parent`, `sequence`, the old state and the head of the source are still to come.
class Prepared {
 public:
  /// Error `limit` when a text is too long for a record.
  static Result<Prepared> of(actor::Transition transition);
  static Result<Prepared> of(actor::Genesis genesis);

  /// Texts point into this object. Whether the new state differs from the old one is not known yet.
  Record record() const;
  ByteSpan content(Slot slot) const;
  /// Null when it is not of a kind that brings one.
  const actor::Payload* new_state() const;
  const actor::Transition& transition() const { return transition_; }
  const actor::Genesis& genesis() const { return genesis_; }

 private:
  actor::Transition transition_;
  actor::Genesis genesis_;
  RecordKind kind_ = RecordKind::genesis;
  std::array<Content, slot_count> contents_ = {};
  Bytes host_results_;
  Bytes effects_;
};

}  // namespace cairn::chain
