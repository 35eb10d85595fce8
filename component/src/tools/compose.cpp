#include <fmt/format.h>
#include <cairn/component/tools.hpp>
#include <cairn/component/validate.hpp>

#include <algorithm>

#include "tools/core_names.hpp"
#include "tools/outer_types.hpp"

namespace cairn::component::tools {
namespace {

using syntax::Sort;
using wit::WorldItem;

/// Instantiates the parts one after another, each with what those before it export.
class Composer {
 public:
  explicit Composer(std::span<const Part> parts) : parts_(parts) {}

  Result<syntax::Component> run() {
    TRY(read());
    TRY(connect());
    TRY(import_the_rest());
    for (size_t i = 0; i < parts_.size(); ++i) TRY(instantiate(i));
    export_all(parts_.size() - 1);
    return writer_.take();
  }

 private:
  struct State {
    wit::Decoded decoded;
    /// By the name of an import: the part that gives it, and its name there.
    std::map<std::string, std::pair<size_t, std::string>> connected;
    uint32_t instance = 0;
    const wit::World& world() const { return decoded.resolve[*decoded.world]; }
    std::string name_of(const WorldItem& item) const { return wit_name(decoded.resolve, item); }
  };

  /// Functions and types have their names, interfaces that of the import.
  static std::string wit_name(const wit::Resolve& resolve, const WorldItem& item) {
    if (const auto* function = std::get_if<wit::Function>(&item.item)) return function->name;
    if (const auto* type = std::get_if<wit::TypeId>(&item.item)) return resolve[*type].name;
    return resolve.name_of(item);
  }

  Result<> read() {
    for (const Part& part : parts_) {
      Result<wit::Decoded> decoded = wit::decode_component(*part.component);
      if (decoded && !decoded->world) {
        decoded = fail(ErrorKind::invalid, "this is a WIT package; a component was expected");
      }
      if (!decoded) {
        decoded.error().path = part.name;
        return std::unexpected(std::move(decoded).error());
      }
      states_.push_back({.decoded = *std::move(decoded), .connected = {}});
    }
    return {};
  }

  /// The export of `part` that serves an import of that name; empty: there is none.
  std::string export_for(size_t part, const std::string& import) const {
    const State& state = states_[part];
    for (const WorldItem& item : state.world().exports) {
      const std::string name = state.name_of(item);
      if (name == import) return name;
    }
    for (const WorldItem& item : state.world().exports) {
      const std::string name = state.name_of(item);
      if (std::holds_alternative<wit::InterfaceId>(item.item) && same_interface(import, name)) {
        return name;
      }
    }
    return {};
  }

  Result<> connect() {
    for (size_t i = 0; i < parts_.size(); ++i) {
      for (const WorldItem& item : states_[i].world().imports) {
        if (std::holds_alternative<wit::TypeId>(item.item)) continue;
        const std::string name = states_[i].name_of(item);
        for (size_t from = i; from-- > 0;) {  // the nearest one before
          const std::string given = export_for(from, name);
          if (given.empty() || !may_give(parts_[i], name, parts_[from])) continue;
          states_[i].connected.emplace(name, std::pair(from, given));
          break;
        }
      }
      TRY(check_wishes(i));
    }
    return {};
  }

  static bool may_give(const Part& to, const std::string& import, const Part& from) {
    const auto wish = std::ranges::find(to.with, import, &Wish::import);
    return wish == to.with.end() || wish->part == from.name;
  }

  /// What a part is to be given by another one, it is given.
  Result<> check_wishes(size_t index) {
    for (const Wish& wish : parts_[index].with) {
      const auto found = states_[index].connected.find(wish.import);
      if (found != states_[index].connected.end()) continue;
      return fail(
          ErrorKind::invalid,
          fmt::format("`{}` is to import `{}` from `{}`, which does not export it, does not "
                      "stand before it, or need not",
                      parts_[index].name, wish.import, wish.part));
    }
    return {};
  }

  Result<> import_the_rest() {
    std::vector<wit::Decoded> worlds;
    for (State& state : states_) {
      worlds.push_back(state.decoded);
      wit::World& world = worlds.back().resolve[*worlds.back().world];
      world.name = fmt::format("part{}", worlds.size());
      world.exports.clear();
      std::erase_if(world.imports, [&](const WorldItem& item) {
        return state.connected.contains(state.name_of(item));
      });
    }
    rest_ = TRY(wit::join_worlds(worlds));
    outer_.emplace(rest_.resolve, rest_world(), writer_);
    for (const WorldItem& item : rest_world().imports) outer_->import_item(item);
    return {};
  }

  const wit::World& rest_world() const { return rest_.resolve[*rest_.world]; }

  Result<syntax::SortIndex> outside(const Part& part, const std::string& name) {
    for (const WorldItem& item : rest_world().imports) {
      if (wit_name(rest_.resolve, item) != name) continue;
      if (const auto* function = std::get_if<wit::Function>(&item.item)) {
        return syntax::SortIndex{Sort::func, outer_->imported_function(nullptr, *function)};
      }
      if (const auto* type = std::get_if<wit::TypeId>(&item.item)) {
        return syntax::SortIndex{Sort::type, outer_->imported_type(nullptr, *type)};
      }
      return syntax::SortIndex{Sort::instance, outer_->imported_instance(item)};
    }
    return fail(ErrorKind::invalid,
                fmt::format("nothing gives `{}` the import `{}`", part.name, name));
  }

  Result<> instantiate(size_t index) {
    State& state = states_[index];
    std::vector<syntax::Argument> args;
    for (const WorldItem& item : state.world().imports) {
      const std::string name = state.name_of(item);
      const auto given = state.connected.find(name);
      if (given == state.connected.end()) {
        args.push_back({name, TRY(outside(parts_[index], name))});
        continue;
      }
      const Sort sort = sort_of(item);
      const uint32_t from = states_[given->second.first].instance;
      args.push_back({name, {sort, writer_.instance_export(sort, from, given->second.second)}});
    }
    const uint32_t component = writer_.component(*parts_[index].component);
    state.instance = writer_.add(Sort::instance,
                                 syntax::Instance{syntax::Instantiate{component, std::move(args)}});
    return {};
  }

  static Sort sort_of(const WorldItem& item) {
    return std::holds_alternative<wit::Function>(item.item) ? Sort::func : Sort::instance;
  }

  void export_all(size_t index) {
    const State& state = states_[index];
    for (const WorldItem& item : state.world().exports) {
      const std::string name = state.name_of(item);
      const Sort sort = sort_of(item);
      const uint32_t exported = writer_.instance_export(sort, state.instance, name);
      writer_.add(sort, syntax::Export{{name}, {sort, exported}, std::nullopt});
    }
  }

  std::span<const Part> parts_;
  std::vector<State> states_;
  wit::Decoded rest_;
  ComponentWriter writer_;
  std::optional<OuterTypes> outer_;
};

}  // namespace

Result<syntax::Component> compose(std::span<const Part> parts) {
  if (parts.empty()) return fail(ErrorKind::usage, "there is no component to compose");
  auto component = std::make_shared<syntax::Component>(TRY(Composer(parts).run()));
  wasm::TypeRegistry registry;
  Types types(registry);
  ValidateOptions checks;
  checks.read.features = Features::all();
  TRY(validate(component, types, checks));
  return std::move(*component);
}

}  // namespace cairn::component::tools
