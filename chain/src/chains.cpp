#include "chains.hpp"

#include <fmt/format.h>

namespace cairn::chain {
namespace {

std::unexpected<Error> wrong(std::string what) { return fail(ErrorKind::invalid, std::move(what)); }

/// Whether records of that kind may bring another state.
bool changes_state(RecordKind kind) {
  switch (kind) {
    case RecordKind::init:
    case RecordKind::message:
    case RecordKind::upgrade:
    case RecordKind::snapshot:
    case RecordKind::fork: return true;
    case RecordKind::genesis:
    case RecordKind::rejection:
    case RecordKind::restart:
    case RecordKind::supervision:
    case RecordKind::stop: return false;
  }
  return false;
}

}  // namespace

Result<> check_alone(const Record& record) {
  if (record.kind == RecordKind::genesis) return {};
  const std::string_view kind = to_string(record.kind);
  if (record.rejection.has_value() != (record.kind == RecordKind::rejection)) {
    return wrong(fmt::format("a record of kind {} {} a cause of rejection", kind,
                             record.rejection ? "has" : "lacks"));
  }
  if (record.new_state && !changes_state(record.kind)) {
    return wrong(fmt::format("a record of kind {} changes the state", kind));
  }
  if (record.new_state == record.old_state) {
    return wrong("a record names a new state that is the old one");
  }
  if (record.kind == RecordKind::fork && !record.source) {
    return wrong("a fork does not say where it is from");
  }
  if (record.rejection && record.effects.count != 0) return wrong("a rejection has effects");
  return {};
}

Result<> advance(Head& head, const Record& record, const Digest& hash) {
  TRY(check_alone(record));
  if (record.sequence != head.sequence + 1) {
    return wrong(fmt::format("sequence number {} stands where {} belongs", record.sequence,
                             head.sequence + 1));
  }
  if (record.parent != head.hash) {
    return wrong(fmt::format("the parent is {}, the record before has the hash {}",
                             crypto::to_hex(record.parent), crypto::to_hex(head.hash)));
  }
  if (record.old_state.content != head.state || record.old_state.media_type != head.media_type) {
    return wrong(fmt::format("the old state is {}, the record before left {}",
                             crypto::to_hex(record.old_state.content.digest),
                             crypto::to_hex(head.state.digest)));
  }
  head.sequence = record.sequence;
  head.hash = hash;
  head.last = record.kind;
  if (record.kind != RecordKind::rejection) head.module = record.module;
  head.has_begun = head.has_begun || changes_state(record.kind);
  if (record.new_state) {
    head.media_type = record.new_state->media_type;
    head.state = record.new_state->content;
    head.state_sequence = record.sequence;
  }
  return {};
}

Chain* Chains::add(std::unique_ptr<Chain> chain) {
  if (by_name_.contains(chain->name) || by_id_.contains(chain->id)) return nullptr;
  Chain* added = chain.get();
  by_id_.emplace(chain->id, added);
  std::string name = chain->name;
  by_name_.emplace(std::move(name), std::move(chain));
  return added;
}

}  // namespace cairn::chain
