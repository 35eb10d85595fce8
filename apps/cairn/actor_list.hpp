#pragma once
/// Lists of a server, and the actors, for `cairn actor` and `cairn top`.

#include <string>

#include "api_client.hpp"

namespace cairn::cli {

/// The member of a page that is an array of objects, or an error: whatever listens there, it is not
/// `cairn serve`.
Result<Json> rows_of(const Json& page, std::string_view member);

/// All of them, page by page.
Result<Json> list_actors(const ApiClient& client);
std::string actor_table(const Json& actors);

}  // namespace cairn::cli
