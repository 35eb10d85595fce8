#pragma once
/// WIT as command lines name it: a folder, a file, a component, a core module with a world in it.

#include <cairn/component/wit_binary.hpp>
#include <cairn/component/wit_text.hpp>

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cairn::cli {

/// `--features` and `--all-features`.
class GateOptions {
 public:
  void add_to(CLI::App& app);
  component::wit::LoadOptions load() const;

 private:
  std::vector<std::string> features_;
  bool all_features_ = false;
};

struct WitInput {
  component::wit::Resolve resolve;
  component::wit::PackageId root;
  /// Of a component or module: the world that it has.
  std::optional<component::wit::WorldId> world = {};

  /// The world of that name (see `select_world`); without a name the one that it has. Prints the
  /// error, with `path` in it.
  std::optional<component::wit::WorldId> select(const std::optional<std::string>& name,
                                                const std::string& path) const;
};

/// Reads it; prints the error.
std::optional<WitInput> read_wit(const std::string& path, const GateOptions& gates);

/// What the option for it says in help texts.
inline constexpr const char* wit_path_help =
    "A WIT file, the folder of a package with its dependencies in `deps`, a component, or a core "
    "module with a world in it; - is standard input";

}  // namespace cairn::cli
