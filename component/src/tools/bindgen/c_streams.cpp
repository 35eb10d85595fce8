#include "tools/bindgen/c_streams.hpp"

#include "tools/core_names.hpp"

namespace cairn::component::tools {

using wit::TypeId;

// ---- Types --------------------------------------------------------------------------------------

Result<CTypes::Named> CTypes::map(const wit::Map& map) {
  const Named key = TRY(of(map.key)), value = TRY(of(map.value));
  const std::string stem = fmt::format("{}_map_{}_{}", world_name_, word(key), word(value));
  const auto known = in_place_.find(stem + "_t");
  if (known != in_place_.end()) return known->second;
  declarations_.line(fmt::format("typedef struct {{ {} key; {} value; }} {}_entry_t;", key.name,
                                 value.name, stem));
  declarations_.line("/// In any order; of a key that is there twice, the last counts.");
  declarations_.line(
      fmt::format("typedef struct {{ {0}_entry_t* ptr; size_t len; }} {0}_t;", stem));
  CodeWriter body(1);
  for (const auto& [type, label] : {std::pair(&map.key, "key"), std::pair(&map.value, "value")}) {
    if (!TRY(of(*type)).needs_free) continue;
    body.line(fmt::format("for (size_t i = 0; i < value->len; ++i) {}",
                          TRY(free_call(*type, fmt::format("&value->ptr[i].{}", label)))));
  }
  body.line("if (value->len != 0) free(value->ptr);");
  return in_place_.emplace(stem + "_t", freed(stem + "_t", body)).first->second;
}

CTypes::Named CTypes::error_context() {
  has_error_contexts_ = true;
  const std::string stem = world_name_ + "_error_context";
  const auto known = in_place_.find(stem + "_t");
  if (known != in_place_.end()) return known->second;
  const std::string text = string_type().name;
  declarations_.line(
      "/// Why something failed, for people to read. It is freed, or dropped, once.");
  declarations_.line(fmt::format("typedef struct {{ int32_t handle; }} {}_t;", stem));
  declarations_.line(fmt::format("{0}_t {0}_new({1} message);", stem, text));
  declarations_.line(fmt::format("{1} {0}_debug_message({0}_t error);", stem, text));
  declarations_.line(fmt::format("void {0}_drop({0}_t error);", stem));
  const auto import = [&](std::string_view name, std::string_view prototype) {
    definitions_.line(fmt::format(
        "__attribute__((import_module(\"$root\"), import_name(\"[error-context-{}]\")))", name));
    definitions_.line(fmt::format("extern {};", prototype));
  };
  import("new-utf8", fmt::format("int32_t import_{}_new(int32_t ptr, int32_t len)", stem));
  definitions_.open(fmt::format("{0}_t {0}_new({1} message) {{", stem, text));
  definitions_.line(fmt::format(
      "return ({0}_t){{ import_{0}_new((int32_t)message.ptr, (int32_t)message.len) }};", stem));
  definitions_.close();
  import("debug-message-utf8",
         fmt::format("void import_{}_debug_message(int32_t error, int32_t out)", stem));
  definitions_.open(fmt::format("{1} {0}_debug_message({0}_t error) {{", stem, text));
  definitions_.line(fmt::format("{} message;", text));
  definitions_.line(fmt::format("import_{}_debug_message(error.handle, (int32_t)&message);", stem));
  definitions_.line("return message;");
  definitions_.close();
  import("drop", fmt::format("void import_{}_drop(int32_t error)", stem));
  definitions_.line(
      fmt::format("void {0}_drop({0}_t error) {{ import_{0}_drop(error.handle); }}", stem));
  // What frees a result may call nothing outside.
  definitions_.line("/// Those that went out with a result, to be dropped with the next call.");
  definitions_.line("static int32_t* given_errors;");
  definitions_.line("static size_t given_error_count;");
  definitions_.open("static inline __attribute__((unused)) void drop_given_errors(void) {");
  definitions_.line("while (given_error_count > 0)");
  definitions_.line(fmt::format("  import_{}_drop(given_errors[--given_error_count]);", stem));
  definitions_.close();
  CodeWriter body(1);
  body.open("if (!frees_result) {");
  body.line(fmt::format("{}_drop(*value);", stem));
  body.line("return;");
  body.close();
  body.line(
      "given_errors = (int32_t*)realloc(given_errors, (given_error_count + 1) * sizeof(int32_t));");
  body.line("if (given_errors == NULL) abort();");
  body.line("given_errors[given_error_count++] = value->handle;");
  return in_place_.emplace(stem + "_t", freed(stem + "_t", body)).first->second;
}

/// The values belong to who has read them; those that were written stay the writer's, but for
/// handles.
Result<CTypes::Named> CTypes::copy_end(bool is_stream, const std::optional<wit::Type>& type) {
  const std::string kind = is_stream ? "stream" : "future";
  const std::string element = type ? TRY(of(*type)).name : "";
  const std::string stem =
      fmt::format("{}_{}_{}", world_name_, kind, type ? word(TRY(of(*type))) : std::string("void"));
  const auto known = in_place_.find(stem + "_t");
  if (known != in_place_.end()) return known->second;
  const auto say = [this, &stem](std::string_view form, std::string_view docs) {
    declarations_.line(docs);
    std::string text(form);
    for (size_t at = 0; (at = text.find('@', at)) != std::string::npos;) text.replace(at, 1, stem);
    declarations_.line(text);
  };
  declarations_.line("");
  say("typedef struct { int32_t handle; } @_t;",
      fmt::format("/// The end of a {} to read from; it has to be dropped, or passed on, once.",
                  kind));
  say("typedef struct { int32_t handle; } @_writer_t;", "/// The end to write to.");
  say("@_t @_new(@_writer_t* writer);", "/// A new one: both ends.");
  if (is_stream) {
    const std::string to = type ? element + "* values, " : "";
    const std::string from = type ? fmt::format("const {}* values, ", element) : "";
    say(fmt::format("size_t @_read(@_t stream, {}size_t count);", to),
        "/// Waits for at least one value, and gives how many came; 0: there will be no more.");
    say(fmt::format("size_t @_write(@_writer_t writer, {}size_t count);", from),
        "/// Waits until all were read, or nobody wants more: how many were read.");
  } else {
    const std::string to = type ? fmt::format(", {}* value", element) : "";
    const std::string from = type ? fmt::format(", const {}* value", element) : "";
    say(fmt::format("bool @_read(@_t future{});", to),
        "/// Waits for the value, which is there once.");
    say(fmt::format("bool @_write(@_writer_t writer{});", from),
        "/// Waits until it was read: false when nobody wants it. Has to come before the drop.");
  }
  say("void @_drop(@_t end);", "/// No more is wanted.");
  say("void @_writer_drop(@_writer_t writer);", "/// No more will come.");
  return in_place_.emplace(stem + "_t", Named{stem + "_t"}).first->second;
}

// ---- Built-ins ----------------------------------------------------------------------------------

void CStreams::import(const Place& place, std::string_view verb, std::string_view core_result,
                      std::string_view core_params) {
  std::string function(verb);
  for (char& c : function)
    if (c == '-') c = '_';
  code_.line(
      fmt::format("__attribute__((import_module(\"{}\"), import_name(\"[{}-{}-{}\")))\nextern {} "
                  "import_{}_{}({});",
                  place.module, place.kind, verb, place.suffix, core_result, place.prefix, function,
                  core_params));
}

void CStreams::make_and_drop(const Place& place) {
  import(place, "new", "int64_t", "void");
  code_.open(fmt::format("{0}_t {0}_new({0}_writer_t* writer) {{", place.prefix));
  code_.line(fmt::format("const uint64_t ends = (uint64_t)import_{}_new();", place.prefix));
  code_.line("writer->handle = (int32_t)(ends >> 32);");
  code_.line(fmt::format("return ({}_t){{ (int32_t)(uint32_t)ends }};", place.prefix));
  code_.close();
  import(place, "drop-readable", "void", "int32_t end");
  code_.line(fmt::format("void {0}_drop({0}_t end) {{ import_{0}_drop_readable(end.handle); }}",
                         place.prefix));
  import(place, "drop-writable", "void", "int32_t writer");
  code_.line(fmt::format(
      "void {0}_writer_drop({0}_writer_t writer) {{ import_{0}_drop_writable(writer.handle); }}",
      place.prefix));
}

void CStreams::stream(const Place& place, const std::string& element) {
  const std::string& prefix = place.prefix;
  const std::string to = element.empty() ? "" : element + "* values, ";
  const std::string from = element.empty() ? "" : fmt::format("const {}* values, ", element);
  const std::string at = element.empty() ? "0" : "(int32_t)values";
  const std::string rest = element.empty() ? "0" : "(int32_t)(values + done)";
  import(place, "read", "int32_t", "int32_t stream, int32_t values, int32_t count");
  code_.open(fmt::format("size_t {0}_read({0}_t stream, {1}size_t count) {{", prefix, to));
  code_.line(fmt::format(
      "return (uint32_t)import_{}_read(stream.handle, {}, copy_count(count)) >> 4;", prefix, at));
  code_.close();
  import(place, "write", "int32_t", "int32_t writer, int32_t values, int32_t count");
  code_.open(
      fmt::format("size_t {0}_write({0}_writer_t writer, {1}size_t count) {{", prefix, from));
  code_.line("size_t done = 0;");
  code_.open("while (done < count) {");
  code_.line(fmt::format("const uint32_t copied = (uint32_t)import_{}_write(", prefix));
  code_.line(fmt::format("    writer.handle, {}, copy_count(count - done));", rest));
  code_.line("done += copied >> 4;");
  code_.line("if ((copied & 15) != 0) break;");
  code_.close();
  code_.line("return done;");
  code_.close();
}

void CStreams::future(const Place& place, const std::string& value) {
  const std::string& prefix = place.prefix;
  const std::string to = value.empty() ? "" : fmt::format(", {}* value", value);
  const std::string from = value.empty() ? "" : fmt::format(", const {}* value", value);
  const std::string at = value.empty() ? "0" : "(int32_t)value";
  import(place, "read", "int32_t", "int32_t future, int32_t value");
  code_.open(fmt::format("bool {0}_read({0}_t future{1}) {{", prefix, to));
  code_.line(fmt::format("return (import_{}_read(future.handle, {}) & 15) == 0;", prefix, at));
  code_.close();
  import(place, "write", "int32_t", "int32_t writer, int32_t value");
  code_.open(fmt::format("bool {0}_write({0}_writer_t writer{1}) {{", prefix, from));
  code_.line(fmt::format("return (import_{}_write(writer.handle, {}) & 15) == 0;", prefix, at));
  code_.close();
}

Result<> CStreams::bind(Side side, const wit::WorldItem* item, const wit::Function& function) {
  const std::vector<TypeId> found = streams_and_futures(resolve_, function);
  for (size_t i = 0; i < found.size(); ++i) {
    const wit::TypeKind& kind = resolve_[found[i]].kind;
    const auto* stream = std::get_if<wit::Stream>(&kind);
    const std::optional<wit::Type> type =
        stream != nullptr ? stream->element : std::get<wit::Future>(kind).value;
    const std::string name = TRY(types_.copy_end_name(stream != nullptr, type));
    const Place place{.module = (side == Side::export_ ? "[export]" : "") +
                                (item == nullptr ? std::string("$root") : resolve_.name_of(*item)),
                      .kind = stream != nullptr ? "stream" : "future",
                      .suffix = fmt::format("{}]{}", i, function.name),
                      .prefix = name.substr(0, name.size() - 2)};
    if (!types_.bind_once(place.prefix)) continue;
    code_.line("");
    make_and_drop(place);
    const std::string element = type ? TRY(types_.name(*type)) : "";
    if (stream != nullptr)
      this->stream(place, element);
    else
      future(place, element);
  }
  return {};
}

}  // namespace cairn::component::tools
