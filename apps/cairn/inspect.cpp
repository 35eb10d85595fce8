// `cairn inspect`: what is in a module.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/binary.hpp>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "disassembly.hpp"
#include "failure.hpp"
#include "functions.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

using nlohmann::json;

std::string_view section_name(wasm::SectionId id) {
  switch (id) {
    case wasm::SectionId::custom: return "custom";
    case wasm::SectionId::type: return "type";
    case wasm::SectionId::import: return "import";
    case wasm::SectionId::function: return "function";
    case wasm::SectionId::table: return "table";
    case wasm::SectionId::memory: return "memory";
    case wasm::SectionId::global: return "global";
    case wasm::SectionId::export_: return "export";
    case wasm::SectionId::start: return "start";
    case wasm::SectionId::element: return "element";
    case wasm::SectionId::code: return "code";
    case wasm::SectionId::data: return "data";
    case wasm::SectionId::data_count: return "data count";
    case wasm::SectionId::tag: return "tag";
  }
  return "unknown";
}

/// How many entries a section has; nothing where that has no meaning.
std::optional<size_t> entries(const wasm::Module& module, wasm::SectionId id) {
  switch (id) {
    case wasm::SectionId::type: return module.types.size();
    case wasm::SectionId::import: return module.imports.size();
    case wasm::SectionId::function: return module.functions.size();
    case wasm::SectionId::table: return module.tables.size();
    case wasm::SectionId::memory: return module.memories.size();
    case wasm::SectionId::global: return module.globals.size();
    case wasm::SectionId::export_: return module.exports.size();
    case wasm::SectionId::element: return module.elems.size();
    case wasm::SectionId::code: return module.code.size();
    case wasm::SectionId::data: return module.datas.size();
    case wasm::SectionId::tag: return module.tags.size();
    default: return std::nullopt;
  }
}

std::string describe_limits(const wasm::Limits& limits) {
  return limits.max ? fmt::format("{}…{}", limits.min, *limits.max)
                    : fmt::format("{}…", limits.min);
}

/// The types of what is in a module's index spaces, as texts.
class Describer {
 public:
  explicit Describer(const wasm::Module& module) : module_(module) {
    for (const wasm::Import& import : module.imports) {
      imported_[static_cast<size_t>(import.kind)].push_back(&import);
    }
  }

  std::string of(wasm::ExternKind kind, uint32_t index) const {
    const auto& imported = imported_[static_cast<size_t>(kind)];
    if (index < imported.size()) return describe_import(*imported[index]);
    const size_t defined = index - imported.size();
    const auto at = [&](const auto& list, const auto& describe_item) {
      return defined < list.size() ? describe_item(list[defined])
                                   : fmt::format("unknown index {}", index);
    };
    switch (kind) {
      case wasm::ExternKind::func:
        return at(module_.functions, [&](uint32_t type) { return describe(type); });
      case wasm::ExternKind::table:
        return at(module_.tables, [&](const wasm::Table& table) { return describe(table.type); });
      case wasm::ExternKind::memory:
        return at(module_.memories, [&](const wasm::MemoryType& type) { return describe(type); });
      case wasm::ExternKind::global:
        return at(module_.globals,
                  [&](const wasm::Global& global) { return describe(global.type); });
      case wasm::ExternKind::tag:
        return at(module_.tags, [&](const wasm::TagType& type) { return describe(type); });
    }
    return "";
  }
  std::string describe_import(const wasm::Import& import) const {
    return std::visit([this](const auto& type) { return this->describe(type); }, import.type);
  }

 private:
  std::string describe(uint32_t type_index) const {
    const wasm::FuncType* type =
        type_index < module_.types.size() ? module_.types[type_index].func() : nullptr;
    return type == nullptr ? fmt::format("unknown type {}", type_index) : cli::describe(*type);
  }
  std::string describe(const wasm::TagType& tag) const { return describe(tag.type_index); }
  static std::string describe(const wasm::GlobalType& type) {
    return (type.is_mutable ? "mut " : "") + wasm::to_string(type.type);
  }
  static std::string describe(const wasm::TableType& type) {
    return fmt::format("{} {}{}", wasm::to_string(type.element), describe_limits(type.limits),
                       type.address == wasm::AddrType::i64 ? " (64-bit)" : "");
  }
  static std::string describe(const wasm::MemoryType& type) {
    return fmt::format("{} pages of {} bytes{}{}", describe_limits(type.limits),
                       uint64_t{1} << type.page_size_log2,
                       type.address == wasm::AddrType::i64 ? " (64-bit)" : "",
                       type.shared ? " (shared)" : "");
  }

  const wasm::Module& module_;
  std::array<std::vector<const wasm::Import*>, 5> imported_;
};

struct Options {
  std::string path;
  bool sections = false, imports = false, exports = false, functions = false, json = false;
  bool disassemble = false;
  std::vector<std::string> only;  ///< functions to disassemble, by index or name; empty: all
  FeatureOptions features;
};

/// The machine code of a compiled module.
struct MachineCode {
  engine::CodeKey key;
  engine::CompiledFile::Summary summary;

  /// What it was compiled for, apart from the processor.
  std::vector<std::string> settings() const {
    std::vector<std::string> words;
    if (key.fuel) words.emplace_back("fuel");
    if (key.interruption) words.emplace_back("interruption");
    if (key.deterministic) words.emplace_back("deterministic");
    if (!key.index_masks) words.emplace_back("no index masks");
    return words;
  }
};

class Inspection {
 public:
  Inspection(const wasm::Module& module, uint64_t size, const std::optional<MachineCode>& code,
             wasm::Features features)
      : module_(module),
        size_(size),
        code_(code),
        features_(features),
        names_(wasm::names_of(module)),
        describer_(module) {}

  /// False: a function that was asked for is not there.
  bool print(const Options& options) {
    const bool chosen = options.sections || options.imports || options.exports ||
                        options.functions || options.disassemble;
    if (!chosen) write(stdout, fmt::format("{}: {} bytes\n", printable(options.path), size_));
    if (!chosen && code_) print_machine_code();
    if (!chosen || options.sections) print_sections();
    if (!chosen || options.imports) print_imports();
    if (!chosen || options.exports) print_exports();
    if (options.functions) print_functions();
    return !options.disassemble || print_code(options);
  }

  json to_json() const {
    json document = {{"bytes", size_}};
    if (code_) {
      document["machineCode"] = {{"bytes", code_->summary.code_bytes},
                                 {"functions", code_->summary.functions},
                                 {"settings", code_->settings()},
                                 {"processor", code_->summary.cpu}};
    }
    json& sections = document["sections"] = json::array();
    for (const wasm::SectionRange& section : module_.sections) {
      json entry = {
          {"id", section_name(section.id)}, {"offset", section.offset}, {"bytes", section.size}};
      if (section.id == wasm::SectionId::custom) entry["name"] = section.name;
      if (const auto count = entries(module_, section.id)) entry["entries"] = *count;
      sections.push_back(std::move(entry));
    }
    json& imports = document["imports"] = json::array();
    for (const wasm::Import& import : module_.imports) {
      imports.push_back({{"module", import.module},
                         {"name", import.name},
                         {"kind", to_string(import.kind)},
                         {"type", describer_.describe_import(import)}});
    }
    json& exports = document["exports"] = json::array();
    for (const wasm::Export& item : module_.exports) {
      exports.push_back({{"name", item.name},
                         {"kind", to_string(item.kind)},
                         {"index", item.index},
                         {"type", describer_.of(item.kind, item.index)}});
    }
    json& functions = document["functions"] = json::array();
    for (uint32_t i = 0; i < module_.code.size(); ++i) {
      functions.push_back({{"index", module_.imported_functions + i},
                           {"name", name(module_.imported_functions + i)},
                           {"bytes", module_.code[i].body.code.size()}});
    }
    return document;
  }

 private:
  void title(std::string_view words) { write(stdout, styled(stdout, Style::bold, words) + "\n"); }

  std::string name(uint32_t func) const {
    const std::string* found = wasm::find_name(names_.functions, func);
    return found == nullptr ? "" : *found;
  }

  void print_machine_code() {
    title("Machine code");
    const std::vector<std::string> settings = code_->settings();
    write(stdout, fmt::format("  {} of {} functions, {} bytes{}{}\n  for x86-64 with {}\n",
                              code_->summary.functions, module_.code.size(),
                              code_->summary.code_bytes, settings.empty() ? "" : ", with ",
                              fmt::join(settings, ", "), code_->summary.cpu));
  }

  void print_sections() {
    title("Sections");
    for (const wasm::SectionRange& section : module_.sections) {
      const auto count = entries(module_, section.id);
      std::string line = fmt::format("  {:<12} {:>#10x} {:>10} bytes", section_name(section.id),
                                     section.offset, section.size);
      if (count) line += fmt::format(" {:>8} {}", *count, *count == 1 ? "entry" : "entries");
      if (section.id == wasm::SectionId::custom) {
        line += fmt::format("  \"{}\"", printable(section.name));
      }
      write(stdout, line + "\n");
    }
  }

  void print_imports() {
    title("Imports");
    for (const wasm::Import& import : module_.imports) {
      write(stdout,
            fmt::format("  {:<6} {}.{}  {}\n", to_string(import.kind), printable(import.module),
                        printable(import.name), describer_.describe_import(import)));
    }
  }

  void print_exports() {
    title("Exports");
    for (const wasm::Export& item : module_.exports) {
      write(stdout, fmt::format("  {:<6} {}  {}\n", to_string(item.kind), printable(item.name),
                                describer_.of(item.kind, item.index)));
    }
  }

  void print_functions() {
    title("Functions");
    for (uint32_t i = 0; i < module_.code.size(); ++i) {
      const uint32_t func = module_.imported_functions + i;
      write(stdout,
            fmt::format("  {:>8} {:>10} bytes  {}  {}\n", fmt::format("func[{}]", func),
                        module_.code[i].body.code.size(), printable(readable_name(name(func))),
                        describer_.of(wasm::ExternKind::func, func)));
    }
  }

  bool print_code(const Options& options) {
    const auto chosen = choose_functions(module_, names_, options.only);
    if (!chosen) {
      print_error(fmt::format("{}: {}", options.path, chosen.error().message));
      return false;
    }
    for (const uint32_t index : *chosen) {
      disassemble(module_, names_, index, features_);
      write(stdout, "\n");
    }
    return true;
  }

  const wasm::Module& module_;
  uint64_t size_;
  const std::optional<MachineCode>& code_;
  wasm::Features features_;
  wasm::ModuleNames names_;
  Describer describer_;
};

void add_options(Parser& parser, Options& options) {
  parser->add_option("FILE", options.path, "The module, binary or text; - is standard input")
      ->required()
      ->type_name("");
  parser->add_option("FUNCTIONS", options.only, "With -d: only these, by index or name")
      ->type_name("");
  const char* group = "What to show (sections, imports and exports unless chosen)";
  parser->add_flag("-s,--sections", options.sections, "Sections with offsets and sizes")
      ->group(group);
  parser->add_flag("-i,--imports", options.imports, "What it needs")->group(group);
  parser->add_flag("-e,--exports", options.exports, "What it offers")->group(group);
  parser->add_flag("-f,--functions", options.functions, "Functions with sizes and types")
      ->group(group);
  parser->add_flag("-d,--disassemble", options.disassemble, "Code with offsets and bytes")
      ->group(group);
  parser->add_flag("--json", options.json, "All but the code, as one JSON document");
  options.features.add_to(parser.app());
}

/// Leaves the module of a compiled one in `input`.
Result<MachineCode> take_machine_code(Input& input) {
  const auto file = TRY(engine::CompiledFile::read(std::move(input.bytes)));
  input.bytes.assign(file.module().begin(), file.module().end());
  return MachineCode{file.key(), TRY(file.summary())};
}

}  // namespace

int inspect_command(Args args) {
  Parser parser("inspect", "[OPTIONS] FILE [FUNCTIONS…]",
                "Show sections, imports, exports, sizes and code of a module.");
  Options options;
  add_options(parser, options);
  if (const auto code = parser.parse(args)) return *code;
  const Result<wasm::Features> features = options.features.features();
  if (!features) return usage_error("inspect", features.error().message);
  if (!options.only.empty() && !options.disassemble) {
    return usage_error("inspect", "FUNCTIONS need -d");
  }

  std::optional<Input> input = read_input(options.path, wasm::ImplementationLimits{}.module_bytes);
  if (!input) return exit_failure;
  std::optional<MachineCode> code;
  if (input->is_compiled()) {
    const Result<MachineCode> taken = take_machine_code(*input);
    if (!taken) {
      print_error(taken.error(), {}, options.path);
      return exit_failure;
    }
    code = *taken;
  }
  std::optional<wasm::Module> module;
  if (!input->is_binary()) {
    // Sections and offsets are those of the binary form.
    const std::optional<wasm::Module> parsed = read_module(*input, *features);
    if (!parsed) return exit_failure;
    input->bytes = wasm::encode(*parsed);
  }
  const uint64_t size = input->bytes.size();
  module = read_module(*input, *features);
  if (!module) return exit_failure;

  Inspection inspection(*module, size, code, *features);
  if (options.json) {
    const std::string text =
        inspection.to_json().dump(2, ' ', false, json::error_handler_t::replace);
    write(stdout, text + "\n");
    return exit_ok;
  }
  return inspection.print(options) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
