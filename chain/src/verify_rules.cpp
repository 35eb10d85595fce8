#include "verify_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::chain {

namespace {

/// That a record is of a kind and by a module that can come now. `has_begun`: the chain has a first
/// state; `module` is that of the last record that is no rejection.
Result<> check_life(const Record& record, bool has_begun, const Digest& module) {
  if (record.kind == RecordKind::init && has_begun) {
    return wrong("init stands where there is a state already");
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
      return wrong("another module than before, and no upgrade to it");
  }
  return {};
}

}  // namespace

std::unexpected<Error> wrong(std::string what) { return fail(ErrorKind::invalid, std::move(what)); }

Result<> check_signatures(const Note& note, const Checkpoint& checkpoint,
                          const VerifyOptions& options, VerifyReport& report) {
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
    if (checkpoint.size != 0) ++report.cosignatures[at];
  }
  return {};
}

Result<> check_witnesses(const VerifyOptions& options, const VerifyReport& report) {
  uint64_t have = 0;
  const Verifier* lacking = nullptr;
  for (size_t at = 0; at < options.witnesses.size(); ++at) {
    if (at < report.cosignatures.size() && report.cosignatures[at] != 0) {
      ++have;
    } else if (lacking == nullptr) {
      lacking = &options.witnesses[at];
    }
  }
  if (lacking == nullptr || have >= options.witness_quorum) return {};
  return fail(ErrorKind::invalid,
              fmt::format("no checkpoint is cosigned by witness {}; {} of {} have cosigned one",
                          lacking->name, have, options.witnesses.size()));
}

Result<Checkpoint> RecordWalk::expect(const std::string& text) {
  const Note note = TRY(Note::parse(text));
  Checkpoint checkpoint = TRY(Checkpoint::parse(note.text));
  TRY(check_signatures(note, checkpoint, options_, report_));
  // Of nothing, anything is true.
  if (checkpoint.size != 0) expected_.emplace(checkpoint.size, checkpoint);
  return checkpoint;
}

Result<SeenChain*> RecordWalk::check(const Record& record, const Digest& hash) {
  if (record.kind == RecordKind::genesis) return begin(record, hash);
  const auto found = seen_.find(record.chain);
  if (found == seen_.end()) return wrong("the chain was never begun");
  SeenChain& chain = *found->second;
  const bool has_begun = chain.head.has_begun;
  const Digest module = chain.head.module;
  TRY(advance(chain.head, record, hash));
  TRY(check_life(record, has_begun, module));
  if (record.rejection) ++report_.rejections;
  if (record.source) TRY(link(record));
  chain.records.push_back(tree_.size());
  return &chain;
}

Result<SeenChain*> RecordWalk::begin(const Record& record, const Digest& hash) {
  if (record.chain != report_.log) return wrong("the chain was begun in another log");
  auto chain = std::make_unique<SeenChain>(SeenChain{
      .name = std::string(record.name), .head = first_head(hash), .records = {tree_.size()}});
  SeenChain* const begun = chain.get();
  if (!by_name_.emplace(begun->name, begun).second) return wrong("a second chain of this name");
  seen_.emplace(hash, std::move(chain));
  return begun;
}

/// To the record of the sender, or to that which a fork takes its state from.
Result<> RecordWalk::link(const Record& record) {
  const Record::Source& source = *record.source;
  if (!source.head) {
    if (record.kind == RecordKind::fork) return wrong("a fork does not say where it is from");
    return {};
  }
  const auto chain = by_name_.find(source.name);
  const bool is_there = chain != by_name_.end() && source.cause < chain->second->records.size();
  const uint64_t index = is_there ? chain->second->records[source.cause] : 0;
  if (!is_there || hashes_[index] != *source.head) {
    return wrong(fmt::format("record {} of '{}', which it names as its source, is another one",
                             source.cause, source.name));
  }
  ++report_.links;
  if (record.kind != RecordKind::fork) return {};
  const Bytes bytes = TRY(read_again(index));
  const Record from = TRY(Record::decode(bytes));
  if (from.kind != RecordKind::genesis && from.state() == record.state()) return {};
  return wrong("the state of the fork is not that of the record which it names");
}

Result<> RecordWalk::take(const Digest& hash) {
  tree_.append(hash);
  hashes_.push_back(hash);
  if (expected_.empty()) return {};
  const auto [first, last] = expected_.equal_range(tree_.size());
  for (auto at = first; at != last; ++at) {
    if (at->second.origin != report_.origin || at->second.root != tree_.root()) {
      return wrong(fmt::format(
          "the first {} records are not those of the checkpoint that was given", tree_.size()));
    }
    count(at->second);
  }
  expected_.erase(first, last);
  return {};
}

void RecordWalk::count(const Checkpoint& checkpoint) {
  ++report_.checkpoints;
  if (options_.signers.empty()) return;
  report_.signed_records = std::max(report_.signed_records, checkpoint.size);
}

Result<VerifyReport> RecordWalk::end() {
  if (!expected_.empty()) {
    return wrong(fmt::format("the log ends with record {}; a checkpoint is of {}", tree_.size(),
                             expected_.begin()->first));
  }
  if (!options_.signers.empty() && tree_.size() != 0 && report_.signed_records == 0) {
    return wrong("no checkpoint of this log is signed: anybody may have written it");
  }
  TRY(check_witnesses(options_, report_));
  report_.records = tree_.size();
  report_.chains = seen_.size();
  report_.root = tree_.root();
  return report_;
}

std::unexpected<Error> RecordWalk::located(Error error, ByteSpan bytes) const {
  std::string who = fmt::format("record {} of the log", tree_.size());
  if (const auto record = Record::decode(bytes)) {
    const auto chain = seen_.find(record->chain);
    const std::string_view name = record->kind == RecordKind::genesis ? record->name
                                  : chain != seen_.end() ? std::string_view(chain->second->name)
                                                         : "unknown";
    who = fmt::format("record {} of chain '{}' ({})", record->sequence, name, who);
  }
  error.message = who + ": " + error.message;
  return std::unexpected(std::move(error));
}

}  // namespace cairn::chain
