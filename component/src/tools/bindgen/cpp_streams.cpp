// Streams and futures in C++: class templates for both ends, of which each world defines the
// members for the types that it has.

#include "tools/bindgen/cpp_streams.hpp"

#include "tools/bindgen/cpp_types.hpp"

namespace cairn::component::tools {

constexpr std::string_view cpp_streams_support = R"(
#ifndef CAIRN_BINDINGS_STREAMS
#define CAIRN_BINDINGS_STREAMS
/// An end of a stream or a future, which is dropped with the object.
template <class End>
class CopyEnd {
 public:
  explicit CopyEnd(Handle handle) : handle_(handle) {}
  CopyEnd(CopyEnd&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  CopyEnd& operator=(CopyEnd&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~CopyEnd() {
    if (handle_.value != 0) End::drop_handle(handle_);
  }
  /// Gives the handle away.
  int32_t release() { return std::exchange(handle_, {}).value; }

 protected:
  Handle handle_;
};

/// The end of a stream to write to.
template <class T>
class StreamWriter : public CopyEnd<StreamWriter<T>> {
 public:
  using CopyEnd<StreamWriter>::CopyEnd;
  /// Waits until all were read, or nobody wants more: how many were read.
  size_t write(std::vector<T> values) const;
  static void drop_handle(Handle handle);
};

/// The end of a stream to read from.
template <class T>
class Stream : public CopyEnd<Stream<T>> {
 public:
  using CopyEnd<Stream>::CopyEnd;
  /// A new one: both ends.
  static std::pair<Stream, StreamWriter<T>> make();
  /// Waits for at least one value, and gives at most `count`; none: there will be no more.
  std::vector<T> read(size_t count) const;
  static void drop_handle(Handle handle);
};

/// The end of a future to write to, which has to be done before it is dropped.
template <class T>
class FutureWriter : public CopyEnd<FutureWriter<T>> {
 public:
  using CopyEnd<FutureWriter>::CopyEnd;
  /// Waits until it was read: false when nobody wants it.
  bool write(T value) const;
  static void drop_handle(Handle handle);
};

/// The end of a future to read from.
template <class T>
class Future : public CopyEnd<Future<T>> {
 public:
  using CopyEnd<Future>::CopyEnd;
  /// A new one: both ends.
  static std::pair<Future, FutureWriter<T>> make();
  /// Waits for the value, which is there once.
  std::optional<T> read() const;
  static void drop_handle(Handle handle);
};
#endif
)";

/// The members of a stream's or future's classes for one type.
Result<> CppTypes::bind_copy_end(const wit::Type& type) {
  const auto* id = std::get_if<wit::TypeId>(&type);
  if (id == nullptr) return {};
  const wit::TypeKind& kind = resolve_[*id].kind;
  const auto* const stream = std::get_if<wit::Stream>(&kind);
  const auto* const future = std::get_if<wit::Future>(&kind);
  if ((stream == nullptr && future == nullptr) || !bound_.insert(name(type)).second) return {};
  const std::optional<wit::Type> value = stream != nullptr ? stream->element : future->value;
  const std::string c_end = TRY(c_.name(type));
  const std::string stem = c_end.substr(0, c_end.size() - 2);
  const std::string end = name(type);
  const std::string own = value ? name(*value) : "std::monostate";
  const std::string writer =
      fmt::format("{}Writer<{}>", stream != nullptr ? "Stream" : "Future", own);
  const std::string c_value = value ? TRY(c_.name(*value)) : "char";
  const std::string lifted = value ? TRY(lift(*value, "values[i]")) : "std::monostate()";
  const std::string lowered = value ? TRY(lower(*value, "given[i]")) : "0";
  const bool frees = value && TRY(c_.needs_free(*value));
  const std::string free_value =
      frees ? c_value.substr(0, c_value.size() - 2) + "_free" : std::string();
  const auto member = [&](const std::string& prototype) {
    declared_copy_ends_.line(fmt::format("template <>\n{};", prototype));
    copy_ends_.line("template <>");
    copy_ends_.open(prototype + " {");
  };
  for (const auto& [each, drop] : {std::pair(end, "_drop"), std::pair(writer, "_writer_drop")}) {
    member(fmt::format("void {}::drop_handle(Handle handle)", each));
    copy_ends_.line(fmt::format("{}{}({{handle.value}});", stem, drop));
    copy_ends_.close();
  }
  member(fmt::format("std::pair<{0}, {1}> {0}::make()", end, writer));
  copy_ends_.line(fmt::format("{}_writer_t writer;", stem));
  copy_ends_.line(fmt::format("const {} end = {}_new(&writer);", c_end, stem));
  copy_ends_.line(fmt::format("return {{{}(Handle{{end.handle}}), {}(Handle{{writer.handle}})}};",
                              end, writer));
  copy_ends_.close();
  if (stream != nullptr) {
    member(fmt::format("std::vector<{}> {}::read(size_t count) const", own, end));
    copy_ends_.line(fmt::format("std::vector<{}> out;", own));
    copy_ends_.line("if (count == 0) return out;");
    copy_ends_.line(
        fmt::format("{0}* const values = ({0}*)allocate(count * sizeof({0}));", c_value));
    copy_ends_.line(fmt::format("const size_t came = {}_read({{handle_.value}}, {}count);", stem,
                                value ? "values, " : ""));
    copy_ends_.line(fmt::format("for (size_t i = 0; i < came; ++i) out.push_back({});", lifted));
    copy_ends_.line("free(values);");
    copy_ends_.line("return out;");
    copy_ends_.close();
    member(fmt::format("size_t {}::write(std::vector<{}> given) const", writer, own));
    copy_ends_.line("if (given.empty()) return 0;");
    copy_ends_.line(
        fmt::format("{0}* const values = ({0}*)allocate(given.size() * sizeof({0}));", c_value));
    copy_ends_.line(
        fmt::format("for (size_t i = 0; i < given.size(); ++i) values[i] = {};", lowered));
    copy_ends_.line(fmt::format("const size_t went = {}_write({{handle_.value}}, {}given.size());",
                                stem, value ? "values, " : ""));
    if (frees) {
      // Handles of what was read are the reader's.
      copy_ends_.line(
          fmt::format("for (size_t i = 0; i < went; ++i) free_memory(values[i], {});", free_value));
      copy_ends_.line(
          fmt::format("for (size_t i = went; i < given.size(); ++i) {}(&values[i]);", free_value));
    }
    copy_ends_.line("free(values);");
    copy_ends_.line("return went;");
    copy_ends_.close();
    return {};
  }
  member(fmt::format("std::optional<{}> {}::read() const", own, end));
  copy_ends_.line(fmt::format("[[maybe_unused]] {} values[1];", c_value));
  copy_ends_.line("[[maybe_unused]] constexpr size_t i = 0;");
  copy_ends_.line(fmt::format("if (!{}_read({{handle_.value}}{})) return std::nullopt;", stem,
                              value ? ", values" : ""));
  copy_ends_.line(fmt::format("return {};", lifted));
  copy_ends_.close();
  member(fmt::format("bool {}::write({} value) const", writer, own));
  copy_ends_.line("[[maybe_unused]] constexpr size_t i = 0;");
  copy_ends_.line("[[maybe_unused]] auto* const given = &value;");
  copy_ends_.line(fmt::format("[[maybe_unused]] {} values[1] = {{{}}};", c_value, lowered));
  copy_ends_.line(fmt::format("const bool went = {}_write({{handle_.value}}{});", stem,
                              value ? ", values" : ""));
  if (frees) {
    copy_ends_.line(
        fmt::format("if (went) free_memory(values[0], {0}); else {0}(&values[0]);", free_value));
  }
  copy_ends_.line("return went;");
  copy_ends_.close();
  return {};
}

}  // namespace cairn::component::tools
