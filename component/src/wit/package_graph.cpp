#include "wit/package_graph.hpp"

#include <fmt/format.h>
#include <cairn/component/wit_binary.hpp>

#include <algorithm>

#include "wit/topological.hpp"

namespace cairn::component::wit {

// ---- Collecting ------------------------------------------------------------------------------

Result<std::optional<PackageName>> PackageGraph::add(std::vector<ast::File> files,
                                                     const std::string& where, bool name_needed) {
  PackageSource main;
  bool named = false, has_items = false;
  const size_t first = files_.size();
  for (ast::File& file : files) files_.push_back(std::make_unique<ast::File>(std::move(file)));
  for (size_t i = first; i < files_.size(); ++i) {
    const ast::File& file = *files_[i];
    main.bodies.push_back(&file.body);
    has_items |= !file.body.items.empty();
    if (!file.package) continue;
    const Span span{file.body.file, file.package->ref.at};
    const PackageName& name = file.package->ref.name;
    if (named && name != main.name) {
      return std::unexpected(sources_.error(
          ErrorKind::invalid, span,
          fmt::format("this file is of the package `{}`, others beside it are of `{}`",
                      name.to_string(), main.name.to_string())));
    }
    if (!named) {
      main.name = name;
      main.span = span;
    }
    if (!main.docs.empty() && !file.package->docs.empty()) main.docs += "\n\n";
    main.docs += file.package->docs;
    named = true;
  }
  if (!named && (name_needed || has_items)) {
    return std::unexpected(Error{.kind = ErrorKind::invalid,
                                 .message = "no file begins with `package namespace:name;`",
                                 .path = where});
  }
  if (named) TRY(add_source(main, where));
  for (size_t i = first; i < files_.size(); ++i) {
    for (const ast::NestedPackage& nested : files_[i]->nested) {
      TRY(add_source({.name = nested.decl.ref.name,
                      .span = {nested.body.file, nested.decl.ref.at},
                      .docs = nested.decl.docs,
                      .bodies = {&nested.body}},
                     where));
    }
  }
  return named ? std::optional(main.name) : std::nullopt;
}

Result<> PackageGraph::add_source(PackageSource source, const std::string& where) {
  const auto [found, added] = by_name_.emplace(source.name, static_cast<uint32_t>(nodes_.size()));
  if (added) nodes_.push_back({.where = where});
  Node& node = nodes_[found->second];
  if (node.encoded) {
    return std::unexpected(
        sources_.error(ErrorKind::invalid, source.span,
                       fmt::format("the package `{}` is defined here and in `{}`",
                                   source.name.to_string(), node.where)));
  }
  node.texts.push_back(std::move(source));
  return {};
}

Result<PackageName> PackageGraph::add(Resolve encoded, PackageId package,
                                      const std::string& where) {
  PackageName name = encoded[package].name;
  if (!by_name_.emplace(name, static_cast<uint32_t>(nodes_.size())).second) {
    return std::unexpected(
        Error{.kind = ErrorKind::invalid,
              .message = fmt::format("the package `{}` is defined here and in `{}`",
                                     name.to_string(), nodes_[by_name_.at(name)].where),
              .path = where});
  }
  nodes_.push_back({.encoded = std::make_unique<Resolve>(std::move(encoded)),
                    .encoded_id = package,
                    .where = where});
  return name;
}

// ---- Order -----------------------------------------------------------------------------------

std::unexpected<Error> PackageGraph::unknown_package(const ast::PackageRef& ref,
                                                     uint32_t file) const {
  std::string known;
  for (const auto& [name, node] : by_name_) {
    if (known.size() > 500) {
      known += ", …";
      break;
    }
    known += fmt::format("{}`{}`", known.empty() ? "" : ", ", name.to_string());
  }
  std::string message =
      fmt::format("there is no package `{}`; there are {}", ref.name.to_string(), known);
  const auto same_name = [&](const auto& entry) {
    return entry.first.space == ref.name.space && entry.first.name == ref.name.name;
  };
  const auto other = std::ranges::find_if(by_name_, same_name);
  if (other != by_name_.end()) {
    message = fmt::format("there is no package `{}`, but `{}`", ref.name.to_string(),
                          other->first.to_string());
  }
  return std::unexpected(sources_.error(ErrorKind::invalid, {file, ref.at}, std::move(message)));
}

Result<> PackageGraph::edges_of(const Node& node, std::vector<uint32_t>& edges) {
  if (node.encoded) {
    for (const Package& package : node.encoded->packages) {
      const auto found = by_name_.find(package.name);
      if (found != by_name_.end() && &nodes_[found->second] != &node) {
        edges.push_back(found->second);
      }
    }
    return {};
  }
  Result<> result;
  for (const PackageSource& source : node.texts) {
    for (const ast::Body* body : source.bodies) {
      for_each_package_ref(*body, [&](const ast::PackageRef& ref) {
        if (!result || ref.name == source.name) return;
        const auto found = by_name_.find(ref.name);
        if (found == by_name_.end()) {
          result = unknown_package(ref, body->file);
        } else {
          edges.push_back(found->second);
        }
      });
    }
  }
  return result;
}

Result<std::vector<uint32_t>> PackageGraph::order(const PackageName& root) {
  std::vector<std::vector<uint32_t>> edges(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) TRY(edges_of(nodes_[i], edges[i]));
  TopologicalOrder order = topological_order(edges);
  if (order.cycle.empty()) return std::move(order.order);
  const auto name = [&](uint32_t index) {
    const Node& node = nodes_[index];
    return node.encoded ? (*node.encoded)[node.encoded_id].name : node.texts[0].name;
  };
  std::string path;
  for (const uint32_t index : order.cycle) path += fmt::format("`{}` → ", name(index).to_string());
  const Node& first = nodes_[order.cycle[0]];
  const Span span = first.encoded ? Span() : first.texts[0].span;
  Error error = sources_.error(ErrorKind::invalid, span,
                               fmt::format("the package `{0}` refers to itself: {1}`{0}`",
                                           name(order.cycle[0]).to_string(), path));
  if (error.path.empty()) error.path = root.to_string();
  return std::unexpected(std::move(error));
}

// ---- Resolving -------------------------------------------------------------------------------

Result<> PackageGraph::check_duplicate(const Environment& environment, const PackageSource& other) {
  // Resolved on a copy, where only its text is compared.
  Resolve copy = environment.resolve;
  Environment second{.resolve = copy,
                     .sources = sources_,
                     .options = options_,
                     .packages = environment.packages,
                     .interface_symbols = environment.interface_symbols};
  const PackageId first = environment.packages.at(other.name).id;
  second.packages.erase(other.name);
  const PackageId again = TRY(resolve_package(second, other));
  const PrintOptions plain{.docs = false};
  if (print(environment.resolve, first, plain) == print(copy, again, plain)) return {};
  const Span before = environment.resolve[first].span;
  const auto at = sources_.locate(before);
  const std::string where =
      at ? fmt::format(" ({}:{}:{})", sources_.path(before.file), at->line, at->column) : "";
  return std::unexpected(
      sources_.error(ErrorKind::invalid, other.span,
                     fmt::format("the package `{}` is defined elsewhere in another way{}",
                                 other.name.to_string(), where)));
}

Result<> PackageGraph::resolve_node(Environment& environment, const Node& node) {
  if (node.encoded) {
    auto package = merge(environment.resolve, *node.encoded, node.encoded_id, options_.limits);
    if (!package) {
      Error error = std::move(package).error();
      error.path = node.where;
      return std::unexpected(std::move(error));
    }
    for (uint32_t i = 0; i < environment.resolve.packages.size(); ++i) {
      const PackageId id{i};
      if (!environment.packages.contains(environment.resolve[id].name)) environment.know(id);
    }
    return {};
  }
  TRY(resolve_package(environment, node.texts[0]));
  for (size_t i = 1; i < node.texts.size(); ++i) TRY(check_duplicate(environment, node.texts[i]));
  return {};
}

Result<Loaded> PackageGraph::resolve(const PackageName& root) {
  Resolve resolve;
  Environment environment{.resolve = resolve, .sources = sources_, .options = options_};
  for (const uint32_t index : TRY(order(root))) {
    TRY(resolve_node(environment, nodes_[index]));
  }
  const PackageId id = *resolve.find_package(root);
  return Loaded{std::move(resolve), id};
}

}  // namespace cairn::component::wit
