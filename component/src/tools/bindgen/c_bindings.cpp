#include "tools/bindgen/c_bindings.hpp"

#include <cairn/component/binary.hpp>

#include "tools/core_names.hpp"

namespace cairn::component::tools {
namespace {

using wit::Function;
using wit::InterfaceId;
using wit::TypeId;
using wit::WorldItem;

/// Of worlds with asynchronous functions or streams.
constexpr std::string_view async_support = R"(
/// As many values as one copy takes.
static inline __attribute__((unused)) int32_t copy_count(size_t count) {
  return (int32_t)(count < 0xfffffff ? count : 0xfffffff);
}

// Tasks that go on after they have returned have their frames on the one stack of this program, so
// the next one begins when the last has ended.
__attribute__((import_module("$root"), import_name("[backpressure-inc]")))
extern void task_begins(void);
__attribute__((import_module("$root"), import_name("[backpressure-dec]")))
extern void task_ends(void);
)";

constexpr std::string_view support = R"(
__attribute__((weak, export_name("cabi_realloc")))
void* cabi_realloc(void* old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void*)align;
  void* const at = realloc(old, size);
  if (at == NULL) abort();
  return at;
}

static inline __attribute__((unused)) int32_t bits_of_float(float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
static inline __attribute__((unused)) int64_t bits_of_double(double value) {
  int64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
static inline __attribute__((unused)) float float_of_bits(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
static inline __attribute__((unused)) double double_of_bits(int64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
)";

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

/// "method_counter_next" of "[method]counter.next".
std::string function_part(const wit::Resolve& resolve, const Function& function) {
  if (function.kind == Function::Kind::freestanding) return name_part(function.name);
  const std::string resource = name_part(resolve[*function.resource].name);
  if (function.kind == Function::Kind::constructor) return resource + "_create";
  return resource + "_" + name_part(function.label());
}

std::string core_signature(const wasm::FuncType& type, bool names) {
  std::string text;
  for (size_t i = 0; i < type.params.size(); ++i) {
    text += fmt::format("{}{}{}", i == 0 ? "" : ", ", c_core_type(type.params[i]),
                        names ? fmt::format(" a{}", i) : "");
  }
  return text.empty() ? "void" : text;
}

std::string core_result(const wasm::FuncType& type) {
  return std::string(type.results.empty() ? "void" : c_core_type(type.results[0]));
}

/// Whether there is a stream or a future in a value of the type.
bool has_streams(const wit::Resolve& resolve, const wit::Type& type) {
  Function probe;
  probe.result = type;
  return !streams_and_futures(resolve, probe).empty();
}

}  // namespace

std::string c_octal_string(ByteSpan bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i % 24 == 0) text += i == 0 ? "\"" : "\"\n  \"";
    text += fmt::format("\\\\{:03o}", bytes[i]);
  }
  return text + "\"";
}

// ---- Functions ---------------------------------------------------------------------------------

Result<CFunction> CBindings::describe(Side side, const WorldItem* item, const Function& function) {
  CFunction out{.side = side, .item = item, .function = &function};
  out.name = types_.prefix() + "_" + function_part(resolve_, function);
  for (const wit::Param& param : function.params) {
    out.params.push_back(identifier(param.name));
    out.types.push_back(TRY(types_.name(param.type)));
  }
  if (function.result) {
    out.result = TRY(types_.name(*function.result));
    out.returns_by_call =
        side == Side::export_ && function.is_async && has_streams(resolve_, *function.result);
  }
  return out;
}

std::string CBindings::prototype(const CFunction& function) const {
  std::vector<std::string> params;
  for (size_t i = 0; i < function.params.size(); ++i) {
    params.push_back(function.types[i] + " " + function.params[i]);
  }
  return fmt::format("{} {}({})", function.returns_by_call ? "void" : function.result,
                     function.name, params.empty() ? "void" : joined(params));
}

/// Whether the parameters are too many core values and are passed in memory.
Result<bool> CBindings::by_pointer(const Function& function) {
  std::vector<ValType> params;
  for (const wit::Param& param : function.params) params.push_back(TRY(abi_.type(param.type)));
  return flatten(abi_.types(), params).size() > max_flat_params;
}

Result<> CBindings::import_function(const CFunction& function) {
  const Function& what = *function.function;
  const wasm::FuncType core = TRY(abi_.core_type(what, CanonDirection::lower));
  const std::string module = function.item == nullptr ? "$root" : resolve_.name_of(*function.item);
  code_.line("");
  code_.line(fmt::format("__attribute__((import_module(\"{}\"), import_name(\"{}\")))", module,
                         what.name));
  code_.line(fmt::format("extern {} import_{}({});", core_result(core), function.name,
                         core_signature(core, false)));
  code_.open(prototype(function) + " {");
  CFlat flat(resolve_, types_, abi_, code_);
  std::vector<std::string> values;
  if (TRY(by_pointer(what))) {
    std::string fields;
    for (size_t i = 0; i < function.params.size(); ++i) {
      fields += fmt::format("{} {}; ", function.types[i], function.params[i]);
    }
    code_.line(fmt::format("struct {{ {}}} args = {{ {} }};", fields, joined(function.params)));
    values.push_back("(int32_t)&args");
  } else {
    for (size_t i = 0; i < function.params.size(); ++i) {
      TRY(flat.take_apart(what.params[i].type, function.params[i], values));
    }
  }
  const bool in_memory = what.result && core.results.empty() &&
                         TRY(abi_.info(*what.result))->layout(PtrSize::bits32).flat.size() > 1;
  if (what.result) code_.line(fmt::format("{} result;", function.result));
  if (in_memory) values.push_back("(int32_t)&result");
  const std::string call = fmt::format("import_{}({})", function.name, joined(values));
  if (!what.result || core.results.empty()) {
    code_.line(call + ";");
  } else {
    code_.line(fmt::format("const {} value = {};", core_result(core), call));
    const std::vector<std::string> results = {"value"};
    std::span<const std::string> rest = results;
    TRY(flat.put_together(*what.result, "result", rest));
  }
  if (what.result) code_.line("return result;");
  code_.close();
  return {};
}

Result<> CBindings::export_result(const CFunction& function, const std::string& call) {
  const Function& what = *function.function;
  if (!what.result) {
    code_.line(call + ";");
    return {};
  }
  const size_t flat_size = TRY(abi_.info(*what.result))->layout(PtrSize::bits32).flat.size();
  if (flat_size > max_flat_results) {
    code_.line(fmt::format("static {} result;", function.result));
    code_.line(fmt::format("result = {};", call));
    code_.line("return (int32_t)&result;");
    return {};
  }
  code_.line(fmt::format("const {} result = {};", function.result, call));
  std::vector<std::string> values;
  CFlat flat(resolve_, types_, abi_, code_);
  TRY(flat.take_apart(*what.result, "result", values));
  if (types_.has_error_contexts()) TRY(free_result(what, "&result"));
  if (values.empty()) return {};
  code_.line(fmt::format("return {};", values[0]));
  return {};
}

/// Frees what an export has returned, without a call of anything outside.
Result<> CBindings::free_result(const Function& function, const std::string& pointer) {
  if (!TRY(types_.needs_free(*function.result))) return {};
  code_.line("handles_are_gone = frees_result = true;");
  code_.line(TRY(types_.free_call(
      *function.result, fmt::format("({}*){}", TRY(types_.name(*function.result)), pointer))));
  code_.line("handles_are_gone = frees_result = false;");
  return {};
}

/// `NAME_return`, which gives the result of the task.
Result<> CBindings::export_return(const CFunction& function) {
  const wit::Type& type = *function.function->result;
  const std::vector<wasm::ValType> flat_types = TRY(abi_.info(type))->layout(PtrSize::bits32).flat;
  const bool in_memory = flat_types.size() > max_flat_params;
  wasm::FuncType core;
  core.params = in_memory ? std::vector<wasm::ValType>{wasm::i32} : flat_types;
  code_.line("");
  code_.line(fmt::format(
      "__attribute__((import_module(\"[export]{}\"), import_name(\"[task-return]{}\")))",
      function.item == nullptr ? "$root" : resolve_.name_of(*function.item),
      function.function->name));
  code_.line(
      fmt::format("extern void import_{}_return({});", function.name, core_signature(core, false)));
  code_.open(fmt::format("void {}_return({} result) {{", function.name, function.result));
  std::vector<std::string> values = {"(int32_t)&result"};
  if (!in_memory) {
    values.clear();
    CFlat flat(resolve_, types_, abi_, code_);
    TRY(flat.take_apart(type, "result", values));
  }
  code_.line(fmt::format("import_{}_return({});", function.name, joined(values)));
  code_.close();
  return {};
}

Result<> CBindings::export_function(const CFunction& function) {
  const Function& what = *function.function;
  const wasm::FuncType core =
      TRY(abi_.core_type(what, CanonDirection::lift, {.is_async = function.returns_by_call}));
  const LiftNames names = lift_names(resolve_, function.item, what);
  if (function.returns_by_call) TRY(export_return(function));
  code_.line("");
  code_.line(fmt::format("__attribute__((export_name(\"{}\")))",
                         function.returns_by_call ? names.stackful_function : names.function[0]));
  code_.open(fmt::format("{} lifted_{}({}) {{", core_result(core), function.name,
                         core_signature(core, true)));
  if (types_.has_error_contexts()) code_.line("drop_given_errors();");
  if (function.returns_by_call) code_.line("task_begins();");
  std::vector<std::string> args;
  for (size_t i = 0; i < core.params.size(); ++i) args.push_back(fmt::format("a{}", i));
  std::span<const std::string> rest = args;
  std::vector<std::string> values;
  const bool pointer = TRY(by_pointer(what));
  if (pointer) {
    std::string fields;
    for (size_t i = 0; i < function.params.size(); ++i) {
      fields += fmt::format("{} {}; ", function.types[i], function.params[i]);
    }
    code_.line(fmt::format("typedef struct {{ {}}} arguments;", fields));
    code_.line("const arguments args = *(const arguments*)a0;");
    code_.line("free((void*)a0);");
  }
  CFlat flat(resolve_, types_, abi_, code_);
  for (size_t i = 0; i < function.params.size(); ++i) {
    const std::string& name = function.params[i];
    values.push_back(pointer ? "args." + name : "p_" + name);
    if (pointer) continue;
    code_.line(fmt::format("{} p_{};", function.types[i], name));
    TRY(flat.put_together(what.params[i].type, "p_" + name, rest));
  }
  const std::string call = fmt::format("{}({})", function.name, joined(values));
  if (function.returns_by_call) {
    code_.line(call + ";");
    code_.line("task_ends();");
    code_.close();
    return {};
  }
  TRY(export_result(function, call));
  code_.close();
  if (!what.result || !TRY(types_.needs_free(*what.result)) ||
      TRY(abi_.info(*what.result))->layout(PtrSize::bits32).flat.size() <= max_flat_results ||
      (!TRY(abi_.info(*what.result))->contains_pointer && !types_.has_error_contexts())) {
    return {};
  }
  // Handles in the result have been passed on by then; only memory is left to free, and error
  // contexts.
  code_.line(fmt::format("__attribute__((export_name(\"{}\")))", names.post_return[0]));
  code_.open(fmt::format("void post_return_{}(int32_t result) {{", function.name));
  TRY(free_result(what, "result"));
  code_.close();
  return {};
}

// ---- Resources ---------------------------------------------------------------------------------

Result<> CBindings::import_handles(const WorldItem* item, TypeId id) {
  const std::string prefix = types_.resource_prefix(id);
  const std::string module = item == nullptr ? "$root" : resolve_.name_of(*item);
  code_.line("");
  code_.line(
      fmt::format("__attribute__((import_module(\"{}\"), import_name(\"[resource-drop]{}\")))",
                  module, resolve_[id].name));
  code_.line(fmt::format("extern void import_{}_drop(int32_t handle);", prefix));
  code_.line(
      fmt::format("void {0}_drop({0}_own_t handle) {{ import_{0}_drop(handle.handle); }}", prefix));
  code_.line(
      fmt::format("void {0}_own_free({0}_own_t* value) {{\n  if (!handles_are_gone) "
                  "{0}_drop(*value);\n}}",
                  prefix));
  code_.line(
      fmt::format("{0}_borrow_t {0}_borrow({0}_own_t handle) {{\n  return "
                  "({0}_borrow_t){{ handle.handle }};\n}}",
                  prefix));
  return {};
}

Result<> CBindings::export_handles(const WorldItem& item, TypeId id) {
  const std::string prefix = types_.resource_prefix(id);
  const std::string module = "[export]" + resolve_.name_of(item);
  const std::string& resource = resolve_[id].name;
  code_.line("");
  for (const std::string_view word : {"new", "rep", "drop"}) {
    code_.line(
        fmt::format("__attribute__((import_module(\"{}\"), import_name(\"[resource-{}]{}\")))",
                    module, word, resource));
    code_.line(fmt::format("extern {} import_{}_{}(int32_t value);",
                           word == "drop" ? "void" : "int32_t", prefix, word));
  }
  code_.line(
      fmt::format("{0}_own_t {0}_new({0}_t* rep) {{\n  return "
                  "({0}_own_t){{ import_{0}_new((int32_t)rep) }};\n}}",
                  prefix));
  code_.line(
      fmt::format("{0}_t* {0}_rep({0}_own_t handle) {{\n  return "
                  "({0}_t*)import_{0}_rep(handle.handle);\n}}",
                  prefix));
  code_.line(
      fmt::format("void {0}_drop({0}_own_t handle) {{ import_{0}_drop(handle.handle); }}", prefix));
  code_.line(
      fmt::format("void {0}_own_free({0}_own_t* value) {{\n  if (!handles_are_gone) "
                  "{0}_drop(*value);\n}}",
                  prefix));
  code_.line(fmt::format("__attribute__((export_name(\"{}\")))",
                         destructor_names(resolve_, item, resource)[0]));
  code_.line(fmt::format(
      "void lifted_{0}_destructor(int32_t rep) {{ {0}_destructor(({0}_t*)rep); }}", prefix));
  return {};
}

// ---- The world ---------------------------------------------------------------------------------

Result<> CBindings::function(Side side, const WorldItem* item, const Function& function) {
  CFunction described = TRY(describe(side, item, function));
  CodeWriter& header = types_.declarations();
  header.line("");
  header.comment(function.meta.docs);
  if (described.returns_by_call) {
    header.line(fmt::format("/// To be implemented: calls `{}_return` once, and may go on.",
                            described.name));
  } else if (side == Side::export_) {
    header.line("/// To be implemented.");
  } else if (function.is_async) {
    header.line("/// Waits until there is a result.");
  }
  header.line(prototype(described) + ";");
  if (described.returns_by_call) {
    header.line("/// Gives the result, which stays yours but for its handles.");
    header.line(fmt::format("void {}_return({} result);", described.name, described.result));
  }
  TRY(streams_.bind(side, item, function));
  TRY(side == Side::import ? import_function(described) : export_function(described));
  functions_.push_back(std::move(described));
  return {};
}

Result<> CBindings::interface(Side side, const WorldItem& item) {
  const auto id = std::get<InterfaceId>(item.item);
  types_.enter(side, &item);
  CodeWriter& header = types_.declarations();
  header.line("");
  header.line(fmt::format("// ---- {} {} ----", side == Side::import ? "import" : "export",
                          resolve_.name_of(item)));
  header.comment(resolve_[id].meta.docs);
  if (!resolve_[id].meta.docs.empty()) header.line("");
  TRY(types_.declare(id));
  for (const TypeId type : resolve_[id].types) {
    if (!std::holds_alternative<wit::Resource>(resolve_[type].kind)) continue;
    TRY(side == Side::import ? import_handles(&item, type) : export_handles(item, type));
  }
  for (const Function& each : resolve_[id].functions) TRY(function(side, &item, each));
  return {};
}

Result<> CBindings::side(Side side) {
  for (const WorldItem& item : side == Side::import ? world_.imports : world_.exports) {
    if (std::holds_alternative<InterfaceId>(item.item)) {
      TRY(interface(side, item));
      continue;
    }
    types_.enter(side, nullptr);
    if (const auto* each = std::get_if<Function>(&item.item)) {
      TRY(function(side, nullptr, *each));
    } else {
      const auto type = std::get<TypeId>(item.item);
      TRY(types_.name(type));
      if (std::holds_alternative<wit::Resource>(resolve_[type].kind)) {
        TRY(import_handles(nullptr, type));
      }
    }
  }
  return {};
}

Result<> CBindings::run() {
  TRY(side(Side::import));
  return side(Side::export_);
}

std::string CBindings::header(std::string_view guard) const {
  std::string text = fmt::format(
      "#ifndef {0}\n#define {0}\n\n#include <stdbool.h>\n#include <stddef.h>\n"
      "#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n",
      guard);
  text += types_.declarations().text();
  return text + "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
}

std::string CBindings::source() const {
  const Bytes section = encode(wit::encode_world(resolve_, id_, wit::StringEncoding::utf8));
  std::string text = "#include <stdlib.h>\n#include <string.h>\n";
  text += fmt::format("\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n{}\n", support);
  text +=
      "/// While what an export returned is freed: its handles belong to the caller already.\n"
      "static bool handles_are_gone __attribute__((unused));\n"
      "/// While the canonical ABI lets nothing outside be called.\n"
      "static bool frees_result __attribute__((unused));\n\n";
  const std::string body = types_.definitions().text() + code_.text();
  if (body.contains("copy_count(") || body.contains("task_begins(")) text += async_support;
  text += body;
  text += "\n#ifdef __cplusplus\n}\n#endif\n";
  text += fmt::format(
      "\n// The world, for `cairn component new`.\n"
      "__asm__(\n  \".section \\\".custom_section.{}:{}\\\",\\\"\\\",@\\n\"\n  \".ascii "
      "\\\"\"\n  {}\n  \"\\\"\\n.text\\n\");\n",
      wit::world_section, world_.name, c_octal_string(section));
  return text;
}

std::vector<SourceFile> CBindings::files() {
  const std::string name = name_part(world_.name);
  const std::string title = fmt::format(
      "// Bindings of the world `{}` for C. Made by `cairn bindgen c`; changes are lost.\n",
      resolve_.name_of(id_));
  constexpr std::string_view rules =
      "//\n"
      "// Strings and lists that come in belong to who gets them: free them with `…_free`, or "
      "pass\n"
      "// them on. What an exported function returns is freed after it was read. What is passed "
      "to\n"
      "// an imported function stays the caller's, but for handles that are owned.\n";
  return {{name + ".h",
           title + std::string(rules) + header("BINDINGS_" + upper_identifier(world_.name) + "_H")},
          {name + ".c", fmt::format("{}#include \"{}.h\"\n\n{}", title, name, source())}};
}

Result<std::vector<SourceFile>> bind_c(const wit::Resolve& resolve, wit::WorldId world) {
  CBindings bindings(resolve, world);
  TRY(bindings.run());
  return bindings.files();
}

}  // namespace cairn::component::tools
