// Components as text (Explainer.md, "Grammar").

#include <fmt/format.h>
#include <cairn/component/text.hpp>
#include <cairn/wasm/names.hpp>
#include <cairn/wasm/text.hpp>

#include <algorithm>

#include "wat/printed_names.hpp"
#include "wat/printer.hpp"

namespace cairn::component {

namespace text {

using namespace syntax;

namespace {

class ComponentPrinter {
 public:
  Result<std::string> run(const Component& component) {
    const PrintedNames names(component);
    out_ = "(component";
    TRY(body(component, names));
    out_ += ")\n";
    return std::move(out_);
  }

 private:
  /// The identifier and the definitions.
  Result<> body(const Component& component, const PrintedNames& names) {
    const PrintedNames* const outer_names = std::exchange(printed_, &names);
    const auto outer_counts = std::exchange(counts_, {});
    const ComponentNames* const outer = types_.names();
    types_.set_names(names.in_use() ? &names.names() : nullptr);
    nested_ = 0;
    if (names.in_use() && names.names().component) component_id(*names.names().component);
    types_.indent(1);
    const size_t count = component.definitions.size() - (names.in_use() && names.section() ? 1 : 0);
    for (size_t i = 0; i < count; ++i) {
      types_.newline();
      TRY(std::visit([this](const auto& what) { return print(what); },
                     component.definitions[i].what));
    }
    types_.indent(-1);
    types_.set_names(outer);
    counts_ = outer_counts;
    printed_ = outer_names;
    return {};
  }

  void component_id(const std::string& name) {
    ComponentNames one;
    one.of(Sort::component).push_back({0, name});
    const ComponentNames* const outer = types_.names();
    types_.set_names(&one);
    types_.id_of(Sort::component, 0);
    types_.set_names(outer);
  }

  uint32_t next(Sort sort) { return counts_[static_cast<size_t>(sort)]++; }

  Result<> print(const CoreModule& core) {
    const std::string text = TRY(wasm::print_text(*core.module));
    out_ += "(core module";
    const uint32_t index = next(Sort::core_module);
    types_.id_of(Sort::core_module, index);
    if (const auto own = wasm::names_of(*core.module).module) {
      // The first annotation behind an identifier is about that.
      const ComponentNames* const names = types_.names();
      const std::string* const name =
          names ? wasm::find_name(names->of(Sort::core_module), index) : nullptr;
      for (const std::string* const each : {name, &*own}) {
        if (!each) continue;
        out_ += " (@name ";
        types_.quoted(*each);
        out_ += ')';
      }
    }
    // The printed module begins with a line of its own: "(module $name". No line of it ends inside
    // of a string.
    std::string_view rest = std::string_view(text).substr(text.find('\n') + 1);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      types_.newline();
      out_ += rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
  }

  Result<> print(const NestedComponent& nested) {
    const uint32_t place = nested_++;
    next(Sort::component);
    const uint32_t count = nested_;
    out_ += "(component";
    TRY(body(*nested.component, printed_->nested(place)));
    nested_ = count;
    out_ += ')';
    return {};
  }

  void instantiate(const Instantiate& made, Sort target, bool in_core) {
    out_ += " (instantiate ";
    types_.index(target, made.target);
    for (const Argument& argument : made.args) {
      out_ += " (with ";
      types_.quoted(argument.name);
      out_ += ' ';
      types_.sort_index(argument.item, in_core);
      out_ += ')';
    }
    out_ += "))";
  }

  Result<> print(const CoreInstance& instance) {
    out_ += "(core instance";
    types_.id_of(Sort::core_instance, next(Sort::core_instance));
    if (const auto* made = std::get_if<Instantiate>(&instance.what)) {
      instantiate(*made, Sort::core_module, true);
      return {};
    }
    for (const CoreInlineExport& entry : std::get<1>(instance.what)) {
      out_ += " (export ";
      types_.quoted(entry.name);
      out_ += ' ';
      types_.sort_index(entry.item, true);
      out_ += ')';
    }
    out_ += ')';
    return {};
  }

  Result<> print(const Instance& instance) {
    out_ += "(instance";
    types_.id_of(Sort::instance, next(Sort::instance));
    if (const auto* made = std::get_if<Instantiate>(&instance.what)) {
      instantiate(*made, Sort::component, false);
      return {};
    }
    for (const InlineExport& entry : std::get<1>(instance.what)) {
      out_ += " (export ";
      TRY(types_.extern_name(entry.name));
      out_ += ' ';
      types_.sort_index(entry.item);
      out_ += ')';
    }
    out_ += ')';
    return {};
  }

  Result<> print(const CoreType& type) {
    const auto* group = std::get_if<CoreRecGroup>(&type.what);
    uint32_t& count = counts_[static_cast<size_t>(Sort::core_type)];
    const uint32_t first = count;
    count += group ? static_cast<uint32_t>(group->types.size()) : 1;
    return types_.core_type_field(type, "core ", first);
  }

  Result<> print(const Alias& alias) { return types_.alias(alias, next(alias.sort)); }

  Result<> print(const Type& type) {
    out_ += "(type";
    types_.id_of(Sort::type, next(Sort::type));
    out_ += ' ';
    TRY(types_.type(type));
    out_ += ')';
    return {};
  }

  Result<> print(const Start& start) {
    out_ += "(start ";
    types_.index(Sort::func, start.func);
    for (const uint32_t value : start.args) {
      out_ += ' ';
      types_.sort_index({Sort::value, value});
    }
    for (uint32_t i = 0; i < start.results; ++i) {
      out_ += " (result (value";
      types_.id_of(Sort::value, next(Sort::value));
      out_ += "))";
    }
    out_ += ')';
    return {};
  }

  Result<> print(const Import& import) {
    const Sort sort = import.desc.sort();
    out_ += "(import ";
    TRY(types_.extern_name(import.name));
    out_ += ' ';
    TRY(types_.extern_desc(import.desc, next(sort)));
    out_ += ')';
    return {};
  }

  Result<> print(const Export& item) {
    out_ += "(export";
    types_.id_of(item.item.sort, next(item.item.sort));
    out_ += ' ';
    TRY(types_.extern_name(item.name));
    out_ += ' ';
    types_.sort_index(item.item);
    if (item.desc) {
      out_ += ' ';
      TRY(types_.extern_desc(*item.desc, std::nullopt));
    }
    out_ += ')';
    return {};
  }

  Result<> print(const Value& value) {
    out_ += "(value";
    types_.id_of(Sort::value, next(Sort::value));
    out_ += ' ';
    types_.val_type(value.type);
    out_ += " (binary ";
    bytes(value.bytes);
    out_ += "))";
    return {};
  }

  Result<> print(const Custom& custom) {
    out_ += "(@custom ";
    types_.quoted(custom.name);
    out_ += ' ';
    bytes(custom.payload);
    out_ += ')';
    return {};
  }

  void bytes(const Bytes& payload) {
    constexpr std::string_view digits = "0123456789abcdef";
    out_ += '"';
    for (const uint8_t byte : payload) {
      const char c = static_cast<char>(byte);
      if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
        out_ += c;
      } else {
        out_ += {'\\', digits[byte >> 4], digits[byte & 15]};
      }
    }
    out_ += '"';
  }

  Result<> print(const Canon& canon);
  void canon_immediates(const Canon& canon);
  void canon_options(const std::vector<CanonOption>& options);
  void canon_index(Sort sort, uint32_t index) {
    out_ += ' ';
    types_.index(sort, index);
  }

  std::string out_;
  TypePrinter types_{out_};
  const PrintedNames* printed_ = nullptr;
  std::array<uint32_t, sort_count> counts_{};
  uint32_t nested_ = 0;
};

// ---- Canonical definitions ---------------------------------------------------------------------

void ComponentPrinter::canon_options(const std::vector<CanonOption>& options) {
  using Kind = CanonOption::Kind;
  for (const CanonOption& option : options) {
    const auto indexed = [&](std::string_view word, Sort sort) {
      out_ += fmt::format(" ({} ", word);
      types_.sort_index({sort, option.index});
      out_ += ')';
    };
    switch (option.kind) {
      case Kind::utf8: out_ += " string-encoding=utf8"; break;
      case Kind::utf16: out_ += " string-encoding=utf16"; break;
      case Kind::latin1_utf16: out_ += " string-encoding=latin1+utf16"; break;
      case Kind::async: out_ += " async"; break;
      case Kind::memory: indexed("memory", Sort::core_memory); break;
      case Kind::realloc: indexed("realloc", Sort::core_func); break;
      case Kind::post_return: indexed("post-return", Sort::core_func); break;
      case Kind::callback: indexed("callback", Sort::core_func); break;
    }
  }
}

void ComponentPrinter::canon_immediates(const Canon& canon) {
  const auto flag = [&](std::string_view word) {
    if (canon.flag) out_ += fmt::format(" {}", word);
  };
  switch (row_of(canon.kind).form) {
    case CanonForm::none: break;
    case CanonForm::lift:
      out_ += ' ';
      types_.sort_index({Sort::core_func, canon.func});
      break;
    case CanonForm::lower:
      out_ += ' ';
      types_.sort_index({Sort::func, canon.func});
      break;
    case CanonForm::type:
    case CanonForm::type_options: canon_index(Sort::type, canon.type); break;
    case CanonForm::type_async:
      canon_index(Sort::type, canon.type);
      flag("async");
      break;
    case CanonForm::async_flag: flag("async"); break;
    case CanonForm::result_options:
      if (canon.result) {
        out_ += " (result ";
        types_.val_type(*canon.result);
        out_ += ')';
      }
      break;
    case CanonForm::slot:
      out_ += fmt::format(" {} {}", wasm::to_string(canon.core_type), canon.slot);
      break;
    case CanonForm::options: break;
    case CanonForm::cancellable: flag("cancellable"); break;
    case CanonForm::cancellable_memory:
      flag("cancellable");
      out_ += " (memory ";
      types_.sort_index({Sort::core_memory, canon.memory});
      out_ += ')';
      break;
    case CanonForm::shared: flag("shared"); break;
    case CanonForm::shared_core_type:
    case CanonForm::shared_core_type_table:
    case CanonForm::core_type_table:
      flag("shared");
      canon_index(Sort::core_type, canon.type);
      if (row_of(canon.kind).form != CanonForm::shared_core_type) {
        canon_index(Sort::core_table, canon.table);
      }
      break;
  }
  canon_options(canon.options);
}

Result<> ComponentPrinter::print(const Canon& canon) {
  const bool is_lift = canon.kind == CanonKind::lift;
  const Sort sort = is_lift ? Sort::func : Sort::core_func;
  out_ += fmt::format("({}", to_string(sort));
  types_.id_of(sort, next(sort));
  if (is_lift) {
    out_ += " (type ";
    types_.index(Sort::type, canon.type);
    out_ += ')';
  }
  out_ += fmt::format(" (canon {}", row_of(canon.kind).text);
  canon_immediates(canon);
  out_ += "))";
  return {};
}

}  // namespace
}  // namespace text

Result<std::string> print_text(const syntax::Component& component) {
  return text::ComponentPrinter().run(component);
}

}  // namespace cairn::component
