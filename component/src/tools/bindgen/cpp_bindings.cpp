// Guest bindings in C++: `WORLD.hpp` with namespaces, classes and types of the standard library,
// and `WORLD.cpp`, which holds the bindings for C and turns their values into those.

#include "tools/bindgen/cpp_streams.hpp"
#include "tools/bindgen/cpp_types.hpp"

namespace cairn::component::tools {
namespace {

using wit::Function;
using wit::InterfaceId;
using wit::TypeId;
using wit::WorldItem;

constexpr std::string_view header_support = R"(#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#ifndef CAIRN_BINDINGS_HANDLES
#define CAIRN_BINDINGS_HANDLES
/// The number of a handle, as the canonical ABI passes it.
struct Handle {
  int32_t value = 0;
};

/// Owns a handle to a resource that this component implements by the class `T`.
template <class T>
class Own {
 public:
  explicit Own(Handle handle) : handle_(handle) {}
  /// Gives an object away; it is deleted when the last handle is gone.
  explicit Own(std::unique_ptr<T> object) : handle_(new_handle(object.release())) {}
  Own(Own&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Own& operator=(Own&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Own() {
    if (handle_.value != 0) drop_handle(static_cast<T*>(nullptr), handle_);
  }
  T& operator*() const { return *object_of(static_cast<T*>(nullptr), handle_); }
  T* operator->() const { return &**this; }
  int32_t release() { return std::exchange(handle_, {}).value; }

 private:
  Handle handle_;
};
#endif
)";

constexpr std::string_view error_context_support = R"(
#ifndef CAIRN_BINDINGS_ERROR_CONTEXTS
#define CAIRN_BINDINGS_ERROR_CONTEXTS
/// Why something failed, for people to read.
class ErrorContext {
 public:
  explicit ErrorContext(std::string_view message);
  explicit ErrorContext(Handle handle) : handle_(handle) {}
  ErrorContext(ErrorContext&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  ErrorContext& operator=(ErrorContext&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~ErrorContext();
  /// The message, or what the host has kept of it.
  std::string debug_message() const;
  int32_t release() { return std::exchange(handle_, {}).value; }

 private:
  Handle handle_;
};
#endif
)";

constexpr std::string_view source_support = R"(
namespace {

[[maybe_unused]] void* allocate(size_t size) {
  void* const at = malloc(size);
  if (at == nullptr) abort();
  return at;
}

/// Frees the memory of what was passed to an import, and error contexts; its handles are the
/// callee's.
[[maybe_unused]] void free_memory(auto& value, auto free_value) {
  handles_are_gone = true;
  free_value(&value);
  handles_are_gone = false;
}

)";

class CppBindings {
 public:
  CppBindings(const wit::Resolve& resolve, wit::WorldId world)
      : resolve_(resolve), world_(resolve[world]), id_(world), c_(resolve, world) {}

  Result<std::vector<SourceFile>> run() {
    TRY(c_.run());
    if (c_.types().has_error_contexts()) TRY(error_contexts());
    TRY(side(Side::import));
    TRY(side(Side::export_));
    return files();
  }

 private:
  struct Signature {
    std::string params, names;
  };

  Result<> error_contexts() {
    const std::string type = TRY(c_.types().name(wit::Primitive::error_context));
    const std::string stem = type.substr(0, type.size() - 2);
    code_.open("ErrorContext::ErrorContext(std::string_view message)");
    code_.line(fmt::format(
        ": handle_{{{}_new({{(char*)message.data(), message.size()}}).handle}} {{}}", stem));
    code_.close("");
    code_.open("ErrorContext::~ErrorContext() {");
    code_.line(fmt::format("if (handle_.value != 0) {}_drop({{handle_.value}});", stem));
    code_.close();
    code_.open("std::string ErrorContext::debug_message() const {");
    const std::string message = fmt::format("{}_debug_message({{handle_.value}})", stem);
    code_.line(fmt::format("return {};", TRY(types_.lift(wit::Primitive::string, message))));
    code_.close();
    return {};
  }

  /// The members of one namespace.
  Result<> place(Side side, const WorldItem* item, const std::vector<TypeId>& types) {
    types_.enter(side, item);
    const std::string space = types_.space();
    header_.line("");
    if (item != nullptr) {
      header_.comment(resolve_[std::get<InterfaceId>(item->item)].meta.docs);
    }
    header_.line(fmt::format("namespace {} {{", space));
    for (const TypeId type : types) append(types_.forward_declaration(type));
    for (const TypeId type : types) {
      const wit::TypeKind& kind = resolve_[type].kind;
      if (std::holds_alternative<wit::Resource>(kind)) {
        TRY(side == Side::import ? imported_class(item, type) : exported_class(item, type));
      } else if (!std::holds_alternative<wit::Enum>(kind) &&
                 !std::holds_alternative<wit::Flags>(kind)) {
        append(types_.definition(type));
      }
    }
    for (const CFunction& function : c_.functions()) {
      if (function.side != side || function.item != item) continue;
      const bool in_class = function.function->resource && side == Side::import;
      const bool method = function.function->kind == Function::Kind::method;
      if (!in_class && !method) {
        header_.line("");
        header_.comment(function.function->meta.docs);
        if (side == Side::export_) {
          header_.line(
              function.returns_by_call
                  ? "/// To be implemented: calls `give` once with the result, and may go on."
                  : "/// To be implemented.");
        }
        header_.line(fmt::format("{} {}({});", shown_result(function), free_name(function),
                                 signature(function, 0).params));
      }
      TRY(side == Side::import ? import_function(function) : export_function(function));
    }
    header_.line(fmt::format("}}  // namespace {}", space));
    return {};
  }

  void append(const std::string& text) {
    if (text.empty()) return;
    header_.line("");
    header_.line(text.substr(0, text.size() - 1));
  }

  Result<> side(Side side) {
    std::vector<TypeId> root_types;
    bool root = false;
    for (const WorldItem& item : side == Side::import ? world_.imports : world_.exports) {
      if (const auto* id = std::get_if<InterfaceId>(&item.item)) {
        TRY(place(side, &item, resolve_[*id].types));
        continue;
      }
      root = true;
      const auto* type = std::get_if<TypeId>(&item.item);
      if (type != nullptr) root_types.push_back(*type);
    }
    return root ? place(side, nullptr, root_types) : Result<>();
  }

  // ---- Names and signatures --------------------------------------------------------------------

  std::string result_of(const CFunction& function) const {
    return function.function->result ? types_.name(*function.function->result) : "void";
  }

  /// Of the function that is declared or implemented.
  std::string shown_result(const CFunction& function) const {
    return function.returns_by_call ? "void" : result_of(function);
  }

  /// Constructors and static functions of exported resources are functions beside the class.
  std::string free_name(const CFunction& function) const {
    const Function& what = *function.function;
    if (!what.resource) return identifier(what.name);
    const std::string resource = name_part(resolve_[*what.resource].name);
    if (what.kind == Function::Kind::constructor) return resource + "_create";
    return resource + "_" + name_part(what.label());
  }

  Signature signature(const CFunction& function, size_t first) const {
    Signature out;
    for (size_t i = first; i < function.params.size(); ++i) {
      const std::string separator = out.params.empty() ? "" : ", ";
      const std::string type =
          types_.param(function.function->params[i].type, function.side == Side::import);
      out.params += fmt::format("{}{} {}", separator, type, function.params[i]);
      out.names += separator + function.params[i];
    }
    if (function.returns_by_call) {
      out.params += fmt::format("{}const std::function<void({})>& give",
                                out.params.empty() ? "" : ", ", result_of(function));
    }
    return out;
  }

  /// A constructor that cannot fail becomes one.
  bool is_constructor(const Function& function) const {
    if (function.kind != Function::Kind::constructor || !function.result) return false;
    const wit::Type plain = resolve_.dealias(*function.result);
    const auto* id = std::get_if<TypeId>(&plain);
    return id != nullptr && (std::holds_alternative<wit::Own>(resolve_[*id].kind) ||
                             std::holds_alternative<wit::Resource>(resolve_[*id].kind));
  }

  // ---- Resources -------------------------------------------------------------------------------

  Result<> imported_class(const WorldItem* item, TypeId type) {
    const std::string own = camel_case(resolve_[type].name);
    header_.line("");
    header_.comment(resolve_[type].meta.docs);
    header_.open(fmt::format("class {} {{\n public:", own));
    for (const CFunction& function : c_.functions()) {
      if (function.side != Side::import || function.item != item) continue;
      const Function& what = *function.function;
      if (what.resource != type) continue;
      header_.comment(what.meta.docs);
      const std::string label = identifier(what.label());
      if (is_constructor(what)) {
        header_.line(fmt::format("explicit {}({});", own, signature(function, 0).params));
      } else if (what.kind == Function::Kind::method) {
        header_.line(fmt::format("{} {}({}) const;", result_of(function), label,
                                 signature(function, 1).params));
      } else {
        const bool create = what.kind == Function::Kind::constructor;
        header_.line(fmt::format("static {} {}({});", result_of(function),
                                 create ? "create" : label, signature(function, 0).params));
      }
    }
    header_.line(fmt::format("explicit {}(Handle handle) : handle_(handle) {{}}", own));
    header_.line(
        fmt::format("{0}({0}&& other) noexcept : handle_(std::exchange(other.handle_, "
                    "{{}})) {{}}",
                    own));
    header_.line(fmt::format("{0}& operator=({0}&& other) noexcept {{", own));
    header_.line("  std::swap(handle_, other.handle_);");
    header_.line("  return *this;");
    header_.line("}");
    header_.line(fmt::format("~{}();", own));
    header_.line("int32_t handle() const { return handle_.value; }");
    header_.line("int32_t release() { return std::exchange(handle_, {}).value; }");
    header_.close("\n private:\n  Handle handle_;\n};");
    const std::string prefix = c_.types().resource_prefix(type);
    code_.open(fmt::format("{0}::~{1}() {{", types_.named(type).substr(2), own));
    code_.line(fmt::format("if (handle_.value != 0) {}_drop({{handle_.value}});", prefix));
    code_.close();
    return {};
  }

  Result<> exported_class(const WorldItem* item, TypeId type) {
    const std::string own = camel_case(resolve_[type].name);
    header_.line("");
    header_.comment(resolve_[type].meta.docs);
    header_.line("/// To be derived from.");
    header_.open(fmt::format("class {} {{\n public:", own));
    header_.line(fmt::format("virtual ~{}() = default;", own));
    for (const CFunction& function : c_.functions()) {
      if (function.side != Side::export_ || function.item != item) continue;
      const Function& what = *function.function;
      if (what.resource != type || what.kind != Function::Kind::method) continue;
      header_.comment(what.meta.docs);
      header_.line(fmt::format("virtual {} {}({}) = 0;", shown_result(function),
                               identifier(what.label()), signature(function, 1).params));
    }
    header_.close("};");
    header_.line(fmt::format("Handle new_handle({}* object);", own));
    header_.line(fmt::format("{0}* object_of({0}*, Handle handle);", own));
    header_.line(fmt::format("void drop_handle({}*, Handle handle);", own));
    const std::string prefix = c_.types().resource_prefix(type);
    const std::string full = types_.named(type);
    const std::string space = types_.space();
    code_.line(
        fmt::format("Handle {}::new_handle({}* object) {{\n  return "
                    "{{{}_new(({}_t*)object).handle}};\n}}",
                    space, own, prefix, prefix));
    code_.line(
        fmt::format("{0}* {1}::object_of({2}*, Handle handle) {{\n  return "
                    "({0}*){3}_rep({{handle.value}});\n}}",
                    full, space, own, prefix));
    code_.line(
        fmt::format("void {}::drop_handle({}*, Handle handle) {{ {}_drop({{handle.value}}); "
                    "}}",
                    space, own, prefix));
    code_.line(fmt::format("extern \"C\" void {0}_destructor({0}_t* rep) {{ delete ({1}*)rep; }}",
                           prefix, full));
    return {};
  }

  // ---- Functions -------------------------------------------------------------------------------

  std::string defined_name(const CFunction& function) const {
    const Function& what = *function.function;
    if (!what.resource) return types_.space() + "::" + identifier(what.name);
    const std::string own = types_.named(*what.resource).substr(2);  // without the "::" in front
    if (is_constructor(what)) return own + "::" + camel_case(resolve_[*what.resource].name);
    const bool create = what.kind == Function::Kind::constructor;
    return own + "::" + (create ? "create" : identifier(what.label()));
  }

  Result<> import_function(const CFunction& function) {
    const Function& what = *function.function;
    const bool method = what.kind == Function::Kind::method;
    const bool constructor = is_constructor(what);
    const Signature shown = signature(function, method ? 1 : 0);
    code_.open(fmt::format("{}{}({}){} {{", constructor ? "" : result_of(function) + " ",
                           defined_name(function), shown.params, method ? " const" : ""));
    std::string args;
    std::vector<std::string> frees;
    for (size_t i = 0; i < function.params.size(); ++i) {
      const wit::Type& type = what.params[i].type;
      const std::string& name = function.params[i];
      const std::string lowered = fmt::format("c_{}", i);
      std::string value;
      if (method && i == 0) {
        value = fmt::format("{}{{handle_.value}}", function.types[i]);
      } else if (types_.is_borrow(type)) {
        value = fmt::format("{}{{{}.handle()}}", function.types[i], name);
      } else {
        value = TRY(types_.lower(type, name));
      }
      code_.line(fmt::format("auto {} = {};", lowered, value));
      args += (args.empty() ? "" : ", ") + lowered;
      if (TRY(c_.types().needs_free(type))) {
        const std::string c_type = function.types[i].substr(0, function.types[i].size() - 2);
        frees.push_back(fmt::format("free_memory({}, {}_free);", lowered, c_type));
      }
    }
    const std::string call = fmt::format("{}({})", function.name, args);
    code_.line(what.result ? fmt::format("auto out = {};", call) : call + ";");
    for (const std::string& line : frees) code_.line(line);
    if (constructor) {
      code_.line("handle_ = {out.handle};");
    } else if (what.result) {
      code_.line(fmt::format("return {};", TRY(types_.lift(*what.result, "out"))));
    }
    code_.close();
    return {};
  }

  Result<> export_function(const CFunction& function) {
    const Function& what = *function.function;
    const bool method = what.kind == Function::Kind::method;
    std::string params, args;
    CodeWriter body(1);
    for (size_t i = 0; i < function.params.size(); ++i) {
      const wit::Type& type = what.params[i].type;
      const std::string name = fmt::format("c_{}", i);
      params += fmt::format("{}{} {}", i == 0 ? "" : ", ", function.types[i], name);
      if (method && i == 0) continue;
      std::string value;
      if (!types_.is_borrow(type)) {
        value = TRY(types_.lift(type, name));
      } else if (types_.param(type, false).starts_with("const ")) {
        // What was lent is dropped as what is owned: before the function returns.
        std::string own = types_.param(type, false).substr(6);
        own.pop_back();
        body.line(fmt::format("const {} lent_{}(Handle{{{}.handle}});", own, i, name));
        value = fmt::format("lent_{}", i);
      } else {
        std::string own = types_.param(type, false);
        own.pop_back();
        value = fmt::format("*({}*){}", own, name);
      }
      args += (args.empty() ? "" : ", ") + value;
    }
    std::string call = types_.space() + "::" + free_name(function);
    if (method) {
      call = fmt::format("(({}*)c_0)->{}", types_.named(*what.resource), identifier(what.label()));
    }
    if (function.returns_by_call) args += fmt::format("{}give", args.empty() ? "" : ", ");
    call += fmt::format("({})", args);
    code_.open(fmt::format("extern \"C\" {} {}({}) {{",
                           function.returns_by_call ? "void" : function.result, function.name,
                           params));
    code_.append(body);
    if (function.returns_by_call) {
      TRY(give(function));
      code_.line(call + ";");
    } else if (!what.result) {
      code_.line(call + ";");
    } else {
      code_.line(fmt::format("auto out = {};", call));
      code_.line(fmt::format("return {};", TRY(types_.lower(*what.result, "out"))));
    }
    code_.close();
    return {};
  }

  /// What an implementation calls with its result, which stays ours but for its handles.
  Result<> give(const CFunction& function) {
    const wit::Type& result = *function.function->result;
    code_.open(fmt::format("const auto give = []({} out) {{", result_of(function)));
    code_.line(fmt::format("auto lowered = {};", TRY(types_.lower(result, "out"))));
    code_.line(fmt::format("{}_return(lowered);", function.name));
    if (TRY(c_.types().needs_free(result))) {
      code_.line(fmt::format("free_memory(lowered, {}_free);",
                             function.result.substr(0, function.result.size() - 2)));
    }
    code_.close("};");
    return {};
  }

  std::vector<SourceFile> files() {
    const std::string name = name_part(world_.name);
    const std::string title = fmt::format(
        "// Bindings of the world `{}` for C++. Made by `cairn bindgen cpp`; changes "
        "are lost.\n",
        resolve_.name_of(id_));
    const std::string guard = "BINDINGS_" + upper_identifier(world_.name) + "_ABI_H";
    std::string source = fmt::format("{}#include \"{}.hpp\"\n#include \"{}_abi.h\"\n\n{}", title,
                                     name, name, c_.source());
    source += source_support;
    source += types_.take_conversion_declarations() + "\n" + types_.take_conversions();
    const std::string copy_ends = types_.take_copy_ends();
    source += "}  // namespace\n\n" + copy_ends + code_.text();
    std::string header = title + std::string(header_support);
    if (c_.types().has_error_contexts()) header += error_context_support;
    if (!copy_ends.empty()) header += cpp_streams_support;
    header += header_.text() + types_.take_copy_end_declarations();
    return {{name + ".hpp", std::move(header)},
            {name + "_abi.h", title + c_.header(guard)},
            {name + ".cpp", std::move(source)}};
  }

  const wit::Resolve& resolve_;
  const wit::World& world_;
  const wit::WorldId id_;
  CBindings c_;
  CppTypes types_{resolve_, world_, c_.types(), c_.abi()};
  CodeWriter header_, code_;
};

}  // namespace

Result<std::vector<SourceFile>> bind_cpp(const wit::Resolve& resolve, wit::WorldId world) {
  return CppBindings(resolve, world).run();
}

}  // namespace cairn::component::tools
