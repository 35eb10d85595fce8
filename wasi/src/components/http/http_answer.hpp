#pragma once
/// What came of a request, as bytes that are recorded (docs/chain.md).

#include <cairn/base/bytes.hpp>

#include "components/http/whole_message.hpp"

namespace cairn::wasi {

Bytes encode_answer(const HttpError& error);
/// `to_head`: the request was HEAD.
Bytes encode_answer(uint16_t status, const Fields& fields, bool to_head, ByteSpan body,
                    const Fields* trailers);
/// What is no such answer is an `internal-error`.
Http<WholeMessage> decode_answer(ByteSpan bytes, bool to_head);

}  // namespace cairn::wasi
