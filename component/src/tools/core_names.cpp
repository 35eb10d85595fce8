#include "tools/core_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cairn::component::tools {
namespace {

using wit::Function;
using wit::InterfaceId;
using wit::Resolve;
using wit::TypeId;
using wit::World;
using wit::WorldItem;

constexpr std::string_view standard_prefix = "cm32p2";

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

/// "wasi:io/poll@0.2" for "wasi:io/poll@0.2.6".
std::string canonical_name(std::string_view name) {
  const Result<ParsedName> parsed = parse_extern_name(name, Features::all());
  if (!parsed || !parsed->semver) return std::string(name);
  return fmt::format("{}@{}", name.substr(0, name.find('@')), parsed->semver->canonical());
}

/// A function, or a resource type, of an interface or of the world itself.
struct Members {
  const Resolve& resolve;
  const World& world;
  const WorldItem* item;  ///< null: the world
  bool of_export;

  const Function* function(std::string_view name) const {
    if (item != nullptr) {
      const auto& functions = resolve[std::get<InterfaceId>(item->item)].functions;
      const auto found = std::ranges::find(functions, name, &Function::name);
      return found == functions.end() ? nullptr : &*found;
    }
    for (const WorldItem& each : of_export ? world.exports : world.imports) {
      const auto* function = std::get_if<Function>(&each.item);
      if (function != nullptr && function->name == name) return function;
    }
    return nullptr;
  }

  std::optional<TypeId> resource(std::string_view name) const {
    std::optional<TypeId> found;
    if (item != nullptr) {
      found = resolve.find_type(std::get<InterfaceId>(item->item), name);
    } else {
      for (const WorldItem& each : world.imports) {
        const auto* type = std::get_if<TypeId>(&each.item);
        if (type != nullptr && resolve[*type].name == name) found = *type;
      }
    }
    return found && resolve.is_resource(*found) ? found : std::nullopt;
  }
};

void collect_streams(const Resolve& resolve, const wit::Type& type, std::vector<TypeId>& found) {
  const auto* id = std::get_if<TypeId>(&type);
  if (id == nullptr) return;
  const auto visit = [&](const std::optional<wit::Type>& part) {
    if (part) collect_streams(resolve, *part, found);
  };
  const wit::TypeKind& kind = resolve[*id].kind;
  if (const auto* alias = std::get_if<wit::Alias>(&kind)) {
    visit(alias->type);
  } else if (const auto* record = std::get_if<wit::Record>(&kind)) {
    for (const wit::Field& field : record->fields) visit(field.type);
  } else if (const auto* variant = std::get_if<wit::Variant>(&kind)) {
    for (const wit::Case& each : variant->cases) visit(each.type);
  } else if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    for (const wit::Type& part : tuple->types) visit(part);
  } else if (const auto* option = std::get_if<wit::Option>(&kind)) {
    visit(option->type);
  } else if (const auto* result = std::get_if<wit::ResultType>(&kind)) {
    visit(result->ok);
    visit(result->error);
  } else if (const auto* list = std::get_if<wit::List>(&kind)) {
    visit(list->element);
  } else if (const auto* map = std::get_if<wit::Map>(&kind)) {
    visit(map->key);
    visit(map->value);
  } else if (const auto* stream = std::get_if<wit::Stream>(&kind)) {
    visit(stream->element);
    found.push_back(*id);
  } else if (const auto* future = std::get_if<wit::Future>(&kind)) {
    visit(future->value);
    found.push_back(*id);
  }
}

// ---- Built-ins in brackets ---------------------------------------------------------------------

/// "[stream-read-0]f", with "[async-lower]" taken off: `kind` of the first row whose word fits.
struct StreamWord {
  std::string_view word;
  CanonKind kind;
};
constexpr StreamWord stream_words[] = {
    {"[stream-new-", CanonKind::stream_new},
    {"[stream-read-", CanonKind::stream_read},
    {"[stream-write-", CanonKind::stream_write},
    {"[stream-cancel-read-", CanonKind::stream_cancel_read},
    {"[stream-cancel-write-", CanonKind::stream_cancel_write},
    {"[stream-drop-readable-", CanonKind::stream_drop_readable},
    {"[stream-drop-writable-", CanonKind::stream_drop_writable},
    {"[future-new-", CanonKind::future_new},
    {"[future-read-", CanonKind::future_read},
    {"[future-write-", CanonKind::future_write},
    {"[future-cancel-read-", CanonKind::future_cancel_read},
    {"[future-cancel-write-", CanonKind::future_cancel_write},
    {"[future-drop-readable-", CanonKind::future_drop_readable},
    {"[future-drop-writable-", CanonKind::future_drop_writable},
};

std::optional<CoreImport> stream_import(const Members& members, std::string_view name) {
  const bool is_async = take_prefix(name, "[async-lower]");
  for (const StreamWord& row : stream_words) {
    std::string_view rest = name;
    if (!take_prefix(rest, row.word)) continue;
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    CoreImport import{.kind = row.kind,
                      .item = members.item,
                      .of_export = members.of_export,
                      .is_async = is_async};
    const std::string_view index_text = rest.substr(0, close);
    if (index_text == "unit") return import;
    uint32_t index = 0;
    const auto [end, error] =
        std::from_chars(index_text.data(), index_text.data() + index_text.size(), index);
    const Function* function = members.function(rest.substr(close + 1));
    if (error != std::errc() || end != index_text.data() + index_text.size() || !function) {
      return std::nullopt;
    }
    const std::vector<TypeId> types = streams_and_futures(members.resolve, *function);
    if (index >= types.size()) return std::nullopt;
    import.type = types[index];
    return import;
  }
  return std::nullopt;
}

struct PlainWord {
  std::string_view word;
  CanonKind kind;
};
constexpr PlainWord plain_words[] = {
    {"[backpressure-inc]", CanonKind::backpressure_inc},
    {"[backpressure-dec]", CanonKind::backpressure_dec},
    {"[waitable-set-new]", CanonKind::waitable_set_new},
    {"[waitable-set-wait]", CanonKind::waitable_set_wait},
    {"[waitable-set-poll]", CanonKind::waitable_set_poll},
    {"[waitable-set-drop]", CanonKind::waitable_set_drop},
    {"[waitable-join]", CanonKind::waitable_join},
    {"[subtask-drop]", CanonKind::subtask_drop},
    {"[subtask-cancel]", CanonKind::subtask_cancel},
    {"[task-cancel]", CanonKind::task_cancel},
    {"[error-context-drop]", CanonKind::error_context_drop},
    {"[thread-index]", CanonKind::thread_index},
    {"[thread-resume-later]", CanonKind::thread_resume_later},
    {"[thread-suspend]", CanonKind::thread_suspend},
    {"[thread-yield]", CanonKind::thread_yield},
    {"[thread-suspend-then-resume]", CanonKind::thread_suspend_then_resume},
    {"[thread-yield-then-resume]", CanonKind::thread_yield_then_resume},
    {"[thread-suspend-then-promote]", CanonKind::thread_suspend_then_promote},
    {"[thread-yield-then-promote]", CanonKind::thread_yield_then_promote},
};

std::optional<wit::StringEncoding> encoding_named(std::string_view word) {
  if (word == "utf8]") return wit::StringEncoding::utf8;
  if (word == "utf16]") return wit::StringEncoding::utf16;
  if (word == "latin1+utf16]") return wit::StringEncoding::latin1_utf16;
  return std::nullopt;
}

/// Built-ins that belong to no function and no type.
std::optional<CoreImport> plain_import(std::string_view name) {
  CoreImport import;
  import.is_async = take_prefix(name, "[async-lower]");
  import.cancellable = take_prefix(name, "[cancellable]");
  for (const PlainWord& row : plain_words) {
    if (name != row.word) continue;
    import.kind = row.kind;
    return import;
  }
  for (const bool is_new : {true, false}) {
    std::string_view rest = name;
    if (!take_prefix(rest, is_new ? "[error-context-new-" : "[error-context-debug-message-")) {
      continue;
    }
    const auto strings = encoding_named(rest);
    if (!strings) return std::nullopt;
    import.kind = is_new ? CanonKind::error_context_new : CanonKind::error_context_debug_message;
    import.strings = *strings;
    return import;
  }
  for (const bool is_get : {true, false}) {
    std::string_view rest = name;
    if (!take_prefix(rest, is_get ? "[context-get-" : "[context-set-")) continue;
    take_prefix(rest, "i32-");
    if (rest != "0]" && rest != "1]") return std::nullopt;
    import.kind = is_get ? CanonKind::context_get : CanonKind::context_set;
    import.slot = rest[0] == '1';
    return import;
  }
  return std::nullopt;
}

// ---- Functions and resources --------------------------------------------------------------------

std::optional<CoreImport> resource_import(const Members& members, std::string_view name,
                                          bool standard) {
  struct Row {
    std::string_view prefix, suffix;
    CanonKind kind;
    bool of_exports_only;
  };
  static constexpr Row rows[] = {
      {"[resource-drop]", "_drop", CanonKind::resource_drop, false},
      {"[resource-new]", "_new", CanonKind::resource_new, true},
      {"[resource-rep]", "_rep", CanonKind::resource_rep, true},
  };
  for (const Row& row : rows) {
    if (row.of_exports_only && !members.of_export) continue;
    std::string_view rest = name;
    if (!(standard ? take_suffix(rest, row.suffix) : take_prefix(rest, row.prefix))) continue;
    const std::optional<TypeId> resource = members.resource(rest);
    if (!resource) continue;
    return CoreImport{
        .kind = row.kind, .item = members.item, .of_export = members.of_export, .type = resource};
  }
  return std::nullopt;
}

std::optional<CoreImport> member_import(const Members& members, std::string_view name,
                                        bool standard) {
  if (!members.of_export) {
    std::string_view rest = name;
    const bool is_async = !standard && take_prefix(rest, "[async-lower]");
    if (const Function* function = members.function(rest)) {
      return CoreImport{.kind = CanonKind::lower,
                        .item = members.item,
                        .function = function,
                        .is_async = is_async};
    }
  }
  if (const auto import = resource_import(members, name, standard)) return import;
  if (standard) return std::nullopt;
  std::string_view rest = name;
  if (members.of_export && take_prefix(rest, "[task-return]")) {
    if (const Function* function = members.function(rest)) {
      return CoreImport{.kind = CanonKind::task_return,
                        .item = members.item,
                        .of_export = true,
                        .function = function};
    }
  }
  if (members.of_export && name == "[task-cancel]") {
    return CoreImport{.kind = CanonKind::task_cancel, .of_export = true};
  }
  return stream_import(members, name);
}

const WorldItem* find_interface(const Resolve& resolve, const std::vector<WorldItem>& items,
                                std::string_view name, bool standard) {
  const WorldItem* compatible = nullptr;
  for (const WorldItem& item : items) {
    if (!std::holds_alternative<InterfaceId>(item.item)) continue;
    const std::string own = resolve.name_of(item);
    if (own == name || (standard && canonical_name(own) == name)) return &item;
    if (item.name() == nullptr && same_interface(name, own)) compatible = &item;
  }
  return compatible;
}

}  // namespace

bool same_interface(std::string_view wanted, std::string_view available) {
  if (wanted == available) return true;
  if (wanted.find('@') == std::string_view::npos || available.find('@') == std::string_view::npos) {
    return false;
  }
  return canonical_name(wanted) == canonical_name(available);
}

Result<CoreImport> classify_import(const Resolve& resolve, const World& world,
                                   std::string_view module, std::string_view name) {
  std::string_view place = module;
  const bool standard = take_prefix(place, standard_prefix);
  bool is_root = standard ? place.empty() : place == "$root";
  if (standard) take_prefix(place, "|");
  const bool of_export = take_prefix(place, standard ? "_ex_" : "[export]");
  if (of_export && (place == "$root" || place.empty())) is_root = true;
  Members members{.resolve = resolve, .world = world, .item = nullptr, .of_export = of_export};
  if (!is_root) {
    members.item =
        find_interface(resolve, of_export ? world.exports : world.imports, place, standard);
    if (members.item == nullptr) {
      return fail(ErrorKind::invalid,
                  fmt::format("the module imports `{}` from `{}`, but the world `{}` {} no "
                              "interface of that name",
                              name, module, world.name, of_export ? "exports" : "imports"));
    }
  }
  if (const auto import = member_import(members, name, standard)) return *import;
  if (!standard) {
    if (const auto import = plain_import(name)) return *import;
  }
  return fail(ErrorKind::invalid,
              fmt::format("the module imports `{}` from `{}`, which {} does not have", name, module,
                          is_root ? fmt::format("the world `{}`", world.name)
                                  : fmt::format("the interface `{}`", place)));
}

LiftNames lift_names(const Resolve& resolve, const WorldItem* item, const Function& function) {
  LiftNames names;
  const std::string today =
      item == nullptr ? function.name : resolve.name_of(*item) + "#" + function.name;
  const std::string standard = fmt::format(
      "{}|{}|{}", standard_prefix,
      item == nullptr ? std::string() : canonical_name(resolve.name_of(*item)), function.name);
  names.function = {today, standard};
  names.async_function = "[async-lift]" + today;
  names.stackful_function = "[async-lift-stackful]" + today;
  names.callback = "[callback][async-lift]" + today;
  names.post_return = {"cabi_post_" + today, standard + "_post"};
  return names;
}

std::array<std::string, 2> destructor_names(const Resolve& resolve, const WorldItem& item,
                                            std::string_view resource) {
  const std::string name = resolve.name_of(item);
  return {fmt::format("{}#[dtor]{}", name, resource),
          fmt::format("{}|{}|{}_dtor", standard_prefix, canonical_name(name), resource)};
}

std::vector<TypeId> streams_and_futures(const Resolve& resolve, const Function& function) {
  std::vector<TypeId> found;
  for (const wit::Param& param : function.params) collect_streams(resolve, param.type, found);
  if (function.result) collect_streams(resolve, *function.result, found);
  return found;
}

}  // namespace cairn::component::tools
