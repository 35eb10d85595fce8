#pragma once
/// Streams and futures in C: two kinds of handles for each type, one for each end, and functions
/// that wait (CanonicalABI.md, `canon {stream,future}.*` without `async`).

#include "tools/bindgen/c_types.hpp"

namespace cairn::component::tools {

class CStreams {
 public:
  CStreams(const wit::Resolve& resolve, CTypes& types, CodeWriter& code)
      : resolve_(resolve), types_(types), code_(code) {}

  /// Writes what belongs to the streams and futures of a function, whose types were declared:
  /// built-ins are imported by the name of a function that has them. `item`: null for functions of
  /// the world itself.
  Result<> bind(Side side, const wit::WorldItem* item, const wit::Function& function);

 private:
  /// The built-ins of one type: where they are, and what they are called.
  struct Place {
    std::string module, kind, suffix, prefix;
  };
  void import(const Place& place, std::string_view verb, std::string_view core_result,
              std::string_view core_params);
  void make_and_drop(const Place& place);
  void stream(const Place& place, const std::string& element);
  void future(const Place& place, const std::string& value);

  const wit::Resolve& resolve_;
  CTypes& types_;
  CodeWriter& code_;
};

}  // namespace cairn::component::tools
