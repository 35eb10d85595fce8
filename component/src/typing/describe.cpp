#include <fmt/format.h>
#include <cairn/component/types.hpp>

#include <array>

namespace cairn::component {

namespace {

constexpr std::array<std::string_view, 27> kind_words = {
    "bool",  "s8",   "u8",     "s16",    "u16",           "s32",    "u32",     "s64",    "u64",
    "f32",   "f64",  "char",   "string", "error-context", "record", "variant", "list",   "tuple",
    "flags", "enum", "option", "result", "own",           "borrow", "stream",  "future", "map"};

constexpr size_t description_max = 200;

class Describer {
 public:
  explicit Describer(const Types& types) : types_(types) {}

  std::string operator()(ValType type) {
    add(type);
    if (out_.size() > description_max) {
      out_.resize(description_max);
      out_ += "…";
    }
    return std::move(out_);
  }

 private:
  void add(ValType type) {
    if (out_.size() > description_max) return;
    const ValTypeInfo& info = types_[type];
    out_ += to_string(info.kind);
    if (type.is_prim()) return;
    if (info.kind == ValKind::own || info.kind == ValKind::borrow) {
      out_ += fmt::format("<resource {}>", info.resource.resource.value);
      return;
    }
    out_ += '<';
    for (size_t i = 0; i < info.parts.size() && out_.size() <= description_max; ++i) {
      const ValPart& part = info.parts[i];
      if (i > 0) out_ += ", ";
      out_ += part.label;
      if (!part.type) continue;
      if (!part.label.empty()) out_ += ": ";
      add(*part.type);
    }
    if (info.length) out_ += fmt::format(", {}", *info.length);
    out_ += '>';
  }

  const Types& types_;
  std::string out_;
};

}  // namespace

std::string_view to_string(ValKind kind) { return kind_words[static_cast<size_t>(kind)]; }

std::string Types::describe(ValType type) const { return Describer(*this)(type); }

std::string Types::describe(const AnyType& type) const {
  if (const auto* value = std::get_if<ValType>(&type)) return describe(*value);
  constexpr std::array<std::string_view, 5> words = {"value", "func", "resource", "instance",
                                                     "component"};
  return std::string(words[type.index()]);
}

std::string Types::describe(const FuncType& type) const {
  std::string text = type.is_async ? "async func(" : "func(";
  for (size_t i = 0; i < type.params.size(); ++i)
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", type.params[i].name,
                        describe(type.params[i].type));
  text += ')';
  if (type.result) text += " -> " + describe(*type.result);
  return text;
}

}  // namespace cairn::component
