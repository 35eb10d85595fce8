#pragma once
/// The actors of a server, for `cairn actor ls` and `cairn top`.

#include <string>

#include "api_client.hpp"

namespace cairn::cli {

/// All of them, page by page.
Result<Json> list_actors(const ApiClient& client);
std::string actor_table(const Json& actors);

}  // namespace cairn::cli
