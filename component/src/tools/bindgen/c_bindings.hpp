#pragma once
/// Guest bindings in C: `WORLD.h` and `WORLD.c`.

#include <cairn/component/tools.hpp>

#include "tools/bindgen/c_flat.hpp"
#include "tools/bindgen/c_streams.hpp"

namespace cairn::component::tools {

/// One function of the world, where it stands and what C calls it.
struct CFunction {
  Side side = Side::import;
  const wit::WorldItem* item = nullptr;  ///< null: of the world itself
  const wit::Function* function = nullptr;
  std::string name = {};
  std::vector<std::string> params = {};  ///< identifiers
  std::vector<std::string> types = {};   ///< of the parameters
  std::string result = "void";
  /// Exported, asynchronous, and what it gives is read while it goes on: it calls `NAME_return`
  /// with its result in place of returning it.
  bool returns_by_call = false;
};

class CBindings {
 public:
  CBindings(const wit::Resolve& resolve, wit::WorldId world)
      : resolve_(resolve), world_(resolve[world]), id_(world) {}

  Result<> run();
  std::vector<SourceFile> files();
  /// The header with that guard, and the source behind its includes.
  std::string header(std::string_view guard) const;
  std::string source() const;

  CTypes& types() { return types_; }
  WitTypes& abi() { return abi_; }
  /// All functions, in the order of the world.
  const std::vector<CFunction>& functions() const { return functions_; }

 private:
  Result<> side(Side side);
  Result<> interface(Side side, const wit::WorldItem& item);
  Result<> function(Side side, const wit::WorldItem* item, const wit::Function& function);
  Result<CFunction> describe(Side side, const wit::WorldItem* item, const wit::Function& function);
  Result<> import_function(const CFunction& function);
  Result<> export_function(const CFunction& function);
  Result<> export_return(const CFunction& function);
  Result<> export_result(const CFunction& function, const std::string& call);
  Result<> free_result(const wit::Function& function, const std::string& pointer);
  Result<> import_handles(const wit::WorldItem* item, wit::TypeId id);
  Result<> export_handles(const wit::WorldItem& item, wit::TypeId id);
  std::string prototype(const CFunction& function) const;
  Result<bool> by_pointer(const wit::Function& function);

  const wit::Resolve& resolve_;
  const wit::World& world_;
  const wit::WorldId id_;
  WitTypes abi_{resolve_};
  CTypes types_{resolve_, world_, abi_};
  CodeWriter code_;
  CStreams streams_{resolve_, types_, code_};
  std::vector<CFunction> functions_;
};

/// What a string literal of C says for these bytes, over several lines.
std::string c_octal_string(ByteSpan bytes);

}  // namespace cairn::component::tools
