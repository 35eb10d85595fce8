#pragma once
/// What an answer that is a message's or a state's own says of its record in the chain.

#include "api_client.hpp"

namespace cairn::cli {

/// Whether an answer comes from `cairn serve`: it names a record, or the server has no chains. Any
/// other server's is an error.
Result<> check_receipt(const ApiClient& client, const HttpAnswer& answer);

}  // namespace cairn::cli
