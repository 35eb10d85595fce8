#pragma once
/// The text format of components (Explainer.md, "Grammar").

#include <cairn/base/result.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/syntax.hpp>

#include <string>
#include <string_view>

namespace cairn::component {

/// Parses `(component …)`, or definitions without it. All short forms become what they stand for:
/// types written in place, aliases written in place, imports and exports inside of definitions,
/// identifiers of outer scopes. `$names` become a name section. Errors are `malformed`, with line
/// and column; `wasm::render_error` shows them with a caret.
Result<syntax::Component> parse_text(std::string_view source, const ReadOptions& options = {});

/// The text form; `parse_text(print_text(c))` equals `c`. Fails with `malformed` where a core
/// module's body cannot be decoded.
Result<std::string> print_text(const syntax::Component& component);

}  // namespace cairn::component
