#include "verify_rules.hpp"

#include <algorithm>

namespace cairn::chain {

Result<> check_life(const Record& record, bool has_begun, Digest& module) {
  if (record.kind == RecordKind::init && has_begun) {
    return fail(ErrorKind::invalid, "init stands where there is a state already");
  }
  switch (record.kind) {
    // A new module may be refused, and the old one goes on; before the first state it may be any.
    case RecordKind::genesis:
    case RecordKind::init:
    case RecordKind::rejection:
    case RecordKind::upgrade:
    case RecordKind::fork: break;
    case RecordKind::message:
    case RecordKind::restart:
    case RecordKind::supervision:
    case RecordKind::snapshot:
    case RecordKind::stop:
      if (record.module == module || !has_begun) break;
      return fail(ErrorKind::invalid, "another module than before, and no upgrade to it");
  }
  if (record.kind != RecordKind::rejection) module = record.module;
  return {};
}

Result<> check_fork(const Record& fork, ByteSpan from) {
  const Record named = TRY(Record::decode(from));
  if (named.kind != RecordKind::genesis && named.state() == fork.state()) return {};
  return fail(ErrorKind::invalid, "the state of the fork is not that of the record which it names");
}

Result<> check_signatures(const Note& note, const VerifyOptions& options, VerifyReport& report) {
  bool is_signed = options.signers.empty();
  for (const Verifier& signer : options.signers) {
    if (!note.verify(signer)) continue;
    is_signed = true;
    ++report.signatures;
  }
  if (!is_signed) {
    return fail(ErrorKind::invalid, "a checkpoint is not signed by a key of this log");
  }
  report.cosignatures.resize(options.witnesses.size());
  for (size_t at = 0; at < options.witnesses.size(); ++at) {
    const Verifier& witness = options.witnesses[at];
    const bool claims = std::ranges::any_of(note.signatures, [&](const NoteSignature& one) {
      return one.name == witness.name && one.key_id == witness.key_id();
    });
    if (!claims) continue;
    if (!note.verify(witness)) {
      return fail(ErrorKind::invalid, "a cosignature of " + witness.name + " is forged");
    }
    ++report.signatures;
    ++report.cosignatures[at];
  }
  return {};
}

Result<> check_witnesses(const VerifyOptions& options, const VerifyReport& report) {
  for (size_t at = 0; at < options.witnesses.size(); ++at) {
    if (at < report.cosignatures.size() && report.cosignatures[at] != 0) continue;
    return fail(ErrorKind::invalid,
                "no checkpoint is cosigned by witness " + options.witnesses[at].name);
  }
  return {};
}

}  // namespace cairn::chain
