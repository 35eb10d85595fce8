#pragma once
/// Components as command lines name them: in binary or in text form.

#include <cairn/base/bytes.hpp>
#include <cairn/component/syntax.hpp>

#include <memory>
#include <optional>
#include <string>

namespace cairn::cli {

struct ComponentInput {
  std::shared_ptr<const component::syntax::Component> component;
  Bytes bytes;  ///< the binary form
};

/// Reads and decodes a component; prints the error. Core modules are none.
std::optional<ComponentInput> read_component(const std::string& path);

}  // namespace cairn::cli
