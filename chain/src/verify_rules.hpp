#pragma once
/// What the verifier holds records and notes to, wherever they were read from.

#include <cairn/chain/verify.hpp>

namespace cairn::chain {

/// That a record is of a kind and by a module that can come now. `has_begun`: the chain has a first
/// state; `module` is that of the record before, and then of this one. Error `invalid`.
Result<> check_life(const Record& record, bool has_begun, Digest& module);

/// That a note is signed by one of the signers, if there are any, and that no cosignature of a
/// known witness is forged. Counts those that are good. Error `invalid`.
Result<> check_signatures(const Note& note, const VerifyOptions& options, VerifyReport& report);

/// In the end, that each witness has cosigned something. Error `invalid`.
Result<> check_witnesses(const VerifyOptions& options, const VerifyReport& report);
/// That a fork has the state of the record which it names, whose bytes are these. Error `invalid`.
Result<> check_fork(const Record& fork, ByteSpan from);

}  // namespace cairn::chain
