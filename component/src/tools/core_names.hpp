#pragma once
/// How core modules name what they import from a component's world and export for it. Two schemes:
/// the one that today's toolchains write ("ns:pkg/iface@1.0.0" "f", "ns:pkg/iface@1.0.0#f",
/// "cabi_realloc", "[resource-drop]r"), and `cm32p2` (component-model, "BuildTargets":
/// "cm32p2|ns:pkg/iface@1" "f", "cm32p2|ns:pkg/iface@1|f", "cm32p2_realloc", "r_drop").

#include <cairn/component/canon.hpp>
#include <cairn/component/wit.hpp>
#include <cairn/component/wit_binary.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::component::tools {

/// What an import of a core module asks for.
struct CoreImport {
  CanonKind kind = CanonKind::lower;
  /// The import or export of the world that it belongs to; null: to the world as a whole.
  const wit::WorldItem* item = nullptr;
  bool of_export = false;
  const wit::Function* function = nullptr;  ///< lower, task.return
  std::optional<wit::TypeId> type = {};     ///< the resource, or the stream or future type
  bool is_async = false;                    ///< lowered asynchronously, or `async` of a built-in
  bool cancellable = false;
  wit::StringEncoding strings = wit::StringEncoding::utf8;  ///< error-context.*
  uint32_t slot = 0;                                        ///< context.*
};

/// Finds out what an import means; `from` names the world in errors, which are `invalid`.
Result<CoreImport> classify_import(const wit::Resolve& resolve, const wit::World& world,
                                   std::string_view module, std::string_view name);

/// The names under which a core module may export what lifting a function needs, today's first.
struct LiftNames {
  std::array<std::string, 2> function;  ///< lifted synchronously
  std::string async_function;           ///< with a callback
  std::string stackful_function;        ///< asynchronous, without one
  std::string callback;
  std::array<std::string, 2> post_return;
};
/// `item`: the exported interface; null: the function is an export of the world itself.
LiftNames lift_names(const wit::Resolve& resolve, const wit::WorldItem* item,
                     const wit::Function& function);
std::array<std::string, 2> destructor_names(const wit::Resolve& resolve, const wit::WorldItem& item,
                                            std::string_view resource);

inline constexpr std::array<std::string_view, 2> memory_names = {"memory", "cm32p2_memory"};
inline constexpr std::array<std::string_view, 2> realloc_names = {"cabi_realloc", "cm32p2_realloc"};
inline constexpr std::array<std::string_view, 2> initialize_names = {"_initialize",
                                                                     "cm32p2_initialize"};

/// The streams and futures in a function's parameters and result, each after those inside of it:
/// what the N of "[stream-read-N]f" counts.
std::vector<wit::TypeId> streams_and_futures(const wit::Resolve& resolve,
                                             const wit::Function& function);

/// Whether an interface that is called `wanted` may be the one called `available`: the names are
/// the same, and the versions compatible.
bool same_interface(std::string_view wanted, std::string_view available);

}  // namespace cairn::component::tools
